//! Random calls of all functions of the host, with arguments and memory that may mean anything, end here
//! as they end elsewhere: with the same result, the same reason, and the same state.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use slsbft_wasm::Reason;
use slsbft_wasm::cosmwasm::Entry;

use crate::oracle::Pair;

/// The functions of the host, with the numbers of their parameters and their results. Those that write
/// come first: iterators show what is written after they were opened, and elsewhere they do not, so
/// no contract here writes after it opened one.
const ENV: &[(&str, usize, &str)] = &[
    ("db_write", 2, ""),
    ("db_remove", 1, ""),
    ("db_read", 1, "i32"),
    ("db_scan", 3, "i32"),
    ("db_next", 1, "i32"),
    ("db_next_key", 1, "i32"),
    ("db_next_value", 1, "i32"),
    ("addr_validate", 1, "i32"),
    ("addr_canonicalize", 2, "i32"),
    ("addr_humanize", 2, "i32"),
    ("secp256k1_verify", 3, "i32"),
    ("secp256k1_recover_pubkey", 3, "i64"),
    ("secp256r1_verify", 3, "i32"),
    ("secp256r1_recover_pubkey", 3, "i64"),
    ("ed25519_verify", 3, "i32"),
    ("ed25519_batch_verify", 3, "i32"),
    ("bls12_381_aggregate_g1", 2, "i32"),
    ("bls12_381_aggregate_g2", 2, "i32"),
    ("bls12_381_pairing_equality", 4, "i32"),
    ("bls12_381_hash_to_g1", 4, "i32"),
    ("bls12_381_hash_to_g2", 4, "i32"),
    ("query_chain", 1, "i32"),
    ("debug", 1, ""),
    ("abort", 1, ""),
];

/// Where the memory has regions that are as they should be, one after another.
const REGIONS: u32 = 4_096;

/// How many of them.
const GOOD: u32 = 48;

/// Where what the functions returned is written down.
const RESULTS: u32 = 32_768;

/// A call: which function, and its arguments.
type Step = (Index, Vec<u32>);

/// A contract whose every part may be anything.
#[derive(Clone, Debug)]
struct Contract {
    steps: Vec<Step>,
    memory: Vec<u8>,
    lengths: Vec<u32>,
    allocated: u32,
    returned: u32,
}

fn number() -> impl Strategy<Value = u32> {
    let known = [
        0,
        1,
        2,
        4,
        12,
        32,
        64,
        96,
        256,
        1_024,
        65_524,
        65_525,
        65_536,
        131_060,
        131_072,
        i32::MAX as u32,
        u32::MAX - 11,
        u32::MAX,
    ];
    prop_oneof![
        4 => select(known.to_vec()),
        2 => 0..2_048u32,
        1 => any::<u32>(),
    ]
}

/// Most arguments lead to good regions, so that most calls get past their first argument.
fn argument() -> impl Strategy<Value = u32> {
    prop_oneof![
        24 => (0..GOOD).prop_map(|which| REGIONS + 12 * which),
        6 => 0..4u32,
        1 => number(),
    ]
}

fn contract() -> impl Strategy<Value = Contract> {
    let step = (any::<Index>(), prop::collection::vec(argument(), 4));
    let word = prop_oneof![3 => number().prop_map(u32::to_le_bytes), 1 => any::<[u8; 4]>()];
    let length = prop_oneof![
        4 => select(vec![0_u32, 1, 3, 20, 32, 33, 48, 64, 65, 96, 100]),
        1 => 0..128u32,
    ];
    // Room for what the host answers, most of the time.
    let allocated = prop_oneof![9 => Just(REGIONS + 12 * (GOOD - 1)), 1 => number()];
    let returned = prop_oneof![9 => Just(REGIONS + 12 * GOOD), 1 => argument()];
    (
        prop::collection::vec(step, 1..24),
        prop::collection::vec(word, 1_024).prop_map(|words| words.as_flattened().to_vec()),
        prop::collection::vec(length, GOOD as usize),
        allocated,
        returned,
    )
        .prop_map(|(steps, memory, lengths, allocated, returned)| Contract {
            steps,
            memory,
            lengths,
            allocated,
            returned,
        })
}

impl Contract {
    fn wasm(&self) -> Vec<u8> {
        let imports: String = ENV
            .iter()
            .map(|(name, parameters, result)| {
                let parameters = "i32 ".repeat(*parameters);
                let result = match *result {
                    "" => String::new(),
                    ty => format!("(result {ty})"),
                };
                format!("(import \"env\" \"{name}\" (func ${name} (param {parameters}) {result}))")
            })
            .collect();
        let body = self.body();
        let (allocated, returned) = (self.allocated.cast_signed(), self.returned.cast_signed());
        let text = format!(
            r#"(module {imports} (memory (export "memory") 2) (func (export "interface_version_8"))
            (func (export "allocate") (param i32) (result i32) (i32.const {allocated}))
            (func (export "deallocate") (param i32))
            (func (export "execute") (param i32 i32 i32) (result i32) {body} (i32.const {returned}))
            (func (export "query") (param i32 i32) (result i32) {body} (i32.const {returned}))
            (data (i32.const 0) "{}") (data (i32.const {REGIONS}) "{}"))"#,
            escape(&self.memory),
            escape(&self.regions()),
        );
        wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// The calls; each writes down what its function returned.
    fn body(&self) -> String {
        let mut steps: Vec<_> = self
            .steps
            .iter()
            .map(|(which, arguments)| (which.index(ENV.len()), arguments))
            .collect();
        steps.sort_by_key(|(which, _)| *which > 1);
        let call = |(at, (which, arguments)): (usize, &(usize, &Vec<u32>))| {
            let (name, parameters, result) = ENV[*which];
            let arguments: String = arguments
                .iter()
                .take(parameters)
                .map(|argument| format!("(i32.const {})", argument.cast_signed()))
                .collect();
            let call = format!("(call ${name} {arguments})");
            let to = RESULTS as usize + 8 * at;
            match result {
                "" => call,
                ty => format!("({ty}.store (i32.const {to}) {call})"),
            }
        };
        steps.iter().enumerate().map(call).collect()
    }

    /// Good regions, the last but one for answers of the host, and the last with all of the memory.
    fn regions(&self) -> Vec<u8> {
        let mut regions = Vec::new();
        for (at, length) in (0..).zip(&self.lengths) {
            let last = at == GOOD - 1;
            let capacity = if last { 20_000 } else { 128 };
            // The same bytes again and again, so that keys are met that were written.
            let offset = if last { 40_000 } else { 64 + 128 * (at % 12) };
            regions.extend([offset, capacity, *length].map(u32::to_le_bytes));
        }
        regions.extend([1, (2 << 16) - 1, (2 << 16) - 1].map(u32::to_le_bytes));
        regions.as_flattened().to_vec()
    }
}

fn escape(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("\\{byte:02x}")).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 384, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_a_contract_calls_ends_as_elsewhere(contract in contract(), query in any::<bool>()) {
        let mut pair = Pair::new(&contract.wasm());
        for key in [&b""[..], &[0], &[0; 32], &[1, 2, 3]] {
            pair.put(key, key);
        }
        let args: &[&[u8]] = &[b"{}", b"{}", b"{}"];
        let (entry, args) = match query {
            true => (Entry::Query, &args[1..]),
            false => (Entry::Execute, args),
        };
        pair.budget = 1 << 58;
        prop_assert_ne!(pair.both(entry, args), Err(Reason::OutOfGas));
    }
}
