//! What wallets, SDKs and explorers rely on when they send a transaction.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use bytes::Bytes;
use cosmos_sdk_proto::{
    Any,
    cosmos::{
        auth::v1beta1::{QueryAccountRequest, QueryAccountResponse},
        bank::v1beta1::{Input, MsgMultiSend, Output},
        base::{abci::v1beta1::TxMsgData, v1beta1::Coin as ProtoCoin},
        tx::v1beta1::{SimulateRequest, SimulateResponse},
        vesting::v1beta1::ContinuousVestingAccount,
    },
};
use prost::Message;
use slsbft_app::{modules::fees, query::route};
use slsbft_client::{Fee, KeyKind, TxBuilder};
use slsbft_genesis::{Vesting, bank::SendEnabled};
use slsbft_tests::{
    Chain, Wallet,
    chain::CHAIN_ID,
    market,
    raw::{malleated, reshape, sign_changed},
    wallet::{FLAT_FEE, transfer},
};
use slsbft_types::{Address, Amount, BASE_DENOM, Coin, Coins};
use tendermint_proto::v0_38::abci::{Event, ExecTxResult, response_process_proposal::ProposalStatus};

const RICH: u128 = 1_000_000_000_000;
const KINDS: [KeyKind; 2] = [KeyKind::Secp256k1, KeyKind::Ed25519];
const SIMULATE: &str = "/cosmos.tx.v1beta1.Service/Simulate";

/// Two funded accounts; the first has a key of the kind.
fn pair(kind: KeyKind) -> (Wallet, Wallet, Chain) {
    let alice = Wallet::new(kind, 1, 0);
    let bob = Wallet::new(KeyKind::Secp256k1, 2, 1);
    let chain = Chain::start(&[(alice.address(), RICH), (bob.address(), RICH)]);
    (alice, bob, chain)
}

fn payment(from: &Wallet, to: &Wallet) -> TxBuilder {
    TxBuilder::of(&transfer(&from.address(), &to.address(), 1_000))
}

fn fee_of(amount: u128, gas_limit: u64) -> Fee {
    Fee {
        amount: Coins::base(Amount::new(amount)),
        gas_limit,
        payer: None,
    }
}

/// Refused with this code of codespace `sdk`: by the mempool, in a proposal, and
/// in a block that was decided all the same.
fn assert_refused(chain: &mut Chain, tx: &[u8], code: u32, words: &str) {
    let response = chain.submit(tx);
    assert_eq!(
        (response.codespace.as_str(), response.code),
        ("sdk", code),
        "{}",
        response.log
    );
    assert!(
        response.log.contains(words),
        "{words:?} is not in {:?}",
        response.log
    );
    let block = chain.with_system_tx([tx.to_vec()]);
    assert_eq!(chain.judge(block.clone()), ProposalStatus::Reject);
    let block = chain.finalize(block);
    let result = &block.results()[0];
    assert_eq!(
        (result.codespace.as_str(), result.code),
        ("sdk", code),
        "{}",
        result.log
    );
    assert!(
        result.events.is_empty() && result.data.is_empty(),
        "it left no trace"
    );
}

#[test]
fn what_cannot_be_admitted_is_refused_with_the_code_that_wallets_know() {
    for kind in KINDS {
        let (mut alice, bob, mut chain) = pair(kind);
        let chain = &mut chain;
        let good = payment(&alice, &bob);
        let sign = |tx: &TxBuilder| alice.sign_only(tx).bytes().to_vec();

        assert_refused(chain, b"no transaction", 2, "not a TxRaw");
        let unknown = Any {
            type_url: "/cosmos.gov.v1.MsgVote".into(),
            value: vec![],
        };
        assert_refused(chain, &sign(&TxBuilder::new().any(unknown)), 2, "MsgVote");
        let broken = Any {
            value: vec![0xff],
            type_url: good.messages()[0].type_url.clone(),
        };
        assert_refused(chain, &sign(&TxBuilder::new().any(broken)), 2, "bank message");

        let foreign = good
            .sign("another-chain-1", &alice.key, alice.number, alice.sequence)
            .unwrap();
        assert_refused(chain, foreign.bytes(), 4, CHAIN_ID);
        let other_number = good
            .sign(CHAIN_ID, &alice.key, alice.number + 7, alice.sequence)
            .unwrap();
        assert_refused(chain, other_number.bytes(), 4, "account number");
        for byte in [0, 31, 32, 63] {
            let forged = reshape(&sign(&good), |raw| raw.signatures[0][byte] ^= 1);
            assert_refused(chain, &forged, 4, "");
        }
        let short = reshape(&sign(&good), |raw| raw.signatures[0].truncate(63));
        assert_refused(chain, &short, 4, "");
        let twin = reshape(&sign(&good), |raw| {
            raw.signatures[0] = malleated(kind, &raw.signatures[0])
        });
        assert_refused(chain, &twin, 4, "");

        let keyless = sign_changed(&alice, &good, |_, auth| auth.signer_infos[0].public_key = None);
        assert_refused(chain, &keyless, 8, "public key");
        let others_key = good
            .sign(CHAIN_ID, &bob.key, alice.number, alice.sequence)
            .unwrap();
        assert_refused(chain, others_key.bytes(), 8, "does not belong");
        let odd_key = sign_changed(&alice, &good, |_, auth| {
            auth.signer_infos[0].public_key.as_mut().unwrap().value.push(0);
        });
        assert_refused(chain, &odd_key, 8, "");

        let stranger = Wallet::new(kind, 9, 9);
        let from_stranger = stranger.sign_only(&payment(&stranger, &bob));
        assert_refused(chain, from_stranger.bytes(), 9, "does not exist");

        assert_refused(
            chain,
            &sign(&good.clone().fee(fee_of(FLAT_FEE, 199_999))),
            11,
            "at least 200000",
        );
        assert_refused(chain, &sign(&good.clone().memo("m".repeat(257))), 12, "256");
        assert_refused(
            chain,
            &sign(&good.clone().fee(fee_of(FLAT_FEE - 1, 200_000))),
            13,
            "5000000",
        );
        assert_refused(
            chain,
            &sign(&good.clone().fee(fee_of(FLAT_FEE, 200_001))),
            13,
            "required",
        );
        let late = chain.height as u64;
        assert_refused(
            chain,
            &sign(&good.clone().timeout_height(late)),
            30,
            "timeout height",
        );

        alice.sequence = 3;
        assert_refused(chain, alice.sign_only(&good).bytes(), 32, "expected 0, got 3");
        alice.sequence = 0;
        assert_eq!(
            chain.submit(alice.sign(&good).bytes()).code,
            0,
            "none of these touched the account"
        );
        assert_eq!(chain.block().results()[0].code, 0);
        alice.sequence = 0;
        assert_refused(chain, alice.sign_only(&good).bytes(), 32, "expected 1, got 0");
    }
}

#[test]
fn who_cannot_pay_the_fee_is_not_admitted() {
    let poor = Wallet::new(KeyKind::Secp256k1, 1, 0);
    let bob = Wallet::new(KeyKind::Secp256k1, 2, 1);
    let mut chain = Chain::start(&[(poor.address(), FLAT_FEE - 1), (bob.address(), RICH)]);
    let tx = poor.sign_only(&payment(&poor, &bob));
    assert_refused(&mut chain, tx.bytes(), 5, "insufficient funds");
    assert_eq!(chain.balance(&poor.address()), FLAT_FEE - 1);
}

#[test]
fn bad_amounts_and_recipients_have_their_codes() {
    let (alice, bob, mut chain) = pair(KeyKind::Secp256k1);
    let good = transfer(&alice.address(), &bob.address(), 1);
    let coin = |amount: &str| {
        vec![ProtoCoin {
            denom: BASE_DENOM.into(),
            amount: amount.into(),
        }]
    };
    let wrong_prefix = good.to_address.replacen("ankr", "cosmos", 1);
    let mut cases = vec![
        ("not-an-address".to_owned(), coin("1"), 7),
        (wrong_prefix, coin("1"), 7),
    ];
    let over = format!("{}0", u128::MAX);
    for amount in ["0", "-1", "", "1.5", "+1", "0x1", over.as_str()] {
        cases.push((good.to_address.clone(), coin(amount), 10));
    }
    cases.push((good.to_address.clone(), vec![], 10));
    cases.push((good.to_address.clone(), [coin("1"), coin("1")].concat(), 10));
    for (to_address, amount, code) in cases {
        let shown = format!("{to_address} {amount:?}");
        let message = cosmos_sdk_proto::cosmos::bank::v1beta1::MsgSend {
            to_address,
            amount,
            ..good.clone()
        };
        let found = chain.submit(alice.sign_only(&TxBuilder::of(&message)).bytes());
        assert_eq!(
            (found.codespace.as_str(), found.code),
            ("sdk", code),
            "{shown}: {}",
            found.log
        );
    }
}

#[test]
fn a_transaction_has_one_encoding_that_the_chain_takes() {
    let (alice, bob, mut chain) = pair(KeyKind::Secp256k1);
    let good = alice.sign_only(&payment(&alice, &bob)).bytes().to_vec();
    let mut longer = good.clone();
    longer.extend([0x22, 0x00]);
    assert_eq!(chain.submit(&longer).code, 2, "an unknown field");
    let mut twice = good.clone();
    twice.extend(reshape(&good, |raw| {
        raw.body_bytes.clear();
        raw.signatures.clear();
    }));
    assert_eq!(chain.submit(&twice).code, 2, "a field given twice");
    assert_eq!(chain.submit(&good).code, 0);
}

#[test]
fn a_simulation_is_exact_to_the_unit() {
    for kind in KINDS {
        let (mut alice, bob, mut chain) = pair(kind);
        chain.block();
        let to = bob.address();
        let many: Vec<_> = (0..60).map(|amount| (to, amount + 1)).collect();
        let provider = alice.address();
        let shapes = [
            payment(&alice, &bob),
            payment(&alice, &bob).memo("m".repeat(256)),
            TxBuilder::of(&multi_send(&alice.address(), &many)),
            (0..12).fold(TxBuilder::new(), |tx, n| {
                tx.message(&transfer(&alice.address(), &to, n + 1))
            }),
            (0..6).fold(TxBuilder::new(), |tx, _| tx.any(market::create_offer(&provider))),
        ];
        for (index, tx) in shapes.into_iter().enumerate() {
            let simulated = simulate(&chain, &tx, &alice).gas_info.unwrap().gas_used;
            if simulated > 200_000 {
                let short = alice.sign_only(&tx.clone().gas(simulated - 1));
                assert_refused(&mut chain, short.bytes(), 11, &format!("at least {simulated}"));
            }
            assert_eq!(
                chain.submit(alice.sign(&tx.gas(simulated)).bytes()).code,
                0,
                "shape {index}"
            );
            let result = chain.block().results()[0].clone();
            assert_eq!(
                (result.code, result.gas_used),
                (0, simulated as i64),
                "shape {index}: {}",
                result.log
            );
        }
    }
}

#[test]
fn a_simulation_shows_what_the_block_will_do_and_changes_nothing() {
    let (mut alice, bob, mut chain) = pair(KeyKind::Secp256k1);
    chain.block();
    let tx = payment(&alice, &bob);
    let before = chain.app_hash.clone();
    let result = simulate(&chain, &tx, &alice).result.unwrap();
    assert_eq!(chain.balance(&bob.address()), RICH);
    chain.submit(alice.sign(&tx).bytes());
    let delivered = chain.block().results()[0].clone();
    assert_ne!(chain.app_hash, before);
    assert_eq!(result.events.len(), delivered.events.len());
    assert_eq!(
        of_kind(&result.events, "transfer"),
        of_kind(&delivered.events, "transfer")
    );
    let data = TxMsgData::decode(delivered.data).unwrap();
    assert_eq!(result.msg_responses, data.msg_responses);
}

#[test]
fn a_simulation_that_fails_says_which_message_and_why() {
    let (alice, bob, mut chain) = pair(KeyKind::Secp256k1);
    chain.block();
    let tx = payment(&alice, &bob).message(&transfer(&alice.address(), &bob.address(), RICH));
    let request = SimulateRequest {
        tx_bytes: tx.for_simulation(&[alice.data()]),
        ..Default::default()
    };
    let answer = chain.query(SIMULATE, request.encode_to_vec());
    assert_ne!(answer.code, 0);
    assert!(
        answer.log.contains("message index: 1") && answer.log.contains("insufficient funds"),
        "{}",
        answer.log
    );
    for bytes in [vec![], b"junk".to_vec()] {
        let request = SimulateRequest {
            tx_bytes: bytes,
            ..Default::default()
        };
        assert_ne!(chain.query(SIMULATE, request.encode_to_vec()).code, 0);
    }
}

#[test]
fn data_holds_one_response_for_each_message_and_nothing_else() {
    let (mut alice, bob, mut chain) = pair(KeyKind::Secp256k1);
    let tx = payment(&alice, &bob)
        .message(&multi_send(&alice.address(), &[(bob.address(), 5)]))
        .any(market::create_offer(&alice.address()));
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
    assert!(
        result
            .events
            .iter()
            .flat_map(|event| &event.attributes)
            .all(|attribute| attribute.index)
    );
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
    assert!(result.events.iter().all(|event| event.r#type == "tx") && result.events.len() == 3);
    assert!(result.data.is_empty());
    assert_eq!(result.gas_wanted, 200_000);
}

#[test]
fn a_multi_send_pays_everybody_or_nobody() {
    let (mut alice, bob, mut chain) = pair(KeyKind::Secp256k1);
    let fresh = Wallet::new(KeyKind::Ed25519, 8, 0).address();
    let message = multi_send(&alice.address(), &[(bob.address(), 10), (fresh, 20), (fresh, 3)]);
    let result = deliver(&mut chain, &mut alice, &TxBuilder::of(&message));
    assert_eq!(result.code, 0, "{}", result.log);
    assert_eq!(of_kind(&result.events, "transfer").len(), 3);
    assert_eq!(of_kind(&result.events, "coin_spent").len(), 1);
    assert_eq!(
        (chain.balance(&bob.address()), chain.balance(&fresh)),
        (RICH + 10, 23)
    );

    let blocked = Address::module(fees::COLLECTOR);
    let message = multi_send(&alice.address(), &[(bob.address(), 10), (blocked, 1)]);
    let result = deliver(&mut chain, &mut alice, &TxBuilder::of(&message));
    assert_eq!((result.code, result.codespace.as_str()), (4, "sdk"));
    assert_eq!(chain.balance(&bob.address()), RICH + 10);

    let mut uneven = multi_send(&alice.address(), &[(bob.address(), 10)]);
    uneven.inputs[0].coins[0].amount = "11".into();
    let refused = chain.submit(alice.sign_only(&TxBuilder::of(&uneven)).bytes());
    assert_eq!((refused.codespace.as_str(), refused.code), ("bank", 4));
    let mut two_inputs = multi_send(&alice.address(), &[(bob.address(), 10)]);
    two_inputs.inputs.push(two_inputs.inputs[0].clone());
    let refused = chain.submit(alice.sign_only(&TxBuilder::of(&two_inputs)).bytes());
    assert_eq!(refused.codespace, "bank");
    assert_ne!(refused.code, 0);
}

#[test]
fn a_transfer_to_oneself_changes_nothing_but_the_fee() {
    let (mut alice, _, mut chain) = pair(KeyKind::Secp256k1);
    let to_self = TxBuilder::of(&transfer(&alice.address(), &alice.address(), RICH - FLAT_FEE));
    assert_eq!(deliver(&mut chain, &mut alice, &to_self).code, 0);
    assert_eq!(chain.balance(&alice.address()), RICH - FLAT_FEE);
}

#[test]
fn memo_and_timeout_are_bounds_that_can_be_reached() {
    let (mut alice, bob, mut chain) = pair(KeyKind::Secp256k1);
    let next = chain.height as u64 + 1;
    let tx = payment(&alice, &bob).memo("m".repeat(256)).timeout_height(next);
    assert_eq!(deliver(&mut chain, &mut alice, &tx).code, 0);
    assert_eq!(chain.height as u64, next);
}

#[test]
fn a_pending_transaction_past_its_height_is_left_out_of_proposals() {
    let (mut alice, bob, mut chain) = pair(KeyKind::Secp256k1);
    let next = chain.height as u64 + 1;
    chain.submit(alice.sign(&payment(&alice, &bob).timeout_height(next)).bytes());
    let empty = chain.with_system_tx([]);
    chain.decide(empty);
    assert_eq!(chain.block().results().len(), 0);
    assert_eq!(chain.balance(&bob.address()), RICH);
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
        answer.log.contains("rpc error: code = NotFound"),
        "{}",
        answer.log
    );
    assert_ne!(answer.code, 0);
    assert_eq!(answer.height, chain.height, "never zero");
}

#[test]
fn the_chain_s_own_accounts_take_no_transfers() {
    let (mut alice, _, mut chain) = pair(KeyKind::Secp256k1);
    for name in ["fee_collector", "distribution", "treasury", "metering"] {
        let tx = TxBuilder::of(&transfer(&alice.address(), &Address::module(name), 1));
        let result = deliver(&mut chain, &mut alice, &tx);
        assert_eq!(
            (result.code, result.codespace.as_str()),
            (4, "sdk"),
            "{name}: {}",
            result.log
        );
        assert!(
            result.log.contains("not allowed to receive funds"),
            "{}",
            result.log
        );
    }
}

#[test]
fn a_vesting_account_spends_exactly_what_is_unlocked() {
    const ORIGINAL: u128 = 1_000_000_000;
    let mut alice = Wallet::new(KeyKind::Secp256k1, 1, 0);
    let mut bob = Wallet::new(KeyKind::Secp256k1, 2, 1);
    let (owner, to) = (alice.address(), bob.address());
    let start = Chain::start(&[]).time;
    let mut chain = Chain::start_with(&[], |genesis| {
        let vesting = Vesting {
            start,
            end: start + 1_000,
        };
        genesis
            .add_account(owner, Coins::base(Amount::new(ORIGINAL)), Some(vesting))
            .unwrap();
        genesis
            .add_account(to, Coins::base(Amount::new(RICH)), None)
            .unwrap();
    });
    let send = |amount| TxBuilder::of(&transfer(&owner, &to, amount));
    let locked = chain.submit(alice.sign_only(&send(1)).bytes());
    assert_eq!(locked.code, 5, "not even the fee: {}", locked.log);

    // Half of it is free in this block, one second's worth more in the next.
    chain.time = start + 499;
    chain.block();
    let answer = chain.query(
        "/cosmos.auth.v1beta1.Query/Account",
        QueryAccountRequest {
            address: owner.to_string(),
        }
        .encode_to_vec(),
    );
    let account = QueryAccountResponse::decode(answer.value)
        .unwrap()
        .account
        .unwrap();
    assert_eq!(
        account.type_url,
        "/cosmos.vesting.v1beta1.ContinuousVestingAccount"
    );
    assert_eq!(
        ContinuousVestingAccount::decode(account.value.as_slice())
            .unwrap()
            .start_time,
        start
    );

    let free = ORIGINAL / 1_000 * 501;
    let result = deliver(&mut chain, &mut alice, &send(free - FLAT_FEE + 1));
    assert_eq!(result.code, 5, "{}", result.log);
    let free = free + ORIGINAL / 1_000 - FLAT_FEE;
    let result = deliver(&mut chain, &mut alice, &send(free - FLAT_FEE));
    assert_eq!(result.code, 0, "{}", result.log);
    assert_eq!(
        chain.balance(&owner),
        ORIGINAL / 1_000 * 498,
        "what is left is locked"
    );

    // What comes in later is free at once; the locked part still is not.
    chain.submit(bob.send(&owner, FLAT_FEE).bytes());
    let block = chain.block();
    assert_eq!(block.results()[0].code, 0);
    chain.time = start + 10_000;
    chain.block();
    let all = chain.balance(&owner);
    assert_eq!(deliver(&mut chain, &mut alice, &send(all - FLAT_FEE)).code, 0);
    assert_eq!(chain.balance(&owner), 0);
}

#[test]
fn a_denomination_that_is_switched_off_stays_where_it_is() {
    let mut alice = Wallet::new(KeyKind::Secp256k1, 1, 0);
    let bob = Wallet::new(KeyKind::Secp256k1, 2, 1);
    let owner = alice.address();
    let coin = |denom: &str, amount| Coin {
        denom: denom.parse().unwrap(),
        amount: Amount::new(amount),
    };
    let held = Coins::new(vec![
        coin("frozen", 50),
        coin(BASE_DENOM, RICH),
        coin("upoints", 70),
    ])
    .unwrap();
    let mut chain = Chain::start_with(&[], |genesis| {
        genesis.add_account(owner, held, None).unwrap();
        let entry = SendEnabled {
            denom: "frozen".parse().unwrap(),
            enabled: false,
        };
        genesis.app_state.bank.send_enabled.push(entry);
    });
    let send = |denom: &str| {
        let mut message = transfer(&owner, &bob.address(), 5);
        message.amount[0].denom = denom.into();
        TxBuilder::of(&message)
    };
    let result = deliver(&mut chain, &mut alice, &send("frozen"));
    assert_eq!((result.code, result.codespace.as_str()), (5, "bank"));
    assert!(
        result.log.contains("frozen transfers are currently disabled"),
        "{}",
        result.log
    );
    assert_eq!(deliver(&mut chain, &mut alice, &send("upoints")).code, 0);
    assert_eq!(
        deliver(&mut chain, &mut alice, &send("nosuch")).code,
        5,
        "nobody has any"
    );
    let fee = Fee {
        amount: Coins::one(coin("upoints", FLAT_FEE)),
        ..Fee::default()
    };
    let refused = chain.submit(alice.sign_only(&send("upoints").fee(fee)).bytes());
    assert_eq!(refused.code, 13, "fees are paid in uankr: {}", refused.log);
}

#[test]
fn a_transfer_makes_the_account_it_pays_and_that_account_can_pay_on() {
    for kind in KINDS {
        let (mut alice, bob, mut chain) = pair(KeyKind::Secp256k1);
        let mut fresh = Wallet::new(kind, 8, 0);
        let tx = TxBuilder::of(&transfer(&alice.address(), &fresh.address(), 2 * FLAT_FEE));
        assert_eq!(deliver(&mut chain, &mut alice, &tx).code, 0);
        fresh.number = number_of(&chain, &fresh.address());
        let back = TxBuilder::of(&transfer(&fresh.address(), &bob.address(), FLAT_FEE));
        assert!(
            simulate(&chain, &back, &fresh).gas_info.is_some(),
            "before its key is on chain"
        );
        assert_eq!(deliver(&mut chain, &mut fresh, &back).code, 0);
        assert_eq!(chain.balance(&fresh.address()), 0);
        let keyless = sign_changed(&fresh, &back, |_, auth| auth.signer_infos[0].public_key = None);
        assert_eq!(
            chain.submit(&keyless).code,
            5,
            "the key is known by now, the money is gone"
        );
    }
}

fn number_of(chain: &Chain, address: &Address) -> u64 {
    use cosmos_sdk_proto::cosmos::auth::v1beta1::{QueryAccountInfoRequest, QueryAccountInfoResponse};
    let request = QueryAccountInfoRequest {
        address: address.to_string(),
    };
    let answer = chain.query("/cosmos.auth.v1beta1.Query/AccountInfo", request.encode_to_vec());
    QueryAccountInfoResponse::decode(answer.value)
        .unwrap()
        .info
        .unwrap()
        .account_number
}

/// Submits, makes a block, returns the transaction's result.
fn deliver(chain: &mut Chain, wallet: &mut Wallet, tx: &TxBuilder) -> ExecTxResult {
    let admitted = chain.submit(wallet.sign(tx).bytes());
    assert_eq!(admitted.code, 0, "{}", admitted.log);
    chain.block().results()[0].clone()
}

/// Simulates through CometBFT's query and directly, which must agree.
fn simulate(chain: &Chain, tx: &TxBuilder, wallet: &Wallet) -> SimulateResponse {
    let request = SimulateRequest {
        tx_bytes: tx.for_simulation(&[wallet.data()]),
        ..Default::default()
    };
    let request = request.encode_to_vec();
    let direct = route(&chain.snapshot(), SIMULATE, &request).unwrap();
    let answer = chain.query(SIMULATE, request);
    assert_eq!(
        (answer.code, &answer.value),
        (0, &Bytes::from(direct)),
        "{}",
        answer.log
    );
    SimulateResponse::decode(answer.value).unwrap()
}

fn multi_send(from: &Address, to: &[(Address, u128)]) -> MsgMultiSend {
    let coins = |amount: u128| {
        vec![ProtoCoin {
            denom: BASE_DENOM.into(),
            amount: amount.to_string(),
        }]
    };
    let total = to.iter().map(|(_, amount)| amount).sum();
    let outputs = to.iter().map(|(to, amount)| Output {
        address: to.to_string(),
        coins: coins(*amount),
    });
    MsgMultiSend {
        inputs: vec![Input {
            address: from.to_string(),
            coins: coins(total),
        }],
        outputs: outputs.collect(),
    }
}

fn attribute<'a>(event: &'a Event, key: &str) -> Option<&'a str> {
    event
        .attributes
        .iter()
        .find(|attribute| attribute.key == key)
        .map(|attribute| attribute.value.as_str())
}

/// The attributes of each event of a kind.
fn of_kind<'a>(events: &'a [Event], kind: &str) -> Vec<Vec<(&'a str, &'a str)>> {
    let of = |event: &'a Event| {
        event
            .attributes
            .iter()
            .map(|a| (a.key.as_str(), a.value.as_str()))
            .collect()
    };
    events
        .iter()
        .filter(|event| event.r#type == kind)
        .map(of)
        .collect()
}
