//! What clients read: pages, proofs, older heights, and answers to nonsense.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::cell::RefCell;

use cosmos_sdk_proto::cosmos::{
    auth::v1beta1::{QueryAccountsRequest, QueryAccountsResponse},
    bank::v1beta1::{
        QueryAllBalancesRequest, QueryAllBalancesResponse, QueryBalanceRequest, QueryBalanceResponse,
        QueryDenomOwnersRequest, QueryDenomOwnersResponse, QueryTotalSupplyRequest, QueryTotalSupplyResponse,
    },
    base::query::v1beta1::{PageRequest, PageResponse},
    tx::v1beta1::SimulateRequest,
};
use ics23::{
    CommitmentProof, HostFunctionsManager, commitment_proof::Proof, verify_membership, verify_non_membership,
};
use proptest::{prelude::*, sample::Index};
use prost::Message;
use slsbft_app::{AppConfig, query::services};
use slsbft_client::{KeyKind, TxBuilder};
use slsbft_proto::metering::v1;
use slsbft_store::{StoreConfig, tree_spec};
use slsbft_tests::{Chain, Wallet, chain::Setup, market, wallet::transfer};
use slsbft_types::{Address, Amount, BASE_DENOM, Coin, Coins, Time};
use tendermint_proto::v0_38::abci::{RequestQuery, ResponseQuery};

const RICH: u128 = 1_000_000_000_000;
const ACCOUNTS: u8 = 23;

fn holder(seed: u8) -> Address {
    Wallet::new(KeyKind::Secp256k1, seed, 0).address()
}

/// Many accounts, some with many denominations, a provider with many offers.
fn busy_chain() -> Chain {
    let mut chain = Chain::start_with(&[], |genesis| {
        for seed in 1..=ACCOUNTS {
            let mut coins: Vec<Coin> = (0..seed % 12)
                .map(|n| Coin {
                    denom: format!("coin{n:02}").parse().unwrap(),
                    amount: Amount::new(n as u128 + 1),
                })
                .collect();
            coins.push(Coin {
                denom: BASE_DENOM.parse().unwrap(),
                amount: Amount::new(RICH),
            });
            genesis
                .add_account(holder(seed), Coins::new(coins).unwrap(), None)
                .unwrap();
        }
    });
    let mut provider = Wallet::new(KeyKind::Secp256k1, 1, 0);
    let offers = (0..17).fold(TxBuilder::new(), |tx, _| {
        tx.any(market::create_offer(&provider.address()))
    });
    assert_eq!(
        chain.submit(provider.sign(&offers.gas(2_000_000)).bytes()).code,
        0
    );
    assert_eq!(chain.block().results()[0].code, 0);
    chain
}

fn ask<A: Message + Default>(chain: &Chain, path: &str, request: &impl Message) -> A {
    let answer = chain.query(path, request.encode_to_vec());
    assert_eq!(answer.code, 0, "{path}: {}", answer.log);
    A::decode(answer.value).unwrap()
}

/// Pages of a query, by every way through it, against the whole.
fn assert_pages<T: PartialEq + std::fmt::Debug + Clone>(
    least: usize,
    page: impl Fn(PageRequest) -> (Vec<T>, PageResponse),
) {
    let request = |limit| PageRequest {
        limit,
        ..Default::default()
    };
    let (whole, last) = page(PageRequest {
        count_total: true,
        ..request(1_000)
    });
    assert!(whole.len() >= least && last.next_key.is_empty());
    assert_eq!(last.total, whole.len() as u64);
    let backwards: Vec<T> = whole.iter().rev().cloned().collect();
    for reverse in [false, true] {
        let expected = if reverse { &backwards } else { &whole };
        for limit in [
            1,
            2,
            5,
            whole.len() as u64 - 1,
            whole.len() as u64,
            whole.len() as u64 + 1,
        ] {
            let (mut found, mut key) = (Vec::new(), Vec::new());
            loop {
                let (items, response) = page(PageRequest {
                    key,
                    reverse,
                    ..request(limit)
                });
                assert!(items.len() as u64 <= limit);
                found.extend(items);
                key = response.next_key;
                if key.is_empty() {
                    break;
                }
            }
            assert_eq!(&found, expected, "by key, {limit} a page, reverse {reverse}");
            for offset in [0, 1, 3, whole.len() as u64, whole.len() as u64 + 5] {
                let (items, response) = page(PageRequest {
                    offset,
                    reverse,
                    count_total: true,
                    ..request(limit)
                });
                let rest: Vec<T> = expected
                    .iter()
                    .skip(offset as usize)
                    .take(limit as usize)
                    .cloned()
                    .collect();
                assert_eq!(items, rest, "offset {offset}, limit {limit}, reverse {reverse}");
                assert_eq!(
                    response.total,
                    whole.len() as u64,
                    "the total does not depend on the page"
                );
                assert_eq!(response.next_key.is_empty(), offset + limit >= whole.len() as u64);
            }
        }
    }
}

#[test]
fn every_way_through_the_pages_finds_everything_once() {
    let chain = busy_chain();
    let chain = &chain;
    assert_pages(usize::from(ACCOUNTS) + 4, |page| {
        let request = QueryAccountsRequest {
            pagination: Some(page),
        };
        let answer: QueryAccountsResponse = ask(chain, "/cosmos.auth.v1beta1.Query/Accounts", &request);
        (answer.accounts, answer.pagination.unwrap())
    });
    assert_pages(12, |page| {
        let request = QueryAllBalancesRequest {
            address: holder(11).to_string(),
            pagination: Some(page),
            ..Default::default()
        };
        let answer: QueryAllBalancesResponse = ask(chain, "/cosmos.bank.v1beta1.Query/AllBalances", &request);
        (answer.balances, answer.pagination.unwrap())
    });
    assert_pages(12, |page| {
        let request = QueryTotalSupplyRequest {
            pagination: Some(page),
        };
        let answer: QueryTotalSupplyResponse = ask(chain, "/cosmos.bank.v1beta1.Query/TotalSupply", &request);
        (answer.supply, answer.pagination.unwrap())
    });
    // Filtered: most balances are of other denominations.
    assert_pages(5, |page| {
        let request = QueryDenomOwnersRequest {
            denom: "coin05".into(),
            pagination: Some(page),
        };
        let answer: QueryDenomOwnersResponse = ask(chain, "/cosmos.bank.v1beta1.Query/DenomOwners", &request);
        (answer.denom_owners, answer.pagination.unwrap())
    });
    // By an index.
    assert_pages(17, |page| {
        let request = v1::QueryOffersRequest {
            provider: holder(1).to_string(),
            pagination: Some(page),
        };
        let answer: v1::QueryOffersResponse = ask(chain, "/slsbft.metering.v1.Query/Offers", &request);
        (answer.offers, answer.pagination.unwrap())
    });
}

#[test]
fn a_page_is_asked_for_by_key_or_offset_and_is_bounded() {
    let chain = busy_chain();
    let ask = |page| {
        let request = QueryAccountsRequest {
            pagination: Some(page),
        };
        chain.query("/cosmos.auth.v1beta1.Query/Accounts", request.encode_to_vec())
    };
    let both = PageRequest {
        key: vec![1],
        offset: 1,
        ..Default::default()
    };
    assert!(ask(both).log.contains("InvalidArgument"));
    let endless = PageRequest {
        limit: u64::MAX,
        offset: u64::MAX,
        count_total: true,
        ..Default::default()
    };
    assert_eq!(ask(endless).code, 0);
}

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
        assert_eq!((same.value, same.key), (held.value, held.key));
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
        key: other.key,
        ..held.clone()
    };
    assert!(!is_proven(&forged, &chain.app_hash), "another key");
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
        "/cosmos.staking.v1beta1.Query/Validators",
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
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

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

/// Key of a balance within the bank's part of the state.
fn balance_key(owner: &Address) -> Vec<u8> {
    [b"balance/", &[20][..], owner.as_bytes(), BASE_DENOM.as_bytes()].concat()
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

/// As an IBC client verifies: the store's root in the app hash, the key in the store.
fn is_proven(answer: &ResponseQuery, app_hash: &[u8]) -> bool {
    let ops = &answer.proof_ops.as_ref().unwrap().ops;
    assert_eq!(ops.len(), 2);
    assert_eq!(
        (ops[0].r#type.as_str(), ops[1].r#type.as_str()),
        ("ics23:jmt", "ics23:simple")
    );
    let [tree, store] = [0, 1].map(|step| CommitmentProof::decode(ops[step].data.as_slice()).unwrap());
    let Some(Proof::Exist(exist)) = &store.proof else {
        panic!("the store itself exists")
    };
    let root = &exist.value;
    type Host = HostFunctionsManager;
    let app_hash = app_hash.to_vec();
    if !verify_membership::<Host>(&store, &ics23::tendermint_spec(), &app_hash, b"main", root) {
        return false;
    }
    if answer.value.is_empty() {
        return verify_non_membership::<Host>(&tree, &tree_spec(), root, &answer.key);
    }
    verify_membership::<Host>(&tree, &tree_spec(), root, &answer.key, &answer.value)
}
