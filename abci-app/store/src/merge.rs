//! Two ordered streams as one: writes above, entries below. A write hides the entry with its key.

use std::cmp::Ordering;
use std::iter::Peekable;

use crate::read::{Entries, Entry};
use crate::{Order, StoreError};

type WriteIter<'a> = Box<dyn Iterator<Item = (&'a Vec<u8>, &'a Option<Vec<u8>>)> + 'a>;

pub(crate) struct Merged<'a> {
    writes: Peekable<WriteIter<'a>>,
    below: Peekable<Entries<'a>>,
    order: Order,
    failed: bool,
}

/// `writes` over `below`, both in `order` and within the same range.
pub(crate) fn merge<'a>(writes: WriteIter<'a>, below: Entries<'a>, order: Order) -> Entries<'a> {
    Box::new(Merged { writes: writes.peekable(), below: below.peekable(), order, failed: false })
}

impl Merged<'_> {
    /// Which stream has the next key; `Equal` if both have it, `None` if both are at their end.
    fn next_side(&mut self) -> Option<Ordering> {
        match (self.writes.peek(), self.below.peek()) {
            (None, None) => None,
            (Some(_), None) => Some(Ordering::Less),
            (None, Some(_)) | (Some(_), Some(Err(_))) => Some(Ordering::Greater),
            (Some((write, _)), Some(Ok((key, _)))) => Some(match self.order {
                Order::Ascending => write.as_slice().cmp(key),
                Order::Descending => key.as_slice().cmp(write),
            }),
        }
    }
}

impl Iterator for Merged<'_> {
    type Item = Result<Entry, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.failed {
            let side = self.next_side()?;
            if side == Ordering::Greater {
                let entry = self.below.next()?;
                self.failed = entry.is_err();
                return Some(entry);
            }
            if side == Ordering::Equal {
                self.below.next();
            }
            if let (key, Some(value)) = self.writes.next()? {
                return Some(Ok((key.clone(), value.clone())));
            }
        }
        None
    }
}
