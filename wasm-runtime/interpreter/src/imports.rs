//! What the host lends to an instance. A memory or a table that is imported is the instance's own, of the
//! size given here: nothing is shared between instances.

use crate::Value;
use std::collections::BTreeMap;

/// What a host function may touch while it runs.
pub struct HostContext<'c> {
    /// The instance's memory; empty where it has none.
    pub memory: &'c mut [u8],
    /// What is left of the budget, in points. Below zero the call is out of points once the host
    /// function returns.
    pub points: &'c mut i64,
}

/// Why a host function ended the call. It is a trap of the instance.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct HostTrap(pub String);

type HostFunction<'h> = Box<dyn FnMut(HostContext<'_>, &[Value]) -> Result<Vec<Value>, HostTrap> + 'h>;

/// The sizes of a memory, in pages, or of a table, in elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResizableLimits {
    /// What it has at the start.
    pub minimum: u32,
    /// What it never exceeds.
    pub maximum: u32,
}

type Name = (String, String);

/// Imports by module and name.
#[derive(Default)]
pub struct Imports<'h> {
    functions: BTreeMap<Name, HostFunction<'h>>,
    globals: BTreeMap<Name, Value>,
    memories: BTreeMap<Name, ResizableLimits>,
    tables: BTreeMap<Name, ResizableLimits>,
}

fn key(module: &str, name: &str) -> Name {
    (module.to_owned(), name.to_owned())
}

impl<'h> Imports<'h> {
    /// No imports.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lends a function. What it returns must fit the type under which the module imports it.
    #[must_use]
    pub fn function(
        mut self,
        module: &str,
        name: &str,
        function: impl FnMut(HostContext<'_>, &[Value]) -> Result<Vec<Value>, HostTrap> + 'h,
    ) -> Self {
        self.functions.insert(key(module, name), Box::new(function));
        self
    }

    /// Lends a global's initial value.
    #[must_use]
    pub fn global(mut self, module: &str, name: &str, value: Value) -> Self {
        self.globals.insert(key(module, name), value);
        self
    }

    /// Lends a memory.
    #[must_use]
    pub fn memory(mut self, module: &str, name: &str, limits: ResizableLimits) -> Self {
        self.memories.insert(key(module, name), limits);
        self
    }

    /// Lends a table.
    #[must_use]
    pub fn table(mut self, module: &str, name: &str, limits: ResizableLimits) -> Self {
        self.tables.insert(key(module, name), limits);
        self
    }

    pub(crate) fn has_function(&self, name: &Name) -> bool {
        self.functions.contains_key(name)
    }

    pub(crate) fn function_mut(&mut self, name: &Name) -> Option<&mut HostFunction<'h>> {
        self.functions.get_mut(name)
    }

    pub(crate) fn global_value(&self, name: &Name) -> Option<Value> {
        self.globals.get(name).copied()
    }

    pub(crate) fn memory_limits(&self, name: &Name) -> Option<ResizableLimits> {
        self.memories.get(name).copied()
    }

    pub(crate) fn table_limits(&self, name: &Name) -> Option<ResizableLimits> {
        self.tables.get(name).copied()
    }
}
