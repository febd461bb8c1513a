//! Estimates.

use cosmos_sdk_proto::cosmos::{base::abci::v1beta1::TxMsgData, tx::v1beta1::SimulateRequest};
use prost::Message;
use slsbft_app::query::Code;
use slsbft_client::{KeyKind, TxBuilder};
use slsbft_proto::metering::v1::{ClaimVerdict, MsgClaimResponse};
use slsbft_tests::{
    market::{self, VoucherSession},
    wallet::transfer,
};

use crate::support::{KINDS, RICH, SIMULATE, assert_refused, multi_send, of_kind, pair, payment, simulate};

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
    // No fee was offered to the simulation, so its three events are missing.
    assert_eq!(result.events.len() + 3, delivered.events.len());
    assert_eq!(
        of_kind(&result.events, "transfer"),
        of_kind(&delivered.events, "transfer")[1..]
    );
    let data = TxMsgData::decode(delivered.data).unwrap();
    assert_eq!(result.msg_responses, data.msg_responses);
}

#[test]
fn a_simulation_of_a_claim_takes_vouchers_as_signed_and_a_block_does_not() {
    let (mut alice, _, mut chain) = pair(KeyKind::Secp256k1);
    chain.block();
    let session = VoucherSession {
        seed: 1,
        deal_id: 9,
        sequence: 0,
    };
    let mut forged = market::voucher(&session, 5);
    forged.signature = vec![7; forged.signature.len()].into();
    let tx = TxBuilder::new().any(market::claim(&alice.address(), vec![forged]));
    let verdict = |data: &[u8]| {
        let responses = TxMsgData::decode(data).unwrap().msg_responses;
        let claimed = MsgClaimResponse::decode(responses[0].value.as_slice()).unwrap();
        claimed.results[0].verdict()
    };
    let simulated = simulate(&chain, &tx, &alice);
    #[allow(deprecated, reason = "the same bytes as a result's")]
    let data = simulated.result.unwrap().data;
    assert_eq!(verdict(&data), ClaimVerdict::UnknownDeal);
    chain.submit(alice.sign(&tx).bytes());
    let delivered = chain.block().results()[0].clone();
    assert_eq!(verdict(&delivered.data), ClaimVerdict::BadSignature);
    assert_eq!(
        u64::try_from(delivered.gas_used).unwrap(),
        simulated.gas_info.unwrap().gas_used
    );
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
    assert_eq!(
        (answer.code, answer.codespace.as_str()),
        (6, "sdk"),
        "as Cosmos SDK"
    );
    let start = "rpc error: code = Unknown desc = failed to execute message; message index: 1: ";
    let end = ": insufficient funds [sdk 5] with gas used: '200000': unknown request";
    assert!(
        answer.log.starts_with(start) && answer.log.ends_with(end),
        "{}",
        answer.log
    );
    let direct = chain.route(SIMULATE, &request.encode_to_vec()).unwrap_err();
    assert_eq!((direct.code, direct.failure), (Code::Unknown, Some(("sdk", 5))));
    for bytes in [vec![], b"junk".to_vec()] {
        let request = SimulateRequest {
            tx_bytes: bytes,
            ..Default::default()
        };
        assert_ne!(chain.query(SIMULATE, request.encode_to_vec()).code, 0);
    }
}
