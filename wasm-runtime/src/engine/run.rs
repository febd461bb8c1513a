//! One call of one instance, from its budget to its outcome.

use wasmtime::{Extern, Instance, ModuleExport, Store, WasmBacktrace};

use super::lend::{Lent, lend};
use super::limits::Growth;
use super::meter::{MAX_BUDGET, Meter};
use super::settings::{NATIVE_STACK, memory_bytes};
use super::{Code, Scans, State, Stop, Watch};
use crate::{Chain, Failure, Fault, HostPrices, Outcome, Reason, interface};

/// Slots of the metered stack that a call has (`docs/contracts/metering.md`).
const STACK: i64 = 1 << 17;

/// Native stack for the host's own frames around and between those of an instance, in bytes.
const HOST_STACK: usize = 1 << 20;

/// Native stack that a call wants, in bytes. With less left it runs on a stack of its own, which costs some
/// microseconds; a thread with this much for each call that may nest never needs one.
pub const CALL_STACK: usize = NATIVE_STACK + HOST_STACK;

/// Contracts that may wait for each other on one thread at most: the chain refuses the call or question
/// that would be one more, as a failed call. Each waiting contract holds a place of the pool, up to
/// [`CALL_STACK`] of native stack, and its memory; a block that finds no place left stops the node.
pub const MAX_NESTED_CALLS: u32 = 16;

/// How a call is to be run.
pub(crate) struct Run<'a> {
    pub(crate) code: &'a Code,
    /// The contract's host; nothing: it runs off the chain.
    pub(crate) chain: Option<&'a mut dyn Chain>,
    /// Its budget, in points.
    pub(crate) points: u64,
    pub(crate) prices: HostPrices,
    pub(crate) watch: Watch,
    /// Whether it may only read.
    pub(crate) read_only: bool,
    /// What the call is, for its failure.
    pub(crate) entry: &'static str,
    /// What the contract's interface keeps.
    pub(crate) interface: interface::Instance,
}

/// Runs `body` with a fresh instance on a stack that is deep enough, and settles the account.
///
/// # Errors
/// When the node fails, not the contract.
pub(crate) fn run<T>(
    call: Run<'_>,
    body: impl FnOnce(&mut Store<State>, &Instance) -> wasmtime::Result<T>,
) -> Result<Outcome<T>, Fault> {
    stacker::maybe_grow(CALL_STACK, CALL_STACK + HOST_STACK, || run_here(call, body))
}

fn run_here<T>(
    call: Run<'_>,
    body: impl FnOnce(&mut Store<State>, &Instance) -> wasmtime::Result<T>,
) -> Result<Outcome<T>, Fault> {
    let Run {
        code,
        chain,
        points,
        prices,
        watch,
        read_only,
        entry,
        interface,
    } = call;
    let budget = points.min(MAX_BUDGET);
    let Some(rest) = budget.checked_sub(code.price) else {
        return Ok(Outcome {
            used: budget,
            result: Err(Failure::at(entry, Reason::OutOfGas)),
        });
    };
    let memory = memory_bytes()?;
    let here = |chain: Option<Lent>| {
        let state = State {
            chain,
            growth: Growth { memory },
            meter: None,
            recorder: code.recorder(entry, budget),
            watch,
            prices,
            read_only,
            scans: Scans::default(),
            interface,
        };
        let mut store = Store::try_new(code.pre.module().engine(), state).map_err(Fault::engine)?;
        store.limiter(|state| &mut state.growth);
        settle(&mut store, code, rest, body)
    };
    let (left, result) = match chain {
        Some(chain) => lend(chain, |lent| here(Some(lent))),
        None => here(None),
    }?;
    Ok(Outcome {
        used: left.map_or(budget, |left| budget.saturating_sub(left)),
        result: result.map_err(|(function, reason)| Failure {
            entry,
            function,
            reason,
        }),
    })
}

/// What is left of the budget (nothing: all of it is used up), and what came of the call.
type Settled<T> = (Option<u64>, Result<T, (Option<u32>, Reason)>);

fn settle<T>(
    store: &mut Store<State>,
    code: &Code,
    points: u64,
    body: impl FnOnce(&mut Store<State>, &Instance) -> wasmtime::Result<T>,
) -> Result<Settled<T>, Fault> {
    let result = match start(store, code, points) {
        Ok(instance) => body(store, &instance),
        Err(error) => Err(error),
    };
    let result = match result.map_err(|error| (running(&error), Stop::of(error, code.hash()))) {
        Ok(value) => Ok(value),
        Err((function, Stop::Reason(reason))) => Err((function, reason)),
        Err((_, Stop::Fault(fault))) => return Err(fault),
    };
    let function = result.as_ref().err().and_then(|(function, _)| *function);
    let Some(meter) = store.data().meter else {
        // The module trapped while it was laid out, before it could run.
        return Ok((Some(points), result));
    };
    let left = meter.left(&mut *store)?;
    if let Some(mut recorder) = store.data_mut().recorder.take() {
        recorder.spend(u64::try_from(left).unwrap_or(0));
    }
    let Ok(left) = u64::try_from(left) else {
        return Ok((None, Err((function, Reason::OutOfGas))));
    };
    let exhausted = result.is_err() && meter.stack_left(&mut *store)? < 0;
    Ok((
        Some(left),
        if exhausted {
            Err((function, Reason::StackExhausted))
        } else {
            result
        },
    ))
}

/// The function that ran when a call ended.
fn running(error: &wasmtime::Error) -> Option<u32> {
    let trace = error.downcast_ref::<WasmBacktrace>()?;
    Some(trace.frames().first()?.func_index())
}

/// Makes the instance, arms its budgets, and runs what was its start function.
fn start(store: &mut Store<State>, code: &Code, points: u64) -> wasmtime::Result<Instance> {
    let instance = code.pre.instantiate(&mut *store)?;
    let points = i64::try_from(points).map_err(|error| Stop::from(Fault::engine(error)))?;
    let meter = Meter::arm(&mut *store, &instance, &code.meter, points, STACK).map_err(Stop::from)?;
    store.data_mut().meter = Some(meter);
    // Before the start function, which may already call the host.
    code.exports.bind(store, &instance)?;
    if let Some(start) = &code.meter.start {
        let function = exported(store, &instance, start, Extern::into_func)?;
        function.typed::<(), ()>(&*store)?.call(&mut *store, ())?;
    }
    Ok(instance)
}

/// What a module exports, as what it was when it was checked.
pub(crate) fn exported<T>(
    store: &mut Store<State>,
    instance: &Instance,
    export: &ModuleExport,
    of: impl FnOnce(Extern) -> Option<T>,
) -> Result<T, Stop> {
    let found = instance.get_module_export(store, export).and_then(of);
    Ok(found.ok_or_else(|| Fault::engine("an export is of another kind than when it was checked"))?)
}
