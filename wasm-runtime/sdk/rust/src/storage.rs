//! What a contract keeps. Keys are laid out, and values written in JSON, as `cw-storage-plus` does.

use std::marker::PhantomData;
use std::ops::{Bound, RangeBounds};

use serde::{Serialize, de::DeserializeOwned};

use crate::{Error, Key, entry::to_json, host, key::prefixed};

/// The order of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Ascending,
    Descending,
}

/// One value at one key.
pub struct Item<T> {
    key: &'static str,
    value: PhantomData<fn() -> T>,
}

impl<T: Serialize + DeserializeOwned> Item<T> {
    /// `key` is no other item's, and no map's.
    pub const fn new(key: &'static str) -> Self {
        Self {
            key,
            value: PhantomData,
        }
    }

    pub fn get(&self) -> Option<T> {
        host::load(self.key.as_bytes()).map(|bytes| kept(&bytes))
    }

    /// # Errors
    /// Nothing is there.
    pub fn load(&self) -> Result<T, Error> {
        self.get()
            .ok_or_else(|| format!("there is no {}", self.key).into())
    }

    pub fn save(&self, value: &T) {
        host::store(self.key.as_bytes(), &json(value));
    }

    pub fn remove(&self) {
        host::delete(self.key.as_bytes());
    }
}

/// A value for each key.
pub struct Map<K, T> {
    name: &'static str,
    of: PhantomData<(K, T)>,
}

impl<K: Key, T: Serialize + DeserializeOwned> Map<K, T> {
    /// `name` is no other map's, and no item's.
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            of: PhantomData,
        }
    }

    pub fn get(&self, key: K) -> Option<T> {
        host::load(&self.key(key)).map(|bytes| kept(&bytes))
    }

    /// # Errors
    /// Nothing is there.
    pub fn load(&self, key: K) -> Result<T, Error> {
        self.get(key)
            .ok_or_else(|| format!("there is none of the {} for this key", self.name).into())
    }

    pub fn save(&self, key: K, value: &T) {
        host::store(&self.key(key), &json(value));
    }

    pub fn remove(&self, key: K) {
        host::delete(&self.key(key));
    }

    /// The records whose keys are within bounds.
    pub fn range(&self, keys: impl RangeBounds<K>, order: Order) -> Records<K, T> {
        Records::new(self.prefix(), keys, order)
    }

    fn prefix(&self) -> Vec<u8> {
        let mut prefix = Vec::new();
        prefixed(self.name, &mut prefix);
        prefix
    }

    fn key(&self, key: K) -> Vec<u8> {
        let mut bytes = self.prefix();
        key.write(&mut bytes);
        bytes
    }
}

impl<A: Key, B: Key, T: Serialize + DeserializeOwned> Map<(A, B), T> {
    /// The records whose keys begin with `first`, and whose second parts are within bounds.
    pub fn range_of(&self, first: A, keys: impl RangeBounds<B>, order: Order) -> Records<B, T> {
        let mut prefix = self.prefix();
        prefixed(first, &mut prefix);
        Records::new(prefix, keys, order)
    }
}

/// Keys and values in order. What is written meanwhile is seen.
pub struct Records<K, T> {
    scan: u32,
    prefix: usize,
    of: PhantomData<(K, T)>,
}

impl<K: Key, T> Records<K, T> {
    fn new(prefix: Vec<u8>, keys: impl RangeBounds<K>, order: Order) -> Self {
        let key = |key: &K, after: bool| {
            let mut bytes = prefix.clone();
            key.write(&mut bytes);
            if after {
                // No key is between this and the next.
                bytes.push(0);
            }
            bytes
        };
        let start = match keys.start_bound() {
            Bound::Included(first) => key(first, false),
            Bound::Excluded(before) => key(before, true),
            Bound::Unbounded => prefix.clone(),
        };
        let end = match keys.end_bound() {
            Bound::Included(last) => Some(key(last, true)),
            Bound::Excluded(behind) => Some(key(behind, false)),
            Bound::Unbounded => successor(&prefix),
        };
        Self {
            scan: host::open_scan(&start, end.as_deref(), order == Order::Descending),
            prefix: prefix.len(),
            of: PhantomData,
        }
    }
}

impl<K: Key, T: DeserializeOwned> Iterator for Records<K, T> {
    type Item = (K::Owned, T);

    fn next(&mut self) -> Option<Self::Item> {
        let (key, value) = host::next_record(self.scan)?;
        let key = key.get(self.prefix..).and_then(K::read);
        Some((
            key.unwrap_or_else(|| panic!("a stored key is of another type")),
            kept(&value),
        ))
    }
}

/// The first key behind all that begin with the prefix.
fn successor(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|byte| *byte != u8::MAX)?;
    let mut end = prefix.get(..=last)?.to_vec();
    *end.last_mut()? += 1;
    Some(end)
}

fn kept<T: DeserializeOwned>(bytes: &[u8]) -> T {
    serde_json_wasm::from_slice(bytes)
        .unwrap_or_else(|error| panic!("a stored value is of another type: {error}"))
}

fn json<T: Serialize>(value: &T) -> Vec<u8> {
    to_json(value).unwrap_or_else(|error| panic!("{error}"))
}
