//! Questions that make no sense, and any bytes at all.

use cosmos_sdk_proto::cosmos::{
    auth::v1beta1::QueryAccountsRequest,
    bank::v1beta1::{QueryAllBalancesRequest, QueryBalanceRequest},
    base::query::v1beta1::PageRequest,
    tx::v1beta1::SimulateRequest,
};
use proptest::{prelude::*, sample::Index, test_runner::FileFailurePersistence};
use prost::Message;
use slsbft_app::query::services;
use slsbft_client::{KeyKind, TxBuilder};
use slsbft_proto::metering::v1;
use slsbft_tests::{Chain, Wallet, market, wallet::transfer};
use slsbft_types::BASE_DENOM;
use tendermint_proto::v0_38::abci::RequestQuery;

use crate::support::{balance_key, busy_chain, holder};

#[test]
fn unknown_paths_are_refused_in_words() {
    let chain = busy_chain();
    for path in [
        "",
        "/",
        "//",
        "store",
        "/store",
        "/store/main",
        "/store/main/key/x",
        "/store/main/subspace",
        "/no.Service/M",
        "/cosmos.bank.v1beta1.Query",
        "/cosmos.bank.v1beta1.Query/",
        "/cosmos.bank.v1beta1.Query/Nothing",
        "cosmos.bank.v1beta1.Query/Balance",
        "/cosmos.gov.v1.Query/Proposals",
        "/app/simulate",
        &"/long".repeat(10_000),
    ] {
        let answer = chain.query(path, Vec::new());
        assert_eq!((answer.code, answer.codespace.as_str()), (6, "sdk"), "{path:.40}");
        assert!(
            answer.log.contains("Unimplemented") && answer.log.len() < 1_000,
            "{}",
            answer.log
        );
    }
    assert_eq!(
        chain.query("/app/version", vec![]).value,
        env!("CARGO_PKG_VERSION")
    );
}

/// Every method there is, and store keys.
fn paths() -> Vec<String> {
    let methods = [
        "Account",
        "AccountInfo",
        "Accounts",
        "AccountAddressByID",
        "Params",
        "ModuleAccounts",
        "ModuleAccountByName",
        "Bech32Prefix",
        "AddressBytesToString",
        "AddressStringToBytes",
        "Balance",
        "AllBalances",
        "SpendableBalances",
        "SpendableBalanceByDenom",
        "TotalSupply",
        "SupplyOf",
        "DenomMetadata",
        "DenomMetadataByQueryString",
        "DenomsMetadata",
        "DenomOwners",
        "DenomOwnersByQuery",
        "SendEnabled",
        "CurrentEpoch",
        "Collected",
        "Offer",
        "Offers",
        "Deal",
        "Deals",
    ];
    let of = |service: &str| methods.map(|method| format!("/{service}/{method}"));
    let mut paths: Vec<String> = services().flat_map(of).collect();
    paths.extend(
        [
            "/store/main/key",
            "/store/bank/key",
            "/cosmos.tx.v1beta1.Service/Simulate",
        ]
        .map(String::from),
    );
    paths
}

/// Requests that some methods take.
fn requests() -> Vec<Vec<u8>> {
    let address = holder(1).to_string();
    let page = Some(PageRequest {
        key: vec![1, 2],
        limit: 3,
        reverse: true,
        ..Default::default()
    });
    let wallet = Wallet::new(KeyKind::Secp256k1, 1, 0);
    let tx = TxBuilder::of(&transfer(&holder(1), &holder(2), 5)).any(market::create_offer(&holder(1)));
    vec![
        QueryBalanceRequest {
            address: address.clone(),
            denom: BASE_DENOM.into(),
        }
        .encode_to_vec(),
        QueryAllBalancesRequest {
            address: address.clone(),
            pagination: page.clone(),
            ..Default::default()
        }
        .encode_to_vec(),
        QueryAccountsRequest {
            pagination: page.clone(),
        }
        .encode_to_vec(),
        v1::QueryDealsRequest {
            provider: address,
            pagination: page,
            ..Default::default()
        }
        .encode_to_vec(),
        SimulateRequest {
            tx_bytes: tx.for_simulation(&[wallet.data()]),
            ..Default::default()
        }
        .encode_to_vec(),
        balance_key(&holder(1)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: Some(Box::new(
        FileFailurePersistence::Direct("regressions/queries.txt"))), ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_asked_there_is_an_answer(
        asked in prop::collection::vec((any::<Index>(), any::<Index>(), prop::collection::vec((any::<Index>(), any::<u8>()), 0..4),
            prop::collection::vec(any::<u8>(), 0..60), any::<bool>(), prop_oneof![Just(0i64), 0..5i64, any::<i64>()], any::<bool>()), 50)
    ) {
        thread_local! {
            static CHAIN: Chain = busy_chain();
        }
        CHAIN.with(|chain| for (path, request, changes, random, mutate, height, prove) in asked {
            let path = path.get(&paths()).clone();
            let mut data = random;
            if mutate {
                data = request.get(&requests()).clone();
                let len = data.len();
                changes.iter().for_each(|(at, byte)| data[at.index(len)] = *byte);
            }
            let answer = chain.query_with(RequestQuery { path: path.clone(), data: data.into(), height, prove });
            assert!(answer.height > 0, "{path}");
            assert_eq!(answer.code == 0, answer.codespace.is_empty() && answer.log.is_empty(), "{path}: {}", answer.log);
            assert_ne!(answer.code, 35, "{path}: an internal error is a fault of the node: {}", answer.log);
        });
    }
}
