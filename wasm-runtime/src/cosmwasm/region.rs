//! Values in a contract's memory. A pointer leads to a region, 12 bytes: where the value begins, how
//! many bytes are there, how many are used; each a little-endian `u32`. Contracts make the regions, so
//! nothing about them can be relied upon.

use wasmtime::{AsContextMut, Memory};

use crate::engine::{Guest, State, Stop, charge};
use crate::host::too_long;
use crate::{Reason, RegionError};

/// Bytes of a region's description.
const SIZE: usize = 12;

struct Region {
    offset: u32,
    capacity: u32,
    length: u32,
}

/// Reads the value that `pointer` leads to, of at most `limit` bytes; `what` names it in errors.
pub(super) fn read(
    mut store: impl AsContextMut<Data = State>,
    pointer: u32,
    limit: usize,
    what: &'static str,
) -> Result<Vec<u8>, Stop> {
    let memory = memory(&mut store)?;
    let region = Region::at(memory.data(&store), pointer)?;
    let length = region.length as usize;
    if length > limit {
        return Err(too_long(what, length, limit).into());
    }
    let price = store.as_context_mut().data().prices.region_read.of(length);
    charge(&mut store, price)?;
    let value = inside(memory.data(&store), region.offset, length);
    let outside = RegionError::Outside {
        offset: region.offset,
        length: region.length,
    };
    Ok(value.ok_or(Reason::Region(outside))?.to_vec())
}

/// Like [`read`]; a pointer of zero means that there is no value.
pub(super) fn read_optional(
    guest: &mut Guest<'_>,
    pointer: u32,
    limit: usize,
    what: &'static str,
) -> Result<Option<Vec<u8>>, Stop> {
    if pointer == 0 {
        return Ok(None);
    }
    read(guest, pointer, limit, what).map(Some)
}

/// Writes `value` into the region that `pointer` leads to.
pub(super) fn write(
    mut store: impl AsContextMut<Data = State>,
    pointer: u32,
    value: &[u8],
) -> Result<(), Stop> {
    let memory = memory(&mut store)?;
    let region = Region::at(memory.data(&store), pointer)?;
    let price = store.as_context_mut().data().prices.region_write.of(value.len());
    charge(&mut store, price)?;
    let needed = value.len() as u64;
    let small = RegionError::TooSmall {
        capacity: region.capacity,
        needed,
    };
    let length = u32::try_from(value.len())
        .ok()
        .filter(|length| *length <= region.capacity)
        .ok_or(Reason::Region(small))?;
    let bytes = memory.data_mut(&mut store);
    let outside = RegionError::Outside {
        offset: region.offset,
        length,
    };
    inside_mut(bytes, region.offset, value.len())
        .ok_or(Reason::Region(outside))?
        .copy_from_slice(value);
    // Last and whole, as on other chains: the value may have covered its own description.
    let description = [region.offset, region.capacity, length].map(u32::to_le_bytes);
    inside_mut(bytes, pointer, SIZE)
        .ok_or(Reason::Region(RegionError::Pointer(pointer)))?
        .copy_from_slice(description.as_flattened());
    Ok(())
}

/// Lets the contract allocate room for `value`, writes it there, and returns the pointer.
pub(super) fn put(mut store: impl AsContextMut<Data = State>, value: &[u8]) -> wasmtime::Result<u32> {
    let length = u32::try_from(value.len())
        .map_err(|_| Stop::from(too_long("an answer of the host", value.len(), u32::MAX as usize)))?;
    let pointer = super::instance::allocate(&mut store, length)?;
    if pointer == 0 {
        return Err(Stop::from(Reason::Region(RegionError::NullPointer)).into());
    }
    write(store, pointer, value)?;
    Ok(pointer)
}

fn memory(mut store: impl AsContextMut<Data = State>) -> Result<Memory, Stop> {
    Ok(store.as_context_mut().data_mut().interface.cosmwasm()?.memory()?)
}

impl Region {
    fn at(memory: &[u8], pointer: u32) -> Result<Self, Reason> {
        let region = Self::decode(memory, pointer).ok_or(RegionError::Pointer(pointer))?;
        let Self {
            offset,
            capacity,
            length,
        } = region;
        if offset == 0 {
            return Err(RegionError::ZeroOffset.into());
        }
        if length > capacity {
            return Err(RegionError::Length { length, capacity }.into());
        }
        if offset.checked_add(capacity).is_none() {
            return Err(RegionError::AddressSpace { offset, capacity }.into());
        }
        Ok(region)
    }

    fn decode(memory: &[u8], pointer: u32) -> Option<Self> {
        let bytes: &[u8; SIZE] = inside(memory, pointer, SIZE)?.try_into().ok()?;
        let (fields, _) = bytes.as_chunks::<4>();
        let [offset, capacity, length] = fields else {
            return None;
        };
        Some(Self {
            offset: u32::from_le_bytes(*offset),
            capacity: u32::from_le_bytes(*capacity),
            length: u32::from_le_bytes(*length),
        })
    }
}

fn inside(memory: &[u8], offset: u32, length: usize) -> Option<&[u8]> {
    let offset = offset as usize;
    memory.get(offset..offset.checked_add(length)?)
}

fn inside_mut(memory: &mut [u8], offset: u32, length: usize) -> Option<&mut [u8]> {
    let offset = offset as usize;
    memory.get_mut(offset..offset.checked_add(length)?)
}
