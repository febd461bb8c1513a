//! Scripts in JavaScript, run by QuickJS as it is built from source.
#![allow(
    clippy::disallowed_types,
    reason = "the interpreter is built by another process"
)]

mod api;
mod ends;
mod lottery;

use std::path::Path;
use std::process::Command;
use std::sync::{Arc, LazyLock};

use serde_json::{Value, json};
use slsbft_wasm::bus::{Call, Context, Entry};
use slsbft_wasm::{Code, Lane, Outcome, Reason};

use crate::support::{HERE, PLENTY, VM, context};
use crate::world::World;

/// The interpreter, built once.
static QUICKJS: LazyLock<Arc<Code>> = LazyLock::new(|| {
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("quickjs.wasm");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("sdk/javascript/build.sh");
    let built = Command::new(script).arg(&out).output().unwrap();
    let said = String::from_utf8_lossy(&built.stderr);
    assert!(built.status.success(), "{said}");
    VM.compile(&std::fs::read(out).unwrap()).unwrap()
});

/// An instance of the interpreter with a script, in a world of its own.
struct Script {
    world: World,
    context: Context,
    budget: u64,
    /// Points that the last call used.
    used: u64,
}

impl Script {
    /// One whose `instantiate` gets `msg`.
    fn new(script: &str, msg: &Value) -> Result<Self, Reason> {
        let mut made = Self {
            world: World::default(),
            context: context(HERE, "somebody", "5uankr,7foo"),
            budget: PLENTY,
            used: 0,
        };
        made.say(Entry::Instantiate, &json!({ "script": script, "msg": msg }))?;
        Ok(made)
    }

    /// One without a state of its own: `body` is what `execute(msg)` does.
    fn runs(body: &str) -> Self {
        let script =
            format!("export function instantiate() {{}}\nexport function execute(msg) {{\n{body}\n}}");
        Self::new(&script, &Value::Null).unwrap()
    }

    fn enter(&mut self, entry: Entry, msg: &[u8]) -> Outcome<Vec<u8>> {
        self.world.put(HERE, &QUICKJS);
        self.world.waiting.push(HERE.to_owned());
        let call = Call {
            vm: &VM,
            code: &QUICKJS,
            chain: &mut self.world.host(HERE),
            points: self.budget,
            lane: Lane::Block,
            context: self.context.clone(),
        };
        let outcome = call.run(entry, msg).unwrap();
        self.world.waiting.pop();
        self.used = outcome.used;
        outcome
    }

    fn say(&mut self, entry: Entry, msg: &Value) -> Result<Value, Reason> {
        let returned = self.enter(entry, msg.to_string().as_bytes()).result;
        let returned = returned.map_err(|failure| failure.reason)?;
        Ok(match returned.is_empty() {
            true => Value::Null,
            false => serde_json::from_slice(&returned).unwrap(),
        })
    }

    fn execute(&mut self, msg: &Value) -> Result<Value, Reason> {
        self.say(Entry::Execute, msg)
    }

    fn ask(&mut self, msg: &Value) -> Result<Value, Reason> {
        self.say(Entry::Query, msg)
    }
}

/// What a body returns.
fn value(body: &str) -> Value {
    Script::runs(body).execute(&json!({})).unwrap()
}

/// The words with which a body fails.
fn words(body: &str) -> String {
    contract(Script::runs(body).execute(&json!({})).unwrap_err())
}

/// A contract's own words.
fn contract(reason: Reason) -> String {
    match reason {
        Reason::Contract(words) => words,
        other => panic!("{other:?}"),
    }
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
