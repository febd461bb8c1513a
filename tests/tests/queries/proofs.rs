//! Proofs, and the heights that are kept.

use std::cell::RefCell;

use cosmos_sdk_proto::cosmos::bank::v1beta1::{QueryBalanceRequest, QueryBalanceResponse};
use prost::Message;
use slsbft_app::AppConfig;
use slsbft_client::KeyKind;
use slsbft_store::StoreConfig;
use slsbft_tests::{Chain, Wallet, chain::Setup, proof};
use slsbft_types::{Amount, BASE_DENOM, Coins, Time};
use tendermint_proto::v0_38::abci::{RequestQuery, ResponseQuery};

use crate::support::{RICH, balance_key, busy_chain, holder};

#[test]
fn values_and_their_absence_are_proven_against_the_next_header() {
    let mut chain = busy_chain();
    let mut wallet = Wallet::new(KeyKind::Secp256k1, 2, 1);
    for amount in 0..30 {
        chain.submit(wallet.send(&holder(3), amount + 1).bytes());
        chain.block();
        let balance = balance_key(&holder(3));
        let held = prove(
            &chain,
            "/store/main/key",
            &[b"bank/", balance.as_slice()].concat(),
            0,
        );
        assert_eq!(held.value, chain.balance(&holder(3)).to_be_bytes().to_vec());
        assert_proven(&held, &chain.app_hash);
        let same = prove(&chain, "/store/bank/key", &balance, 0);
        assert_eq!(same.key, balance, "as it was asked for");
        assert_eq!((same.value, same.proof_ops), (held.value, held.proof_ops));
    }
    for absent in [
        &b"bank/balance/"[..],
        b"a",
        b"zzz",
        b"\xff",
        &balance_key(&holder(200)),
        &[7; 500],
    ] {
        let missing = prove(&chain, "/store/main/key", absent, 0);
        assert!(missing.value.is_empty());
        assert_proven(&missing, &chain.app_hash);
    }
    let held = prove(&chain, "/store/bank/key", &balance_key(&holder(3)), 0);
    let forged = ResponseQuery {
        value: 1u128.to_be_bytes().to_vec().into(),
        ..held.clone()
    };
    assert!(!is_proven(&forged, &chain.app_hash), "another value");
    let forged = ResponseQuery {
        value: Default::default(),
        ..held.clone()
    };
    assert!(!is_proven(&forged, &chain.app_hash), "no value");
    let other = prove(&chain, "/store/bank/key", &balance_key(&holder(4)), 0);
    let forged = ResponseQuery {
        proof_ops: other.proof_ops,
        ..held.clone()
    };
    assert!(!is_proven(&forged, &chain.app_hash), "another key");
    let unknown = chain.query_with(RequestQuery {
        path: "/store/nope/key".into(),
        prove: true,
        ..Default::default()
    });
    assert_eq!(unknown.code, 6, "{}", unknown.log);
    chain.submit(wallet.send(&holder(3), 1).bytes());
    chain.block();
    assert!(!is_proven(&held, &chain.app_hash), "another header");
}

#[test]
fn older_heights_answer_as_they_were_until_they_are_let_go() {
    let wallet = RefCell::new(Wallet::new(KeyKind::Secp256k1, 1, 0));
    let mut genesis = slsbft_genesis::local(slsbft_tests::chain::CHAIN_ID, Time::from_seconds(1_700_000_000));
    genesis
        .add_account(holder(1), Coins::base(Amount::new(RICH)), None)
        .unwrap();
    let store = StoreConfig {
        keep_heights: 20,
        proof_heights: 10,
        ..Default::default()
    };
    let mut chain = Chain::with_setup(
        &genesis,
        Setup {
            store,
            app: AppConfig::default(),
            ..Setup::default()
        },
    );
    let mut history = vec![(0, Vec::new())];
    for round in 0..50u128 {
        if round % 3 != 2 {
            chain.submit(wallet.borrow_mut().send(&holder(2), round + 1).bytes());
        }
        chain.block();
        history.push((chain.balance(&holder(2)), chain.app_hash.clone()));
        if round == 40 {
            chain = chain.restart();
        }
    }
    let request = QueryBalanceRequest {
        address: holder(2).to_string(),
        denom: BASE_DENOM.into(),
    }
    .encode_to_vec();
    let at = |height: i64, path: &str, data: Vec<u8>, prove: bool| {
        chain.query_with(RequestQuery {
            path: path.into(),
            data: data.into(),
            height,
            prove,
        })
    };
    let (mut values, mut proofs) = (0, 0);
    for (height, (balance, app_hash)) in history.iter().enumerate().skip(1) {
        let height = height as i64;
        let answer = at(
            height,
            "/cosmos.bank.v1beta1.Query/Balance",
            request.clone(),
            false,
        );
        if answer.code == 0 {
            let found = QueryBalanceResponse::decode(answer.value)
                .unwrap()
                .balance
                .unwrap()
                .amount;
            assert_eq!((found, answer.height), (balance.to_string(), height));
            values += 1;
        } else {
            assert!(
                answer.log.contains("OutOfRange") && answer.log.contains("keep_heights"),
                "{}",
                answer.log
            );
        }
        let answer = at(height, "/store/bank/key", balance_key(&holder(2)), true);
        if answer.code == 0 {
            assert_eq!(answer.height, height);
            assert_proven(&answer, app_hash);
            proofs += 1;
        }
    }
    assert_eq!(
        (values, proofs),
        (21, 11),
        "the latest height and those kept below it"
    );
    for height in [51, i64::MAX, -1, i64::MIN] {
        let answer = at(
            height,
            "/cosmos.bank.v1beta1.Query/Balance",
            request.clone(),
            false,
        );
        assert!(answer.code != 0 && answer.height > 0, "height {height}");
    }
}

fn prove(chain: &Chain, path: &str, key: &[u8], height: i64) -> ResponseQuery {
    let data = key.to_vec().into();
    let answer = chain.query_with(RequestQuery {
        path: path.into(),
        data,
        height,
        prove: true,
    });
    assert_eq!(answer.code, 0, "{}", answer.log);
    answer
}

fn assert_proven(answer: &ResponseQuery, app_hash: &[u8]) {
    assert!(is_proven(answer, app_hash), "no proof of {:?}", answer.key);
}

fn is_proven(answer: &ResponseQuery, app_hash: &[u8]) -> bool {
    let ops = &answer.proof_ops.as_ref().unwrap().ops;
    assert_eq!(ops.len(), 2);
    let steps = [0, 1].map(|step| (ops[step].r#type.as_str(), ops[step].data.as_slice()));
    proof::is_proven(steps, &ops[0].key, &answer.value, app_hash)
}
