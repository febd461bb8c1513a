//! Scripts in Python, run by MicroPython as it is built from source.

mod api;
mod ends;

use std::sync::{Arc, LazyLock};

use serde_json::json;
use slsbft_wasm::Code;
use slsbft_wasm::bus::Entry;

use crate::script::{self, Language};

static MICROPYTHON: LazyLock<Arc<Code>> = LazyLock::new(|| script::build("python"));

pub struct Python;

impl Language for Python {
    fn interpreter() -> &'static Arc<Code> {
        &MICROPYTHON
    }

    /// The body's lines begin at the margin.
    fn script(body: &str) -> String {
        let body = body.replace('\n', "\n    ");
        format!("import slsbft\ndef instantiate(msg): pass\ndef execute(msg):\n    {body}\n")
    }
}

type Script = script::Script<Python>;

#[test]
fn an_empty_script_is_entered_for_little() {
    let mut empty = Script::runs("pass");
    assert_eq!(empty.execute(&json!({})), Ok(serde_json::Value::Null));
    println!("an empty call: {} points", empty.used);
    assert!(empty.used < 100_000_000, "{}", empty.used);
}

/// What of the language people would miss first.
#[test]
fn the_language_is_there() {
    let body = "class Coin:
    def __init__(self, amount): self.amount = amount
    def __add__(self, other): return Coin(self.amount + other.amount)
    @property
    def doubled(self): return self.amount * 2
def down(n):
    try:
        while n:
            yield n
            n -= 1
    finally:
        seen.append('closed')
seen = []
*most, last = sorted({'c', 'a', 'b'}, key=lambda text: text, reverse=True)
first = next(down(3))
total = (Coin(2 ** 100) + Coin(1)).doubled
return [total, most, last, first, f'{1 + 1:>3}', [x for x in down(2)], seen, 7 // -2, 7 % -2, '%05d' % 42, b'ab'.hex()]";
    let returned = Script::runs(body).enter(Entry::Execute, b"").result.unwrap();
    assert_eq!(
        String::from_utf8(returned).unwrap(),
        r#"[2535301200456458802993406410754,["c","b"],"a",3,"  2",[2,1],["closed"],-4,-1,"00042","6162"]"#
    );
}
