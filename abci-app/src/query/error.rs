//! Why a query has no answer.

use slsbft_store::StoreError;

use crate::errors::{ExecError, Fault, TxError};

/// The gRPC status codes that queries use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    Unknown = 2,
    InvalidArgument = 3,
    NotFound = 5,
    OutOfRange = 11,
    Unimplemented = 12,
    Internal = 13,
    Unavailable = 14,
}

impl Code {
    /// As Cosmos SDK spells it; clients match on these words.
    fn name(self) -> &'static str {
        match self {
            Self::Unknown => "Unknown",
            Self::InvalidArgument => "InvalidArgument",
            Self::NotFound => "NotFound",
            Self::OutOfRange => "OutOfRange",
            Self::Unimplemented => "Unimplemented",
            Self::Internal => "Internal",
            Self::Unavailable => "Unavailable",
        }
    }
}

/// A query's failure: a gRPC status. Over ABCI it reads
/// `rpc error: code = NotFound desc = …`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("rpc error: code = {name} desc = {message}", name = code.name())]
pub struct QueryError {
    pub code: Code,
    pub message: String,
    /// Why a simulated transaction would fail: codespace and code of its result.
    pub failure: Option<(&'static str, u32)>,
}

impl QueryError {
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            failure: None,
        }
    }

    /// A transaction that would fail, in the words of Cosmos SDK: with the gas
    /// at the end, and codespace and code where that has a line of its source.
    pub fn would_fail(error: &TxError, gas_used: u64) -> Self {
        let TxError {
            codespace,
            code,
            message,
        } = error;
        let text = format!("{message} [{codespace} {code}] with gas used: '{gas_used}'");
        Self {
            failure: Some((codespace, *code)),
            ..Self::new(Code::Unknown, text)
        }
    }

    pub fn invalid(message: impl ToString) -> Self {
        Self::new(Code::InvalidArgument, message.to_string())
    }

    pub fn not_found(message: impl ToString) -> Self {
        Self::new(Code::NotFound, message.to_string())
    }

    /// What will have an answer later.
    pub fn unavailable(message: impl ToString) -> Self {
        Self::new(Code::Unavailable, message.to_string())
    }

    /// No such method in a service.
    pub fn unimplemented(method: &str) -> Self {
        let shown: String = method.chars().take(120).collect();
        Self::new(
            Code::Unimplemented,
            format!("unknown method {shown}; list the methods with gRPC reflection"),
        )
    }
}

impl From<StoreError> for QueryError {
    fn from(error: StoreError) -> Self {
        let code = match error {
            StoreError::NotKept { .. } => Code::OutOfRange,
            StoreError::EmptyTree { .. } | StoreError::InvalidKey { .. } | StoreError::Exhausted => {
                Code::InvalidArgument
            }
            _ => Code::Internal,
        };
        Self::new(code, error.to_string())
    }
}

impl From<Fault> for QueryError {
    fn from(error: Fault) -> Self {
        match error {
            Fault::Store(error) => error.into(),
            Fault::Contracts(error) if error.only_this_query() => Self::unavailable(error),
            other => Self::new(Code::Internal, other.to_string()),
        }
    }
}

impl From<ExecError> for QueryError {
    fn from(error: ExecError) -> Self {
        match error {
            ExecError::Fault(fault) => fault.into(),
            ExecError::Tx(error) => Self::invalid(error),
        }
    }
}

impl From<prost::DecodeError> for QueryError {
    fn from(error: prost::DecodeError) -> Self {
        Self::invalid(format!("request cannot be decoded: {error}"))
    }
}
