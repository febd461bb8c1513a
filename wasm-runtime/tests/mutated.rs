//! The pass on damaged modules: published ones with bytes changed, cut out, and put in.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::path::Path;

use proptest::prelude::*;
use proptest::sample::Index;
use slsbft_wasm::pass::{FEATURES, Rules, meter};
use wasmparser::Validator;

/// Damage at a place.
#[derive(Clone, Debug)]
enum Damage {
    Set(Index, u8),
    Cut(Index, usize),
    Insert(Index, Vec<u8>),
    End(Index),
}

fn damage() -> impl Strategy<Value = Damage> {
    let place = any::<Index>;
    prop_oneof![
        6 => (place(), any::<u8>()).prop_map(|(at, byte)| Damage::Set(at, byte)),
        2 => (place(), 1..9usize).prop_map(|(at, length)| Damage::Cut(at, length)),
        2 => (place(), prop::collection::vec(any::<u8>(), 1..9)).prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
        1 => place().prop_map(Damage::End),
    ]
}

fn apply(module: &mut Vec<u8>, damage: &Damage) {
    if module.is_empty() {
        return;
    }
    match damage {
        Damage::Set(at, byte) => {
            let at = at.index(module.len());
            module[at] = *byte;
        }
        Damage::Cut(at, length) => {
            let at = at.index(module.len());
            module.drain(at..module.len().min(at + length));
        }
        Damage::Insert(at, bytes) => {
            let at = at.index(module.len());
            module.splice(at..at, bytes.iter().copied());
        }
        Damage::End(at) => module.truncate(at.index(module.len())),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_module_is_refused_with_words_or_metered_into_a_valid_one(
        which in prop::sample::select(vec!["empty", "empty", "empty", "burner", "queue"]),
        all in prop::collection::vec(damage(), 1..6),
    ) {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("testdata/{which}.wasm"));
        let mut module = std::fs::read(file).unwrap();
        all.iter().for_each(|damage| apply(&mut module, damage));
        match meter(&module, &Rules::CONSENSUS) {
            Ok(metered) => {
                let valid = Validator::new_with_features(FEATURES).validate_all(&metered.wasm);
                prop_assert!(valid.is_ok(), "{:?}", valid.err());
                prop_assert!(metered.wasm.len() <= 8 * module.len() + 4_096);
            }
            Err(refusal) => prop_assert!(!refusal.to_string().is_empty()),
        }
    }
}
