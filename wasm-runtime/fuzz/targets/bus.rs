//! Whatever a contract asks of the service bus ends within its budget, with a result or a reason, the same each time, and the
//! node is well. A question changes nothing.

#![no_main]

use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use slsbft_wasm::Code;
use slsbft_wasm::bus::Entry;
use slsbft_wasm_fuzz::support::{VM, enter};
use slsbft_wasm_fuzz::world::World;
use slsbft_wasm_fuzz::{POINTS, obedient};

static CODE: LazyLock<Arc<Code>> = LazyLock::new(|| VM.compile(&obedient::bus()).unwrap());

/// The other contract that it may call.
const THERE: &str = "there";

fuzz_target!(init: slsbft_wasm_fuzz::seeds::write("bus"), |bytes: &[u8]| {
    let Some((kind, message)) = bytes.split_first() else {
        return;
    };
    let entry = if kind % 4 == 0 {
        Entry::Query
    } else {
        Entry::Execute
    };
    let run = || {
        let mut world = World::default();
        world.put(THERE, &CODE);
        let outcome = enter(&mut world, &CODE, entry, message, POINTS);
        assert!(outcome.used <= POINTS);
        let states = ["here", THERE].map(|contract| world.state(contract).clone());
        (
            outcome.used,
            format!("{:?}", outcome.result),
            states,
            world.events,
        )
    };
    let first = run();
    if entry == Entry::Query {
        assert!(
            first.2.iter().all(|state| state.is_empty()) && first.3.is_empty(),
            "a question wrote"
        );
    }
    assert_eq!(first, run());
});
