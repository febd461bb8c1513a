//! What a contract has to say, and questions.

use slsbft_wasm::Reason;

use super::{Arg, Give, bytes, compare};

#[test]
fn texts_are_heard_and_end_calls() {
    compare("debug", &[bytes("hello")], Give::Nothing).unwrap();
    let reason = compare("abort", &[bytes("no more")], Give::Nothing).unwrap_err();
    assert_eq!(reason, Reason::Aborted("no more".to_owned()));
    let long = compare("abort", &[bytes(vec![b'a'; 1 << 20])], Give::Nothing).unwrap_err();
    assert!(
        matches!(&long, Reason::Aborted(text) if text.len() < 4200),
        "{long}"
    );
    let too_long = compare(
        "abort",
        &[Arg::Region(1024, (2 << 20) + 1, (2 << 20) + 1)],
        Give::Nothing,
    );
    assert!(matches!(too_long, Err(Reason::TooLong { .. })));
}

#[test]
fn questions_are_answered_in_json() {
    let question = r#"{"bank":{"balance":{"address":"nobody","denom":"earth"}}}"#;
    let answer = compare("query_chain", &[bytes(question)], Give::Pointer).unwrap();
    assert!(answer.starts_with(b"{\"ok\":"), "{answer:?}");
    compare("query_chain", &[bytes("nonsense")], Give::Pointer).unwrap();
}
