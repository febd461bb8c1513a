//! Scripts, and the interpreters that run them, each built from source once.
#![allow(
    clippy::disallowed_types,
    reason = "the interpreters are built by other processes"
)]

use std::marker::PhantomData;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use serde_json::{Value, json};
use slsbft_wasm::bus::{Call, Context, Entry};
use slsbft_wasm::{Code, Lane, Outcome, Reason};

use crate::support::{HERE, PLENTY, VM, context};
use crate::world::World;

/// What scripts are written in.
pub trait Language {
    /// The interpreter.
    fn interpreter() -> &'static Arc<Code>;
    /// A script without a state of its own: `body` is what `execute(msg)` does.
    fn script(body: &str) -> String;
}

/// Runs the `build.sh` of a folder of the SDK.
pub fn build(folder: &str) -> Arc<Code> {
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{folder}.wasm"));
    let script = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("sdk")
        .join(folder)
        .join("build.sh");
    let built = Command::new(script).arg(&out).output().unwrap();
    let said = String::from_utf8_lossy(&built.stderr);
    assert!(built.status.success(), "{said}");
    VM.compile(&std::fs::read(out).unwrap()).unwrap()
}

/// An instance of the interpreter with a script, in a world of its own.
pub struct Script<L> {
    pub world: World,
    pub context: Context,
    pub budget: u64,
    /// Points that the last call used.
    pub used: u64,
    language: PhantomData<L>,
}

impl<L: Language> Script<L> {
    /// One whose `instantiate` gets `msg`.
    pub fn new(script: &str, msg: &Value) -> Result<Self, Reason> {
        let mut made = Self {
            world: World::default(),
            context: context(HERE, "somebody", "5uankr,7foo"),
            budget: PLENTY,
            used: 0,
            language: PhantomData,
        };
        made.say(Entry::Instantiate, &json!({ "script": script, "msg": msg }))?;
        Ok(made)
    }

    pub fn runs(body: &str) -> Self {
        Self::new(&L::script(body), &Value::Null).unwrap()
    }

    pub fn enter(&mut self, entry: Entry, msg: &[u8]) -> Outcome<Vec<u8>> {
        self.world.put(HERE, L::interpreter());
        self.world.waiting.push(HERE.to_owned());
        let call = Call {
            vm: &VM,
            code: L::interpreter(),
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

    pub fn say(&mut self, entry: Entry, msg: &Value) -> Result<Value, Reason> {
        let returned = self.enter(entry, msg.to_string().as_bytes()).result;
        let returned = returned.map_err(|failure| failure.reason)?;
        Ok(match returned.is_empty() {
            true => Value::Null,
            false => serde_json::from_slice(&returned).unwrap(),
        })
    }

    pub fn execute(&mut self, msg: &Value) -> Result<Value, Reason> {
        self.say(Entry::Execute, msg)
    }

    pub fn ask(&mut self, msg: &Value) -> Result<Value, Reason> {
        self.say(Entry::Query, msg)
    }

    /// What a body returns.
    pub fn value(body: &str) -> Value {
        Self::runs(body).execute(&json!({})).unwrap()
    }

    /// The words with which a body fails.
    pub fn words(body: &str) -> String {
        contract(Self::runs(body).execute(&json!({})).unwrap_err())
    }
}

/// A contract's own words.
pub fn contract(reason: Reason) -> String {
    match reason {
        Reason::Contract(words) => words,
        other => panic!("{other:?}"),
    }
}
