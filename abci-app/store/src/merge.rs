//! Two ordered streams as one: writes above, entries below. A write hides the entry with its key.

use std::cmp::Ordering;
use std::iter::Peekable;

use crate::read::{Entries, Entry};
use crate::{Order, StoreError};

/// A key and what it holds from here on; `None`: nothing.
pub(crate) type Write = (Vec<u8>, Option<Vec<u8>>);

struct Merged<'a, W: Iterator<Item = Result<Write, StoreError>>> {
    writes: Peekable<W>,
    below: Peekable<Entries<'a>>,
    order: Order,
    failed: bool,
}

/// `writes` over `below`, both in `order` and within the same range. Ends after the first error.
pub(crate) fn merge<'a, W>(writes: W, below: Entries<'a>, order: Order) -> Entries<'a>
where
    W: Iterator<Item = Result<Write, StoreError>> + 'a,
{
    Box::new(Merged {
        writes: writes.peekable(),
        below: below.peekable(),
        order,
        failed: false,
    })
}

impl<W: Iterator<Item = Result<Write, StoreError>>> Merged<'_, W> {
    /// Which stream has the next key (or an error): `Less` the writes, `Equal` both.
    fn next_side(&mut self) -> Option<Ordering> {
        match (self.writes.peek(), self.below.peek()) {
            (None, None) => None,
            (Some(Err(_)), _) | (Some(_), None) => Some(Ordering::Less),
            (None, Some(_)) | (Some(_), Some(Err(_))) => Some(Ordering::Greater),
            (Some(Ok((write, _))), Some(Ok((key, _)))) => Some(match self.order {
                Order::Ascending => write.cmp(key),
                Order::Descending => key.cmp(write),
            }),
        }
    }
}

impl<W: Iterator<Item = Result<Write, StoreError>>> Iterator for Merged<'_, W> {
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
            match self.writes.next()? {
                Ok((key, Some(value))) => return Some(Ok((key, value))),
                Ok((_, None)) => {}
                Err(error) => {
                    self.failed = true;
                    return Some(Err(error));
                }
            }
        }
        None
    }
}
