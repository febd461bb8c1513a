//! The C header and its example, compiled with clang and run.

use std::collections::BTreeSet;
use std::sync::Arc;

use slsbft_wasm::bus::Entry;
use slsbft_wasm::{Code, Outcome, Reason};

use crate::compilers::{c, scratch, sdk};
use crate::support::{HERE, IMPORTS, PLENTY, VM, enter};
use crate::world::World;

#[test]
fn the_header_declares_what_the_host_offers_with_its_types() {
    let header = std::fs::read_to_string(sdk().join("c/slsbft.h")).unwrap();
    let declared: BTreeSet<_> = header
        .split("\nSLSBFT_HOST(")
        .skip(1)
        .map(|rest| rest.split(')').next().unwrap())
        .collect();
    assert_eq!(declared, IMPORTS.iter().map(|(name, _)| *name).collect());
    let all: Vec<_> = declared
        .iter()
        .map(|name| format!("(void *)slsbft_{name}"))
        .collect();
    let source = format!(
        "#include \"slsbft.h\"\nSLSBFT_CONTRACT\nvoid *volatile all[] = {{{}}};
        SLSBFT_ENTRY(hook) {{ if (!all[slsbft_block_height()]) slsbft_panic_text(\"\"); }}",
        all.join(", ")
    );
    let path = scratch().join("all.c");
    std::fs::write(&path, source).unwrap();
    let wasm = c(&path, "all.wasm");
    VM.check(&wasm).unwrap();
    for name in declared {
        let length = u8::try_from(name.len()).unwrap();
        let import = [b"slsbft", &[length][..], name.as_bytes()].concat();
        let found = wasm.windows(import.len()).any(|window| window == import);
        assert!(found, "{name} is not imported");
    }
}

fn counter() -> (World, Arc<Code>) {
    let wasm = c(&sdk().join("c/examples/counter.c"), "counter.wasm");
    (World::default(), VM.compile(&wasm).unwrap())
}

fn text(outcome: Outcome<Vec<u8>>) -> String {
    String::from_utf8(outcome.result.unwrap()).unwrap()
}

#[test]
fn the_counter_counts() {
    let (mut world, code) = counter();
    let mut say = |entry, msg: &str| enter(&mut world, &code, entry, msg.as_bytes(), PLENTY);
    assert_eq!(text(say(Entry::Instantiate, "40")), "");
    assert_eq!(text(say(Entry::Execute, "add 2")), "42");
    assert_eq!(text(say(Entry::Query, "")), "42");
    let attributes = [("by", "2"), ("sender", "somebody")].map(|(k, v)| (k.to_owned(), v.to_owned()));
    assert_eq!(world.events, [("counted".to_owned(), attributes.to_vec())]);
    assert_eq!(world.state(HERE)[&b"count"[..]], 42_u64.to_le_bytes());
}

#[test]
fn the_counter_refuses_with_words() {
    let (mut world, code) = counter();
    let most = u64::MAX.to_string();
    let mut refuse = |entry, msg: &str| {
        let outcome = enter(&mut world, &code, entry, msg.as_bytes(), PLENTY);
        outcome.result.unwrap_err().reason
    };
    let words = |text: &str| Reason::Contract(text.to_owned());
    assert_eq!(refuse(Entry::Instantiate, "x"), words("begin with a number"));
    assert_eq!(refuse(Entry::Execute, "add"), words("say `add` and a number"));
    assert_eq!(
        refuse(Entry::Execute, &format!("add {most}0")),
        words("say `add` and a number")
    );
    assert_eq!(
        refuse(Entry::Execute, &"a".repeat(5000)),
        words("the message is too long")
    );
    let begin = enter(&mut world, &code, Entry::Instantiate, most.as_bytes(), PLENTY);
    assert_eq!(text(begin), "");
    let full = enter(&mut world, &code, Entry::Execute, b"add 1", PLENTY);
    assert_eq!(full.result.unwrap_err().reason, words("the counter is full"));
}

/// A contract in C that keeps a value of 1,000 bytes, reads it back, and asks for ten pages more.
const LONG: &str = r#"#include "slsbft.h"
SLSBFT_CONTRACT
SLSBFT_ENTRY(execute) {
    uint8_t *long_value = slsbft_alloc(1000);
    memset(long_value, 'x', 1000);
    slsbft_store(slsbft_text("k"), (slsbft_bytes){long_value, 1000});
    uint8_t *more = slsbft_alloc(10 << 16);
    more[(10 << 16) - 1] = 1;
    if (slsbft_load(slsbft_text("none")).at) slsbft_panic_text("found what is not there");
    slsbft_bytes found = slsbft_load(slsbft_text("k"));
    slsbft_output(found.at, found.length);
}
SLSBFT_ENTRY(query) { slsbft_alloc(0xffff0000); }
"#;

#[test]
fn memory_is_allocated_until_there_is_none() {
    let path = scratch().join("long.c");
    std::fs::write(&path, LONG).unwrap();
    let code = VM.compile(&c(&path, "long.wasm")).unwrap();
    let mut world = World::default();
    let outcome = enter(&mut world, &code, Entry::Execute, b"", PLENTY);
    assert_eq!(outcome.result.unwrap(), [b'x'; 1000]);
    // Asking for memory is paid for also where there is none.
    let outcome = enter(&mut world, &code, Entry::Query, b"", 100 * PLENTY);
    let reason = outcome.result.unwrap_err().reason;
    assert_eq!(reason, Reason::Aborted("no memory left".to_owned()));
}
