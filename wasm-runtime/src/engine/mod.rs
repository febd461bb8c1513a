//! The engine under every interface that contracts are written for.
//!
//! It compiles metered modules, keeps them, and runs one call of one instance: it charges for the
//! instance, arms the budgets, lets the interface do its part ([`run`]), and says what the call used and
//! why it ended, in the order of `docs/contracts/metering.md`. What the contract can ask the host for
//! belongs to an interface (`cosmwasm`, `bus`), which adds its imports to the linker.

mod code;
mod image;
mod lend;
mod limits;
mod meter;
mod run;
mod scan;
mod settings;
mod stop;

pub(crate) use code::{Artifact, ModuleExports};
pub use code::{Code, CodeHash};
pub use run::{CALL_STACK, MAX_NESTED_CALLS};
pub(crate) use run::{Run, exported, run};
pub(crate) use scan::Scans;
pub(crate) use settings::engine;
pub(crate) use stop::Stop;

use lend::Lent;
use limits::Growth;
pub(crate) use meter::Meter;
use wasmtime::{AsContextMut, Caller};

use crate::interface::Instance;
use crate::profile::Recorder;
use crate::{Chain, Fault, HostPrices, Reason};

/// A host function's view of the instance that called it.
pub(crate) type Guest<'a> = Caller<'a, State>;

/// What a store holds for the time of one call.
pub(crate) struct State {
    /// Nothing off the chain.
    chain: Option<Lent>,
    growth: Growth,
    pub(crate) meter: Option<Meter>,
    /// Says where the points go, if somebody wants to know.
    pub(crate) recorder: Option<Recorder>,
    watch: Watch,
    /// What the host's services cost.
    pub(crate) prices: HostPrices,
    /// Whether the contract may only read.
    pub(crate) read_only: bool,
    /// Its iterators.
    pub(crate) scans: Scans,
    /// What its interface keeps.
    pub(crate) interface: Instance,
}

/// Who may end the call early.
#[derive(Clone, Debug)]
pub(crate) enum Watch {
    /// Nobody: the call is part of a block.
    Nobody,
    /// Whoever raises this; the call is outside of blocks.
    Interrupt(crate::Interrupt),
}

impl State {
    /// Uses the chain; off the chain that ends the call.
    pub(crate) fn chain<R>(&self, body: impl FnOnce(&mut dyn Chain) -> Result<R, Fault>) -> Result<R, Stop> {
        let chain = self.chain.as_ref().ok_or(Reason::OffChain)?;
        Ok(chain.with(body)?)
    }

    /// Whether there is a chain to use.
    pub(crate) fn is_on_chain(&self) -> bool {
        self.chain.is_some()
    }

    /// The bytes of the next record of iterator `id`, which keeps it; nothing at its end.
    pub(crate) fn peek(&mut self, id: u32) -> Result<Option<usize>, Stop> {
        let Self { chain, scans, .. } = self;
        let chain = chain.as_ref().ok_or(Reason::OffChain)?;
        chain.with(|chain| scans.peek(id, chain))
    }
}

/// Points left of the call's budget; below zero when it ran out.
pub(crate) fn left(mut store: impl AsContextMut<Data = State>) -> Result<i64, Fault> {
    armed(&mut store)?.left(&mut store)
}

/// Takes `cost` points from the call's budget, and ends a call that nobody waits for.
pub(crate) fn charge(mut store: impl AsContextMut<Data = State>, cost: u64) -> Result<(), Stop> {
    let store = &mut store;
    if let Watch::Interrupt(interrupt) = &store.as_context_mut().data().watch
        && interrupt.is_raised()
    {
        return Err(Fault::Interrupted.into());
    }
    armed(&mut *store)?.charge(store, cost)
}

fn armed(mut store: impl AsContextMut<Data = State>) -> Result<Meter, Fault> {
    store
        .as_context_mut()
        .data()
        .meter
        .ok_or_else(|| Fault::engine("a call runs without a budget"))
}
