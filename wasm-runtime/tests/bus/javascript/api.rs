//! What a script sees of the chain.

use serde_json::json;
use slsbft_wasm::Reason;
use slsbft_wasm::bus::Entry;

use super::{QUICKJS, Script, contract, value, words};
use crate::support::{HERE, runs};

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
fn values_longer_than_the_buffers_come_back_whole() {
    let body = "const long = 'ä'.repeat(30000);
        slsbft.set('long', long);
        const [[key, found]] = slsbft.scan().toArray();
        return [slsbft.get('long') === long, key, found === long, slsbft.getBytes('long').length]";
    assert_eq!(value(body), json!([true, "long", true, 60002]));
}

#[test]
fn keys_are_scanned_in_order_and_the_script_is_not_among_them() {
    let put = "for (const key of ['b/2', 'a', 'b/1', 'c', 'b']) slsbft.set(key, key.length);";
    let scan = |range: &str| value(&format!("{put} return slsbft.scan({range}).toArray()"));
    assert_eq!(
        scan(""),
        json!([["a", 1], ["b", 1], ["b/1", 3], ["b/2", 3], ["c", 1]])
    );
    assert_eq!(scan("{ prefix: 'b/' }"), json!([["b/1", 3], ["b/2", 3]]));
    assert_eq!(
        scan("{ prefix: 'b/', descending: true }"),
        json!([["b/2", 3], ["b/1", 3]])
    );
    assert_eq!(scan("{ start: 'b', end: 'b/2' }"), json!([["b", 1], ["b/1", 3]]));
    assert_eq!(
        scan("{ start: 'c', end: new Uint8Array([255, 255]) }"),
        json!([["c", 1]])
    );
    let bytes = "slsbft.set(new Uint8Array([254, 255]), 0);
        return slsbft.scan({ prefix: new Uint8Array([254]), bytes: true }).map(([k, v]) => [...k, 0, ...v]).toArray()";
    assert_eq!(value(bytes), json!([[254, 255, 0, 48]]));
}

#[test]
fn the_interpreters_own_keys_are_out_of_reach() {
    for call in ["get(key)", "set(key, 1)", "setBytes(key, key)", "remove(key)"] {
        let said = words(&format!("const key = new Uint8Array([255, 1]); slsbft.{call}"));
        assert!(
            said.starts_with("RangeError: keys that begin with the byte 0xff are the interpreter's own"),
            "{said}"
        );
    }
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
fn the_beacon_is_read() {
    let mut script = Script::runs("return [slsbft.beacon(5)?.toHex(), slsbft.beacon(6n), slsbft.beacon(-1)]");
    script.world.beacons.insert(5, [3; 32]);
    assert_eq!(
        script.execute(&json!({})),
        Ok(json!(["03".repeat(32), null, null]))
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
fn an_answer_that_is_no_json_comes_as_its_bytes() {
    let mut script = Script::runs("return [...slsbft.ask('raw', {})]");
    let raw = runs(
        r#"(data (i32.const 0) "\00\7b")"#,
        "(call $output (i32.const 0) (i32.const 2))",
    );
    script.world.put("raw", &raw);
    assert_eq!(script.execute(&json!({})), Ok(json!([0, 123])));
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
fn hashes_and_addresses_are_the_chains() {
    let body =
        "return [slsbft.sha256('abc').toHex(), slsbft.keccak256('').toHex(), slsbft.blake2b('', 2).toHex(),
        slsbft.addressValid('addr:x'), slsbft.addressValid('x'), slsbft.text(slsbft.addressBytes('addr:x')),
        slsbft.addressText(slsbft.utf8('y')), slsbft.addressBytes('y')]";
    assert_eq!(
        value(body),
        json!([
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470",
            "b1fe",
            true,
            false,
            "x",
            "addr:y",
            null
        ])
    );
}

#[test]
fn signatures_are_checked() {
    // secp256k1 as in the host's own tests; Ed25519 from RFC 8032, test 2.
    let body = "const hex = (text) => Uint8Array.fromHex(text);
        const hash = hex('5ae8317d34d1e595e3fa7247db80c0af4320cce1116de187f8f7e2e099c0d8d0');
        const signature = hex('45c0b7f8c09a9e1f1cea0c25785594427b6bf8f9f878a8af0b1abbb48e16d0920d8becd0c220f67c51217eecfd7184ef0732481c843857e6bc7fc095c4f6b788');
        const key = hex('044a071e8a6e10aada2b8cf39fa3b5fb3400b04e99ea8ae64ceea1a977dbeaf5d5f8c8fbd10b71ab14cd561f7df8eb6da50f8a8d81ba564342244d26d1d4211595');
        const recovered = [0, 1].map((which) => slsbft.secp256k1Recover(hash, signature, which)?.toHex());
        const ed = [new Uint8Array([0x72]), hex('92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00'),
            hex('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c')];
        return [slsbft.secp256k1Verify(hash, signature, key), slsbft.secp256k1Verify(slsbft.sha256(''), signature, key),
            recovered.includes(key.toHex()), slsbft.secp256r1Verify(hash, signature, key), slsbft.ed25519Verify(...ed),
            slsbft.ed25519Verify('s', ed[1], ed[2]), slsbft.ed25519BatchVerify([ed, ed]), slsbft.ed25519BatchVerify([ed, ['s', ed[1], ed[2]]])]";
    assert_eq!(
        value(body),
        json!([true, false, true, false, true, false, true, false])
    );
    assert!(
        words("slsbft.ed25519Verify('', '', '')")
            .starts_with("RangeError: the signature has 64 bytes, not 0")
    );
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

#[test]
fn a_hook_and_a_migration_reach_the_script() {
    let script = "export function instantiate() { slsbft.set('seen', []) }
        export function hook(msg) { slsbft.set('seen', [...slsbft.get('seen'), msg, slsbft.sender]) }";
    let mut made = Script::new(script, &json!(null)).unwrap();
    made.context.sender.clear();
    made.say(Entry::Hook, &json!({ "epoch_ended": { "epoch": 12 } }))
        .unwrap();
    let new = "export function migrate(msg) { slsbft.set('new', msg) }
        export function query() { return [slsbft.get('seen'), slsbft.get('new')] }";
    made.say(Entry::Migrate, &json!({ "script": new, "msg": 2 }))
        .unwrap();
    assert_eq!(
        made.ask(&json!({})),
        Ok(json!([[{ "epoch_ended": { "epoch": 12 } }, ""], 2]))
    );
    let gone = contract(made.execute(&json!({})).unwrap_err());
    assert!(
        gone.starts_with("TypeError: the script exports no function `execute`"),
        "{gone}"
    );
}

#[test]
fn a_query_writes_nothing() {
    let script = "export function instantiate() {}\nexport function query() { slsbft.set('a', 1) }";
    let mut made = Script::new(script, &json!(null)).unwrap();
    assert_eq!(made.ask(&json!({})), Err(Reason::ReadOnly));
}
