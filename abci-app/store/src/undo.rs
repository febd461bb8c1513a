//! Old values. A block that overwrites a key leaves what was there before under (key, height), so
//! the value at height h is the first undo above h, or the latest value if there is none.

use rocksdb::{DBRawIterator, ReadOptions};

use crate::db::{Column, Db};
use crate::merge::Write;
use crate::{Order, Space, StoreError};

const HEIGHT_LEN: usize = 8;

/// Appends the form of `key` that sorts like the key itself whatever follows it:
/// 0x00 becomes 0x00 0xFF, and the end is 0x00 0x00.
pub(crate) fn encode_key(key: &[u8], out: &mut Vec<u8>) {
    for byte in key {
        out.push(*byte);
        if *byte == 0 {
            out.push(u8::MAX);
        }
    }
    out.extend([0, 0]);
}

pub(crate) fn undo_key(key: &[u8], height: u64) -> Vec<u8> {
    let mut out = Vec::with_capacity(key.len() + 16);
    encode_key(key, &mut out);
    out.extend(height.to_be_bytes());
    out
}

/// The key and height in an undo key.
pub(crate) fn decode_undo_key(bytes: &[u8]) -> Result<(Vec<u8>, u64), StoreError> {
    let malformed = || StoreError::corrupt("an undo key is malformed");
    let (encoded, height) = bytes.split_last_chunk::<HEIGHT_LEN>().ok_or_else(malformed)?;
    let body = encoded.strip_suffix(&[0, 0]).ok_or_else(malformed)?;
    let mut key = Vec::with_capacity(body.len());
    let mut rest = body.iter();
    while let Some(byte) = rest.next() {
        if *byte == 0 && rest.next() != Some(&u8::MAX) {
            return Err(malformed());
        }
        key.push(*byte);
    }
    Ok((key, u64::from_be_bytes(*height)))
}

/// An old value as stored: 1 and the value, or 0 if there was none.
pub(crate) fn decode_old(bytes: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
    match bytes.split_first() {
        Some((0, [])) => Ok(None),
        Some((1, value)) => Ok(Some(value.to_vec())),
        _ => Err(StoreError::corrupt("an old value is malformed")),
    }
}

pub(crate) fn undo_column(space: Space) -> Column {
    match space {
        Space::Main => Column::MainUndo,
        Space::Epoch => Column::EpochUndo,
    }
}

/// What the first block above `height` that touched `key` overwrote; `None` if none did.
pub(crate) fn lookup(
    db: &Db,
    space: Space,
    key: &[u8],
    height: u64,
) -> Result<Option<Option<Vec<u8>>>, StoreError> {
    let mut bounds = ReadOptions::default();
    let mut upper = Vec::with_capacity(key.len() + 16);
    encode_key(key, &mut upper);
    upper.extend([u8::MAX; HEIGHT_LEN + 1]);
    bounds.set_iterate_upper_bound(upper);
    let mut iter = db.iterate(undo_column(space), bounds)?;
    iter.seek(undo_key(key, height.saturating_add(1)));
    match iter.value() {
        Some(old) => Ok(Some(decode_old(old)?)),
        None => {
            iter.status()?;
            Ok(None)
        }
    }
}

/// For each key of a range that a block above `height` touched: the key and its value at `height`.
pub(crate) struct UndoRange<'a> {
    iter: DBRawIterator<'a>,
    height: u64,
    order: Order,
    failed: bool,
}

impl<'a> UndoRange<'a> {
    pub(crate) fn new(
        db: &'a Db,
        column: Column,
        start: &[u8],
        end: Option<&[u8]>,
        order: Order,
        height: u64,
    ) -> Result<Self, StoreError> {
        let mut bounds = ReadOptions::default();
        let mut lower = Vec::new();
        encode_key(start, &mut lower);
        bounds.set_iterate_lower_bound(lower);
        if let Some(end) = end {
            let mut upper = Vec::new();
            encode_key(end, &mut upper);
            bounds.set_iterate_upper_bound(upper);
        }
        let mut iter = db.iterate(column, bounds)?;
        match order {
            Order::Ascending => iter.seek_to_first(),
            Order::Descending => iter.seek_to_last(),
        }
        Ok(UndoRange {
            iter,
            height,
            order,
            failed: false,
        })
    }

    /// The next key's old value. At most three seeks a key, however often it was overwritten.
    fn advance(&mut self) -> Result<Option<Write>, StoreError> {
        while let Some(position) = self.iter.key() {
            let (key, height) = decode_undo_key(position)?;
            let wanted = undo_key(&key, self.height.saturating_add(1));
            let found = match (height > self.height, self.order) {
                (true, Order::Ascending) => self.old_here(&key)?,
                (false, Order::Ascending) => {
                    self.iter.seek(wanted);
                    self.old_here(&key)?
                }
                (true, Order::Descending) => {
                    self.iter.seek(wanted);
                    self.old_here(&key)?
                }
                (false, Order::Descending) => None,
            };
            self.leave(&key, found.is_some());
            if let Some(old) = found {
                return Ok(Some((key, old)));
            }
        }
        self.iter.status()?;
        Ok(None)
    }

    /// The old value under the iterator if that still is an undo of `key`.
    fn old_here(&self, key: &[u8]) -> Result<Option<Option<Vec<u8>>>, StoreError> {
        match self.iter.item() {
            Some((position, old)) if decode_undo_key(position)?.0 == key => Ok(Some(decode_old(old)?)),
            _ => {
                self.iter.status()?;
                Ok(None)
            }
        }
    }

    /// Moves to the neighbouring key. Ascending without a find, the iterator is there already.
    fn leave(&mut self, key: &[u8], found: bool) {
        let mut edge = Vec::with_capacity(key.len() + 16);
        encode_key(key, &mut edge);
        match self.order {
            Order::Ascending if found => {
                edge.extend([u8::MAX; HEIGHT_LEN + 1]);
                self.iter.seek(edge);
            }
            Order::Ascending => {}
            Order::Descending => self.iter.seek_for_prev(edge),
        }
    }
}

impl Iterator for UndoRange<'_> {
    type Item = Result<Write, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let item = self.advance().transpose();
        self.failed = matches!(item, Some(Err(_)));
        item
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn undo_keys_sort_by_key_then_height_and_decode(
            a in proptest::collection::vec(prop_oneof![Just(0u8), Just(1u8), Just(255u8), any::<u8>()], 0..6),
            b in proptest::collection::vec(prop_oneof![Just(0u8), Just(1u8), Just(255u8), any::<u8>()], 0..6),
            h in any::<u64>(),
            g in any::<u64>(),
        ) {
            prop_assert_eq!(undo_key(&a, h).cmp(&undo_key(&b, g)), (&a, h).cmp(&(&b, g)));
            prop_assert_eq!(decode_undo_key(&undo_key(&a, h)).unwrap(), (a, h));
        }

        #[test]
        fn malformed_undo_keys_are_refused_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..24)) {
            if let Ok((key, height)) = decode_undo_key(&bytes) {
                prop_assert_eq!(undo_key(&key, height), bytes);
            }
        }
    }
}
