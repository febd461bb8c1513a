//! What wallets and explorers read of a transaction.

use std::collections::BTreeSet;

use cosmos_sdk_proto::cosmos::{auth::v1beta1::QueryAccountRequest, base::abci::v1beta1::TxMsgData};
use prost::Message;
use slsbft_client::KeyKind;
use slsbft_tests::{Wallet, market, wallet::transfer};
use slsbft_types::Address;
use tendermint_proto::v0_38::abci::Event;

use crate::support::{RICH, deliver, multi_send, of_kind, pair, payment};

#[test]
fn data_holds_one_response_for_each_message_and_nothing_else() {
    let (mut alice, bob, mut chain) = pair(KeyKind::Secp256k1);
    let tx = payment(&alice, &bob)
        .message(&multi_send(&alice.address(), &[(bob.address(), 5)]))
        .any(market::create_offer(&alice.address()))
        .gas(300_000);
    let result = deliver(&mut chain, &mut alice, &tx);
    let data = TxMsgData::decode(result.data.clone()).unwrap();
    let types: Vec<_> = data
        .msg_responses
        .iter()
        .map(|any| any.type_url.as_str())
        .collect();
    let expected = [
        "/cosmos.bank.v1beta1.MsgSendResponse",
        "/cosmos.bank.v1beta1.MsgMultiSendResponse",
        "/slsbft.metering.v1.MsgCreateOfferResponse",
    ];
    assert_eq!(types, expected);
    let only_responses = TxMsgData {
        msg_responses: data.msg_responses,
        ..Default::default()
    };
    assert_eq!(only_responses.encode_to_vec(), result.data);
    assert_eq!(
        (result.code, result.log.as_str(), result.codespace.as_str()),
        (0, "", "")
    );
}

#[test]
fn events_are_those_that_explorers_read() {
    let (mut alice, bob, mut chain) = pair(KeyKind::Secp256k1);
    let (from, to) = (alice.address().to_string(), bob.address().to_string());
    let tx = payment(&alice, &bob).message(&transfer(&alice.address(), &bob.address(), 7));
    let result = deliver(&mut chain, &mut alice, &tx);

    let tx_events = of_kind(&result.events, "tx");
    assert_eq!(tx_events.len(), 3, "fee, acc_seq and signature stand apart");
    assert_eq!(
        tx_events[0],
        [("fee", "5000000uankr"), ("fee_payer", from.as_str())]
    );
    assert_eq!(tx_events[1], [("acc_seq", format!("{from}/0").as_str())]);
    assert_eq!(tx_events[2][0].0, "signature");

    for (index, amount) in [(0, "1000uankr"), (1, "7uankr")] {
        let index = index.to_string();
        let own: Vec<_> = result
            .events
            .iter()
            .filter(|event| attribute(event, "msg_index") == Some(&index))
            .collect();
        let kinds: Vec<_> = own.iter().map(|event| event.r#type.as_str()).collect();
        assert_eq!(kinds, ["message", "coin_spent", "coin_received", "transfer"]);
        let has =
            |kind: usize, key: &str, value: &str| assert_eq!(attribute(own[kind], key), Some(value), "{key}");
        has(0, "action", "/cosmos.bank.v1beta1.MsgSend");
        has(0, "sender", &from);
        has(0, "module", "bank");
        has(1, "spender", &from);
        has(2, "receiver", &to);
        has(3, "sender", &from);
        has(3, "recipient", &to);
        (1..4).for_each(|kind| has(kind, "amount", amount));
    }
    // Only what nobody looks a transaction up by is left out of the index.
    let unindexed: BTreeSet<_> = result.events[3..]
        .iter()
        .flat_map(|event| event.attributes.iter().map(move |attribute| (event, attribute)))
        .filter(|(_, attribute)| !attribute.index && attribute.key != "msg_index")
        .map(|(event, attribute)| format!("{}.{}", event.r#type, attribute.key))
        .collect();
    let expected = ["coin_received.amount", "coin_spent.amount", "tx.fee"];
    assert!(unindexed.iter().eq(expected), "{unindexed:?}");

    // Whoever adds up events comes to the balances: the fee moves, too.
    let collector = Address::module("fee_collector").to_string();
    let fee = &result.events[..3];
    let kinds: Vec<_> = fee.iter().map(|event| event.r#type.as_str()).collect();
    assert_eq!(kinds, ["coin_spent", "coin_received", "transfer"]);
    assert_eq!(attribute(&fee[0], "spender"), Some(from.as_str()));
    assert_eq!(attribute(&fee[1], "receiver"), Some(collector.as_str()));
    assert!(
        fee.iter()
            .all(|event| attribute(event, "amount") == Some("5000000uankr"))
    );
    let searched = fee
        .iter()
        .flat_map(|event| &event.attributes)
        .any(|attribute| attribute.index);
    assert!(!searched, "a search for transfers finds those that somebody made");
}

#[test]
fn a_failed_transaction_keeps_only_the_events_of_its_admission() {
    let (mut alice, bob, mut chain) = pair(KeyKind::Secp256k1);
    let tx = payment(&alice, &bob).message(&transfer(&alice.address(), &bob.address(), 2 * RICH));
    let result = deliver(&mut chain, &mut alice, &tx);
    assert_eq!((result.code, result.codespace.as_str()), (5, "sdk"));
    assert!(
        result.log.contains("message index: 1") && result.log.contains("insufficient funds"),
        "{}",
        result.log
    );
    let kinds: Vec<_> = result.events.iter().map(|event| event.r#type.as_str()).collect();
    assert_eq!(
        kinds,
        ["coin_spent", "coin_received", "transfer", "tx", "tx", "tx"]
    );
    assert!(result.data.is_empty());
    assert_eq!(result.gas_wanted, 200_000);
}

#[test]
fn an_account_that_does_not_exist_is_said_in_the_words_that_clients_match() {
    let (_, _, mut chain) = pair(KeyKind::Secp256k1);
    chain.block();
    let address = Wallet::new(KeyKind::Secp256k1, 9, 0).address().to_string();
    let answer = chain.query(
        "/cosmos.auth.v1beta1.Query/Account",
        QueryAccountRequest { address }.encode_to_vec(),
    );
    assert!(
        answer.log.starts_with("rpc error: code = NotFound") && answer.log.ends_with(": key not found"),
        "{}",
        answer.log
    );
    assert_eq!((answer.code, answer.codespace.as_str()), (22, "sdk"));
    assert_eq!(answer.height, chain.height, "never zero");
}

fn attribute<'a>(event: &'a Event, key: &str) -> Option<&'a str> {
    event
        .attributes
        .iter()
        .find(|attribute| attribute.key == key)
        .map(|attribute| attribute.value.as_str())
}
