//! A chain in memory.

use std::collections::BTreeMap;
use std::ops::Bound;

use cosmwasm_vm::testing::{MockApi, MockQuerier};
use cosmwasm_vm::{BackendApi, BackendError, BackendResult, Querier};
use slsbft_wasm::{Answer, Chain, Fault, Order, Page, Record};

/// Answers queries in place of the mock.
type Queries = Box<dyn FnMut(&[u8], u64) -> Result<Answer, Fault>>;

/// A contract's host whose addresses and answers are those of the other VM's mock.
pub struct MemoryChain {
    pub state: BTreeMap<Vec<u8>, Vec<u8>>,
    pub said: Vec<String>,
    pub queries: Option<Queries>,
    /// Fails the next read.
    pub broken: bool,
    pub api: MockApi,
    pub querier: MockQuerier,
}

impl Default for MemoryChain {
    fn default() -> Self {
        Self {
            state: BTreeMap::new(),
            said: Vec::new(),
            queries: None,
            broken: false,
            api: MockApi::default(),
            querier: MockQuerier::new(&[]),
        }
    }
}

impl Chain for MemoryChain {
    fn get(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
        if self.broken {
            return Err(Fault::chain("the disk is gone"));
        }
        Ok(self.state.get(key).cloned())
    }

    fn set(&mut self, key: &[u8], value: &[u8]) -> Result<(), Fault> {
        self.state.insert(key.to_vec(), value.to_vec());
        Ok(())
    }

    fn remove(&mut self, key: &[u8]) -> Result<(), Fault> {
        self.state.remove(key);
        Ok(())
    }

    fn scan(
        &mut self,
        start: Bound<&[u8]>,
        end: Bound<&[u8]>,
        order: Order,
        page: Page,
    ) -> Result<Vec<Record>, Fault> {
        let range = self
            .state
            .range::<[u8], _>((start, end))
            .map(|(k, v)| (k.clone(), v.clone()));
        let mut bytes = 0;
        let fits = |(key, value): &Record| {
            let first = bytes == 0;
            bytes += key.len() + value.len();
            first || bytes <= page.bytes
        };
        Ok(match order {
            Order::Ascending => range.take(page.records).take_while(fits).collect(),
            Order::Descending => range.rev().take(page.records).take_while(fits).collect(),
        })
    }

    fn validate_address(&mut self, human: &str) -> Result<Result<(), String>, Fault> {
        told(self.api.addr_validate(human))
    }

    fn canonicalize_address(&mut self, human: &str) -> Result<Result<Vec<u8>, String>, Fault> {
        told(self.api.addr_canonicalize(human))
    }

    fn humanize_address(&mut self, canonical: &[u8]) -> Result<Result<String, String>, Fault> {
        told(self.api.addr_humanize(canonical))
    }

    fn query(&mut self, request: &[u8], budget: u64) -> Result<Answer, Fault> {
        if let Some(queries) = &mut self.queries {
            return queries(request, budget);
        }
        let answer = self.querier.query_raw(request, u64::MAX).0.unwrap();
        Ok(Answer {
            used: 1_000,
            bytes: serde_json::to_vec(&answer).unwrap(),
        })
    }

    fn debug(&mut self, text: &str) {
        self.said.push(text.to_owned());
    }
}

fn told<T>((result, _): BackendResult<T>) -> Result<Result<T, String>, Fault> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(BackendError::UserErr { msg }) => Ok(Err(msg)),
        Err(other) => Err(Fault::chain(other)),
    }
}
