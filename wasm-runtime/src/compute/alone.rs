//! The chain around a task that asks for none.

use std::ops::Bound;

use crate::bus::Context;
use crate::{Answer, Chain, Fault, Order, Page, Record};

/// No chain: whatever is asked of it is a fault.
pub(super) struct Alone;

/// A call of nobody's, at no time.
pub(super) fn context() -> Context {
    Context {
        height: 0,
        time: 0,
        chain_id: String::new(),
        contract: String::new(),
        sender: String::new(),
        funds: String::new(),
        transaction: None,
    }
}

fn none<T>() -> Result<T, Fault> {
    Err(Fault::engine("the task of compute proofs asks for a chain"))
}

impl Chain for Alone {
    fn get(&mut self, _: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
        none()
    }

    fn set(&mut self, _: &[u8], _: &[u8]) -> Result<(), Fault> {
        none()
    }

    fn remove(&mut self, _: &[u8]) -> Result<(), Fault> {
        none()
    }

    fn scan(&mut self, _: Bound<&[u8]>, _: Bound<&[u8]>, _: Order, _: Page) -> Result<Vec<Record>, Fault> {
        none()
    }

    fn validate_address(&mut self, _: &str) -> Result<Result<(), String>, Fault> {
        none()
    }

    fn canonicalize_address(&mut self, _: &str) -> Result<Result<Vec<u8>, String>, Fault> {
        none()
    }

    fn humanize_address(&mut self, _: &[u8]) -> Result<Result<String, String>, Fault> {
        none()
    }

    fn query(&mut self, _: &[u8], _: u64) -> Result<Answer, Fault> {
        none()
    }
}
