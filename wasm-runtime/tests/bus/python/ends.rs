//! How scripts end that do not return.

use serde_json::{Value, json};
use slsbft_wasm::Reason;
use slsbft_wasm::bus::Entry;

use super::Script;
use crate::script::contract;

/// The words with which a script is refused.
fn refused(script: &str) -> String {
    contract(Script::new(script, &Value::Null).err().unwrap())
}

#[test]
fn what_a_script_raises_is_its_error_with_the_lines() {
    assert_eq!(
        Script::words("def buy():\n    raise ValueError('no tickets')\nbuy()"),
        "Traceback (most recent call last):\n  File \"contract.py\", line 6, in execute\n  File \"contract.py\", line 5, in buy\nValueError: no tickets"
    );
    assert_eq!(Script::words("slsbft.fail('no tickets')"), "no tickets");
    assert!(Script::words("None.x").ends_with("AttributeError: 'NoneType' object has no attribute 'x'"));
}

#[test]
fn what_is_raised_is_caught_where_the_script_says() {
    let body = "seen = []
def inner(n):
    try:
        if n: return inner(n - 1)
        return sorted([3, 1, 2], key=lambda x: [].pop() if x == 1 else x)
    finally: seen.append(n)
for attempt in range(3):
    try: inner(2)
    except KeyError: seen.append('wrong')
    except IndexError as error: seen.append(type(error).__name__)
    else: seen.append('nothing')
try:
    try: {}['a']
    except KeyError as error: raise ValueError('second') from error
except ValueError as error: seen.append(str(error))
def items():
    try: yield 1
    except ValueError: yield 2
them = items()
next(them)
seen.append(them.throw(ValueError()))
try: int('x')
except: seen.append('bare')
try: [1][slsbft.get('none', 'a')]
except TypeError: seen.append('type')
return seen";
    let round = json!([0, 1, 2, "IndexError"]);
    let mut seen = [round.clone(), round.clone(), round]
        .iter()
        .flat_map(|round| round.as_array().unwrap().clone())
        .collect::<Vec<_>>();
    seen.extend([json!("second"), json!(2), json!("bare"), json!("type")]);
    assert_eq!(Script::value(body), Value::Array(seen));
}

#[test]
fn a_script_that_cannot_be_parsed_is_refused_with_its_line() {
    assert_eq!(
        refused("def instantiate(msg):\n  a = )\n"),
        "Traceback (most recent call last):\n  File \"contract.py\", line 2\nSyntaxError: invalid syntax"
    );
    assert!(refused("import other").ends_with("ImportError: no module named 'other'"));
    assert!(refused("").ends_with("TypeError: the script has no function 'instantiate'"));
    assert_eq!(
        refused(&" ".repeat(131_073)),
        "the script has more than 131,072 bytes"
    );
}

#[test]
fn an_endless_loop_uses_its_budget_and_no_more() {
    for body in [
        "while True: pass",
        "while True:\n    try: {}['a']\n    except: pass",
    ] {
        let mut script = Script::runs(body);
        for budget in [10_000, 50_000_000, 5_000_000_000] {
            script.budget = budget;
            assert_eq!(script.execute(&json!({})), Err(Reason::OutOfGas));
            assert_eq!(script.used, budget);
        }
    }
}

#[test]
fn functions_of_the_module_recurse_thousands_of_levels() {
    let script = "def go(n): return go(n - 1) + 1 if n else 0
def instantiate(msg): return go(msg)";
    let mut made = Script::new(script, &json!(1)).unwrap();
    let msg = json!({ "script": script, "msg": 5000 });
    assert_eq!(made.say(Entry::Instantiate, &msg), Ok(json!(5000)));
}

#[test]
fn what_recurses_through_the_interpreter_ends_as_an_error() {
    let patterns = [
        ("def go(n): return go(n - 1) + 1 if n else 0", 50),
        (
            "def go(n): return list(map(lambda m: go(m - 1), [n]))[0] + 1 if n else 0",
            20,
        ),
        (
            "class A:\n    def __init__(self, n): self.n = A(n - 1).n + 1 if n else 0\ndef go(n): return A(n).n",
            20,
        ),
        (
            "def inner(n):\n    if n: yield from inner(n - 1)\n    yield n\ndef go(n): return len(list(inner(n))) - 1",
            50,
        ),
    ];
    for (go, deep) in patterns {
        let body =
            format!("{go}\ntry: go(10000)\nexcept RuntimeError as error: return [go({deep}), str(error)]");
        assert_eq!(
            Script::value(&body),
            json!([deep, "maximum recursion depth exceeded"]),
            "{go}"
        );
    }
}

#[test]
fn source_that_nests_deeply_is_run_or_ends_the_call() {
    let nested = |depth| {
        let lists = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let script = format!("def instantiate(msg): return len({lists})");
        Script::new(&script, &Value::Null).map(|_| ())
    };
    assert_eq!(nested(100), Ok(()));
    assert_eq!(nested(40_000), Err(Reason::StackExhausted));
}

#[test]
fn memory_that_is_used_up_is_an_exception() {
    let body = "all = []\ntry:\n    while True: all.append(bytes(1 << 20))\nexcept MemoryError: return len(all) > 25";
    assert_eq!(Script::value(body), json!(true));
    let small = "chain = None\ntry:\n    while True: chain = (chain, 1)\nexcept MemoryError: return 'caught'";
    assert_eq!(Script::value(small), json!("caught"));
    let said = Script::words("text = 'x'\nwhile True: text += text");
    assert!(said.contains("MemoryError: memory allocation failed"), "{said}");
}
