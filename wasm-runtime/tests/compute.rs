//! The task of compute proofs: the same digests wherever and however often it is run.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

use slsbft_wasm::compute::Task;
use slsbft_wasm_interpreter::{
    Budget, Costs, End, Imports, Instance, InstantiationCosts, Limits, Module, Value,
};

/// Digests of the segments that begin with 32 times 0, 1, 2 and 3. Providers and auditors of other
/// versions have to get the same ones.
const GOLDEN: [&str; 4] = [
    "5d4c531547301670b2e5067d50fd324f85b655cf7e27ddc7de447c5981d7bc95",
    "bfb7fe577fbe5be4219c3c6d39fd78e97207b2737f14281381c631683d6e9067",
    "62cd96e39c02beb9264cfd7fb542abe80df101813217164ca3f08573e04840ec",
    "7fb299db4a0e099a429b88d910d286d79d0d1d66c16830e518882f7c7debd8de",
];

fn source() -> Vec<u8> {
    wat::parse_str(include_str!("../src/compute/task.wat")).unwrap()
}

#[test]
fn the_task_that_is_run_is_the_one_that_its_source_shows() {
    assert_eq!(source(), include_bytes!("../src/compute/task.wasm"));
}

#[test]
fn a_segment_has_the_digest_that_it_always_had_whichever_thread_runs_it() {
    let task = Task::new(4).unwrap();
    let segment = |n: u8| hex::encode(task.segment(&[n; 32]).unwrap());
    std::thread::scope(|threads| {
        let running: Vec<_> = (0..4).map(|n| threads.spawn(move || segment(n))).collect();
        for (thread, golden) in running.into_iter().zip(GOLDEN) {
            assert_eq!(thread.join().unwrap(), golden);
        }
    });
}

/// The algorithm of `task.wat`, told a second time.
fn retold(input: [u8; 32]) -> [u8; 32] {
    let mut memory = vec![0u64; 1 << 17];
    let (words, _) = input.as_chunks();
    let [mut a, mut b, mut c, mut d] = [0, 1, 2, 3].map(|n: usize| u64::from_le_bytes(words[n]));
    let mut step = |at: usize, filled: bool| {
        let met = if filled { memory[at] } else { at as u64 * 8 };
        let mut mixed = (met ^ b).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed ^= mixed >> 32;
        memory[at] = mixed.wrapping_add(d);
        (a, b, c, d) = (
            mixed.wrapping_add(c),
            (a ^ d).rotate_left(23),
            b ^ met,
            d.wrapping_add(mixed),
        );
        (a as usize & 0xffff8) / 8
    };
    let mut next = 0;
    for at in 0..1 << 17 {
        next = step(at, false);
    }
    for _ in 0..1 << 20 {
        next = step(next, true);
    }
    let mut digest = [0; 32];
    for (bytes, word) in digest.chunks_mut(8).zip([a, b, c, d]) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    digest
}

#[test]
fn the_engine_agrees_with_an_interpreter_and_with_the_algorithm_told_in_rust() {
    let input: [u8; 32] = std::array::from_fn(|n| (n * 37) as u8);
    let digest = Task::new(1).unwrap().segment(&input).unwrap();
    assert_eq!(digest, retold(input));
    assert_eq!(digest, interpreted(input));
}

fn interpreted(input: [u8; 32]) -> [u8; 32] {
    let free = Costs {
        entry: 0,
        local: 0,
        frame_slots: 0,
        operators_per_slot: None,
        page_grown: 0,
        byte_filled: 0,
        byte_copied: 0,
        byte_initialised: 0,
        element_copied: 0,
        element_initialised: 0,
        instantiation: InstantiationCosts {
            module: 0,
            page: 0,
            fresh_page: 0,
            kept_pages: 0,
            data_byte: 0,
            segment_element: 0,
            table_element: 0,
            global: 0,
        },
    };
    let module = Module::parse(&source(), &|_| 0, &free).unwrap();
    let mut digest = [0; 32];
    let at = |arguments: &[Value]| match arguments {
        [Value::I32(at), Value::I32(32)] => *at as usize..*at as usize + 32,
        other => panic!("{other:?}"),
    };
    let imports = Imports::new()
        .function("slsbft", "input", move |host, arguments| {
            host.memory[at(arguments)].copy_from_slice(&input);
            Ok(vec![Value::I32(32)])
        })
        .function("slsbft", "output", |host, arguments| {
            digest.copy_from_slice(&host.memory[at(arguments)]);
            Ok(vec![])
        });
    let limits = Limits {
        pages: 17,
        elements: 0,
    };
    let mut instance = Instance::new(&module, imports, limits).unwrap();
    let budget = Budget {
        points: 1,
        slots: 1_000,
    };
    let report = instance.call("query", &[], budget).unwrap();
    assert_eq!(report.end, End::Returned(vec![]));
    drop(instance);
    digest
}
