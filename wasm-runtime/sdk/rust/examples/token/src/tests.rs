//! On the host in memory.

use slsbft_sdk::{Amount, Binary, Error, Event, mock};

use crate::{
    execute::execute,
    expiration::Expiration,
    instantiate::instantiate,
    msg::{Account, Answer, Execute, Instantiate, Query},
    query::query,
    state::{Minter, balance},
};

fn token(cap: Option<u128>) -> Result<(), Error> {
    instantiate(Instantiate {
        name: "Token".into(),
        symbol: "TKN".into(),
        decimals: 6,
        initial_balances: vec![Account {
            address: "alice".into(),
            amount: Amount(100),
        }],
        mint: Some(Minter {
            minter: "alice".into(),
            cap: cap.map(Amount),
        }),
        marketing: None,
    })
}

fn by(who: &str, msg: Execute) -> Result<(), Error> {
    mock::from(who, &[]);
    execute(msg)
}

fn supply() -> Amount {
    match query(Query::TokenInfo {}) {
        Ok(Answer::TokenInfo { total_supply, .. }) => total_supply,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_transfer_moves_tokens_and_says_so() {
    token(None).unwrap();
    by(
        "alice",
        Execute::Transfer {
            recipient: "bob".into(),
            amount: Amount(30),
        },
    )
    .unwrap();
    assert_eq!(
        (balance("alice"), balance("bob"), supply()),
        (Amount(70), Amount(30), Amount(100))
    );
    let said = Event::wasm()
        .attr("action", "transfer")
        .attr("from", "alice")
        .attr("to", "bob");
    assert_eq!(mock::with(|mock| mock.events.clone()), [said.attr("amount", 30)]);
    let much = by(
        "bob",
        Execute::Transfer {
            recipient: "alice".into(),
            amount: Amount(31),
        },
    );
    assert_eq!(much.unwrap_err(), Error::from("31 is asked for, and there is 30"));
}

#[test]
fn a_transfer_to_oneself_changes_nothing() {
    token(None).unwrap();
    by(
        "alice",
        Execute::Transfer {
            recipient: "alice".into(),
            amount: Amount(100),
        },
    )
    .unwrap();
    assert_eq!((balance("alice"), supply()), (Amount(100), Amount(100)));
}

#[test]
fn only_the_minter_mints_and_only_to_the_cap() {
    token(Some(110)).unwrap();
    let mint = |amount| Execute::Mint {
        recipient: "bob".into(),
        amount: Amount(amount),
    };
    assert_eq!(
        by("bob", mint(1)).unwrap_err(),
        Error::from("only the minter may do that")
    );
    by("alice", mint(10)).unwrap();
    assert_eq!(
        by("alice", mint(1)).unwrap_err(),
        Error::from("the cap would be exceeded")
    );
    by("bob", Execute::Burn { amount: Amount(4) }).unwrap();
    assert_eq!((balance("bob"), supply()), (Amount(6), Amount(106)));
    by("alice", Execute::UpdateMinter { new_minter: None }).unwrap();
    assert_eq!(query(Query::Minter {}).unwrap(), Answer::Minter(None));
    assert_eq!(
        by("alice", mint(1)).unwrap_err(),
        Error::from("only the minter may do that")
    );
}

#[test]
fn an_allowance_is_used_up_and_ends() {
    token(None).unwrap();
    let expires = Some(Expiration::AtHeight(10));
    let more = Execute::IncreaseAllowance {
        spender: "bob".into(),
        amount: Amount(50),
        expires,
    };
    by("alice", more).unwrap();
    let spend = |amount| Execute::TransferFrom {
        owner: "alice".into(),
        recipient: "carol".into(),
        amount: Amount(amount),
    };
    by("bob", spend(20)).unwrap();
    assert_eq!(balance("carol"), Amount(20));
    assert_eq!(
        by("bob", spend(31)).unwrap_err(),
        Error::from("31 is asked for, and there is 30")
    );
    assert_eq!(
        by("carol", spend(1)).unwrap_err(),
        Error::from("alice allows carol nothing")
    );
    mock::with(|mock| mock.height = 10);
    assert_eq!(
        by("bob", spend(1)).unwrap_err(),
        Error::from("the allowance has expired")
    );
}

#[test]
fn a_receiver_is_told_who_sent_what() {
    token(None).unwrap();
    let msg = Binary(b"{}".to_vec());
    by(
        "alice",
        Execute::Send {
            contract: "shop".into(),
            amount: Amount(5),
            msg,
        },
    )
    .unwrap();
    let msg = br#"{"receive":{"sender":"alice","amount":"5","msg":"e30="}}"#.to_vec();
    let called = mock::Called::Execute {
        contract: "shop".into(),
        msg,
        funds: String::new(),
    };
    assert_eq!(mock::with(|mock| mock.calls.clone()), [called]);
}

#[test]
fn pages_go_on_where_the_last_one_ended() {
    token(None).unwrap();
    for n in 0..25 {
        let recipient = format!("holder{n:02}");
        by(
            "alice",
            Execute::Transfer {
                recipient,
                amount: Amount(1),
            },
        )
        .unwrap();
    }
    let page = |start_after: Option<&str>, limit| {
        let start_after = start_after.map(str::to_owned);
        match query(Query::AllAccounts { start_after, limit }) {
            Ok(Answer::AllAccounts { accounts }) => accounts,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(page(None, None).len(), 10);
    assert_eq!(page(None, Some(1000)).len(), 26);
    assert_eq!(page(Some("holder23"), None), ["holder24"]);
}
