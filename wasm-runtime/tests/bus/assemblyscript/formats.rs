//! JSON, numbers, text and protobuf of the package.

use serde_json::{Value, json};
use slsbft_wasm::Reason;
use slsbft_wasm::bus::Entry;

use super::all;

#[test]
fn json_is_read_and_written_as_it_was() {
    let Some(mut all) = all() else { return };
    let deep = format!("{}{}", "[".repeat(31), "]".repeat(31));
    for text in [
        r#"{}"#,
        r#"[]"#,
        r#"" \" \\ / \b\f\n\r\t\u0001\u001f ü 漢 😀 \u007f""#,
        r#"{"a":[true,false,null,{"b":""}],"ü":{"":[[]]}}"#,
        &deep,
    ] {
        let given: Value = serde_json::from_str(text).unwrap();
        let echo = all.say(Entry::Execute, format!(" {{ \"echo\" :\n\t{text}\r }} "));
        assert_eq!(echo, given, "{text}");
    }
    let escaped = all.say(Entry::Execute, r#"{"echo":"\ud83d\ude00\u00Fc\/\u0000"}"#);
    assert_eq!(escaped, json!("😀ü/\0"));
    for number in [
        "0",
        "-0",
        "12",
        "-1.50",
        "1e5",
        "2.0E-10",
        "123456789012345678901234567890",
    ] {
        let echo = all.say(Entry::Execute, format!("{{\"echo\":{number}}}"));
        assert_eq!(echo, json!(number));
    }
}

#[test]
fn what_is_no_json_is_refused_where_it_goes_wrong() {
    let Some(mut all) = all() else { return };
    let deep = format!("{{\"echo\":{}", "[".repeat(500_000));
    let cases: &[(&[u8], &str)] = &[
        (b"\xff", "the text is no UTF-8"),
        (b"\"\xed\xa0\x80\"", "the text is no UTF-8"),
        (b"{\"echo\":1} x", "expected its end at byte 11"),
        (b"{\"echo\":1}\0", "expected its end at byte 10"),
        (b"{\"echo\":01}", "expected a comma or } at byte 9"),
        (b"{\"echo\":+1}", "expected a value at byte 8"),
        (b"{\"echo\":-}", "expected a value at byte 9"),
        (b"{\"echo\":1.}", "expected a digit at byte 10"),
        (b"{\"echo\":1e}", "expected a digit at byte 10"),
        (b"{\"echo\":tru}", "expected a value at byte 8"),
        (b"{\"echo\":NaN}", "expected a value at byte 8"),
        (b"{\"echo\" 1}", "expected a colon at byte 8"),
        (b"{echo:1}", "expected a text in quotation marks at byte 1"),
        (b"{\"echo\":1,}", "expected a text in quotation marks at byte 10"),
        (b"{\"echo\":[1,]}", "expected a value at byte 11"),
        (b"{\"echo\":[1 2]}", "expected a comma or ] at byte 11"),
        (b"{\"a\":1,\"a\":2}", "expected `a` once only at byte 10"),
        (
            b"\"a",
            "expected a quotation mark; line breaks and the like are written \\n at byte 2",
        ),
        (
            b"\"a\nb\"",
            "expected a quotation mark; line breaks and the like are written \\n at byte 2",
        ),
        (b"\"\\x\"", "expected an escape such as \\n at byte 2"),
        (b"\"\\", "expected an escape such as \\n at byte 2"),
        (b"\"\\u12\"", "expected a character behind \\u at byte 5"),
        (b"\"\\ud800\"", "expected a character behind \\u at byte 7"),
        (b"\"\\udc00\"", "expected a character behind \\u at byte 7"),
        (
            b"\"\\ud800\\u0041\"",
            "expected a character behind \\u at byte 13",
        ),
        (
            deep.as_bytes(),
            "expected no more than 32 lists and objects in each other at byte 39",
        ),
    ];
    for (text, words) in cases {
        let shown = String::from_utf8_lossy(&text[..text.len().min(40)]);
        let refused = all.enter(Entry::Execute, text).unwrap_err();
        assert_eq!(refused, Reason::Contract(format!("no JSON: {words}")), "{shown}");
    }
}

#[test]
fn numbers_and_amounts_are_exact_or_refused() {
    let Some(mut all) = all() else { return };
    let msg = r#"{"typed":{"u64":18446744073709551615,"i64":-9223372036854775808,"amount":"18446744073709551615",
        "text":"t","bool":true,"list":[{"n":1}]}}"#;
    let read = all.say(Entry::Execute, msg);
    let expected = json!([u64::MAX, i64::MIN, u64::MAX.to_string(), "t", true, 1]);
    assert_eq!(read, expected);
    let unsigned = "typed.u64 must be a whole number from 0 to 18446744073709551615";
    let cases = [
        (r#""u64":18446744073709551616"#, unsigned),
        (r#""u64":1.0"#, unsigned),
        (r#""u64":1e3"#, unsigned),
        (r#""u64":"1""#, unsigned),
        (
            r#""i64":9223372036854775808"#,
            "typed.i64 must be a whole number of 64 bits",
        ),
        (
            r#""i64":-9223372036854775809"#,
            "typed.i64 must be a whole number of 64 bits",
        ),
        (r#""amount":1"#, "typed.amount must be an amount such as \"5\""),
        (r#""amount":"""#, "typed.amount must be an amount such as \"5\""),
        (r#""amount":"-1""#, "typed.amount must be an amount such as \"5\""),
        (
            r#""amount":"18446744073709551616""#,
            "typed.amount must be an amount such as \"5\"",
        ),
        (r#""text":null"#, "typed.text must be a text"),
        (r#""bool":0"#, "typed.bool must be true or false"),
        (r#""list":{}"#, "typed.list must be a list"),
        (
            r#""list":[{"n":""}]"#,
            "typed.list.0.n must be a whole number from 0 to 18446744073709551615",
        ),
    ];
    for (member, words) in cases {
        let msg = format!("{{\"typed\":{{{member}}}}}");
        assert_eq!(all.refuse(Entry::Execute, &msg), words, "{msg}");
    }
}

#[test]
fn protobuf_is_read_field_by_field_or_ends_the_call() {
    let Some(mut all) = all() else { return };
    // 1: 300; 2: fixed64; 3: "hi"; 5: fixed32; 9: {1: "x"}; 16: 2⁶⁴ − 1.
    let message =
        "08ac02 110102030405060708 1a026869 2d01020304 4a030a0178 8001ffffffffffffffffff01".replace(' ', "");
    let written = "08ac0218012201743200 38ffffffffffffffffff01".replace(' ', "");
    let read = json!([
        1,
        300,
        true,
        "",
        2,
        0,
        false,
        "0102030405060708",
        3,
        0,
        false,
        "6869",
        5,
        0,
        false,
        "01020304",
        9,
        0,
        false,
        "0a0178",
        "x",
        16,
        u64::MAX,
        true,
        "",
        written
    ]);
    assert_eq!(all.execute(json!({ "proto": message })), read);
    for (message, words) in [
        ("08", "no number"),
        ("08ffffffffffffffffffff01", "no number"),
        ("08ffffffffffffffffff02", "no number"),
        ("0000", "no field has this number"),
        ("0b", "an unknown wire type"),
        ("0a05616263", "a field is cut off"),
        ("0affffffff0f", "a field is cut off"),
        ("0affffffffffffffffff01", "a field is cut off"),
        ("0d0102", "a field is cut off"),
    ] {
        let msg = json!({ "proto": message }).to_string();
        let reason = all.enter(Entry::Execute, msg.as_bytes()).unwrap_err();
        assert_eq!(
            reason,
            Reason::Aborted(format!("malformed protobuf: {words}")),
            "{message}"
        );
    }
}

#[test]
fn text_is_utf8_and_nothing_else() {
    let Some(mut all) = all() else { return };
    all.module(Ok(Vec::new()));
    let texts: &[&[u8]] = &[
        b"",
        b"b",
        "ü漢😀\u{10ffff}\u{d7ff}\u{e000}".as_bytes(),
        b"\0",
        b"\x80",
        b"\xc3",
        b"\xc0\x80",
        b"\xc1\xbf",
        b"\xe0\x80\x80",
        b"\xe2\x82",
        b"\xed\xa0\x80",
        b"\xed\xbf\xbf",
        b"\xf0\x80\x80\x80",
        b"\xf4\x90\x80\x80",
        b"\xf8\x88\x80\x80\x80",
        b"\xff",
        b"a\xe2\x28\xa1",
        b"\xf0\x9f\x98",
    ];
    for bytes in texts {
        let valid = std::str::from_utf8(bytes).is_ok();
        let told = all.execute(json!({ "text": hex::encode(bytes) }));
        let expected = json!({"utf8": valid, "same": valid, "level": 0, "any": true, "balance": 0,
            "half": "efbfbd", "hex": true});
        assert_eq!(told, expected, "{bytes:?}");
    }
}
