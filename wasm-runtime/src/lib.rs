//! A metered, deterministic WebAssembly VM.
//!
//! - [`pass`]: checks a contract's module and writes its accounting into it;
//! - [`limits`]: what a module may contain at most;
//! - [`prices`]: what its operators cost.

pub mod limits;
pub mod pass;
pub mod prices;
