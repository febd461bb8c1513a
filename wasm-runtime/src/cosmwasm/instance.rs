//! The exports that every CosmWasm contract has, and calls of them.

use wasmtime::{AsContextMut, Extern, Func, Memory, ModuleExport, Store, TypedFunc};

use super::Entry;
use crate::engine::{ModuleExports, State, Stop, exported};
use crate::{Fault, Reason};

/// Calls into a contract that may be open at once: its entry point, and `allocate` for what the host
/// answers.
const MAX_DEPTH: u32 = 2;

/// Where a module's exports are.
pub(crate) struct Exports {
    memory: ModuleExport,
    allocate: ModuleExport,
    deallocate: ModuleExport,
    entries: [Option<EntryExport>; Entry::ALL.len()],
}

/// Where an entry point is.
#[derive(Clone, Copy)]
pub(super) struct EntryExport {
    export: ModuleExport,
    pub(super) parameters: usize,
}

impl Exports {
    /// Finds them.
    ///
    /// # Errors
    /// When one is missing that the check at upload asks for.
    pub(crate) fn of(exports: &ModuleExports<'_>) -> Result<Self, Fault> {
        Ok(Self {
            memory: exports.required("memory")?,
            allocate: exports.required("allocate")?,
            deallocate: exports.required("deallocate")?,
            entries: Entry::ALL.map(|entry| {
                let export = exports.optional(entry.name())?;
                Some(EntryExport {
                    export,
                    parameters: exports.parameters(entry.name())?,
                })
            }),
        })
    }

    /// Where an entry point is, if the contract has it.
    pub(super) fn entry(&self, entry: Entry) -> Option<EntryExport> {
        self.entries.get(entry as usize).copied().flatten()
    }
}

/// What is kept of an instance while it runs.
#[derive(Default)]
pub(crate) struct Instance {
    exports: Option<Bound>,
    depth: u32,
}

struct Bound {
    memory: Memory,
    allocate: TypedFunc<u32, u32>,
    deallocate: TypedFunc<u32, ()>,
}

impl Instance {
    /// The contract's memory.
    pub(super) fn memory(&self) -> Result<Memory, Fault> {
        Ok(self.bound()?.memory)
    }

    fn bound(&self) -> Result<&Bound, Fault> {
        self.exports
            .as_ref()
            .ok_or_else(|| Fault::engine("a contract calls the host before it is laid out"))
    }
}

/// Finds the exports of a fresh instance.
pub(crate) fn bind(
    store: &mut Store<State>,
    instance: &wasmtime::Instance,
    exports: &Exports,
) -> wasmtime::Result<()> {
    let memory = exported(store, instance, &exports.memory, Extern::into_memory)?;
    let allocate = exported(store, instance, &exports.allocate, Extern::into_func)?.typed(&*store)?;
    let deallocate = exported(store, instance, &exports.deallocate, Extern::into_func)?.typed(&*store)?;
    store.data_mut().interface.cosmwasm()?.exports = Some(Bound {
        memory,
        allocate,
        deallocate,
    });
    Ok(())
}

/// The function of an entry point.
pub(super) fn function(
    store: &mut Store<State>,
    instance: &wasmtime::Instance,
    entry: EntryExport,
) -> Result<Func, Stop> {
    exported(store, instance, &entry.export, Extern::into_func)
}

/// Asks the contract for a region of `length` bytes.
pub(super) fn allocate(mut store: impl AsContextMut<Data = State>, length: u32) -> wasmtime::Result<u32> {
    let allocate = with(&mut store, |instance| Ok(instance.bound()?.allocate.clone()))?;
    enter(store, |store| allocate.call(store, length))
}

/// Gives a region back to the contract.
pub(super) fn deallocate(mut store: impl AsContextMut<Data = State>, pointer: u32) -> wasmtime::Result<()> {
    let deallocate = with(&mut store, |instance| Ok(instance.bound()?.deallocate.clone()))?;
    enter(store, |store| deallocate.call(store, pointer))
}

/// Counts a call into the contract while it is open.
pub(super) fn enter<S: AsContextMut<Data = State>, R>(
    mut store: S,
    call: impl FnOnce(&mut S) -> wasmtime::Result<R>,
) -> wasmtime::Result<R> {
    let depth = with(&mut store, |instance| {
        let depth = instance.depth;
        if depth >= MAX_DEPTH {
            return Err(Reason::Reentered.into());
        }
        instance.depth = depth.saturating_add(1);
        Ok(depth)
    })?;
    let result = call(&mut store);
    with(&mut store, |instance| {
        instance.depth = depth;
        Ok(())
    })?;
    result
}

/// Uses what is kept of the running instance.
fn with<R>(
    mut store: impl AsContextMut<Data = State>,
    body: impl FnOnce(&mut Instance) -> Result<R, Stop>,
) -> Result<R, Stop> {
    body(store.as_context_mut().data_mut().interface.cosmwasm()?)
}
