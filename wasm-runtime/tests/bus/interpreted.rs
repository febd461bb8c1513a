//! What scripts do alike in each language that is interpreted.

use serde_json::{Value, json};
use slsbft_wasm::Reason;
use slsbft_wasm::bus::Entry;

use crate::javascript::JavaScript;
use crate::python::Python;
use crate::script::{Language, Script, contract};
use crate::support::runs;

/// Both bodies return this.
fn returns(python: &str, javascript: &str, value: &Value) {
    assert_eq!(Script::<Python>::value(python), *value, "{python}");
    assert_eq!(Script::<JavaScript>::value(javascript), *value, "{javascript}");
}

/// Both bodies fail with an error of these words.
fn fails(python: &str, javascript: &str, words: &str) {
    let said = Script::<Python>::words(python);
    assert!(said.ends_with(&format!("ValueError: {words}")), "{said}");
    let said = Script::<JavaScript>::words(javascript);
    assert!(said.starts_with(&format!("RangeError: {words}")), "{said}");
}

#[test]
fn the_counters_of_the_templates_count() {
    /// `wrong` is no number to add to 42, for which the script says `words`.
    fn counts<L: Language>(template: &str, wrong: &Value, words: &str) {
        let mut counter = Script::<L>::new(template, &json!({ "count": 40 })).unwrap();
        counter.context.funds.clear();
        let add = |by: &Value| json!({ "add": { "by": by } });
        let two = add(&json!(2));
        assert_eq!(counter.execute(&two), Ok(json!({ "count": 42 })));
        assert_eq!(counter.ask(&json!({ "count": {} })), Ok(json!({ "count": 42 })));
        let attributes = [("by", "2"), ("sender", "somebody")].map(|(k, v)| (k.to_owned(), v.to_owned()));
        let event = ("counted".to_owned(), attributes.to_vec());
        assert_eq!(counter.world.events, [event]);
        let refused = counter.execute(&add(wrong)).unwrap_err();
        assert_eq!(contract(refused), words);
        counter.context.funds = "1uankr".to_owned();
        let refused = counter.execute(&two).unwrap_err();
        assert_eq!(contract(refused), "this contract takes no coins");
    }
    counts::<Python>(
        include_str!("../../sdk/templates/python/contract.py"),
        &json!(-1),
        "-1 is no whole number",
    );
    counts::<JavaScript>(
        include_str!("../../sdk/templates/javascript/contract.js"),
        &json!((1_u64 << 53) - 1),
        "9007199254741032 is no whole number, or exceeds 2^53",
    );
}

#[test]
fn values_longer_than_the_buffers_come_back_whole() {
    let python = "long = 'ä' * 30000
slsbft.set('long', long)
(key, found), = slsbft.scan()
return [slsbft.get('long') == long, key, found == long, len(slsbft.get_bytes('long'))]";
    let javascript = "const long = 'ä'.repeat(30000);
        slsbft.set('long', long);
        const [[key, found]] = slsbft.scan().toArray();
        return [slsbft.get('long') === long, key, found === long, slsbft.getBytes('long').length]";
    returns(python, javascript, &json!([true, "long", true, 60002]));
}

#[test]
fn keys_are_scanned_in_order_and_the_script_is_not_among_them() {
    let python = |range: &str| {
        let put = "for key in ('b/2', 'a', 'b/1', 'c', 'b'): slsbft.set(key, len(key))";
        format!("{put}\nreturn list(slsbft.scan({range}))")
    };
    let javascript = |range: &str| {
        let put = "for (const key of ['b/2', 'a', 'b/1', 'c', 'b']) slsbft.set(key, key.length);";
        format!("{put} return slsbft.scan({range}).toArray()")
    };
    let all = json!([["a", 1], ["b", 1], ["b/1", 3], ["b/2", 3], ["c", 1]]);
    for (in_python, in_javascript, found) in [
        ("", "", all),
        ("'b/'", "{ prefix: 'b/' }", json!([["b/1", 3], ["b/2", 3]])),
        (
            "prefix='b/', descending=True",
            "{ prefix: 'b/', descending: true }",
            json!([["b/2", 3], ["b/1", 3]]),
        ),
        (
            "start='b', end='b/2'",
            "{ start: 'b', end: 'b/2' }",
            json!([["b", 1], ["b/1", 3]]),
        ),
        (
            "start='c', end=b'\\xff\\xff'",
            "{ start: 'c', end: new Uint8Array([255, 255]) }",
            json!([["c", 1]]),
        ),
    ] {
        returns(&python(in_python), &javascript(in_javascript), &found);
    }
    returns(
        "slsbft.set(b'\\xfe\\xff', 0)
return [[list(k), list(v)] for k, v in slsbft.scan(b'\\xfe', bytes=True)]",
        "slsbft.set(new Uint8Array([254, 255]), 0);
        return slsbft.scan({ prefix: new Uint8Array([254]), bytes: true }).map(([k, v]) => [[...k], [...v]]).toArray()",
        &json!([[[254, 255], [48]]]),
    );
}

#[test]
fn the_interpreters_own_keys_are_out_of_reach() {
    for (python, javascript) in [
        ("get(key)", "get(key)"),
        ("set(key, 1)", "set(key, 1)"),
        ("get_bytes(key)", "getBytes(key)"),
        ("set_bytes(key, key)", "setBytes(key, key)"),
        ("remove(key)", "remove(key)"),
    ] {
        fails(
            &format!("key = b'\\xff\\x01'\nslsbft.{python}"),
            &format!("const key = new Uint8Array([255, 1]); slsbft.{javascript}"),
            "keys that begin with the byte 0xff are the interpreter's own",
        );
    }
}

#[test]
fn the_beacon_is_read() {
    fn read<L: Language>(body: &str) {
        let mut script = Script::<L>::runs(body);
        script.world.beacons.insert(5, [3; 32]);
        let read = script.execute(&json!({}));
        assert_eq!(read, Ok(json!(["03".repeat(32), null, null])), "{body}");
    }
    read::<Python>("return [slsbft.beacon(5).hex(), slsbft.beacon(6), slsbft.beacon(-1)]");
    read::<JavaScript>("return [slsbft.beacon(5)?.toHex(), slsbft.beacon(6n), slsbft.beacon(-1)]");
}

#[test]
fn an_answer_that_is_no_json_comes_as_its_bytes() {
    fn answered<L: Language>(body: &str) {
        let mut script = Script::<L>::runs(body);
        let raw = runs(
            r#"(data (i32.const 0) "\00\7b")"#,
            "(call $output (i32.const 0) (i32.const 2))",
        );
        script.world.put("raw", &raw);
        assert_eq!(script.execute(&json!({})), Ok(json!([0, 123])), "{body}");
    }
    answered::<Python>("return list(slsbft.ask('raw', {}))");
    answered::<JavaScript>("return [...slsbft.ask('raw', {})]");
}

#[test]
fn hashes_and_addresses_are_the_chains() {
    let python =
        "return [slsbft.sha256('abc').hex(), slsbft.keccak256('').hex(), slsbft.blake2b('', 2).hex(),
    slsbft.address_valid('addr:x'), slsbft.address_valid('x'), slsbft.address_bytes('addr:x').decode(),
    slsbft.address_text(b'y'), slsbft.address_bytes('y')]";
    let javascript =
        "return [slsbft.sha256('abc').toHex(), slsbft.keccak256('').toHex(), slsbft.blake2b('', 2).toHex(),
        slsbft.addressValid('addr:x'), slsbft.addressValid('x'), slsbft.text(slsbft.addressBytes('addr:x')),
        slsbft.addressText(slsbft.utf8('y')), slsbft.addressBytes('y')]";
    let expected = json!([
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470",
        "b1fe",
        true,
        false,
        "x",
        "addr:y",
        null
    ]);
    returns(python, javascript, &expected);
}

#[test]
fn signatures_are_checked() {
    // secp256k1 as in the host's own tests; Ed25519 from RFC 8032, test 2.
    let python = "hex = bytes.fromhex
hash = hex('5ae8317d34d1e595e3fa7247db80c0af4320cce1116de187f8f7e2e099c0d8d0')
signature = hex('45c0b7f8c09a9e1f1cea0c25785594427b6bf8f9f878a8af0b1abbb48e16d0920d8becd0c220f67c51217eecfd7184ef0732481c843857e6bc7fc095c4f6b788')
key = hex('044a071e8a6e10aada2b8cf39fa3b5fb3400b04e99ea8ae64ceea1a977dbeaf5d5f8c8fbd10b71ab14cd561f7df8eb6da50f8a8d81ba564342244d26d1d4211595')
ed = (b'\\x72', hex('92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00'),
    hex('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c'))
bad = ('s', ed[1], ed[2])
return [slsbft.secp256k1_verify(hash, signature, key), slsbft.secp256k1_verify(slsbft.sha256(''), signature, key),
    key in [slsbft.secp256k1_recover(hash, signature, which) for which in (0, 1)], slsbft.secp256r1_verify(hash, signature, key),
    slsbft.ed25519_verify(*ed), slsbft.ed25519_verify(*bad), slsbft.ed25519_batch_verify([ed, ed]), slsbft.ed25519_batch_verify([ed, bad])]";
    let javascript = "const hex = (text) => Uint8Array.fromHex(text);
        const hash = hex('5ae8317d34d1e595e3fa7247db80c0af4320cce1116de187f8f7e2e099c0d8d0');
        const signature = hex('45c0b7f8c09a9e1f1cea0c25785594427b6bf8f9f878a8af0b1abbb48e16d0920d8becd0c220f67c51217eecfd7184ef0732481c843857e6bc7fc095c4f6b788');
        const key = hex('044a071e8a6e10aada2b8cf39fa3b5fb3400b04e99ea8ae64ceea1a977dbeaf5d5f8c8fbd10b71ab14cd561f7df8eb6da50f8a8d81ba564342244d26d1d4211595');
        const recovered = [0, 1].map((which) => slsbft.secp256k1Recover(hash, signature, which)?.toHex());
        const ed = [new Uint8Array([0x72]), hex('92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00'),
            hex('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c')];
        return [slsbft.secp256k1Verify(hash, signature, key), slsbft.secp256k1Verify(slsbft.sha256(''), signature, key),
            recovered.includes(key.toHex()), slsbft.secp256r1Verify(hash, signature, key), slsbft.ed25519Verify(...ed),
            slsbft.ed25519Verify('s', ed[1], ed[2]), slsbft.ed25519BatchVerify([ed, ed]), slsbft.ed25519BatchVerify([ed, ['s', ed[1], ed[2]]])]";
    let expected = json!([true, false, true, false, true, false, true, false]);
    returns(python, javascript, &expected);
    fails(
        "slsbft.ed25519_verify('', '', '')",
        "slsbft.ed25519Verify('', '', '')",
        "the signature has 64 bytes, not 0",
    );
}

#[test]
fn a_hook_and_a_migration_reach_the_script() {
    /// Gives the words of a call that the new script has no function for.
    fn migrated<L: Language>(old: &str, new: &str) -> String {
        let mut made = Script::<L>::new(old, &json!(null)).unwrap();
        made.context.sender.clear();
        let epoch = json!({ "epoch_ended": { "epoch": 12 } });
        made.say(Entry::Hook, &epoch).unwrap();
        made.say(Entry::Migrate, &json!({ "script": new, "msg": 2 }))
            .unwrap();
        assert_eq!(made.ask(&json!({})), Ok(json!([[epoch, ""], 2])));
        contract(made.execute(&json!({})).unwrap_err())
    }
    let gone = migrated::<Python>(
        "import slsbft
def instantiate(msg): slsbft.set('seen', [])
def hook(msg): slsbft.set('seen', slsbft.get('seen') + [msg, slsbft.sender])",
        "import slsbft
def migrate(msg): slsbft.set('new', msg)
def query(msg): return [slsbft.get('seen'), slsbft.get('new')]",
    );
    assert!(
        gone.ends_with("TypeError: the script has no function 'execute'"),
        "{gone}"
    );
    let gone = migrated::<JavaScript>(
        "export function instantiate() { slsbft.set('seen', []) }
        export function hook(msg) { slsbft.set('seen', [...slsbft.get('seen'), msg, slsbft.sender]) }",
        "export function migrate(msg) { slsbft.set('new', msg) }
        export function query() { return [slsbft.get('seen'), slsbft.get('new')] }",
    );
    assert!(
        gone.starts_with("TypeError: the script exports no function `execute`"),
        "{gone}"
    );
}

#[test]
fn a_query_writes_nothing() {
    fn queried<L: Language>(script: &str) {
        let mut made = Script::<L>::new(script, &json!(null)).unwrap();
        assert_eq!(made.ask(&json!({})), Err(Reason::ReadOnly), "{script}");
    }
    queried::<Python>("import slsbft\ndef instantiate(msg): pass\ndef query(msg): slsbft.set('a', 1)");
    queried::<JavaScript>("export function instantiate() {}\nexport function query() { slsbft.set('a', 1) }");
}

#[test]
fn messages_that_are_none_are_refused() {
    /// Gives the words for messages that are no JSON.
    fn refused<L: Language>() -> [String; 6] {
        let mut script = Script::<L>::runs("return msg");
        let mut said = |entry, msg: &[u8]| script.enter(entry, msg).result.map_err(|failure| failure.reason);
        let hint = "say {\"script\":\"…\",\"msg\":…}: the script's text and its own message";
        for msg in ["", "{}", "[]", "7", r#"{"script":7}"#, "null"] {
            let refused = said(Entry::Instantiate, msg.as_bytes());
            assert_eq!(refused, Err(Reason::Contract(hint.into())), "{msg}");
        }
        assert_eq!(said(Entry::Execute, b""), Ok(Vec::new()));
        let odd = b"[1,\"\\u0000\"]";
        assert_eq!(said(Entry::Execute, odd), Ok(odd.to_vec()));
        let none = [&b"{"[..], b"\xff\xfe", b"\"\xff\xfe\"", b"{'a':1}", b"nul", b"\0"];
        none.map(|msg| contract(said(Entry::Execute, msg).unwrap_err()))
    }
    for words in refused::<Python>() {
        assert_eq!(words, "the message is no JSON");
    }
    for words in refused::<JavaScript>() {
        assert!(words.starts_with("SyntaxError: "), "{words}");
    }
}
