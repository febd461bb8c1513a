//! Requests: who is asked, what an answer is, and what is made of them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod draws;
mod judging;
mod rounding;

use slsbft_mechanism::request::{Answer, MAX_PATH, Path, PathError, Step};
use slsbft_types::Address;

#[test]
fn a_path_is_names_and_places() {
    let path: Path = "$.data.rates[0].us-d_1[12]".parse().unwrap();
    let field = |name: &str| Step::Field(name.into());
    assert_eq!(
        path.steps(),
        [
            field("data"),
            field("rates"),
            Step::Index(0),
            field("us-d_1"),
            Step::Index(12)
        ]
    );
    assert_eq!("$".parse::<Path>().unwrap().steps(), []);
}

#[test]
fn what_is_no_path_is_refused_where_it_is_wrong() {
    let cases = [
        ("", PathError::Start),
        ("a.b", PathError::Start),
        ("$a", PathError::Step(1)),
        ("$.", PathError::Step(1)),
        ("$.a..b", PathError::Step(3)),
        ("$.a[", PathError::Step(3)),
        ("$.a[]", PathError::Step(3)),
        ("$.a[01]", PathError::Step(3)),
        ("$.a[-1]", PathError::Step(3)),
        ("$.a[4294967296]", PathError::Step(3)),
        ("$.a[*]", PathError::Step(3)),
        ("$.é", PathError::Step(1)),
        ("$.a é", PathError::Step(3)),
    ];
    for (text, error) in cases {
        assert_eq!(text.parse::<Path>(), Err(error), "{text}");
    }
    let long = format!("$.{}", "a".repeat(MAX_PATH));
    assert_eq!(long.parse::<Path>(), Err(PathError::Length));
    assert_eq!(
        format!("${}", ".a".repeat(33)).parse::<Path>(),
        Err(PathError::Length)
    );
    format!("${}", ".a".repeat(32)).parse::<Path>().unwrap();
}

#[test]
fn a_commitment_binds_chain_request_node_salt_and_answer() {
    let [alice, bob] = [[1; 20], [2; 20]].map(|bytes| Address::from_bytes(&bytes).unwrap());
    let found = Answer::Found("1".into());
    let base = found.commitment("chain-1", 7, &alice, &[0; 32]);
    let others = [
        found.commitment("chain-2", 7, &alice, &[0; 32]),
        found.commitment("chain-1", 8, &alice, &[0; 32]),
        found.commitment("chain-1", 7, &bob, &[0; 32]),
        found.commitment("chain-1", 7, &alice, &[1; 32]),
        Answer::Found("2".into()).commitment("chain-1", 7, &alice, &[0; 32]),
        Answer::Found(String::new()).commitment("chain-1", 7, &alice, &[0; 32]),
        Answer::Unavailable.commitment("chain-1", 7, &alice, &[0; 32]),
    ];
    for (i, one) in others.iter().enumerate() {
        assert_ne!(*one, base);
        assert!(others.iter().skip(i + 1).all(|other| other != one));
    }
    // A format of the protocol.
    assert_eq!(
        hex::encode(base),
        "d9d2fd745250730e796a9d37183a186c0b159ebea210462ceecdf8978b3d0a31"
    );
}
