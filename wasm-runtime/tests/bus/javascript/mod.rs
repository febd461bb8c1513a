//! Scripts in JavaScript, run by QuickJS as it is built from source.

mod api;
mod ends;
mod lottery;

use std::sync::{Arc, LazyLock};

use serde_json::{Value, json};
use slsbft_wasm::Code;

use crate::script::{self, Language};

static QUICKJS: LazyLock<Arc<Code>> = LazyLock::new(|| script::build("javascript"));

pub struct JavaScript;

impl Language for JavaScript {
    fn interpreter() -> &'static Arc<Code> {
        &QUICKJS
    }

    fn script(body: &str) -> String {
        format!("export function instantiate() {{}}\nexport function execute(msg) {{\n{body}\n}}")
    }
}

type Script = script::Script<JavaScript>;

fn value(body: &str) -> Value {
    Script::value(body)
}

fn words(body: &str) -> String {
    Script::words(body)
}

#[test]
fn an_empty_script_is_entered_for_little() {
    let mut empty = Script::runs("");
    assert_eq!(empty.execute(&json!({})), Ok(Value::Null));
    println!("an empty call: {} points", empty.used);
}
