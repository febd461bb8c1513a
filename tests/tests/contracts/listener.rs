//! A contract of a page: told to execute anything, it sends one message that was put into its code;
//! what the chain tells it, it keeps under `heard`.

use prost::Message;
use serde_json::json;

/// What it does when it is told something.
#[derive(Clone, Copy, Debug)]
pub enum Habit {
    Keeps,
    Panics,
    NeverEnds,
}

/// The module of a listener that can send `message`.
pub fn listener(message: &cosmos_sdk_proto::Any, habit: Habit) -> Vec<u8> {
    use base64::{Engine, prelude::BASE64_STANDARD};
    let any = json!({ "type_url": message.type_url, "value": BASE64_STANDARD.encode(&message.value) });
    let sent = json!({ "id": 0, "msg": { "any": any }, "gas_limit": null, "reply_on": "never" });
    let response = |messages: Vec<serde_json::Value>| {
        let response = json!({ "messages": messages, "attributes": [], "events": [], "data": null });
        json!({ "ok": response }).to_string()
    };
    let habit = match habit {
        Habit::Keeps => "(call $db_write (i32.const 48) (local.get 1))",
        Habit::Panics => "unreachable",
        Habit::NeverEnds => "(loop (br 0))",
    };
    let (executed, nothing) = (response(vec![sent]), response(Vec::new()));
    let text = format!(
        r#"(module
          (import "env" "db_write" (func $db_write (param i32 i32)))
          (memory (export "memory") 4)
          (global $free (mut i32) (i32.const 131072))
          (func (export "interface_version_8"))
          (func (export "allocate") (param $size i32) (result i32) (local $region i32)
            (local.set $region (global.get $free))
            (i32.store (local.get $region) (i32.add (local.get $region) (i32.const 12)))
            (i32.store offset=4 (local.get $region) (local.get $size))
            (i32.store offset=8 (local.get $region) (i32.const 0))
            (global.set $free (i32.add (local.get $region) (i32.add (local.get $size) (i32.const 12))))
            (local.get $region))
          (func (export "deallocate") (param i32))
          (func (export "instantiate") (param i32 i32 i32) (result i32) (i32.const 32))
          (func (export "execute") (param i32 i32 i32) (result i32) (i32.const 16))
          (func (export "sudo") (param i32 i32) (result i32) {habit} (i32.const 32))
          (data (i32.const 16) "{}")
          (data (i32.const 32) "{}")
          (data (i32.const 48) "{}")
          (data (i32.const 900) "heard")
          (data (i32.const 1024) "{}")
          (data (i32.const 65536) "{}"))"#,
        region(65_536, executed.len()),
        region(1_024, nothing.len()),
        region(900, 5),
        escaped(nothing.as_bytes()),
        escaped(executed.as_bytes()),
    );
    wat::parse_str(text).expect("text of a module")
}

/// A message with its type.
pub fn any<M: Message + prost::Name>(message: &M) -> cosmos_sdk_proto::Any {
    cosmos_sdk_proto::Any {
        type_url: format!("/{}", M::full_name()),
        value: message.encode_to_vec(),
    }
}

/// Where bytes lie, as CosmWasm's contracts say it.
fn region(offset: u32, length: usize) -> String {
    let length = length as u32;
    let words = [offset, length, length].map(u32::to_le_bytes);
    escaped(words.as_flattened())
}

fn escaped(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("\\{byte:02x}")).collect()
}
