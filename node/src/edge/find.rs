//! An answer in a document. Numbers stay text from the document to the answer, so that all nodes say
//! the same.

use serde::de::{DeserializeOwned, IgnoredAny};
use slsbft_app::modules::requests::MAX_ANSWER;
use slsbft_mechanism::request::{Path, Step, round};

/// The text, number or truth value at a path of a JSON document, rounded if it is to be; `None` if it is
/// not there, no number where one is to be rounded, or too long. Of names that come twice the last
/// counts.
pub fn find(document: &[u8], path: &Path, decimals: Option<u32>) -> Option<String> {
    let document = std::str::from_utf8(document).ok()?;
    serde_json::from_str::<IgnoredAny>(document).ok()?;
    let found = path.steps().iter().try_fold(document, |value, step| match step {
        Step::Field(name) => field(value, name),
        Step::Index(index) => item(value, *index),
    })?;
    let found = found.trim_matches(is_space);
    let text = match found.bytes().next()? {
        b'"' => serde_json::from_str(found).ok()?,
        b'{' | b'[' | b'n' => return None,
        _ => found.to_owned(),
    };
    let text = match decimals {
        Some(decimals) => round(&text, decimals)?,
        None => text,
    };
    (text.len() <= MAX_ANSWER).then_some(text)
}

fn field<'a>(object: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = after(object, '{')?;
    let mut found = None;
    while !starts_with(rest, '}') {
        let (key, value) = take::<String>(rest)?;
        let (text, end) = skip(after(value, ':')?)?;
        if key == name {
            found = Some(text);
        }
        rest = after(end, ',').unwrap_or(end);
    }
    found
}

fn item(array: &str, index: u32) -> Option<&str> {
    let mut rest = after(array, '[')?;
    for _ in 0..index {
        if starts_with(rest, ']') {
            return None;
        }
        rest = after(skip(rest)?.1, ',')?;
    }
    if starts_with(rest, ']') {
        return None;
    }
    Some(skip(rest)?.0)
}

/// Reads a value; what follows it.
fn take<T: DeserializeOwned>(text: &str) -> Option<(T, &str)> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<T>();
    let value = values.next()?.ok()?;
    Some((value, text.get(values.byte_offset()..)?))
}

/// The text of a value, and what follows it.
fn skip(text: &str) -> Option<(&str, &str)> {
    let (_, rest) = take::<IgnoredAny>(text)?;
    text.split_at_checked(text.len().checked_sub(rest.len())?)
}

fn after(text: &str, sign: char) -> Option<&str> {
    text.trim_start_matches(is_space).strip_prefix(sign)
}

fn starts_with(text: &str, sign: char) -> bool {
    after(text, sign).is_some()
}

/// White space of JSON, which is not that of Unicode.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = r#"
        { "a": { "b": [ 1, 2.50 , "x\u00e9\"]", {"c": true}, [], null ] },
          "a-1": -0.10, "big": 123456789012345678901234567890.005, "a b": 1,
          "twice": 1, "twice": 2, "text": "12.345", "empty": "" }"#;

    fn at(path: &str, decimals: Option<u32>) -> Option<String> {
        find(DOCUMENT.as_bytes(), &path.parse().unwrap(), decimals)
    }

    #[test]
    fn what_is_at_a_path_is_found_as_it_is_written() {
        let cases = [
            ("$.a.b[0]", Some("1")),
            ("$.a.b[1]", Some("2.50")),
            ("$.a.b[2]", Some("xé\"]")),
            ("$.a.b[3].c", Some("true")),
            ("$.a-1", Some("-0.10")),
            ("$.big", Some("123456789012345678901234567890.005")),
            ("$.twice", Some("2")),
            ("$.empty", Some("")),
            ("$.a.b[4]", None),
            ("$.a.b[4][0]", None),
            ("$.a.b[5]", None),
            ("$.a.b[6]", None),
            ("$.a", None),
            ("$.a[0]", None),
            ("$.b", None),
            ("$.text.x", None),
            ("$", None),
        ];
        for (path, expected) in cases {
            assert_eq!(at(path, None).as_deref(), expected, "{path}");
        }
        assert_eq!(find(b" 7 ", &"$".parse().unwrap(), None).as_deref(), Some("7"));
    }

    #[test]
    fn numbers_are_rounded_without_losing_a_digit() {
        let big = "123456789012345678901234567890.01";
        assert_eq!(at("$.big", Some(2)).as_deref(), Some(big));
        assert_eq!(at("$.text", Some(1)).as_deref(), Some("12.3"));
        assert_eq!(at("$.a.b[3].c", Some(1)), None);
        assert_eq!(at("$.empty", Some(1)), None);
    }

    #[test]
    fn what_is_no_json_as_a_whole_has_no_answer() {
        let path = "$.a".parse().unwrap();
        for text in [
            "",
            "{",
            r#"{"a":1"#,
            r#"{"a":1}}"#,
            r#"{"a":1,}"#,
            r#"{a:1}"#,
            r#"{"a":01}"#,
        ] {
            assert_eq!(find(text.as_bytes(), &path, None), None, "{text}");
        }
        assert_eq!(find(b"{\"a\":\"\xff\"}", &path, None), None);
        let long = format!(r#"{{"a":"{}"}}"#, "x".repeat(MAX_ANSWER + 1));
        assert_eq!(find(long.as_bytes(), &path, None), None);
    }

    #[test]
    fn a_deep_document_is_no_harm() {
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        assert_eq!(find(deep.as_bytes(), &"$[0][0]".parse().unwrap(), None), None);
    }
}
