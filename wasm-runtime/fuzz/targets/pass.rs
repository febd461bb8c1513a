//! Any bytes are refused with words, or metered into a valid module that is not much larger; the same each time. Bytes that do
//! not begin as a module are the choices of wasm-smith, which makes one of them.

#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use slsbft_wasm::pass::{FEATURES, Rules, meter};
use slsbft_wasm_fuzz::smith;
use wasmparser::Validator;

fuzz_target!(init: slsbft_wasm_fuzz::seeds::write("pass"), |bytes: &[u8]| -> Corpus {
    let made;
    let module = if bytes.starts_with(b"\0asm") {
        bytes
    } else if let Some(module) = smith::module(bytes) {
        made = module;
        &made
    } else {
        return Corpus::Reject;
    };
    let outcome = meter(module, &Rules::CONSENSUS);
    match &outcome {
        Ok(metered) => {
            let valid = Validator::new_with_features(FEATURES).validate_all(&metered.wasm);
            assert!(valid.is_ok(), "{:?}", valid.err());
            assert!(metered.wasm.len() <= 8 * module.len() + 4_096);
        }
        Err(refusal) => assert!(!refusal.to_string().is_empty()),
    }
    assert_eq!(outcome, meter(module, &Rules::CONSENSUS));
    Corpus::Keep
});
