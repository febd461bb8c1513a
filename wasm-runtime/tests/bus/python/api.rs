//! What a script sees of the chain.

use serde_json::json;
use slsbft_wasm::bus::Entry;

use super::{MICROPYTHON, Script};
use crate::support::HERE;

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
