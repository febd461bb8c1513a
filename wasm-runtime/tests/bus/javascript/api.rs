//! What a script sees of the chain.

use serde_json::json;
use slsbft_wasm::bus::Entry;

use super::{QUICKJS, Script, value, words};
use crate::support::HERE;

#[test]
fn a_script_keeps_json_and_bytes() {
    let mut script = Script::runs(
        "slsbft.set('n', { a: [1, 2n ** 70n], b: null });
         slsbft.setBytes('raw', new Uint8Array([0, 255]));
         slsbft.set(new Uint8Array([1]), true);
         slsbft.remove('gone');
         return [slsbft.get('n'), [...slsbft.getBytes('raw')], slsbft.get('none'), slsbft.get('\\u0001')]",
    );
    assert_eq!(
        script.execute(&json!({})),
        Ok(json!([{ "a": [1, "1180591620717411303424"], "b": null }, [0, 255], null, true]))
    );
    let state = script.world.state(HERE);
    assert_eq!(
        state[&b"n"[..]],
        br#"{"a":[1,"1180591620717411303424"],"b":null}"#
    );
    assert_eq!(state[&b"raw"[..]], [0, 255]);
}

#[test]
fn what_is_around_the_call_is_told() {
    let body = "const { height, time, chainId, contract, sender, funds, transaction } = slsbft;
        return { height, time, chainId, contract, sender, funds, index: transaction.index, hash: transaction.hash.toHex(),
            now: Date.now(), zone: new Date().getTimezoneOffset(), left: typeof slsbft.pointsLeft }";
    assert_eq!(
        value(body),
        json!({
            "height": 7, "time": "1700000000123456789", "chainId": "bus-1", "contract": "here", "sender": "somebody",
            "funds": [{ "denom": "uankr", "amount": "5" }, { "denom": "foo", "amount": "7" }],
            "index": 3, "hash": "09".repeat(32), "now": 1_700_000_000_123_u64, "zone": 0, "left": "bigint",
        })
    );
}

#[test]
fn nothing_differs_from_node_to_node() {
    let body = "return ['random' in Math, typeof SharedArrayBuffer, typeof Atomics, typeof WeakRef, typeof performance]";
    assert_eq!(
        value(body),
        json!([false, "undefined", "undefined", "undefined", "undefined"])
    );
}

#[test]
fn what_a_call_costs_does_not_depend_on_the_time() {
    let body = "const map = new Map(); for (let i = 0; i < 100; i++) map.set('key' + i, Date.now()); return map.size";
    let mut script = Script::runs(body);
    let mut used = Vec::new();
    for time in [
        1_700_000_000_000_000_000,
        1_700_000_001_234_567_891,
        1_812_345_678_901_234_567,
    ] {
        script.context.time = time;
        assert_eq!(script.execute(&json!({})), Ok(json!(100)));
        used.push(script.used);
    }
    assert_eq!(used, [used[0]; 3]);
}

#[test]
fn another_contract_is_called_and_asked() {
    let mut script = Script::runs(
        "const told = slsbft.execute('other', { by: 2n }, { funds: '1uankr' });
         const asked = slsbft.ask('other', 5);
         let failed;
         try { slsbft.execute('nobody', {}) } catch (error) { failed = error.message }
         return [told, asked, failed]",
    );
    let other = Script::new(
        "export function instantiate() {}
         export function execute(msg) { slsbft.set('by', msg.by); return { by: msg.by, from: slsbft.sender, funds: slsbft.funds } }
         export function query(msg) { return msg + 1 }",
        &json!(null),
    )
    .unwrap();
    let mut other = other.world;
    script.world.put("other", &QUICKJS);
    script.world.state("other").clone_from(other.state(HERE));
    let funds = json!([{ "denom": "uankr", "amount": "1" }]);
    assert_eq!(
        script.execute(&json!({})),
        Ok(json!([{ "by": "2", "from": "here", "funds": funds }, 6, "no such contract"]))
    );
    assert_eq!(script.world.state("other")[&b"by"[..]], br#""2""#);
}

#[test]
fn modules_get_protobuf() {
    let body = "const coin = slsbft.encode({ 1: 'uankr', 2: '5' });
        const sent = slsbft.encode({ 2: ['a', 'b'], 1: 300n, 3: coin, 4: true, 5: undefined, 6: -1 });
        return [sent.toHex(), slsbft.text(slsbft.send('/a.Msg', sent)).slice(0, 7), slsbft.text(slsbft.query('/a.Query', slsbft.utf8('?')))]";
    let hex =
        "08ac02120161120162".to_owned() + "1a0a0a0575616e6b72120135" + "2001" + "30ffffffffffffffffff01";
    assert_eq!(value(body), json!([hex, "/a.Msg<", "/a.Query<?>"]));
    assert!(words("slsbft.encode({ a: 1 })").starts_with("RangeError: fields are named by their numbers"));
    assert!(
        words("slsbft.encode({ 1: {} })")
            .starts_with("TypeError: a field, if no number or list, has to be text")
    );
}

#[test]
fn events_carry_text() {
    let mut script = Script::runs("slsbft.event('sold', { to: slsbft.sender, amount: 7n })");
    script.execute(&json!({})).unwrap();
    let attributes = [("to", "somebody"), ("amount", "7")].map(|(k, v)| (k.to_owned(), v.to_owned()));
    assert_eq!(script.world.events, [("sold".to_owned(), attributes.to_vec())]);
}

#[test]
fn what_a_script_logs_is_for_the_developer() {
    let mut script = Script::runs("console.log('a', 1); slsbft.debug({}); return new Uint8Array([123, 125])");
    assert_eq!(script.execute(&json!({})), Ok(json!({})));
    assert_eq!(script.world.said, ["a", "1", "[object Object]"]);
    let mut empty = Script::runs("return new Uint8Array()");
    assert_eq!(empty.enter(Entry::Execute, b"").result, Ok(Vec::new()));
}

#[test]
fn promises_are_kept_before_the_call_returns() {
    assert_eq!(value("return (async () => { await null; return 5 })()"), json!(5));
    assert_eq!(
        words("return Promise.reject(new Error('later'))").lines().next(),
        Some("Error: later")
    );
    assert_eq!(
        words("return new Promise(() => {})"),
        "the script waits for a promise that nobody keeps"
    );
}
