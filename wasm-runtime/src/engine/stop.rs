//! What ends a call before its end, on its way through the engine.

use wasmtime::PoolConcurrencyLimitError;

use crate::{CodeHash, Fault, Reason, Trap};

/// An end that the host caused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Stop {
    /// The contract's fault.
    #[error(transparent)]
    Reason(#[from] Reason),
    /// The node's.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl Stop {
    /// Reads what the engine returned: an end of ours that went through it, or its own.
    pub(super) fn of(error: wasmtime::Error, code: &CodeHash) -> Self {
        let error = match error.downcast::<Self>() {
            Ok(stop) => return stop,
            Err(error) => error,
        };
        match error.downcast_ref::<wasmtime::Trap>() {
            Some(trap) => Self::trap(*trap, code),
            None if error.is::<PoolConcurrencyLimitError>() => Fault::Pool(error.to_string()).into(),
            None => Fault::engine(format!("{error:#}")).into(),
        }
    }

    fn trap(trap: wasmtime::Trap, code: &CodeHash) -> Self {
        use wasmtime::Trap as Native;
        let trap = match trap {
            Native::UnreachableCodeReached => Trap::Unreachable,
            Native::MemoryOutOfBounds => Trap::MemoryOutOfBounds,
            Native::TableOutOfBounds => Trap::TableOutOfBounds,
            Native::IndirectCallToNull => Trap::NullCall,
            Native::BadSignature => Trap::WrongSignature,
            Native::IntegerOverflow => Trap::IntegerOverflow,
            Native::IntegerDivisionByZero => Trap::DivisionByZero,
            Native::BadConversionToInteger => Trap::BadConversion,
            Native::StackOverflow => return Fault::NativeStack(code.to_string()).into(),
            other => return Fault::engine(other).into(),
        };
        Reason::Trap(trap).into()
    }
}
