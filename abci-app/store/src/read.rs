//! What reading means: two key spaces, point reads, and ordered ranges in both directions.

use crate::StoreError;

/// Which of the two key spaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Space {
    /// Authenticated: every key is a leaf of the Merkle tree and so in the app hash.
    Main,
    /// Epoch-local: versioned and written like the rest, covered by the running hash only.
    Epoch,
}

impl Space {
    pub const ALL: [Space; 2] = [Space::Main, Space::Epoch];
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Order {
    Ascending,
    Descending,
}

/// A key and its value.
pub type Entry = (Vec<u8>, Vec<u8>);
/// Entries in key order. After the first error it ends.
pub type Entries<'a> = Box<dyn Iterator<Item = Result<Entry, StoreError>> + 'a>;

/// Anything keys can be read from.
pub trait Read {
    /// The value under `key`, or `None`.
    fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// Entries with `start <= key < end` (no upper bound when `end` is `None`).
    fn range<'a>(&'a self, space: Space, start: &[u8], end: Option<&[u8]>, order: Order) -> Entries<'a>;

    /// Entries whose key starts with `prefix`.
    fn prefix<'a>(&'a self, space: Space, prefix: &[u8], order: Order) -> Entries<'a> {
        self.range(space, prefix, prefix_end(prefix).as_deref(), order)
    }

    fn contains(&self, space: Space, key: &[u8]) -> Result<bool, StoreError> {
        Ok(self.get(space, key)?.is_some())
    }
}

/// The first key after all keys that start with `prefix`; `None` if there is none.
pub fn prefix_end(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|byte| *byte != u8::MAX)?;
    let mut end = prefix.get(..=last)?.to_vec();
    *end.last_mut()? += 1;
    Some(end)
}

/// Whether `[start, end)` holds no key at all.
pub(crate) fn is_empty_range(start: &[u8], end: Option<&[u8]>) -> bool {
    end.is_some_and(|end| end <= start)
}
