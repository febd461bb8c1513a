//! The growth that a contract may ask for. What the rules refuse is −1 for the contract; what the
//! machine cannot give is a fault of the node, since another node may have it.

use wasmtime::ResourceLimiter;

use super::stop::Stop;
use crate::Fault;

/// Bounds of one instance.
pub(crate) struct Growth {
    /// The greatest memory in bytes.
    pub(super) memory: usize,
}

impl ResourceLimiter for Growth {
    fn memory_growing(
        &mut self,
        _current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(desired <= self.memory && maximum.is_none_or(|maximum| desired <= maximum))
    }

    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        Err(Stop::Fault(Fault::Memory(error.to_string())).into())
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(maximum.is_none_or(|maximum| desired <= maximum))
    }

    fn table_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        Err(Stop::Fault(Fault::Memory(error.to_string())).into())
    }
}
