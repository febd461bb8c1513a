//! Events.

use std::fmt::Display;

use crate::host;

/// An event of the contract, which transactions show as `wasm-<kind>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub kind: String,
    pub attributes: Vec<(String, String)>,
}

impl Event {
    /// `kind` has at least three bytes.
    pub fn new(kind: impl Into<String>) -> Self {
        Self {
            kind: kind.into(),
            attributes: Vec::new(),
        }
    }

    /// The event `wasm`, in which CosmWasm's contracts put their attributes, and where tools look for those
    /// of tokens.
    pub fn wasm() -> Self {
        Self::new("")
    }

    pub fn attr(mut self, key: &str, value: impl Display) -> Self {
        self.attributes.push((key.to_owned(), value.to_string()));
        self
    }

    pub fn emit(self) {
        host::emit(&self);
    }
}
