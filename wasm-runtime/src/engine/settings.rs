//! The engine, set so that a program means the same on every machine.

use std::num::NonZeroUsize;

use wasmtime::{
    Config, Enabled, Engine, Inlining, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig,
    Strategy, WasmFeatures,
};

use crate::limits::Limits;
use crate::vm::Optimise;
use crate::{Fault, pass};

/// Bytes of a page of WebAssembly memory.
const PAGE: u64 = 1 << 16;

/// Native stack of one instance, in bytes. The metered stack must be exhausted first, whatever frames a
/// compiler makes.
pub(crate) const NATIVE_STACK: usize = 16 << 20;

/// Frees of memory that are done together; each costs a system call.
const DECOMMIT_BATCH: usize = 64;

/// Of a free place's memory and table, the bytes that stay the process's own: they are set back to what a
/// module begins with, where the kernel can tell which pages differ, and need not be faulted in again. Of the
/// memory they are `memory.kept` of the price table.
const KEEP_MEMORY: usize = 2 << 20;
const KEEP_TABLE: usize = 64 << 10;

/// The greatest memory of an instance, in bytes.
pub(crate) fn memory_bytes() -> Result<usize, Fault> {
    let bytes = Limits::CONSENSUS.memory_maximum.saturating_mul(PAGE);
    usize::try_from(bytes).map_err(Fault::engine)
}

/// An engine with `places` places for instances.
pub(crate) fn engine(optimise: Optimise, places: u32) -> Result<Engine, Fault> {
    let mut config = Config::new();
    config
        .strategy(Strategy::Cranelift)
        .cranelift_opt_level(match optimise {
            Optimise::None => OptLevel::None,
            Optimise::Speed => OptLevel::Speed,
        })
        .cranelift_nan_canonicalization(true)
        .compiler_inlining(Inlining::No)
        .wasm_features(WasmFeatures::all(), false)
        .wasm_features(pass::FEATURES, true)
        .max_wasm_stack(NATIVE_STACK)
        .async_stack_size(NATIVE_STACK)
        .generate_address_map(false)
        // Which function failed, and no more.
        .wasm_backtrace_max_frames(NonZeroUsize::new(1))
        .native_unwind_info(false)
        .memory_init_cow(true)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool(places)?));
    Engine::new(&config).map_err(|error| Fault::Engine(format!("{error:#}")))
}

fn pool(places: u32) -> Result<PoolingAllocationConfig, Fault> {
    let elements = usize::try_from(Limits::CONSENSUS.table_elements).map_err(Fault::engine)?;
    let mut pool = PoolingAllocationConfig::new();
    pool.total_core_instances(places)
        .total_memories(places)
        .total_tables(places)
        .max_memories_per_module(1)
        .max_tables_per_module(1)
        .max_memory_size(memory_bytes()?)
        .table_elements(elements)
        .max_unused_warm_slots(places)
        .decommit_batch_size(DECOMMIT_BATCH)
        .linear_memory_keep_resident(KEEP_MEMORY)
        .table_keep_resident(KEEP_TABLE)
        .pagemap_scan(Enabled::Auto);
    Ok(pool)
}
