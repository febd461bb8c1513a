//! The task of compute proofs: what a provider of computing runs to show that it computes, and an auditor
//! runs again for a few segments to see whether it did.
//!
//! A segment is one call of `task.wasm` (its source is `task.wat` beside it), a contract for the service bus
//! that asks its chain for nothing. It fills a mebibyte and walks over it in 2²⁰ steps, each of which needs
//! the one before: one core, for some milliseconds, with its own cache. It has no floats, and its control
//! flow depends on nothing, so that every segment takes the same points. Which segments there are, what
//! they begin with and how they are committed to is not known here.

mod alone;

use std::sync::Arc;

use crate::bus::{self, Entry};
use crate::{Code, Config, Fault, Lane, Vm};

/// `task.wat`, assembled.
const MODULE: &[u8] = include_bytes!("task.wasm");

/// The task, compiled. Threads may share it: as many run at once as it has places.
pub struct Task {
    vm: Vm,
    code: Arc<Code>,
}

impl Task {
    /// Compiles it, with places for so many segments at a time.
    ///
    /// # Errors
    /// When the engine cannot have its memory.
    pub fn new(places: u32) -> Result<Self, Fault> {
        let vm = Vm::new(Config {
            block_places: places,
            query_places: 0,
            ..Config::default()
        })?;
        let code = vm.compile(MODULE).map_err(Fault::engine)?;
        Ok(Self { vm, code })
    }

    /// Runs the segment that begins with `input`; its digest.
    ///
    /// # Errors
    /// When this machine fails: more run at a time than there are places, or there is no memory.
    pub fn segment(&self, input: &[u8; 32]) -> Result<[u8; 32], Fault> {
        let call = bus::Call {
            vm: &self.vm,
            code: &self.code,
            chain: &mut alone::Alone,
            points: u64::MAX,
            lane: Lane::Block,
            context: alone::context(),
        };
        let outcome = call.run(Entry::Query, input)?;
        let output = outcome.result.map_err(Fault::engine)?;
        output
            .try_into()
            .map_err(|_| Fault::engine("a segment's digest has not 32 bytes"))
    }
}
