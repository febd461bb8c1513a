//! A contract's iterators.
//!
//! An iterator is a range that shrinks: it shows what is in the state at each step, also what the
//! contract wrote after it was opened. Records are read ahead while one iterator is stepped through;
//! a write, or a step of another iterator, throws away what was read ahead.

use std::collections::VecDeque;
use std::ops::Bound;

use super::Stop;
use crate::{Chain, Order, Page, Reason, Record};

/// The most iterators that one call may open.
const MAX_SCANS: u32 = 1 << 15;

/// The most bytes that their bounds may take.
const MAX_BOUNDS: usize = 16 << 20;

/// The most records that are read ahead.
const MAX_AHEAD: usize = 32;

/// The most bytes that are read ahead, so that nobody reads much more than he pays for.
const MAX_AHEAD_BYTES: usize = 8 << 10;

/// The iterators of one call, numbered from 1.
#[derive(Default)]
pub(crate) struct Scans {
    scans: Vec<Scan>,
    bounds: usize,
    /// Whose records were read ahead, and how many to read next time.
    reading: u32,
    step: usize,
    ahead: VecDeque<Record>,
}

struct Scan {
    start: Bound<Vec<u8>>,
    end: Bound<Vec<u8>>,
    order: Order,
    done: bool,
}

impl Scans {
    /// Opens an iterator from `start` up to and without `end`, and returns its number.
    ///
    /// # Errors
    /// When there are too many.
    pub(crate) fn open(
        &mut self,
        start: Option<Vec<u8>>,
        end: Option<Vec<u8>>,
        order: Order,
    ) -> Result<u32, Reason> {
        let empty = matches!((&start, &end), (Some(start), Some(end)) if start >= end);
        let bytes = start
            .as_ref()
            .map_or(0, Vec::len)
            .saturating_add(end.as_ref().map_or(0, Vec::len));
        self.hold(0, bytes)?;
        let opened = u32::try_from(self.scans.len()).unwrap_or(MAX_SCANS);
        if opened >= MAX_SCANS {
            return Err(Reason::TooManyIterators(MAX_SCANS));
        }
        self.scans.push(Scan {
            start: start.map_or(Bound::Unbounded, Bound::Included),
            end: end.map_or(Bound::Unbounded, Bound::Excluded),
            order,
            done: empty,
        });
        Ok(opened.saturating_add(1))
    }

    /// The bytes of the next record of iterator `id`, which keeps it; nothing at its end.
    ///
    /// # Errors
    /// When there is no such iterator, or the node cannot read its state.
    pub(crate) fn peek(&mut self, id: u32, chain: &mut dyn Chain) -> Result<Option<usize>, Stop> {
        if self.reading != id {
            self.forget();
            self.reading = id;
        }
        let done = self.at(id)?.done;
        if self.ahead.is_empty() && !done {
            self.read(id, chain)?;
        }
        let next = self.ahead.front();
        Ok(next.map(|(key, value)| key.len().saturating_add(value.len())))
    }

    /// Takes the record that was peeked at last; nothing if there was none.
    ///
    /// # Errors
    /// When the bounds of all iterators take too much.
    pub(crate) fn take(&mut self) -> Result<Option<Record>, Reason> {
        let Some(record) = self.ahead.pop_front() else {
            return Ok(None);
        };
        let scan = self.at(self.reading)?;
        let bound = match scan.order {
            Order::Ascending => &mut scan.start,
            Order::Descending => &mut scan.end,
        };
        let passed = std::mem::replace(bound, Bound::Excluded(record.0.clone()));
        self.hold(length(&passed), record.0.len())?;
        Ok(Some(record))
    }

    /// Reads ahead, more each time.
    fn read(&mut self, id: u32, chain: &mut dyn Chain) -> Result<(), Stop> {
        let records = self.step.saturating_mul(2).clamp(1, MAX_AHEAD);
        self.step = records;
        let page = Page {
            records,
            bytes: MAX_AHEAD_BYTES,
        };
        let scan = self.at(id)?;
        let records = chain.scan(as_slice(&scan.start), as_slice(&scan.end), scan.order, page)?;
        scan.done = records.is_empty();
        self.ahead = records.into();
        Ok(())
    }

    fn at(&mut self, id: u32) -> Result<&mut Scan, Reason> {
        let at = id.checked_sub(1).ok_or(Reason::NoIterator(id))? as usize;
        self.scans.get_mut(at).ok_or(Reason::NoIterator(id))
    }

    /// Throws away what was read ahead, since the state changes.
    pub(crate) fn forget(&mut self) {
        self.ahead.clear();
        self.step = 0;
    }

    /// Counts the bytes of a bound that takes another's place.
    fn hold(&mut self, before: usize, after: usize) -> Result<(), Reason> {
        self.bounds = self.bounds.saturating_sub(before).saturating_add(after);
        if self.bounds > MAX_BOUNDS {
            Err(Reason::IteratorBounds(MAX_BOUNDS))
        } else {
            Ok(())
        }
    }
}

fn as_slice(bound: &Bound<Vec<u8>>) -> Bound<&[u8]> {
    bound.as_ref().map(Vec::as_slice)
}

fn length(bound: &Bound<Vec<u8>>) -> usize {
    match bound {
        Bound::Included(key) | Bound::Excluded(key) => key.len(),
        Bound::Unbounded => 0,
    }
}
