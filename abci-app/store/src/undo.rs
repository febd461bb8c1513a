//! Old values. A block that overwrites a key leaves what was there before under (key, height), so
//! the value at height h is the first undo above h, or the latest value if there is none.

use std::cmp::Ordering;
use std::iter::Peekable;

use rocksdb::{DBRawIterator, ReadOptions};

use crate::db::{Column, Db};
use crate::read::Entry;
use crate::snapshot::LatestRange;
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
    let mut iter = db.iterate_one(undo_column(space), bounds)?;
    iter.seek(undo_key(key, height.saturating_add(1)));
    match iter.value() {
        Some(old) => Ok(Some(decode_old(old)?)),
        None => {
            iter.status()?;
            Ok(None)
        }
    }
}

/// Walks the keys of a range of an undo column.
struct UndoCursor<'a> {
    iter: DBRawIterator<'a>,
    height: u64,
    order: Order,
}

impl<'a> UndoCursor<'a> {
    fn new(
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
        Ok(UndoCursor { iter, height, order })
    }

    /// The key it is at, and the first height met there.
    fn position(&self) -> Result<Option<(Vec<u8>, u64)>, StoreError> {
        match self.iter.key() {
            Some(position) => decode_undo_key(position).map(Some),
            None => Ok(self.iter.status().map(|()| None)?),
        }
    }

    /// What the first block above the height overwrote of `key`, where it is; moves to the next
    /// key. At most three seeks, however often the key was overwritten.
    fn take(&mut self, key: &[u8], first_met: u64) -> Result<Option<Option<Vec<u8>>>, StoreError> {
        let above = first_met > self.height;
        let old = match self.order {
            Order::Ascending if above => self.old_of(key)?,
            // The highest comes first, so there is none above.
            Order::Descending if !above => None,
            _ => {
                self.iter.seek(undo_key(key, self.height.saturating_add(1)));
                self.old_of(key)?
            }
        };
        let mut edge = Vec::with_capacity(key.len() + 16);
        encode_key(key, &mut edge);
        match self.order {
            Order::Descending => self.iter.seek_for_prev(edge),
            Order::Ascending if old.is_some() => {
                edge.extend([u8::MAX; HEIGHT_LEN + 1]);
                self.iter.seek(edge);
            }
            // The search has ended at the next key.
            Order::Ascending => {}
        }
        Ok(old)
    }

    /// The old value here, if this still is an undo of `key`.
    fn old_of(&self, key: &[u8]) -> Result<Option<Option<Vec<u8>>>, StoreError> {
        match self.iter.item() {
            Some((position, old)) if decode_undo_key(position)?.0 == key => Ok(Some(decode_old(old)?)),
            _ => Ok(self.iter.status().map(|()| None)?),
        }
    }
}

/// A range of a column as it was at a height. Both sides advance together, so that an entry costs
/// a few seeks and no scan over what was overwritten elsewhere.
pub(crate) struct VersionedRange<'a> {
    latest: Peekable<LatestRange<'a>>,
    undo: UndoCursor<'a>,
    failed: bool,
}

impl<'a> VersionedRange<'a> {
    pub(crate) fn new(
        db: &'a Db,
        latest: LatestRange<'a>,
        undo: Column,
        (start, end): (&[u8], Option<&[u8]>),
        order: Order,
        height: u64,
    ) -> Result<Self, StoreError> {
        let undo = UndoCursor::new(db, undo, start, end, order, height)?;
        Ok(VersionedRange {
            latest: latest.peekable(),
            undo,
            failed: false,
        })
    }

    fn advance(&mut self) -> Result<Option<Entry>, StoreError> {
        loop {
            let undo = self.undo.position()?;
            let side = match (self.latest.peek(), &undo) {
                (None, None) => return Ok(None),
                (Some(_), None) | (Some(Err(_)), Some(_)) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(Ok((key, _))), Some((undone, _))) => match self.undo.order {
                    Order::Ascending => key.cmp(undone),
                    Order::Descending => undone.cmp(key),
                },
            };
            let latest = if side == Ordering::Greater {
                None
            } else {
                self.latest.next().transpose()?
            };
            let Some((key, first_met)) = undo.filter(|_| side != Ordering::Less) else {
                return Ok(latest);
            };
            let entry = match self.undo.take(&key, first_met)? {
                Some(old) => old.map(|value| (key, value)),
                None => latest,
            };
            if entry.is_some() {
                return Ok(entry);
            }
        }
    }
}

impl Iterator for VersionedRange<'_> {
    type Item = Result<Entry, StoreError>;

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
