//! Scripts in JavaScript, run by QuickJS as it is built from source.

mod api;
mod ends;
mod lottery;

use std::sync::{Arc, LazyLock};

use serde_json::{Value, json};
use slsbft_wasm::Code;

use crate::script::{self, Language, contract};

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

const COUNTER: &str = include_str!("../../../sdk/templates/javascript/contract.js");

#[test]
fn the_counter_of_the_template_counts() {
    let mut counter = Script::new(COUNTER, &json!({ "count": 40 })).unwrap();
    counter.context.funds.clear();
    let add = |by| json!({ "add": { "by": by } });
    assert_eq!(counter.execute(&add(2)), Ok(json!({ "count": 42 })));
    assert_eq!(counter.ask(&json!({ "count": {} })), Ok(json!({ "count": 42 })));
    let attributes = [("by", "2"), ("sender", "somebody")].map(|(k, v)| (k.to_owned(), v.to_owned()));
    assert_eq!(
        counter.world.events,
        [("counted".to_owned(), attributes.to_vec())]
    );
    let full = counter.execute(&add((1_u64 << 53) - 1)).unwrap_err();
    assert_eq!(
        contract(full),
        "9007199254741032 is no whole number, or exceeds 2^53"
    );
    counter.context.funds = "1uankr".to_owned();
    assert_eq!(
        counter.execute(&add(2)).map_err(contract),
        Err("this contract takes no coins".into())
    );
}

#[test]
fn an_empty_script_is_entered_for_little() {
    let mut empty = Script::runs("");
    assert_eq!(empty.execute(&json!({})), Ok(Value::Null));
    println!("an empty call: {} points", empty.used);
}
