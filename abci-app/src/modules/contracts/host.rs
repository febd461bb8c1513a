//! The state as one contract sees it: its own keys, below its own prefix.

use std::ops::Bound;

use slsbft_store::{Overlay, Read, Space, prefix_end};
use slsbft_types::{Address, Time};
use slsbft_wasm::{Answer, Chain, Fault, Order, Page, Record};

use super::{ask, keys};
use crate::{
    context::BlockInfo,
    machine::{Budget, Runner},
    query::View,
};

/// A value that a contract keeps, in front of its bytes: the tree holds no empty values.
const VALUE: u8 = 1;

/// The host of a contract that may write.
pub struct Writer<'a> {
    state: &'a mut Overlay,
    block: &'a BlockInfo,
    runner: &'a Runner,
    prefix: Vec<u8>,
}

impl<'a> Writer<'a> {
    pub fn new(state: &'a mut Overlay, block: &'a BlockInfo, runner: &'a Runner, contract: &Address) -> Self {
        Self {
            state,
            block,
            runner,
            prefix: keys::state(contract),
        }
    }
}

/// The host of a contract that answers a question.
pub struct Reader<'a, S> {
    state: &'a S,
    at: (u64, Time),
    runner: &'a Runner,
    depth: u32,
    prefix: Vec<u8>,
}

impl<'a, S: Read> Reader<'a, S> {
    /// `depth` is the number of contracts that wait for the answer.
    pub fn new(state: &'a S, at: (u64, Time), runner: &'a Runner, depth: u32, contract: &Address) -> Self {
        Self {
            state,
            at,
            runner,
            depth,
            prefix: keys::state(contract),
        }
    }
}

/// What a contract keeps at a key.
pub fn value(state: &impl Read, prefix: &[u8], key: &[u8]) -> Result<Option<Vec<u8>>, crate::Fault> {
    let stored = state.get(Space::Main, &[prefix, key].concat())?;
    stored.map(unmarked).transpose()
}

/// The bytes behind [`VALUE`].
pub fn unmarked(mut stored: Vec<u8>) -> Result<Vec<u8>, crate::Fault> {
    match stored.first() {
        Some(&VALUE) => {
            stored.remove(0);
            Ok(stored)
        }
        _ => Err(crate::Fault::corrupt("a contract's value")),
    }
}

/// A value as it is stored.
pub fn marked(value: &[u8]) -> Vec<u8> {
    [&[VALUE], value].concat()
}

/// The first records between two keys of a contract.
pub fn records(
    state: &impl Read,
    prefix: &[u8],
    (start, end): (Bound<&[u8]>, Bound<&[u8]>),
    order: Order,
    page: Page,
) -> Result<Vec<Record>, crate::Fault> {
    let after = |key: &[u8]| [prefix, key, &[0]].concat();
    let start = match start {
        Bound::Included(key) => [prefix, key].concat(),
        Bound::Excluded(key) => after(key),
        Bound::Unbounded => prefix.to_vec(),
    };
    let end = match end {
        Bound::Included(key) => Some(after(key)),
        Bound::Excluded(key) => Some([prefix, key].concat()),
        Bound::Unbounded => prefix_end(prefix),
    };
    let order = match order {
        Order::Ascending => slsbft_store::Order::Ascending,
        Order::Descending => slsbft_store::Order::Descending,
    };
    let (mut found, mut bytes) = (Vec::new(), 0usize);
    for entry in state
        .range(Space::Main, &start, end.as_deref(), order)
        .take(page.records)
    {
        let (key, value) = entry?;
        let key = key.get(prefix.len()..).unwrap_or_default().to_vec();
        let value = unmarked(value)?;
        bytes = bytes.saturating_add(key.len()).saturating_add(value.len());
        if bytes > page.bytes && !found.is_empty() {
            break;
        }
        found.push((key, value));
    }
    Ok(found)
}

fn validate(human: &str) -> Result<(), String> {
    let address = Address::from_bech32(human).map_err(|error| error.to_string())?;
    match address.to_string() == human {
        true => Ok(()),
        false => Err("address is not in lower case".into()),
    }
}

fn canonicalize(human: &str) -> Result<Vec<u8>, String> {
    let address = Address::from_bech32(human).map_err(|error| error.to_string())?;
    Ok(address.as_bytes().to_vec())
}

fn humanize(canonical: &[u8]) -> Result<String, String> {
    let address = Address::from_bytes(canonical).map_err(|error| error.to_string())?;
    Ok(address.to_string())
}

fn answer<S: Read>(
    state: &S,
    at: (u64, Time),
    runner: &Runner,
    depth: u32,
    (request, points): (&[u8], u64),
) -> Result<Answer, Fault> {
    let budget = Budget::new(points);
    let view = View::new(state, at, runner, &budget, depth.saturating_add(1));
    let bytes = ask::answer(&view, request).map_err(Fault::chain)?;
    let used = match budget.is_exceeded() {
        true => points.saturating_add(1),
        false => points.saturating_sub(budget.left()),
    };
    Ok(Answer { used, bytes })
}

impl Chain for Writer<'_> {
    fn get(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
        value(self.state, &self.prefix, key).map_err(Fault::chain)
    }

    fn set(&mut self, key: &[u8], value: &[u8]) -> Result<(), Fault> {
        let key = [self.prefix.as_slice(), key].concat();
        self.state.set(Space::Main, key, marked(value));
        Ok(())
    }

    fn remove(&mut self, key: &[u8]) -> Result<(), Fault> {
        self.state
            .delete(Space::Main, &[self.prefix.as_slice(), key].concat());
        Ok(())
    }

    fn scan(
        &mut self,
        start: Bound<&[u8]>,
        end: Bound<&[u8]>,
        order: Order,
        page: Page,
    ) -> Result<Vec<Record>, Fault> {
        records(self.state, &self.prefix, (start, end), order, page).map_err(Fault::chain)
    }

    fn validate_address(&mut self, human: &str) -> Result<Result<(), String>, Fault> {
        Ok(validate(human))
    }

    fn canonicalize_address(&mut self, human: &str) -> Result<Result<Vec<u8>, String>, Fault> {
        Ok(canonicalize(human))
    }

    fn humanize_address(&mut self, canonical: &[u8]) -> Result<Result<String, String>, Fault> {
        Ok(humanize(canonical))
    }

    fn query(&mut self, request: &[u8], budget: u64) -> Result<Answer, Fault> {
        let at = (self.block.height, self.block.time);
        answer(&*self.state, at, self.runner, 0, (request, budget))
    }
}

impl<S: Read> Chain for Reader<'_, S> {
    fn get(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
        value(self.state, &self.prefix, key).map_err(Fault::chain)
    }

    fn set(&mut self, _: &[u8], _: &[u8]) -> Result<(), Fault> {
        Err(Fault::chain("a question is about to write"))
    }

    fn remove(&mut self, _: &[u8]) -> Result<(), Fault> {
        Err(Fault::chain("a question is about to write"))
    }

    fn scan(
        &mut self,
        start: Bound<&[u8]>,
        end: Bound<&[u8]>,
        order: Order,
        page: Page,
    ) -> Result<Vec<Record>, Fault> {
        records(self.state, &self.prefix, (start, end), order, page).map_err(Fault::chain)
    }

    fn validate_address(&mut self, human: &str) -> Result<Result<(), String>, Fault> {
        Ok(validate(human))
    }

    fn canonicalize_address(&mut self, human: &str) -> Result<Result<Vec<u8>, String>, Fault> {
        Ok(canonicalize(human))
    }

    fn humanize_address(&mut self, canonical: &[u8]) -> Result<Result<String, String>, Fault> {
        Ok(humanize(canonical))
    }

    fn query(&mut self, request: &[u8], budget: u64) -> Result<Answer, Fault> {
        answer(self.state, self.at, self.runner, self.depth, (request, budget))
    }
}
