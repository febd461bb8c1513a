//! The exports that every contract for the service bus has, and what the host keeps for one call.

use wasmtime::{Extern, Memory, ModuleExport, Store, TypedFunc};

use super::{Context, Entry};
use crate::engine::{ModuleExports, State, Stop, exported};
use crate::{Fault, Reason};

/// Where a module's exports are.
pub(crate) struct Exports {
    memory: ModuleExport,
    entries: [Option<ModuleExport>; Entry::ALL.len()],
}

impl Exports {
    /// Finds them.
    ///
    /// # Errors
    /// When one is missing that the check at upload asks for.
    pub(crate) fn of(exports: &ModuleExports<'_>) -> Result<Self, Fault> {
        Ok(Self {
            memory: exports.required("memory")?,
            entries: Entry::ALL.map(|entry| exports.optional(entry.name())),
        })
    }

    /// Where an entry point is, if the contract has it.
    pub(super) fn entry(&self, entry: Entry) -> Option<ModuleExport> {
        self.entries.get(entry as usize).copied().flatten()
    }
}

/// What is kept of an instance while it runs.
pub(crate) struct Instance {
    memory: Option<Memory>,
    /// Nothing off the chain.
    context: Option<Context>,
    pub(super) input: Vec<u8>,
    pub(super) output: Vec<u8>,
    /// What the last call out of the contract returned, or why it failed.
    pub(super) answer: Vec<u8>,
}

impl Instance {
    pub(super) fn new(context: Option<Context>, input: &[u8]) -> Self {
        Self {
            memory: None,
            context,
            input: input.to_vec(),
            output: Vec::new(),
            answer: Vec::new(),
        }
    }

    /// What is around the call; off the chain asking for it ends the call.
    pub(super) fn context(&self) -> Result<&Context, Stop> {
        Ok(self.context.as_ref().ok_or(Reason::OffChain)?)
    }

    /// The contract's memory.
    pub(super) fn memory(&self) -> Result<Memory, Fault> {
        self.memory
            .ok_or_else(|| Fault::engine("a contract calls the host before it is laid out"))
    }

    /// What the contract returned.
    pub(super) fn take_output(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.output)
    }
}

/// Finds the exports of a fresh instance.
pub(crate) fn bind(
    store: &mut Store<State>,
    instance: &wasmtime::Instance,
    exports: &Exports,
) -> wasmtime::Result<()> {
    let memory = exported(store, instance, &exports.memory, Extern::into_memory)?;
    store.data_mut().interface.bus()?.memory = Some(memory);
    Ok(())
}

/// The function of an entry point.
pub(super) fn entry_point(
    store: &mut Store<State>,
    instance: &wasmtime::Instance,
    entry: ModuleExport,
) -> wasmtime::Result<TypedFunc<(), ()>> {
    exported(store, instance, &entry, Extern::into_func)?.typed(&*store)
}
