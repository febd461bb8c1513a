//! What gets in, and why the rest does not.

use cosmos_sdk_proto::{
    Any,
    cosmos::{base::v1beta1::Coin as ProtoCoin, tx::v1beta1::AuthInfo},
};
use prost::Message;
use slsbft_app::abci::Mempool;
use slsbft_client::{KeyKind, TxBuilder};
use slsbft_tests::{
    Chain, Wallet,
    chain::CHAIN_ID,
    raw::{malleated, reshape, sign_bytes, sign_changed},
    wallet::{FLAT_FEE, transfer},
};
use slsbft_types::BASE_DENOM;

use crate::support::{KINDS, RICH, assert_refused, deliver, fee_of, pair, payment};

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
        let most = 2_000_000_000;
        assert_refused(
            chain,
            &sign(&good.clone().fee(fee_of(u128::from(most + 1) * 25, most + 1))),
            41,
            "exceeds block max gas 2000000000",
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
    let nested = reshape(&good, |raw| {
        let mut info = AuthInfo::decode(raw.auth_info_bytes.as_slice()).unwrap();
        let fee = [info.fee.take().unwrap().encode_to_vec(), vec![0x2a, 1, b'x']].concat();
        raw.auth_info_bytes = info.encode_to_vec();
        raw.auth_info_bytes
            .extend([0x12, u8::try_from(fee.len()).unwrap()]);
        raw.auth_info_bytes.extend(fee);
    });
    let found = chain.submit(&nested);
    assert_eq!(found.code, 2, "an unknown field within the fee");
    assert!(found.log.contains("field 5"), "{}", found.log);
    let mut twice = good.clone();
    twice.extend(reshape(&good, |raw| {
        raw.body_bytes.clear();
        raw.signatures.clear();
    }));
    assert_eq!(chain.submit(&twice).code, 2, "a field given twice");
    assert_eq!(chain.submit(&good).code, 0);
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
fn a_field_that_the_chain_does_not_know_is_refused_wherever_it_is_signed() {
    let (alice, bob, mut chain) = pair(KeyKind::Secp256k1);
    let tx = payment(&alice, &bob);
    // Field 4 of a later TxBody is `unordered`, field 5 a timeout as a time: both change
    // what a signer agrees to.
    for (tag, value) in [(4, vec![1]), (5, vec![2, 8, 9])] {
        let wire_type = if value.len() == 1 { 0 } else { 2 };
        let more = [vec![(tag << 3) | wire_type], value].concat();
        let in_body = sign_bytes(&alice, &tx, |body, _| body.extend(&more));
        assert_refused(&mut chain, &in_body, 2, &format!("the body has field {tag}"));
        let in_auth_info = sign_bytes(&alice, &tx, |_, auth| auth.extend(&more));
        assert_refused(
            &mut chain,
            &in_auth_info,
            2,
            &format!("auth_info has field {tag}"),
        );
        let mut message = tx.messages()[0].clone();
        message.value.extend(&more);
        let in_message = alice.sign_only(&TxBuilder::new().any(message));
        assert_refused(
            &mut chain,
            in_message.bytes(),
            2,
            &format!("bank message has field {tag}"),
        );
    }
    // A default that was written out says nothing, and neither do numbers for what may be ignored.
    let harmless = [&[0x20, 0x00][..], &[0xe2, 0x5d, 0x01, 0x07]].concat();
    let signed = sign_bytes(&alice, &tx, |body, _| body.extend(&harmless));
    assert_eq!(chain.submit(&signed).code, 0);
    assert_eq!(chain.block().results()[0].code, 0);
}

#[test]
fn a_restarted_cometbft_finds_nothing_pending() {
    let (mut alice, bob, mut chain) = pair(KeyKind::Secp256k1);
    chain.block();
    let lost = alice.send(&bob.address(), 1);
    assert_eq!(chain.check(lost.bytes()).code, 0);
    assert_eq!(chain.check(lost.bytes()).code, 32, "it is pending");
    chain.app().mempool().connected();
    assert_eq!(chain.submit(lost.bytes()).code, 0, "CometBFT forgot it");
    assert_eq!(chain.block().results()[0].code, 0);
}

#[test]
fn an_account_pays_the_fees_of_all_that_is_pending_before_more_is_admitted() {
    let mut alice = Wallet::new(KeyKind::Secp256k1, 1, 0);
    let bob = Wallet::new(KeyKind::Secp256k1, 2, 1);
    let mut chain = Chain::start(&[(alice.address(), 3 * FLAT_FEE), (bob.address(), RICH)]);
    for _ in 0..3 {
        assert_eq!(chain.submit(alice.send(&bob.address(), 1).bytes()).code, 0);
    }
    assert_eq!(chain.submit(alice.send(&bob.address(), 1).bytes()).code, 5);
    assert_eq!(chain.block().results().len(), 3);
}
