//! What a script sees of the chain.

use serde_json::json;
use slsbft_wasm::Reason;
use slsbft_wasm::bus::Entry;

use super::{MICROPYTHON, Script, contract};
use crate::support::{HERE, runs};

#[test]
fn a_script_keeps_json_and_bytes() {
    let mut script = Script::runs(
        "slsbft.set('n', [1, 2 ** 70, -2 ** 70, None, True, 1.5, 'ä\"\\\\\\n', {'a': (1, 2)}])
slsbft.set_bytes('raw', bytes([0, 255]))
slsbft.set(b'\\x01', True)
slsbft.remove('gone')
kept = slsbft.get('n')
return [kept[1] == 2 ** 70, kept, list(slsbft.get_bytes('raw')), slsbft.get('none'), slsbft.get('none', 7), slsbft.get('\\x01')]",
    );
    let list =
        r#"[1,1180591620717411303424,-1180591620717411303424,null,true,1.5,"ä\"\\\u000a",{"a":[1,2]}]"#;
    let returned = script.enter(Entry::Execute, b"").result.unwrap();
    assert_eq!(
        String::from_utf8(returned).unwrap(),
        format!("[true,{list},[0,255],null,7,true]")
    );
    let state = script.world.state(HERE);
    assert_eq!(String::from_utf8_lossy(&state[&b"n"[..]]), list);
    assert_eq!(state[&b"raw"[..]], [0, 255]);
}

#[test]
fn values_longer_than_the_buffers_come_back_whole() {
    let body = "long = 'ä' * 30000
slsbft.set('long', long)
(key, found), = slsbft.scan()
return [slsbft.get('long') == long, key, found == long, len(slsbft.get_bytes('long'))]";
    assert_eq!(Script::value(body), json!([true, "long", true, 60002]));
}

#[test]
fn keys_are_scanned_in_order_and_the_script_is_not_among_them() {
    let put = "for key in ('b/2', 'a', 'b/1', 'c', 'b'): slsbft.set(key, len(key))";
    let scan = |range: &str| Script::value(&format!("{put}\nreturn list(slsbft.scan({range}))"));
    assert_eq!(
        scan(""),
        json!([["a", 1], ["b", 1], ["b/1", 3], ["b/2", 3], ["c", 1]])
    );
    assert_eq!(scan("'b/'"), json!([["b/1", 3], ["b/2", 3]]));
    assert_eq!(
        scan("prefix='b/', descending=True"),
        json!([["b/2", 3], ["b/1", 3]])
    );
    assert_eq!(scan("start='b', end='b/2'"), json!([["b", 1], ["b/1", 3]]));
    assert_eq!(scan("start='c', end=b'\\xff\\xff'"), json!([["c", 1]]));
    let bytes = "slsbft.set(b'\\xfe\\xff', 0)
return [[list(k), list(v)] for k, v in slsbft.scan(b'\\xfe', bytes=True)]";
    assert_eq!(Script::value(bytes), json!([[[254, 255], [48]]]));
}

#[test]
fn the_interpreters_own_keys_are_out_of_reach() {
    for call in [
        "get(key)",
        "set(key, 1)",
        "get_bytes(key)",
        "set_bytes(key, key)",
        "remove(key)",
    ] {
        let said = Script::words(&format!("key = b'\\xff\\x01'\nslsbft.{call}"));
        assert!(
            said.ends_with("ValueError: keys that begin with the byte 0xff are the interpreter's own"),
            "{said}"
        );
    }
}

#[test]
fn what_is_around_the_call_is_told() {
    let body = "index, hash = slsbft.transaction
return {'is': [slsbft.height, slsbft.time, slsbft.chain_id, slsbft.contract, slsbft.sender, slsbft.funds, index, hash.hex()],
    'left': slsbft.points_left > 0}";
    assert_eq!(
        Script::value(body),
        json!({
            "is": [7, 1_700_000_000_123_456_789_u64, "bus-1", "here", "somebody", [["uankr", 5], ["foo", 7]], 3, "09".repeat(32)],
            "left": true,
        })
    );
    assert!(Script::words("slsbft.sender = 'me'").contains("AttributeError"));
    assert!(Script::words("slsbft.nothing").contains("AttributeError"));
}

#[test]
fn the_beacon_is_read() {
    let mut script = Script::runs("return [slsbft.beacon(5).hex(), slsbft.beacon(6), slsbft.beacon(-1)]");
    script.world.beacons.insert(5, [3; 32]);
    assert_eq!(
        script.execute(&json!({})),
        Ok(json!(["03".repeat(32), null, null]))
    );
}

#[test]
fn nothing_differs_from_node_to_node() {
    for module in ["time", "random", "os", "sys", "gc", "machine", "micropython"] {
        let said = Script::words(&format!("import {module}"));
        assert!(said.contains("ImportError: no module named"), "{said}");
    }
}

#[test]
fn another_contract_is_called_and_asked() {
    let mut script = Script::runs(
        "told = slsbft.execute('other', {'by': 2 ** 70}, funds='1uankr')
asked = slsbft.ask('other', 5)
try: slsbft.execute('nobody', {})
except slsbft.CallError as error: failed = str(error)
return [told, asked, failed]",
    );
    let other = Script::new(
        "import slsbft
def instantiate(msg): pass
def execute(msg):
    slsbft.set('by', msg['by'])
    return {'is': [msg['by'] == 2 ** 70, slsbft.sender, slsbft.funds]}
def query(msg): return msg + 1",
        &json!(null),
    )
    .unwrap();
    let mut other = other.world;
    script.world.put("other", &MICROPYTHON);
    script.world.state("other").clone_from(other.state(HERE));
    assert_eq!(
        script.execute(&json!({})),
        Ok(json!([{ "is": [true, "here", [["uankr", 1]]] }, 6, "no such contract"]))
    );
    assert_eq!(script.world.state("other")[&b"by"[..]], b"1180591620717411303424");
}

#[test]
fn an_answer_that_is_no_json_comes_as_its_bytes() {
    let mut script = Script::runs("return list(slsbft.ask('raw', {}))");
    let raw = runs(
        r#"(data (i32.const 0) "\00\7b")"#,
        "(call $output (i32.const 0) (i32.const 2))",
    );
    script.world.put("raw", &raw);
    assert_eq!(script.execute(&json!({})), Ok(json!([0, 123])));
}

#[test]
fn modules_get_protobuf() {
    let body = "coin = slsbft.encode({1: 'uankr', 2: '5'})
sent = slsbft.encode({2: ['a', b'b'], 1: 300, 3: coin, 4: True, 5: None, 6: -1, 7: 2 ** 64 - 1})
return [sent.hex(), slsbft.send('/a.Msg', sent)[:7].decode(), slsbft.query('/a.Query', b'?').decode()]";
    let all_ones = "ffffffffffffffffff01";
    let hex = "08ac02120161120162".to_owned()
        + "1a0a0a0575616e6b72120135"
        + "2001"
        + "30"
        + all_ones
        + "38"
        + all_ones;
    assert_eq!(Script::value(body), json!([hex, "/a.Msg<", "/a.Query<?>"]));
    for (fields, why) in [
        ("{'a': 1}", "TypeError: a field's number has to be a whole number"),
        (
            "{0: 1}",
            "ValueError: fields are named by their numbers, 1 to 536870911",
        ),
        (
            "{1: {}}",
            "TypeError: a field, if no number or list, has to be text or bytes",
        ),
        ("{1: 2 ** 64}", "OverflowError: a field has more than 64 bits"),
        ("7", "TypeError: a message is a dict: its fields by their numbers"),
    ] {
        let said = Script::words(&format!("slsbft.encode({fields})"));
        assert!(said.ends_with(why), "{said}");
    }
}

#[test]
fn events_carry_text() {
    let mut script =
        Script::runs("slsbft.event('sold', {'to': slsbft.sender, 'amount': 2 ** 64})\nslsbft.event('done')");
    script.execute(&json!({})).unwrap();
    let attributes =
        [("amount", "18446744073709551616"), ("to", "somebody")].map(|(k, v)| (k.to_owned(), v.to_owned()));
    assert_eq!(
        script.world.events,
        [
            ("sold".to_owned(), attributes.to_vec()),
            ("done".to_owned(), Vec::new())
        ]
    );
}

#[test]
fn what_a_script_prints_is_for_the_developer() {
    let mut script = Script::runs("print('a', 1)\nslsbft.debug({'b': 2})\nreturn b'{}'");
    assert_eq!(script.execute(&json!({})), Ok(json!({})));
    assert_eq!(script.world.said, ["a 1", "{'b': 2}"]);
}

#[test]
fn hashes_and_addresses_are_the_chains() {
    let body = "return [slsbft.sha256('abc').hex(), slsbft.keccak256('').hex(), slsbft.blake2b('', 2).hex(),
    slsbft.address_valid('addr:x'), slsbft.address_valid('x'), slsbft.address_bytes('addr:x').decode(),
    slsbft.address_text(b'y'), slsbft.address_bytes('y')]";
    assert_eq!(
        Script::value(body),
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
    let body = "hex = bytes.fromhex
hash = hex('5ae8317d34d1e595e3fa7247db80c0af4320cce1116de187f8f7e2e099c0d8d0')
signature = hex('45c0b7f8c09a9e1f1cea0c25785594427b6bf8f9f878a8af0b1abbb48e16d0920d8becd0c220f67c51217eecfd7184ef0732481c843857e6bc7fc095c4f6b788')
key = hex('044a071e8a6e10aada2b8cf39fa3b5fb3400b04e99ea8ae64ceea1a977dbeaf5d5f8c8fbd10b71ab14cd561f7df8eb6da50f8a8d81ba564342244d26d1d4211595')
ed = (b'\\x72', hex('92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00'),
    hex('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c'))
bad = ('s', ed[1], ed[2])
return [slsbft.secp256k1_verify(hash, signature, key), slsbft.secp256k1_verify(slsbft.sha256(''), signature, key),
    key in [slsbft.secp256k1_recover(hash, signature, which) for which in (0, 1)], slsbft.secp256r1_verify(hash, signature, key),
    slsbft.ed25519_verify(*ed), slsbft.ed25519_verify(*bad), slsbft.ed25519_batch_verify([ed, ed]), slsbft.ed25519_batch_verify([ed, bad])]";
    assert_eq!(
        Script::value(body),
        json!([true, false, true, false, true, false, true, false])
    );
    assert!(
        Script::words("slsbft.ed25519_verify('', '', '')")
            .ends_with("ValueError: the signature has 64 bytes, not 0")
    );
}

#[test]
fn a_hook_and_a_migration_reach_the_script() {
    let script = "import slsbft
def instantiate(msg): slsbft.set('seen', [])
def hook(msg): slsbft.set('seen', slsbft.get('seen') + [msg, slsbft.sender])";
    let mut made = Script::new(script, &json!(null)).unwrap();
    made.context.sender.clear();
    made.say(Entry::Hook, &json!({ "epoch_ended": { "epoch": 12 } }))
        .unwrap();
    let new = "import slsbft
def migrate(msg): slsbft.set('new', msg)
def query(msg): return [slsbft.get('seen'), slsbft.get('new')]";
    made.say(Entry::Migrate, &json!({ "script": new, "msg": 2 }))
        .unwrap();
    assert_eq!(
        made.ask(&json!({})),
        Ok(json!([[{ "epoch_ended": { "epoch": 12 } }, ""], 2]))
    );
    let gone = contract(made.execute(&json!({})).unwrap_err());
    assert!(
        gone.ends_with("TypeError: the script has no function 'execute'"),
        "{gone}"
    );
}

#[test]
fn a_query_writes_nothing() {
    let script = "import slsbft\ndef instantiate(msg): pass\ndef query(msg): slsbft.set('a', 1)";
    let mut made = Script::new(script, &json!(null)).unwrap();
    assert_eq!(made.ask(&json!({})), Err(Reason::ReadOnly));
}

#[test]
fn json_is_read_strictly_and_what_it_has_not_is_refused() {
    let body = "import json
read = []
for text in ('01', '1.', '-', '[1,]', '{\"a\" 1}', '\"\\x01\"', '\"\\\\ud800\"', '\"\\\\x\"', 'nul', '1 2', '', '[' * 101 + ']' * 101, '9' * 1001):
    try: read.append(json.loads(text))
    except ValueError: pass
good = json.loads(' {\"a\\\\u00e4\\\\ud83d\\\\ude00\\\\n\" : [ -0 , 1e2, true ] } ')
for value in (float('nan'), float('inf'), object(), {1: 2}, {1}, [b'']):
    try: read.append(json.dumps(value))
    except (ValueError, TypeError): pass
around = []
around.append(around)
try: json.dumps(around)
except ValueError as error: read.append(str(error))
return [read, good, json.dumps({'a': [1, None]})]";
    assert_eq!(
        Script::value(body),
        json!([["more than 100 values in each other"], { "aä😀\n": [0, 100.0, true] }, "{\"a\":[1,null]}"])
    );
}
