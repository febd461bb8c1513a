//! Random calls of all functions of both hosts, with arguments and memory that may mean anything: each
//! ends with a result or a reason, the same in other settings, and the node is well.

use std::collections::BTreeMap;

use proptest::prelude::*;
use slsbft_wasm::bus::Entry;
use slsbft_wasm::{Config, Lane, Optimise, Vm, cosmwasm};

use crate::support::{ENV, HERE, IMPORTS, call};
use crate::world::World;

/// Enough for some signatures, and soon used up by what repeats.
const POINTS: u64 = 3_000_000_000;

/// A call: which function, and its arguments.
type Step = (prop::sample::Index, Vec<u32>);

/// Numbers as they are as addresses, lengths and capacities, and as they should not be.
fn number() -> impl Strategy<Value = u32> {
    let known = [
        0,
        1,
        2,
        4,
        12,
        16,
        32,
        33,
        48,
        64,
        65,
        96,
        100,
        256,
        512,
        1_000,
        1_024,
        4_096,
        65_528,
        65_535,
        65_536,
        131_072,
        1 << 20,
        i32::MAX as u32,
        u32::MAX - 1,
        u32::MAX,
    ];
    prop_oneof![
        8 => prop::sample::select(known.to_vec()),
        4 => 0..2_048u32,
        1 => any::<u32>(),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(
        (any::<prop::sample::Index>(), prop::collection::vec(number(), 8)),
        1..24,
    )
}

/// The first two thousand bytes of a memory: words that could be regions or lengths, and noise.
fn memory() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![3 => number().prop_map(u32::to_le_bytes), 1 => any::<[u8; 4]>()];
    prop::collection::vec(word, 512).prop_map(|words| words.as_flattened().to_vec())
}

/// Calls of functions with these names and types.
fn body(functions: &[(String, Vec<&str>, bool)], steps: &[Step]) -> String {
    let call = |(which, arguments): &Step| {
        let (name, types, returns) = &functions[which.index(functions.len())];
        let arguments: String = types
            .iter()
            .zip(arguments)
            .map(|(ty, argument)| format!("({ty}.const {argument})"))
            .collect();
        match returns {
            true => format!("(drop (call ${name} {arguments}))"),
            false => format!("(call ${name} {arguments})"),
        }
    };
    steps.iter().map(call).collect()
}

fn data(memory: &[u8]) -> String {
    let escaped: String = memory.iter().map(|byte| format!("\\{byte:02x}")).collect();
    format!("(data (i32.const 0) \"{escaped}\")")
}

fn bus_contract(steps: &[Step], memory: &[u8]) -> Vec<u8> {
    let functions: Vec<_> = IMPORTS
        .iter()
        .map(|(name, of)| {
            let parameters = of.split("(result").next().unwrap();
            let types = parameters
                .trim_matches(['(', ')', ' '])
                .split_whitespace()
                .skip(1)
                .map(|ty| ty.trim_matches(')'));
            ((*name).to_owned(), types.collect(), of.contains("result"))
        })
        .collect();
    let imports: String = IMPORTS
        .iter()
        .map(|(name, of)| format!("(import \"slsbft\" \"{name}\" (func ${name} {of}))"))
        .collect();
    let text = format!(
        r#"(module {imports} (memory (export "memory") 2 4) (func (export "slsbft_abi_1"))
            (func (export "execute") (export "query") {}) {})"#,
        body(&functions, steps),
        data(memory)
    );
    wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn env_contract(steps: &[Step], memory: &[u8], allocated: u32, returned: u32) -> Vec<u8> {
    let functions: Vec<_> = ENV
        .iter()
        .map(|(name, parameters, result)| ((*name).to_owned(), vec!["i32"; *parameters], !result.is_empty()))
        .collect();
    let imports: String = ENV
        .iter()
        .map(|(name, parameters, result)| {
            let parameters = "i32 ".repeat(*parameters);
            let result = if result.is_empty() {
                String::new()
            } else {
                format!("(result {result})")
            };
            format!("(import \"env\" \"{name}\" (func ${name} (param {parameters}) {result}))")
        })
        .collect();
    let body = body(&functions, steps);
    let text = format!(
        r#"(module {imports} (memory (export "memory") 2 4) (func (export "interface_version_8"))
            (func (export "allocate") (param i32) (result i32) (i32.const {allocated}))
            (func (export "deallocate") (param i32))
            (func (export "execute") (param i32 i32 i32) (result i32) {body} (i32.const {returned}))
            (func (export "query") (param i32 i32) (result i32) {body} (i32.const {returned})) {})"#,
        data(memory)
    );
    wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// What a contract left: its outcome in words, the points, its state, its events.
type Trace = (String, u64, BTreeMap<Vec<u8>, Vec<u8>>, usize);

fn trace(vm: &Vm, wasm: &[u8], query: bool) -> Trace {
    let code = vm.compile(wasm).unwrap();
    let mut world = World::default();
    world.put(HERE, &code);
    world.waiting.push(HERE.to_owned());
    let (words, used) = match code.interface() {
        slsbft_wasm::Interface::Bus => {
            let entry = if query { Entry::Query } else { Entry::Execute };
            let mut host = world.host(HERE);
            let call = slsbft_wasm::bus::Call {
                vm,
                ..call(&code, &mut host, POINTS)
            };
            let outcome = call.run(entry, b"{}").unwrap();
            (format!("{:?}", outcome.result), outcome.used)
        }
        slsbft_wasm::Interface::CosmWasm => {
            let (entry, args): (_, &[&[u8]]) = match query {
                true => (cosmwasm::Entry::Query, &[b"{}", b"{}"]),
                false => (cosmwasm::Entry::Execute, &[b"{}", b"{}", b"{}"]),
            };
            let call = cosmwasm::Call {
                vm,
                code: &code,
                chain: &mut world.host(HERE),
                points: POINTS,
                lane: Lane::Block,
            };
            let outcome = call.raw(entry, args).unwrap();
            (format!("{:?}", outcome.result), outcome.used)
        }
    };
    assert!(used <= POINTS);
    (words, used, world.state(HERE).clone(), world.events.len())
}

/// Two VMs whose settings must make no difference.
fn vms() -> [Vm; 2] {
    [Optimise::Speed, Optimise::None].map(|optimise| {
        Vm::new(Config {
            optimise,
            ..Config::default()
        })
        .unwrap()
    })
}

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 192,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

#[test]
fn whatever_a_contract_calls_ends_the_same_way_everywhere_and_the_node_is_well() {
    let [fast, plain] = vms();
    proptest!(config(), |(steps in steps(), memory in memory(), query in any::<bool>())| {
        let wasm = bus_contract(&steps, &memory);
        let first = trace(&fast, &wasm, query);
        prop_assert_eq!(&first, &trace(&plain, &wasm, query));
        prop_assert!(!query || (first.2.is_empty() && first.3 == 0), "a question wrote");
    });
}

#[test]
fn whatever_a_cosmwasm_contract_calls_ends_the_same_way_everywhere_and_the_node_is_well() {
    let [fast, plain] = vms();
    proptest!(config(), |(
        steps in steps(),
        memory in memory(),
        allocated in number(),
        returned in number(),
        query in any::<bool>(),
    )| {
        let wasm = env_contract(&steps, &memory, allocated, returned);
        let first = trace(&fast, &wasm, query);
        prop_assert_eq!(&first, &trace(&plain, &wasm, query));
        prop_assert!(!query || first.2.is_empty(), "a question wrote");
    });
}
