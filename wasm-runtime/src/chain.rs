//! What a contract needs of the chain it runs on. The VM knows no chain but through [`Chain`]; whoever
//! embeds it implements that for one contract at a time: its own part of the state, and no other's.

use std::ops::Bound;

use crate::{Fault, Outcome, Reason};

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

/// What came of a call of another contract or of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Called {
    /// Points that it used, whatever came of it.
    pub used: u64,
    /// What it returned, or why it failed and is undone.
    pub result: Result<Vec<u8>, CallError>,
}

/// Why a call of another contract or of a module failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// It needed more points than it was given.
    #[error("out of gas")]
    OutOfGas,
    /// What the contract that called is told. The same on every node.
    #[error("{0}")]
    Failed(String),
}

impl From<Outcome<Vec<u8>>> for Called {
    fn from(outcome: Outcome<Vec<u8>>) -> Self {
        Self {
            used: outcome.used,
            result: outcome.result.map_err(|failure| match failure.reason {
                Reason::OutOfGas => CallError::OutOfGas,
                // Not where: that is for people, and no contract should depend on it.
                reason => CallError::Failed(format!("{}: {reason}", failure.entry)),
            }),
        }
    }
}

impl Called {
    fn not_offered() -> Self {
        Self {
            used: 0,
            result: Err(CallError::Failed("this chain does not offer it".to_owned())),
        }
    }
}

/// The host of one contract during one call.
///
/// Keys are the contract's own: the implementation puts its prefix in front. What a method returns must
/// be the same on every node; an [`Err`] is for what no contract caused (a disk that cannot be read),
/// ends the call, and stops the node.
///
/// # Calls inside of a call
/// [`execute`](Self::execute), [`send`](Self::send), [`grpc`](Self::grpc) and [`ask`](Self::ask) run while
/// the contract waits, so the chain keeps three rules, by refusing with [`CallError::Failed`]:
///
/// - a contract that waits is not entered, neither to change it nor to ask it, however indirectly;
/// - at most [`MAX_NESTED_CALLS`](crate::MAX_NESTED_CALLS) contracts wait for each other, of either
///   interface, questions counted like calls;
/// - what fails has changed nothing and emitted nothing.
///
/// `points` is the budget. A call that needs more fails with [`CallError::OutOfGas`], or says that it used
/// more; either way the contract pays the budget. If that was all that the contract had left, the contract
/// itself is out of gas; if it was less, because the contract named a limit, the contract is told of a failed
/// call and goes on. So whoever gives a contract too little gas cannot make a call inside of it fail alone.
/// A call that succeeds has used no more than its budget; another is a fault.
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

    /// Executes a message of this contract's at another, of either interface, and moves `funds` there
    /// (coins as in `5uankr,7foo`; nothing if empty) before. Returns what that contract returned.
    ///
    /// # Errors
    /// When the node fails.
    fn execute(&mut self, contract: &str, msg: &[u8], funds: &str, points: u64) -> Result<Called, Fault> {
        let _ = (contract, msg, funds, points);
        Ok(Called::not_offered())
    }

    /// Executes a module's message: the URL of its type and its protobuf bytes. Whoever else than this
    /// contract would have to sign it makes it fail. Returns the response's protobuf bytes.
    ///
    /// # Errors
    /// When the node fails.
    fn send(&mut self, type_url: &str, msg: &[u8], points: u64) -> Result<Called, Fault> {
        let _ = (type_url, msg, points);
        Ok(Called::not_offered())
    }

    /// Asks a module: the gRPC method's path and its request as protobuf bytes. Returns the response's.
    ///
    /// # Errors
    /// When the node cannot answer.
    fn grpc(&mut self, path: &str, request: &[u8], points: u64) -> Result<Called, Fault> {
        let _ = (path, request, points);
        Ok(Called::not_offered())
    }

    /// Asks another contract, of either interface. Returns its answer.
    ///
    /// # Errors
    /// When the node cannot answer.
    fn ask(&mut self, contract: &str, msg: &[u8], points: u64) -> Result<Called, Fault> {
        let _ = (contract, msg, points);
        Ok(Called::not_offered())
    }

    /// Emits an event, behind those that calls inside of this one emitted so far; the inner error says what
    /// is wrong with it, and ends the contract's call. A chain without events drops it.
    ///
    /// # Errors
    /// When the node fails.
    fn event(&mut self, kind: &str, attributes: &[(String, String)]) -> Result<Result<(), String>, Fault> {
        let _ = (kind, attributes);
        Ok(Ok(()))
    }

    /// The random beacon at a height; nothing if it is not known yet, or forgotten.
    ///
    /// # Errors
    /// When the node cannot read its state.
    fn beacon(&mut self, height: u64) -> Result<Option<[u8; 32]>, Fault> {
        let _ = height;
        Ok(None)
    }

    /// Takes what the contract prints for its developer. Nothing of it may reach the state.
    fn debug(&mut self, text: &str) {
        let _ = text;
    }
}
