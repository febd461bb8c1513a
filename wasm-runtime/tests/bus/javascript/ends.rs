//! How scripts end that do not return.

use serde_json::{Value, json};
use slsbft_wasm::Reason;
use slsbft_wasm::bus::Entry;

use super::{Script, value, words};
use crate::script::contract;

/// The words with which a script is refused.
fn refused(script: &str) -> String {
    contract(Script::new(script, &Value::Null).err().unwrap())
}

#[test]
fn what_a_script_throws_is_its_error_with_the_line() {
    assert_eq!(
        words("function buy() { throw new Error('no tickets'); }\nbuy();"),
        "Error: no tickets\n    at buy (contract.js:3:28)\n    at execute (contract.js:4:1)"
    );
    assert_eq!(words("throw 'just words'"), "just words");
    assert_eq!(words("slsbft.fail('no tickets')"), "no tickets");
    assert!(
        words("undefined.x")
            .starts_with("TypeError: cannot read property 'x' of undefined\n    at execute (contract.js:3:")
    );
}

#[test]
fn what_fails_has_written_nothing_that_stays() {
    let mut script = Script::runs("slsbft.set('a', 1); throw 1");
    assert_eq!(script.execute(&json!({})), Err(Reason::Contract("1".into())));
}

#[test]
fn a_script_that_cannot_be_parsed_is_refused_with_its_line() {
    assert_eq!(
        refused("export function instantiate() {\n  let a = ;\n}"),
        "SyntaxError: unexpected token in expression: ';'\n    at contract.js:2:11"
    );
    assert!(refused("import { a } from './other.js'").contains("could not load module"));
    assert_eq!(
        refused(""),
        "TypeError: the script exports no function `instantiate`"
    );
    assert!(refused(&" ".repeat(131_073)).starts_with("the script has more than 131,072 bytes"));
}

#[test]
fn an_endless_loop_uses_its_budget_and_no_more() {
    let mut script = Script::runs("for (;;);");
    for budget in [10_000, 50_000_000, 5_000_000_000] {
        script.budget = budget;
        assert_eq!(script.execute(&json!({})), Err(Reason::OutOfGas));
        assert_eq!(script.used, budget);
    }
    let mut script = Script::runs("for (;;) try { for (;;) msg.x.y } catch {}");
    script.budget = 5_000_000_000;
    assert_eq!(script.execute(&json!({})), Err(Reason::OutOfGas));
}

#[test]
fn functions_recurse_some_levels_and_deeper_ends_the_call() {
    let go = "function go(n) { return n ? go(n - 1) + 1 : 0 }";
    assert_eq!(value(&format!("{go} return go(45)")), json!(45));
    let callbacks = "function go(n) { return n ? [n].map(() => go(n - 1))[0] + 1 : 0 }";
    assert_eq!(value(&format!("{callbacks} return go(14)")), json!(14));
    let mut endless = Script::runs("function go() { return go() + 1 }\ntry { go() } catch { return 1 }");
    assert_eq!(endless.execute(&json!({})), Err(Reason::StackExhausted));
}

#[test]
fn what_nests_deeply_is_parsed_or_ends_the_call() {
    let array = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(value(&format!("return {}", array(30))).to_string(), array(30));
    let mut script = Script::runs("return msg");
    assert_eq!(
        script
            .execute(&serde_json::from_str(&array(100)).unwrap())
            .unwrap()
            .to_string(),
        array(100)
    );
    let mut deep = |depth| {
        script
            .enter(Entry::Execute, array(depth).as_bytes())
            .result
            .unwrap_err()
            .reason
    };
    assert_eq!(deep(100_000), Reason::StackExhausted);
    assert_eq!(
        Script::new(&array(50_000), &Value::Null).err(),
        Some(Reason::StackExhausted)
    );
}

#[test]
fn memory_that_is_used_up_is_an_exception() {
    let said = words("const all = []; for (;;) all.push(new Uint8Array(1 << 20).fill(1));");
    assert!(said.starts_with("InternalError: out of memory"), "{said}");
    let said = words("let text = 'x'; for (;;) text += text;");
    assert!(said.starts_with("InternalError: string too long"), "{said}");
}
