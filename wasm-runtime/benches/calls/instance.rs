//! What a store and an instance cost, metered in a VM as nodes have it and with bare wasmtime. The module touches none of its
//! memory, so what is left is making and dropping, and a call of a function that does nothing else.
//!
//! A dropped instance's memory is set back to what the module begins with. The VM asks the kernel which pages
//! were written and writes those back (`kept`), so that the next instance need not fault them in; the other way is to
//! give all of them back (`given back`), which costs an instance that wrote nothing less, and all others more.

use std::hint::black_box;
use std::time::Instant;

use slsbft_wasm::{Lane, bus};
use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, InstancePre, Linker, Module,
    PoolingAllocationConfig, Store,
};

use crate::{Contract, PLENTY, ROUNDS, report};

/// Asks the chain for a record, which shows when the first operator runs.
const METERED: &str = r#"(module
    (import "slsbft" "get" (func $get (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 17)
    (data (i32.const 512) "{}")
    (func (export "slsbft_abi_1"))
    (func (export "execute") (drop (call $get (i32.const 512) (i32.const 2) (i32.const 0) (i32.const 0)))))"#;

const BARE: &str = r#"(module
    (memory (export "memory") 17)
    (data (i32.const 512) "{}")
    (func (export "execute")))"#;

/// As the VM's: places, bytes of memory that a free place keeps, frees that are done together.
const PLACES: u32 = 64;
const KEPT: usize = 2 << 20;
const BATCH: usize = 64;

pub fn run() {
    metered();
    bare("kept", KEPT);
    bare("given_back", 0);
}

fn metered() {
    let mut contract = Contract::new(&wat::parse_str(METERED).unwrap());
    let context = bus::Context {
        height: 7,
        time: 1_700_000_000_000_000_000,
        chain_id: String::new(),
        contract: String::new(),
        sender: String::new(),
        funds: String::new(),
        transaction: None,
    };
    let (mut made, mut dropped) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        contract.chain.asked = Some(begun);
        let call = bus::Call {
            vm: &contract.vm,
            code: &contract.code,
            chain: &mut contract.chain,
            points: PLENTY,
            lane: Lane::Block,
            context: context.clone(),
        };
        let outcome = black_box(call.run(bus::Entry::Execute, b"")).unwrap();
        assert!(outcome.result.is_ok());
        let asked = contract.chain.asked.take().unwrap();
        made.push((asked - begun).as_nanos());
        dropped.push(asked.elapsed().as_nanos());
    }
    report("calls::store_and_instance", made);
    report("calls::return_and_drop", dropped);
}

fn bare(name: &str, kept: usize) {
    let (engine, pre) = linked(kept);
    let (mut made, mut dropped) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        let mut store = Store::new(&engine, ());
        let instance = pre.instantiate(&mut store).unwrap();
        let ready = Instant::now();
        let execute = instance.get_typed_func::<(), ()>(&mut store, "execute").unwrap();
        execute.call(&mut store, ()).unwrap();
        drop(store);
        made.push((ready - begun).as_nanos());
        dropped.push(ready.elapsed().as_nanos());
    }
    report(&format!("calls::store_and_instance/bare/{name}"), made);
    report(&format!("calls::return_and_drop/bare/{name}"), dropped);
}

fn linked(kept: usize) -> (Engine, InstancePre<()>) {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_core_instances(PLACES)
        .total_memories(PLACES)
        .total_tables(PLACES)
        .max_memory_size(32 << 20)
        .max_unused_warm_slots(PLACES)
        .decommit_batch_size(BATCH)
        .linear_memory_keep_resident(kept)
        .pagemap_scan(if kept > 0 { Enabled::Auto } else { Enabled::No });
    let mut config = Config::new();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    let engine = Engine::new(&config).unwrap();
    let module = Module::new(&engine, wat::parse_str(BARE).unwrap()).unwrap();
    let pre = Linker::new(&engine).instantiate_pre(&module).unwrap();
    (engine, pre)
}
