//! The other side: a metered module in wasmtime, in several lanes that must not differ.

use super::host;
use super::module::host_functions;
use super::observe::{self, Observation, Plan};
use slsbft_wasm::pass::{POINTS, STACK, START};
use slsbft_wasm_interpreter::{Budget, End, HostContext, HostTrap, Trap, Value};
use wasmtime::{
    Caller, Config, Engine, ExternType, FuncType, Global, Instance, InstancePre, Linker, Memory, Module,
    OptLevel, Store, Val, ValType,
};

/// How machine code comes to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    Unoptimised,
    Optimised,
    /// Optimised, written out and read back.
    Reloaded,
}

/// All lanes, in the order in which they are compared.
pub const LANES: [Lane; 3] = [Lane::Unoptimised, Lane::Optimised, Lane::Reloaded];

/// Engines and their host functions, made once.
pub struct Engines {
    unoptimised: Linker<State>,
    optimised: Linker<State>,
}

/// A metered module, compiled and linked.
pub struct Compiled {
    pub lane: Lane,
    linked: InstancePre<State>,
}

impl Engines {
    pub fn new() -> Self {
        let of = |level| linker(&engine(level));
        Self {
            unoptimised: of(OptLevel::None),
            optimised: of(OptLevel::Speed),
        }
    }

    /// Compiles for all lanes.
    pub fn compile(&self, wasm: &[u8]) -> [Compiled; 3] {
        LANES.map(|lane| {
            let linker = if lane == Lane::Unoptimised {
                &self.unoptimised
            } else {
                &self.optimised
            };
            let module = Module::new(linker.engine(), wasm).unwrap();
            let module = if lane == Lane::Reloaded {
                reload(&module)
            } else {
                module
            };
            Compiled {
                lane,
                linked: linker.instantiate_pre(&module).unwrap(),
            }
        })
    }
}

#[allow(unsafe_code, reason = "a compiled module is read back")]
fn reload(module: &Module) -> Module {
    let bytes = module.serialize().unwrap();
    // SAFETY: the bytes are what `serialize` of the same engine has just returned.
    unsafe { Module::deserialize(module.engine(), bytes).unwrap() }
}

fn engine(level: OptLevel) -> Engine {
    let mut config = Config::new();
    config
        .cranelift_opt_level(level)
        .cranelift_nan_canonicalization(true);
    config.max_wasm_stack(2 << 20);
    config
        .memory_reservation(0)
        .memory_guard_size(0)
        .memory_reservation_for_growth(1 << 20);
    Engine::new(&config).unwrap()
}

/// What host functions need. They may run as the start function or as an export, with no instance that
/// calls them, so the instance is kept here and not taken from the caller.
struct State {
    instance: Option<Instance>,
    /// The name under which the memory is exported.
    memory: Option<String>,
}

/// Instantiates, starts and calls as planned.
pub fn run(compiled: &Compiled, plan: &Plan) -> Observation {
    let module = compiled.linked.module();
    let memory = module
        .exports()
        .find(|export| matches!(export.ty(), ExternType::Memory(_)));
    let memory = memory.map(|export| export.name().to_owned());
    let mut store = Store::new(
        module.engine(),
        State {
            instance: None,
            memory,
        },
    );
    let instance = match compiled.linked.instantiate(&mut store) {
        Ok(instance) => instance,
        Err(error) => return Observation::NoInstance(trap(&error)),
    };
    store.data_mut().instance = Some(instance);
    let start = instance.get_func(&mut store, START);
    let started = start.map(|_| enter(&mut store, instance, START, &[], plan.budget));
    let (end, points, slots) = match started {
        Some(failed) if !matches!(failed.0, End::Returned(_)) => failed,
        _ => enter(&mut store, instance, &plan.export, &plan.arguments, plan.budget),
    };
    Observation::ran(end, points, slots, || state(&mut store, instance, module))
}

/// The memory and the exported globals that are the module's own.
fn state(store: &mut Store<State>, instance: Instance, module: &Module) -> observe::State {
    let memory = store
        .data()
        .memory
        .clone()
        .and_then(|name| instance.get_memory(&mut *store, &name));
    let memory = memory.map_or_else(Vec::new, |memory| memory.data(&*store).to_vec());
    let mut globals = Vec::new();
    for export in module.exports() {
        if matches!(export.ty(), ExternType::Global(_)) && !export.name().starts_with("slsbft:") {
            let global = instance.get_global(&mut *store, export.name()).unwrap();
            globals.push((export.name().to_owned(), value(&global.get(&mut *store))));
        }
    }
    globals.sort_by(|a, b| a.0.cmp(&b.0));
    (memory, globals)
}

/// How a call ended, and what is left of points and slots.
fn enter(
    store: &mut Store<State>,
    instance: Instance,
    export: &str,
    arguments: &[Value],
    budget: Budget,
) -> (End, i64, i64) {
    let points = instance.get_global(&mut *store, POINTS).unwrap();
    let stack = instance.get_global(&mut *store, STACK).unwrap();
    points.set(&mut *store, Val::I64(budget.points)).unwrap();
    stack.set(&mut *store, Val::I64(budget.slots)).unwrap();
    let function = instance.get_func(&mut *store, export).unwrap();
    let arguments: Vec<Val> = arguments.iter().map(|v| val(*v)).collect();
    let mut results = vec![Val::I32(0); function.ty(&*store).results().len()];
    let outcome = function.call(&mut *store, &arguments, &mut results);
    let points = points.get(&mut *store).unwrap_i64();
    let slots = stack.get(&mut *store).unwrap_i64();
    let end = match outcome {
        _ if points < 0 => End::OutOfPoints,
        Ok(()) => End::Returned(results.iter().map(value).collect()),
        Err(_) if slots < 0 => End::StackExhausted,
        Err(error) => End::Trapped(trap(&error)),
    };
    (end, points.max(0), slots)
}

fn linker(engine: &Engine) -> Linker<State> {
    let mut linker = Linker::new(engine);
    for (name, params, results) in host_functions() {
        let of = |types: Vec<wasm_encoder::ValType>| types.into_iter().map(value_type).collect::<Vec<_>>();
        let ty = FuncType::new(engine, of(params), of(results));
        linker
            .func_new("env", name, ty, move |caller, arguments, results| {
                lend(name, caller, arguments, results).map_err(wasmtime::Error::new)
            })
            .unwrap();
    }
    linker
}

/// Looks at the budget, then runs the host function on the instance's memory and points.
fn lend(
    name: &str,
    mut caller: Caller<'_, State>,
    arguments: &[Val],
    results: &mut [Val],
) -> Result<(), HostTrap> {
    let instance = caller.data().instance.unwrap();
    let points: Global = instance.get_global(&mut caller, POINTS).unwrap();
    let mut left = points.get(&mut caller).unwrap_i64();
    if left < 0 {
        return Err(HostTrap("looked".to_owned()));
    }
    let exported = caller.data().memory.clone();
    let memory: Option<Memory> = exported.and_then(|name| instance.get_memory(&mut caller, &name));
    let bytes: &mut [u8] = match memory {
        Some(memory) => memory.data_mut(&mut caller),
        None => &mut [],
    };
    let arguments: Vec<Value> = arguments.iter().map(value).collect();
    let answer = host::call(
        name,
        HostContext {
            memory: bytes,
            points: &mut left,
        },
        &arguments,
    );
    points.set(&mut caller, Val::I64(left)).unwrap();
    if left < 0 {
        return Err(HostTrap("looked".to_owned()));
    }
    for (slot, value) in results.iter_mut().zip(answer?) {
        *slot = val(value);
    }
    Ok(())
}

pub fn value_type(ty: wasm_encoder::ValType) -> ValType {
    match ty {
        wasm_encoder::ValType::I32 => ValType::I32,
        wasm_encoder::ValType::I64 => ValType::I64,
        wasm_encoder::ValType::F32 => ValType::F32,
        _ => ValType::F64,
    }
}

pub fn val(value: Value) -> Val {
    match value {
        Value::I32(v) => Val::I32(v),
        Value::I64(v) => Val::I64(v),
        Value::F32(v) => Val::F32(v),
        Value::F64(v) => Val::F64(v),
    }
}

pub fn value(val: &Val) -> Value {
    match val {
        Val::I32(v) => Value::I32(*v),
        Val::I64(v) => Value::I64(*v),
        Val::F32(v) => Value::F32(*v),
        Val::F64(v) => Value::F64(*v),
        other => panic!("{other:?} is of no number type"),
    }
}

/// The interpreter's word for what wasmtime says; a trap that a contract must never see is a failure.
fn trap(error: &wasmtime::Error) -> Trap {
    if let Some(host) = error.downcast_ref::<HostTrap>() {
        return Trap::Host(host.clone());
    }
    match error.downcast_ref::<wasmtime::Trap>() {
        Some(wasmtime::Trap::UnreachableCodeReached) => Trap::Unreachable,
        Some(wasmtime::Trap::IntegerDivisionByZero) => Trap::DivisionByZero,
        Some(wasmtime::Trap::IntegerOverflow) => Trap::IntegerOverflow,
        Some(wasmtime::Trap::BadConversionToInteger) => Trap::BadConversion,
        Some(wasmtime::Trap::MemoryOutOfBounds) => Trap::MemoryOutOfBounds,
        Some(wasmtime::Trap::TableOutOfBounds) => Trap::TableOutOfBounds,
        Some(wasmtime::Trap::IndirectCallToNull) => Trap::NullCall,
        Some(wasmtime::Trap::BadSignature) => Trap::SignatureMismatch,
        _ => panic!("no contract may end in this: {error:?}"),
    }
}
