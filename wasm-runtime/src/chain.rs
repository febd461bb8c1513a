//! What a contract needs of the chain it runs on. The VM knows no chain but through [`Chain`]; whoever
//! embeds it implements that for one contract at a time: its own part of the state, and no other's.

use std::ops::Bound;

use crate::Fault;

/// A key and its value.
pub type Record = (Vec<u8>, Vec<u8>);

/// Which end of a range of keys comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The smallest key first.
    Ascending,
    /// The greatest key first.
    Descending,
}

/// How much of a range to read at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// The most records.
    pub records: usize,
    /// The most bytes of keys and values, but for the first record.
    pub bytes: usize,
}

/// What a query answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Points that the answer cost. More than the budget that came with the query is out of gas for
    /// the caller.
    pub used: u64,
    /// The answer in the encoding of the contract's interface. For CosmWasm: the JSON of a
    /// `SystemResult<ContractResult<Binary>>`.
    pub bytes: Vec<u8>,
}

/// The host of one contract during one call.
///
/// Keys are the contract's own: the implementation puts its prefix in front. What a method returns must
/// be the same on every node; an [`Err`] is for what no contract caused (a disk that cannot be read),
/// ends the call, and stops the node.
pub trait Chain {
    /// The value at `key`.
    ///
    /// # Errors
    /// When the node cannot read its state.
    fn get(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, Fault>;

    /// Puts `value` at `key`.
    ///
    /// # Errors
    /// When the node cannot write its state.
    fn set(&mut self, key: &[u8], value: &[u8]) -> Result<(), Fault>;

    /// Removes `key`, if it is there.
    ///
    /// # Errors
    /// When the node cannot write its state.
    fn remove(&mut self, key: &[u8]) -> Result<(), Fault>;

    /// The first records between two keys, as they are now: at least one unless there is none, and no
    /// more than the page holds. How many they are changes nothing but the number of reads.
    ///
    /// # Errors
    /// When the node cannot read its state.
    fn scan(
        &mut self,
        start: Bound<&[u8]>,
        end: Bound<&[u8]>,
        order: Order,
        page: Page,
    ) -> Result<Vec<Record>, Fault>;

    /// Whether `human` is an address as the chain writes it; the inner error tells the contract why not.
    ///
    /// # Errors
    /// When the node cannot tell.
    fn validate_address(&mut self, human: &str) -> Result<Result<(), String>, Fault>;

    /// The bytes behind an address; the inner error tells the contract why there are none.
    ///
    /// # Errors
    /// When the node cannot tell.
    fn canonicalize_address(&mut self, human: &str) -> Result<Result<Vec<u8>, String>, Fault>;

    /// The address that stands for these bytes; the inner error tells the contract why there is none.
    ///
    /// # Errors
    /// When the node cannot tell.
    fn humanize_address(&mut self, canonical: &[u8]) -> Result<Result<String, String>, Fault>;

    /// Answers a question about the chain, or asks another contract, for at most `budget` points.
    /// Whatever is wrong with the question goes into the answer.
    ///
    /// # Errors
    /// When the node cannot answer.
    fn query(&mut self, request: &[u8], budget: u64) -> Result<Answer, Fault>;

    /// Takes what the contract prints for its developer. Nothing of it may reach the state.
    fn debug(&mut self, text: &str) {
        let _ = text;
    }
}
