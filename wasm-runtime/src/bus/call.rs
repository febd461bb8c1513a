//! Calls of a contract's entry points.

use super::Instance;
use super::instance::entry_point;
use crate::engine::{Code, Run, run};
use crate::interface::{self, Exports};
use crate::vm::Lane;
use crate::{Chain, Fault, Outcome, Vm};

/// A contract's entry point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Entry {
    /// Sets up a new contract.
    Instantiate,
    /// Anybody's message.
    Execute,
    /// A question, which changes nothing.
    Query,
    /// The contract's new code takes over its state.
    Migrate,
    /// The chain's own message, in JSON.
    Hook,
    /// A task that nodes run off the chain.
    Compute,
}

impl Entry {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Instantiate,
        Self::Execute,
        Self::Query,
        Self::Migrate,
        Self::Hook,
        Self::Compute,
    ];

    /// The name of its export.
    pub fn name(self) -> &'static str {
        match self {
            Self::Instantiate => "instantiate",
            Self::Execute => "execute",
            Self::Query => "query",
            Self::Migrate => "migrate",
            Self::Hook => "hook",
            Self::Compute => "compute",
        }
    }
}

/// What a contract can know of the call around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// The block's height.
    pub height: u64,
    /// The block's time, in nanoseconds since 1970.
    pub time: u64,
    /// The chain's name.
    pub chain_id: String,
    /// The contract's own address.
    pub contract: String,
    /// Whose message it is; empty for a question and for the chain's own.
    pub sender: String,
    /// The coins that came with it, sorted, as in `5uankr,7foo`; empty if there are none.
    pub funds: String,
    /// The transaction that it is part of.
    pub transaction: Option<Transaction>,
}

/// A transaction in its block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// Its place, from 0. What a contract is told ends at `i32::MAX`.
    pub index: u32,
    /// The SHA-256 of its bytes.
    pub hash: [u8; 32],
}

/// A call of a contract that is about to be made.
pub struct Call<'a> {
    /// The VM that runs it.
    pub vm: &'a Vm,
    /// The contract's code.
    pub code: &'a Code,
    /// The contract's host.
    pub chain: &'a mut dyn Chain,
    /// The budget, in points.
    pub points: u64,
    /// Whether the call is part of a block.
    pub lane: Lane,
    /// What the contract can know of it.
    pub context: Context,
}

impl Call<'_> {
    /// Calls an entry point and returns the contract's output: empty if it set none. Code without the entry
    /// point, or for another interface, fails with [`Reason::NoEntry`](crate::Reason::NoEntry).
    ///
    /// # Errors
    /// When the node fails; a contract's failure is in the outcome.
    pub fn run(self, entry: Entry, msg: &[u8]) -> Result<Outcome<Vec<u8>>, Fault> {
        Start {
            vm: self.vm,
            code: self.code,
            chain: Some(self.chain),
            points: self.points,
            lane: self.lane,
        }
        .run(entry, Instance::new(Some(self.context), msg))
    }
}

/// A task that is about to be run off the chain: the entry point `compute`. It has its input, its memory and
/// the hashes and signature checks of the host. What asks for anything of a chain, be it the block's height,
/// ends it with [`Reason::OffChain`](crate::Reason::OffChain); so whoever runs it gets the same.
pub struct Task<'a> {
    /// The VM that runs it.
    pub vm: &'a Vm,
    /// Its code.
    pub code: &'a Code,
    /// The budget, in points.
    pub points: u64,
    /// What may end it but its budget.
    pub lane: Lane,
}

impl Task<'_> {
    /// Runs the task and returns its output: empty if it set none.
    ///
    /// # Errors
    /// When the node fails; the task's failure is in the outcome.
    pub fn run(self, input: &[u8]) -> Result<Outcome<Vec<u8>>, Fault> {
        Start {
            vm: self.vm,
            code: self.code,
            chain: None,
            points: self.points,
            lane: self.lane,
        }
        .run(Entry::Compute, Instance::new(None, input))
    }
}

/// What calls and tasks have in common.
struct Start<'a> {
    vm: &'a Vm,
    code: &'a Code,
    chain: Option<&'a mut dyn Chain>,
    points: u64,
    lane: Lane,
}

impl Start<'_> {
    fn run(self, entry: Entry, instance: Instance) -> Result<Outcome<Vec<u8>>, Fault> {
        let export = match &self.code.exports {
            Exports::Bus(exports) => exports.entry(entry),
            Exports::CosmWasm(_) => None,
        };
        let Some(export) = export else {
            return Ok(Outcome::no_entry(entry.name()));
        };
        let (watch, _place) = self.lane.enter(self.vm)?;
        let call = Run {
            code: self.code,
            chain: self.chain,
            points: self.points,
            prices: *self.vm.prices(),
            watch,
            read_only: entry == Entry::Query,
            entry: entry.name(),
            interface: interface::Instance::Bus(Box::new(instance)),
        };
        run(call, |store, instance| {
            entry_point(store, instance, export)?.call(&mut *store, ())?;
            Ok(store.data_mut().interface.bus()?.take_output())
        })
    }
}
