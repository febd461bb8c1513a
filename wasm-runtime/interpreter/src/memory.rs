//! Linear memory, and the range checks that tables share.

use crate::execute::Trap;
use std::ops::Range;

const PAGE: usize = 65_536;

/// A memory of whole pages, zero where nothing was written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory {
    bytes: Vec<u8>,
    /// In pages: the least of what the module and the host allow.
    maximum: u32,
}

impl Memory {
    /// None where the minimum is above the maximum.
    pub fn new(minimum: u32, maximum: u32) -> Option<Self> {
        if minimum > maximum {
            return None;
        }
        Some(Self {
            bytes: vec![0; (minimum as usize).checked_mul(PAGE)?],
            maximum,
        })
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    pub fn pages(&self) -> u32 {
        (self.bytes.len() / PAGE) as u32
    }

    /// The number of pages before, or `u32::MAX` where that many more are not allowed.
    pub fn grow(&mut self, pages: u32) -> u32 {
        let before = self.pages();
        match before.checked_add(pages) {
            Some(after) if after <= self.maximum => {
                self.bytes.resize(after as usize * PAGE, 0);
                before
            }
            _ => u32::MAX,
        }
    }

    /// `width` bytes, little-endian, zero-extended.
    pub fn load(&self, address: u64, width: usize) -> Result<u64, Trap> {
        let range = span(address, width as u64, self.bytes.len(), Trap::MemoryOutOfBounds)?;
        let bytes = self.bytes.get(range).ok_or(Trap::MemoryOutOfBounds)?;
        Ok(bytes
            .iter()
            .rev()
            .fold(0, |value, byte| value << 8 | u64::from(*byte)))
    }

    pub fn store(&mut self, address: u64, width: usize, value: u64) -> Result<(), Trap> {
        let range = span(address, width as u64, self.bytes.len(), Trap::MemoryOutOfBounds)?;
        let bytes = self.bytes.get_mut(range).ok_or(Trap::MemoryOutOfBounds)?;
        bytes
            .iter_mut()
            .zip(value.to_le_bytes())
            .for_each(|(byte, new)| *byte = new);
        Ok(())
    }

    pub fn fill(&mut self, to: u32, value: u8, count: u32) -> Result<(), Trap> {
        let range = span(to.into(), count.into(), self.bytes.len(), Trap::MemoryOutOfBounds)?;
        self.bytes
            .get_mut(range)
            .ok_or(Trap::MemoryOutOfBounds)?
            .fill(value);
        Ok(())
    }

    pub fn copy(&mut self, to: u32, from: u32, count: u32) -> Result<(), Trap> {
        let source = span(
            from.into(),
            count.into(),
            self.bytes.len(),
            Trap::MemoryOutOfBounds,
        )?;
        let target = span(to.into(), count.into(), self.bytes.len(), Trap::MemoryOutOfBounds)?;
        self.bytes.copy_within(source, target.start);
        Ok(())
    }

    /// Copies from a data segment; a dropped one is empty.
    pub fn init(&mut self, to: u32, data: &[u8], from: u32, count: u32) -> Result<(), Trap> {
        let source = span(from.into(), count.into(), data.len(), Trap::MemoryOutOfBounds)?;
        let target = span(to.into(), count.into(), self.bytes.len(), Trap::MemoryOutOfBounds)?;
        let source = data.get(source).ok_or(Trap::MemoryOutOfBounds)?;
        self.bytes
            .get_mut(target)
            .ok_or(Trap::MemoryOutOfBounds)?
            .copy_from_slice(source);
        Ok(())
    }
}

/// The range of `count` things from `start` among `length`, or the trap where it does not fit.
pub(crate) fn span(start: u64, count: u64, length: usize, trap: Trap) -> Result<Range<usize>, Trap> {
    match start.checked_add(count) {
        Some(end) if end <= length as u64 => Ok(start as usize..end as usize),
        _ => Err(trap),
    }
}
