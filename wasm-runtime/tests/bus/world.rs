//! A chain in memory: contracts of both interfaces that call each other, and a module that says what it
//! was told.

use std::collections::BTreeMap;
use std::ops::{Bound, RangeBounds};
use std::sync::Arc;

use slsbft_wasm::bus::{Call, Entry};
use slsbft_wasm::{
    Answer, CallError, Called, Chain, Code, Fault, Interface, Lane, MAX_NESTED_CALLS, Order, Outcome, Page,
    Record, cosmwasm,
};

use crate::support::{VM, context};

type Event = (String, Vec<(String, String)>);

/// A contract's code and state.
#[derive(Clone)]
struct Contract {
    code: Arc<Code>,
    state: BTreeMap<Vec<u8>, Vec<u8>>,
}

/// The chain.
#[derive(Default)]
pub struct World {
    contracts: BTreeMap<String, Contract>,
    pub events: Vec<Event>,
    /// The contracts that wait, the first one first.
    pub waiting: Vec<String>,
    /// The most that waited at once.
    pub deepest: usize,
    pub said: Vec<String>,
    /// What the module answers in place of its own answer.
    pub module: Option<Called>,
    pub beacons: BTreeMap<u64, [u8; 32]>,
}

impl World {
    /// Gives a contract its code; its state stays.
    pub fn put(&mut self, address: &str, code: &Arc<Code>) {
        let state = self.contracts.remove(address).map(|old| old.state);
        let contract = Contract {
            code: Arc::clone(code),
            state: state.unwrap_or_default(),
        };
        self.contracts.insert(address.to_owned(), contract);
    }

    pub fn state(&mut self, address: &str) -> &mut BTreeMap<Vec<u8>, Vec<u8>> {
        &mut self.contracts.get_mut(address).unwrap().state
    }

    /// The host of a contract.
    pub fn host(&mut self, address: &str) -> Host<'_> {
        Host {
            address: address.to_owned(),
            world: self,
        }
    }

    /// Runs a contract for another, by the rules of [`Chain`].
    fn call(
        &mut self,
        (sender, address): (&str, &str),
        entry: Entry,
        msg: &[u8],
        funds: &str,
        points: u64,
    ) -> Result<Called, Fault> {
        let refused = if self.waiting.iter().any(|waiting| waiting == address) {
            Some("the contract waits for its own call")
        } else if self.waiting.len() >= MAX_NESTED_CALLS as usize {
            Some("calls nest too deep")
        } else {
            None
        };
        let Some(contract) = self.contracts.get(address).filter(|_| refused.is_none()) else {
            let words = refused.unwrap_or("no such contract").to_owned();
            return Ok(Called {
                used: 10,
                result: Err(CallError::Failed(words)),
            });
        };
        let code = Arc::clone(&contract.code);
        let before = (self.contracts.clone(), self.events.clone());
        self.waiting.push(address.to_owned());
        self.deepest = self.deepest.max(self.waiting.len());
        let outcome = self.enter(&code, (sender, address), entry, msg, funds, points)?;
        self.waiting.pop();
        let called = Called::from(outcome);
        if called.result.is_err() {
            (self.contracts, self.events) = before;
        }
        Ok(called)
    }

    fn enter(
        &mut self,
        code: &Code,
        (sender, address): (&str, &str),
        entry: Entry,
        msg: &[u8],
        funds: &str,
        points: u64,
    ) -> Result<Outcome<Vec<u8>>, Fault> {
        let chain = &mut self.host(address);
        match code.interface() {
            Interface::Bus => Call {
                vm: &VM,
                code,
                chain,
                points,
                lane: Lane::Block,
                context: context(address, sender, funds),
            }
            .run(entry, msg),
            Interface::CosmWasm => {
                let call = cosmwasm::Call {
                    vm: &VM,
                    code,
                    chain,
                    points,
                    lane: Lane::Block,
                };
                match entry {
                    Entry::Query => call.raw(cosmwasm::Entry::Query, &[b"{}", msg]),
                    _ => call.raw(cosmwasm::Entry::Execute, &[b"{}", b"{}", msg]),
                }
            }
        }
    }
}

/// The host of one contract.
pub struct Host<'a> {
    world: &'a mut World,
    address: String,
}

impl Host<'_> {
    fn module(&mut self, name: &str, msg: &[u8], points: u64) -> Called {
        const PRICE: u64 = 1_000;
        let answer = match points < PRICE {
            true => Err(CallError::OutOfGas),
            false => Ok([name.as_bytes(), b"<", msg, b">"].concat()),
        };
        self.world.module.clone().unwrap_or(Called {
            used: PRICE.min(points),
            result: answer,
        })
    }
}

impl Chain for Host<'_> {
    fn get(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
        Ok(self.world.state(&self.address).get(key).cloned())
    }

    fn set(&mut self, key: &[u8], value: &[u8]) -> Result<(), Fault> {
        self.world
            .state(&self.address)
            .insert(key.to_vec(), value.to_vec());
        Ok(())
    }

    fn remove(&mut self, key: &[u8]) -> Result<(), Fault> {
        self.world.state(&self.address).remove(key);
        Ok(())
    }

    fn scan(
        &mut self,
        start: Bound<&[u8]>,
        end: Bound<&[u8]>,
        order: Order,
        page: Page,
    ) -> Result<Vec<Record>, Fault> {
        // A range that ends before it begins is empty.
        let range = self
            .world
            .state(&self.address)
            .iter()
            .filter(|(key, _)| (start, end).contains(key.as_slice()))
            .map(|(k, v)| (k.clone(), v.clone()));
        Ok(match order {
            Order::Ascending => range.take(page.records).collect(),
            Order::Descending => range.rev().take(page.records).collect(),
        })
    }

    fn validate_address(&mut self, human: &str) -> Result<Result<(), String>, Fault> {
        Ok(self.canonicalize_address(human)?.map(|_| ()))
    }

    fn canonicalize_address(&mut self, human: &str) -> Result<Result<Vec<u8>, String>, Fault> {
        let bytes = human.strip_prefix("addr:").map(|rest| rest.as_bytes().to_vec());
        Ok(bytes.ok_or_else(|| "no address".to_owned()))
    }

    fn humanize_address(&mut self, canonical: &[u8]) -> Result<Result<String, String>, Fault> {
        let text = String::from_utf8(canonical.to_vec());
        Ok(text
            .map(|text| format!("addr:{text}"))
            .map_err(|error| error.to_string()))
    }

    /// A contract for CosmWasm asks contracts only: `<address> <message>`.
    fn query(&mut self, request: &[u8], budget: u64) -> Result<Answer, Fault> {
        let request = String::from_utf8_lossy(request);
        let Some((address, msg)) = request.split_once(' ') else {
            return Ok(Answer {
                used: 10,
                bytes: b"no question".to_vec(),
            });
        };
        let asked = self.ask(address, msg.as_bytes(), budget)?;
        let bytes = asked
            .result
            .unwrap_or_else(|error| error.to_string().into_bytes());
        Ok(Answer {
            used: asked.used,
            bytes,
        })
    }

    fn execute(&mut self, contract: &str, msg: &[u8], funds: &str, points: u64) -> Result<Called, Fault> {
        let names = (self.address.as_str(), contract);
        self.world.call(names, Entry::Execute, msg, funds, points)
    }

    fn send(&mut self, type_url: &str, msg: &[u8], points: u64) -> Result<Called, Fault> {
        Ok(self.module(type_url, msg, points))
    }

    fn grpc(&mut self, path: &str, request: &[u8], points: u64) -> Result<Called, Fault> {
        Ok(self.module(path, request, points))
    }

    fn ask(&mut self, contract: &str, msg: &[u8], points: u64) -> Result<Called, Fault> {
        self.world.call(("", contract), Entry::Query, msg, "", points)
    }

    fn event(&mut self, kind: &str, attributes: &[(String, String)]) -> Result<Result<(), String>, Fault> {
        self.world.events.push((kind.to_owned(), attributes.to_vec()));
        Ok(Ok(()))
    }

    fn beacon(&mut self, height: u64) -> Result<Option<[u8; 32]>, Fault> {
        Ok(self.world.beacons.get(&height).copied())
    }

    fn debug(&mut self, text: &str) {
        self.world.said.push(text.to_owned());
    }
}
