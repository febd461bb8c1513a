//! Contracts of the service bus, written as lists of what they do.

use std::fmt::Write;

use slsbft_types::Address;

/// What a contract does. Bytes are put into its code.
#[derive(Clone, Debug)]
pub enum Op {
    Set(&'static str, Vec<u8>),
    /// Calls a contract: address, message, coins, most points (all that is left below zero).
    Execute(Address, String, &'static str, i64),
    /// Sends a module's message.
    Send(cosmos_sdk_proto::Any),
    /// Asks a module by its method's path.
    Query(&'static str, Vec<u8>),
    /// Asks a contract.
    Ask(Address, String),
    /// Keeps what the last of these four returned: one byte, 0 or 1, and the answer.
    Keep(&'static str),
    /// Emits an event with one attribute.
    Event(&'static str, &'static str, &'static str),
    /// Keeps the beacon of a height, if there is one.
    KeepBeacon(&'static str, i64),
    /// Keeps who sends: address, space, coins.
    KeepSender(&'static str),
    /// Keeps the message.
    KeepInput(&'static str),
    /// Returns what is kept.
    Output(&'static str),
    Fail(&'static str),
    NeverEnds,
}

const BUFFER: usize = 1 << 16;
const SIZE: usize = 1 << 15;

/// A module whose entry points do this.
pub fn contract(entries: &[(&str, Vec<Op>)]) -> Vec<u8> {
    let mut script = Script {
        data: String::new(),
        next: 1 << 17,
    };
    let mut functions = String::new();
    for (entry, ops) in entries {
        let body: String = ops.iter().map(|op| script.op(op)).collect();
        let _ = write!(
            functions,
            "(func (export \"{entry}\") (local $a i32) (local $b i32) {body})"
        );
    }
    let text = format!(
        r#"(module
          (import "slsbft" "input" (func $input (param i32 i32) (result i32)))
          (import "slsbft" "output" (func $output (param i32 i32)))
          (import "slsbft" "fail" (func $fail (param i32 i32)))
          (import "slsbft" "get" (func $get (param i32 i32 i32 i32) (result i32)))
          (import "slsbft" "set" (func $set (param i32 i32 i32 i32)))
          (import "slsbft" "sender" (func $sender (param i32 i32) (result i32)))
          (import "slsbft" "funds" (func $funds (param i32 i32) (result i32)))
          (import "slsbft" "beacon" (func $beacon (param i64 i32) (result i32)))
          (import "slsbft" "execute" (func $execute (param i32 i32 i32 i32 i32 i32 i64) (result i32)))
          (import "slsbft" "send" (func $send (param i32 i32 i32 i32 i64) (result i32)))
          (import "slsbft" "query" (func $query (param i32 i32 i32 i32) (result i32)))
          (import "slsbft" "ask" (func $ask (param i32 i32 i32 i32) (result i32)))
          (import "slsbft" "answer" (func $answer (param i32 i32) (result i32)))
          (import "slsbft" "event" (func $event (param i32 i32 i32 i32)))
          (memory (export "memory") 16)
          (func (export "slsbft_abi_1"))
          {functions}
          {data})"#,
        data = script.data
    );
    wat::parse_str(text).expect("text of a module")
}

struct Script {
    data: String,
    next: usize,
}

impl Script {
    /// Puts bytes into the memory; gives where and how many as operands.
    fn bytes(&mut self, bytes: &[u8]) -> String {
        let at = self.next;
        self.next += bytes.len();
        let escaped: String = bytes.iter().map(|byte| format!("\\{byte:02x}")).collect();
        let _ = write!(self.data, "(data (i32.const {at}) \"{escaped}\")");
        format!("(i32.const {at}) (i32.const {})", bytes.len())
    }

    fn text(&mut self, text: &str) -> String {
        self.bytes(text.as_bytes())
    }

    /// The status of a call goes in front of where its answer will be.
    fn call(call: &str) -> String {
        format!("(i32.store8 (i32.const {BUFFER}) {call})")
    }

    fn op(&mut self, op: &Op) -> String {
        let behind = BUFFER + 1;
        match op {
            Op::Set(key, value) => {
                let (key, value) = (self.text(key), self.bytes(value));
                format!("(call $set {key} {value})")
            }
            Op::Execute(contract, msg, funds, points) => {
                let (contract, msg, funds) =
                    (self.text(&contract.to_string()), self.text(msg), self.text(funds));
                Self::call(&format!(
                    "(call $execute {contract} {msg} {funds} (i64.const {points}))"
                ))
            }
            Op::Send(message) => {
                let (kind, msg) = (self.text(&message.type_url), self.bytes(&message.value));
                Self::call(&format!("(call $send {kind} {msg} (i64.const -1))"))
            }
            Op::Query(path, request) => {
                let (path, request) = (self.text(path), self.bytes(request));
                Self::call(&format!("(call $query {path} {request})"))
            }
            Op::Ask(contract, msg) => {
                let (contract, msg) = (self.text(&contract.to_string()), self.text(msg));
                Self::call(&format!("(call $ask {contract} {msg})"))
            }
            Op::Keep(key) => {
                let key = self.text(key);
                format!(
                    "(local.set $a (call $answer (i32.const {behind}) (i32.const {SIZE})))
                     (call $set {key} (i32.const {BUFFER}) (i32.add (local.get $a) (i32.const 1)))"
                )
            }
            Op::Event(kind, key, value) => {
                let (key_length, value_length) = (key.len() as u32, value.len() as u32);
                let list = [
                    &key_length.to_le_bytes() as &[u8],
                    key.as_bytes(),
                    &value_length.to_le_bytes(),
                    value.as_bytes(),
                ];
                let (kind, list) = (self.text(kind), self.bytes(&list.concat()));
                format!("(call $event {kind} {list})")
            }
            Op::KeepBeacon(key, height) => {
                let key = self.text(key);
                format!(
                    "(if (call $beacon (i64.const {height}) (i32.const {BUFFER}))
                       (then (call $set {key} (i32.const {BUFFER}) (i32.const 32))))"
                )
            }
            Op::KeepSender(key) => {
                let key = self.text(key);
                format!(
                    "(local.set $a (call $sender (i32.const {BUFFER}) (i32.const {SIZE})))
                     (i32.store8 (i32.add (i32.const {BUFFER}) (local.get $a)) (i32.const 32))
                     (local.set $b (call $funds
                       (i32.add (i32.const {behind}) (local.get $a)) (i32.const {SIZE})))
                     (call $set {key} (i32.const {BUFFER})
                       (i32.add (i32.add (local.get $a) (local.get $b)) (i32.const 1)))"
                )
            }
            Op::KeepInput(key) => {
                let key = self.text(key);
                format!(
                    "(local.set $a (call $input (i32.const {BUFFER}) (i32.const {SIZE})))
                     (call $set {key} (i32.const {BUFFER}) (local.get $a))"
                )
            }
            Op::Output(key) => {
                let key = self.text(key);
                format!(
                    "(local.set $a (call $get {key} (i32.const {BUFFER}) (i32.const {SIZE})))
                     (call $output (i32.const {BUFFER}) (local.get $a))"
                )
            }
            Op::Fail(text) => {
                let text = self.text(text);
                format!("(call $fail {text})")
            }
            Op::NeverEnds => "(loop (br 0))".to_owned(),
        }
    }
}
