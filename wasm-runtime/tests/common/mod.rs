//! What the tests of the pass share: the engine as consensus configures it, and a metered instance
//! with its budgets.
#![allow(dead_code, reason = "each test file uses a part of it")]

use slsbft_wasm::pass::{Metered, POINTS, Rules, STACK, START, meter};
use wasmtime::{
    Config, Engine, Global, Instance, Linker, Module, OptLevel, Store, Val, WasmBacktraceDetails,
};

/// Points for a call that must not run out.
pub const AMPLE: i64 = 1 << 60;
/// Slots for a call that must not run out.
pub const DEEP: i64 = 1 << 19;
/// The native stack that the meter must always spare, in bytes.
pub const NATIVE_STACK: usize = 64 << 20;

/// The engine as consensus configures it.
pub fn config(level: OptLevel) -> Config {
    let mut config = Config::new();
    config
        .cranelift_opt_level(level)
        .cranelift_nan_canonicalization(true)
        .generate_address_map(false)
        .wasm_backtrace_details(WasmBacktraceDetails::Disable)
        .wasm_backtrace_max_frames(None)
        .async_stack_size(NATIVE_STACK)
        .max_wasm_stack(NATIVE_STACK)
        .wasm_simd(false)
        .wasm_relaxed_simd(false)
        .wasm_tail_call(false)
        .wasm_multi_memory(false)
        .wasm_memory64(false)
        .wasm_extended_const(false)
        .wasm_custom_page_sizes(false)
        .wasm_wide_arithmetic(false)
        .wasm_bulk_memory(true)
        .wasm_multi_value(true);
    config
}

pub fn engine(level: OptLevel) -> Engine {
    Engine::new(&config(level)).expect("the consensus configuration is one that the engine knows")
}

/// Runs on a thread whose stack holds [`NATIVE_STACK`] and the host's frames.
pub fn deep<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
    let thread = std::thread::Builder::new()
        .stack_size(NATIVE_STACK + (4 << 20))
        .spawn(run);
    match thread.expect("the machine has room for the stack").join() {
        Ok(value) => value,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

/// How a call failed, by the order of the definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    OutOfPoints,
    StackExhausted,
    Trap(wasmtime::Trap),
    Other(String),
}

/// A metered instance and its budgets.
pub struct Metering {
    pub store: Store<()>,
    pub instance: Instance,
    points: Global,
    stack: Global,
}

impl Metering {
    /// Instantiates a metered module and calls its start function, with these budgets.
    pub fn start(engine: &Engine, metered: &Metered, points: i64, stack: i64) -> (Self, Result<(), Failure>) {
        let module = Module::new(engine, &metered.wasm).expect("what the pass writes compiles");
        let mut store = Store::new(engine, ());
        let instance = Linker::new(engine)
            .instantiate(&mut store, &module)
            .expect("the module instantiates");
        let global =
            |store: &mut Store<()>, name| instance.get_global(store, name).expect("the pass exports it");
        let points_global = global(&mut store, POINTS);
        let stack_global = global(&mut store, STACK);
        let mut metering = Self {
            store,
            instance,
            points: points_global,
            stack: stack_global,
        };
        metering.arm(points, stack);
        let started = if metered.start {
            metering.call(START, &[]).map(|_| ())
        } else {
            Ok(())
        };
        (metering, started)
    }

    /// A text module, metered by the rules of consensus, with ample budgets.
    pub fn of(engine: &Engine, text: &str) -> Self {
        let (metering, started) = Self::start(engine, &metered(text), AMPLE, DEEP);
        started.expect("the start function does not fail");
        metering
    }

    pub fn arm(&mut self, points: i64, stack: i64) {
        self.points
            .set(&mut self.store, Val::I64(points))
            .expect("it is mutable");
        self.stack
            .set(&mut self.store, Val::I64(stack))
            .expect("it is mutable");
    }

    pub fn points(&mut self) -> i64 {
        self.points.get(&mut self.store).unwrap_i64()
    }

    pub fn stack(&mut self) -> i64 {
        self.stack.get(&mut self.store).unwrap_i64()
    }

    /// Calls an export. Floats come back as their bits.
    pub fn call(&mut self, name: &str, arguments: &[Val]) -> Result<Vec<Val>, Failure> {
        let function = self
            .instance
            .get_func(&mut self.store, name)
            .expect("the export is there");
        let mut results = vec![Val::I32(0); function.ty(&self.store).results().len()];
        let outcome = function.call(&mut self.store, arguments, &mut results);
        if self.points() < 0 {
            return Err(Failure::OutOfPoints);
        }
        match outcome {
            Ok(()) => Ok(results),
            Err(_) if self.stack() < 0 => Err(Failure::StackExhausted),
            Err(error) => Err(match error.downcast_ref::<wasmtime::Trap>() {
                Some(trap) => Failure::Trap(*trap),
                None => Failure::Other(format!("{error:?}")),
            }),
        }
    }

    /// Calls an export: how it failed, if it did.
    pub fn failure(&mut self, name: &str, arguments: &[Val]) -> Option<Failure> {
        self.call(name, arguments).err()
    }

    /// Calls an export with ample budgets: what it says, and the points it used.
    pub fn cost(&mut self, name: &str, arguments: &[Val]) -> (Result<Vec<Val>, Failure>, i64) {
        self.arm(AMPLE, DEEP);
        let outcome = self.call(name, arguments);
        (outcome, AMPLE - self.points())
    }
}

/// A text module, metered by the rules of consensus.
pub fn metered(text: &str) -> Metered {
    let code = wat::parse_str(text).expect("the text is WebAssembly");
    match meter(&code, &Rules::CONSENSUS) {
        Ok(metered) => metered,
        Err(refusal) => panic!("{refusal}"),
    }
}
