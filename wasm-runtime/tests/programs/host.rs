//! What the generated programs import, once: both sides lend the same functions.

use slsbft_wasm_interpreter::{HostContext, HostTrap, Imports, Value};

/// Charged by each host function, in points, before anything else.
const CHARGE: i64 = 13;

/// Computes a host function by name: it charges, fails for some arguments, writes to the memory, and
/// returns, among others, NaNs with a payload.
pub fn call(name: &str, context: HostContext<'_>, arguments: &[Value]) -> Result<Vec<Value>, HostTrap> {
    *context.points -= CHARGE;
    match (name, arguments) {
        ("none", []) => Ok(vec![]),
        ("one", [Value::I32(42)]) => Err(HostTrap("forty-two".to_owned())),
        ("one", [Value::I32(a)]) => {
            let length = context.memory.len().max(1);
            if let Some(byte) = context.memory.get_mut(*a as u32 as usize % length) {
                *byte ^= 0x5a;
            }
            Ok(vec![Value::I32(a.wrapping_mul(31).wrapping_add(7))])
        }
        ("two", [Value::I64(a), Value::F64(b)]) => Ok(vec![
            Value::F64(b.rotate_left(*a as u32 % 64)),
            Value::I32((*a >> 32) as i32),
        ]),
        _ => Err(HostTrap(format!("{name} called with {arguments:?}"))),
    }
}

/// The functions as the interpreter takes them.
pub fn imports() -> Imports<'static> {
    ["none", "one", "two"]
        .into_iter()
        .fold(Imports::new(), |imports, name| {
            imports.function("env", name, move |context, arguments| {
                call(name, context, arguments)
            })
        })
}
