//! Failures of contracts. Codes are those of wasmd's codespace `wasm`, which clients know.

use slsbft_wasm::Failure;

use crate::errors::{ExecError, TxError, sdk};

const CODESPACE: &str = "wasm";

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContractsError {
    #[error("{0}: create wasm contract failed")]
    Create(String),
    #[error("{0} is claimed by another account: contract account already exists")]
    AccountExists(String),
    /// What the contract itself said, with wasmd's words for the entry point.
    #[error("{text}: {entry} wasm contract failed")]
    Contract { entry: &'static str, text: String },
    #[error("{0}: query wasm contract failed")]
    Query(String),
    #[error("{0}: invalid CosmosMsg from the contract")]
    Message(String),
    #[error("{0}: empty")]
    Empty(&'static str),
    #[error("{0}: exceeds limit")]
    Limit(String),
    #[error("{0}: invalid")]
    Invalid(String),
    #[error("{0}: duplicate")]
    Duplicate(String),
    #[error("{0}: unknown message from the contract")]
    Unsupported(String),
    #[error("{0}: invalid event")]
    Event(String),
    #[error("contract {0}: no such contract")]
    NoSuchContract(String),
    #[error("questions of contracts nest more than {0} deep: max query stack size exceeded")]
    QueryDepth(u32),
    #[error("code id {0}: no such code")]
    NoSuchCode(u64),
    #[error("contract {contract}, {failure}: wasmvm error")]
    Vm { contract: String, failure: Failure },
    #[error("contract {0} waits for what it called and cannot be entered before that is done: reentered")]
    Reentered(String),
    #[error("code {code} is being compiled: use it from height {height}")]
    NotCompiled { code: u64, height: u64 },
    #[error(
        "too much code waits to be compiled, more than {blocks} blocks leave time for: upload this from height {height}"
    )]
    CompilesTooMuch { blocks: u64, height: u64 },
    #[error("messages of contracts nest more than {0} deep: max call depth exceeded")]
    CallDepth(u32),
}

impl ContractsError {
    fn code(&self) -> u32 {
        match self {
            Self::Create(_) => 2,
            Self::AccountExists(_) => 3,
            Self::Contract { entry, .. } => match *entry {
                "instantiate" => 4,
                "migrate" => 11,
                _ => 5,
            },
            Self::Query(_) => 9,
            Self::Message(_) => 10,
            Self::Empty(_) => 12,
            Self::Limit(_) => 13,
            Self::Invalid(_) => 14,
            Self::Duplicate(_) => 15,
            Self::Unsupported(_) => 20,
            Self::Event(_) => 21,
            Self::NoSuchContract(_) => 22,
            Self::QueryDepth(_) => 27,
            Self::NoSuchCode(_) => 28,
            Self::Vm { .. } => 29,
            Self::CallDepth(_) => 30,
            Self::Reentered(_) => 31,
            Self::NotCompiled { .. } => 32,
            Self::CompilesTooMuch { .. } => 33,
        }
    }
}

impl From<ContractsError> for TxError {
    fn from(error: ContractsError) -> Self {
        TxError::new(CODESPACE, error.code(), error.to_string())
    }
}

impl From<ContractsError> for ExecError {
    fn from(error: ContractsError) -> Self {
        TxError::from(error).into()
    }
}

/// What another contract is told of a failed message of its own. Only what is the same in every
/// release goes there: the words of a contract, else codespace and code.
pub fn redacted(error: &TxError) -> String {
    let contract_says = error.codespace == CODESPACE && matches!(error.code, 4 | 5 | 11);
    if contract_says {
        return error.message.clone();
    }
    format!("codespace: {}, code: {}", error.codespace, error.code)
}

/// Out of gas, which no contract can catch unless it set the limit itself.
pub fn is_out_of_gas(error: &ExecError) -> bool {
    let out_of_gas = sdk::out_of_gas("");
    matches!(error, ExecError::Tx(error)
        if error.codespace == out_of_gas.codespace && error.code == out_of_gas.code)
}
