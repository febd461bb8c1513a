//! What a genesis document promises to whoever writes or reads one.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;

use proptest::{prelude::*, test_runner::FileFailurePersistence};
use serde_json::{Value, json};
use slsbft_genesis::{
    Allocation, Genesis, GenesisError, Purpose, Vesting,
    genutil::{MAX_GEN_TX_BYTES, MAX_GEN_TXS},
    hooks::{Hooks, MOST_GAS},
    local, mainnet,
};
use slsbft_types::{Address, Amount, Coins, Ratio, Time};

const TIME: Time = Time {
    seconds: 1_767_225_600,
    nanos: 5,
};

fn address(n: u8) -> Address {
    Address::from_bytes(&[n; 20]).unwrap()
}

/// Two accounts, one of them vesting, and two genesis transactions.
fn sample() -> Genesis {
    let mut genesis = local("slsbft-local-1", TIME);
    genesis
        .add_account(address(1), "70stake,5000uankr".parse().unwrap(), None)
        .unwrap();
    let vesting = Some(Vesting { start: 10, end: 20 });
    genesis
        .add_account(address(2), "1000uankr".parse().unwrap(), vesting)
        .unwrap();
    genesis.collect([vec![1, 2], vec![1]]).unwrap();
    genesis
}

fn edited(edit: impl FnOnce(&mut Value)) -> Result<(), GenesisError> {
    let mut document = serde_json::to_value(sample()).unwrap();
    edit(&mut document);
    Genesis::from_json(document.to_string().as_bytes())?.validate()
}

#[test]
fn many_accounts_are_numbered_on_from_those_before_and_none_is_there_twice() {
    let coins: Coins = "5uankr".parse().unwrap();
    let mut genesis = sample();
    let more = |from: u8, to: u8| (from..=to).map(|n| (address(n), coins.clone()));
    genesis.add_accounts(more(3, 6)).unwrap();
    genesis.validate().unwrap();
    let accounts = &genesis.app_state.auth.accounts;
    let last = accounts.last().unwrap();
    assert_eq!((last.address(), last.number()), (address(6), 5));
    for again in [more(2, 2), more(6, 9)] {
        let error = genesis.clone().add_accounts(again).unwrap_err();
        assert_eq!(error.path, "app_state.auth.accounts", "{error}");
    }
}

#[test]
fn a_document_reads_back_as_written() {
    let genesis = sample();
    let text = genesis.to_json().unwrap();
    assert_eq!(Genesis::from_json(text.as_bytes()).unwrap(), genesis);
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["genesis_time"], "2026-01-01T00:00:00.000000005Z");
    assert_eq!(value["initial_height"], "1");
    assert_eq!(
        value["consensus_params"]["block"],
        json!({"max_bytes": "22020096", "max_gas": "2000000000"})
    );
    assert_eq!(
        value["consensus_params"]["evidence"]["max_age_duration"],
        "60000000000"
    );
    assert_eq!(
        value["app_state"]["genutil"],
        json!({"gen_txs": ["AQ==", "AQI="]})
    );
    assert_eq!(value.get("validators"), None);
}

#[test]
fn an_error_names_the_path_of_the_bad_field() {
    type Edit = fn(&mut Value);
    let cases: [(&str, Edit); 28] = [
        ("app_state.bank.balances[0].coins[1].amount", |d| {
            d["app_state"]["bank"]["balances"][0]["coins"][1]["amount"] = json!("-1");
        }),
        ("app_state.bank.balances[1].address", |d| {
            d["app_state"]["bank"]["balances"][1]["address"] = json!("ankr1xyz");
        }),
        ("app_state.auth.accounts[1].continuous_vesting.end", |d| {
            d["app_state"]["auth"]["accounts"][1]["continuous_vesting"]["end"] = json!(10);
        }),
        ("app_state.auth.accounts[1]", |d| {
            d["app_state"]["auth"]["accounts"][1]["continuous_vesting"]["account_number"] = json!(0);
        }),
        ("app_state.auth.accounts[0].base.pub_key.key", |d| {
            d["app_state"]["auth"]["accounts"][0]["base"]["pub_key"] =
                json!({"@type": "/cosmos.crypto.ed25519.PubKey", "key": 5});
        }),
        ("app_state.auth.accounts[0].base.pub_key", |d| {
            d["app_state"]["auth"]["accounts"][0]["base"]["pub_key"] =
                json!({"@type": "/cosmos.crypto.ed25519.PubKey", "key": "AAAA"});
        }),
        ("app_state.bank.supply[0].amount", |d| {
            d["app_state"]["bank"]["supply"] = json!([{"denom": "uankr", "amount": "6001"}]);
        }),
        ("app_state.bank.supply", |d| {
            d["app_state"]["bank"]["supply"] = json!([{"denom": "uankr", "amount": "6000"}]);
        }),
        ("app_state.bank.denom_metadata[0].display", |d| {
            d["app_state"]["bank"]["denom_metadata"][0]["display"] = json!("mankr");
        }),
        ("app_state.fees.params", |d| {
            d["app_state"]["fees"]["params"]["burned_share"] = json!(100_000_001);
        }),
        ("app_state.fees.params.min_tx_gas", |d| {
            d["app_state"]["fees"]["params"]["min_tx_gas"] = json!(2_000_000_001u64);
        }),
        ("app_state.epochs.params.blocks_per_epoch", |d| {
            d["app_state"]["epochs"]["params"]["blocks_per_epoch"] = json!(0);
        }),
        ("validators", |d| {
            d["validators"] = json!([{"power": "10"}]);
        }),
        ("app_state.genutil.gen_txs[1]", |d| {
            d["app_state"]["genutil"]["gen_txs"][1] = json!("AQ==");
        }),
        ("app_state.genutil.gen_txs[0]", |d| {
            d["app_state"]["genutil"]["gen_txs"][0] = json!("");
        }),
        ("app_state.genutil.gen_txs[1]", |d| {
            d["app_state"]["genutil"]["gen_txs"][1] = json!("AQ");
        }),
        ("consensus_params.block.max_gas", |d| {
            d["consensus_params"]["block"]["max_gas"] = json!("-1");
        }),
        ("chain_id", |d| d["chain_id"] = json!("a chain")),
        // What would be counted past its end, and stop every node when it is.
        ("initial_height", |d| {
            d["initial_height"] = json!(i64::MAX.to_string())
        }),
        ("app_state.auth.accounts[0].sequence", |d| {
            d["app_state"]["auth"]["accounts"][0]["base"]["sequence"] = json!(u64::MAX);
        }),
        ("app_state.auth.accounts[1].account_number", |d| {
            d["app_state"]["auth"]["accounts"][1]["continuous_vesting"]["account_number"] = json!(u64::MAX);
        }),
        ("app_state.epochs.epoch", |d| {
            d["app_state"]["epochs"]["epoch"] = json!(u64::MAX)
        }),
        ("app_state.metering.next_deal_id", |d| {
            d["app_state"]["metering"]["next_deal_id"] = json!(u64::MAX.to_string());
        }),
        ("app_state.fees.params.min_gas_price", |d| {
            d["app_state"]["fees"]["params"]["min_gas_price"] = json!("18446744073709551616");
        }),
        (
            "app_state.auth.accounts[1].continuous_vesting.delegated_vesting",
            |d| {
                d["app_state"]["auth"]["accounts"][1]["continuous_vesting"]["delegated_vesting"] =
                    json!("1001");
            },
        ),
        // Stake that left must answer for all that evidence can show.
        ("app_state.staking.params.unbonding_seconds", |d| {
            d["app_state"]["staking"]["params"]["unbonding_seconds"] = json!(60);
        }),
        ("app_state.staking.params.max_entries", |d| {
            d["app_state"]["staking"]["params"]["max_entries"] = json!(17);
        }),
        // Deals are paid out of this account: locked coins would stop the chain.
        ("app_state.auth.accounts[1].address", |d| {
            d["app_state"]["auth"]["accounts"][1]["continuous_vesting"]["address"] =
                json!(Address::module("metering").to_string());
        }),
    ];
    assert_eq!(edited(|_| {}), Ok(()));
    for (path, edit) in cases {
        let error = edited(edit).expect_err(path);
        assert_eq!(error.path, path, "{error}");
    }
}

#[test]
fn a_call_that_no_block_could_make_is_refused() {
    let contract = address(9);
    let section = |gas_limit: u64| {
        let hooks = json!({
            "subscriptions": [{"contract": contract, "hook": "epoch_ended", "gas_limit": 1}],
            "inbox": [{"contract": contract, "hook": "deal_closed", "gas_limit": gas_limit, "msg": "e30="}],
        });
        serde_json::from_value::<Hooks>(hooks).unwrap()
    };
    let known = BTreeSet::from([contract]);
    assert_eq!(section(MOST_GAS).validate(&known), Ok(()));
    for gas_limit in [0, MOST_GAS + 1, u64::MAX] {
        let error = section(gas_limit).validate(&known).expect_err("a limit");
        assert_eq!(error.path, "inbox[0].gas_limit", "{error}");
    }
}

#[test]
fn an_unknown_field_is_refused_wherever_it_is() {
    for at in [
        "",
        "/app_state",
        "/app_state/bank/balances/0",
        "/consensus_params/block",
        "/app_state/genutil",
    ] {
        let error =
            edited(|document| document.pointer_mut(at).unwrap()["surprise"] = json!(1)).expect_err(at);
        assert!(error.problem.contains("unknown field `surprise`"), "{error}");
    }
}

#[test]
fn an_account_is_added_once_and_numbers_go_on() {
    let mut genesis = sample();
    let taken = genesis
        .add_account(address(1), Coins::default(), None)
        .unwrap_err();
    assert_eq!(taken.path, "app_state.auth.accounts");
    genesis.add_account(address(3), Coins::default(), None).unwrap();
    assert_eq!(
        genesis.app_state.auth.accounts.last().map(|a| a.number()),
        Some(2)
    );
    assert_eq!(genesis.app_state.bank.balances.len(), 2, "no empty balance");
    let backwards = Some(Vesting { start: 5, end: 5 });
    assert!(
        genesis
            .add_account(address(4), Coins::base(Amount::new(1)), backwards)
            .is_err()
    );
}

#[test]
fn genesis_transactions_do_not_depend_on_the_order_of_the_files() {
    let set = |order: [u8; 3]| {
        let mut genesis = local("order", TIME);
        genesis.collect(order.map(|n| vec![n; 9])).unwrap();
        genesis
    };
    let mut genesis = set([1, 2, 3]);
    assert_eq!(genesis, set([3, 1, 2]));
    genesis.collect([vec![2; 9]]).unwrap();
    assert_eq!(genesis, set([1, 2, 3]), "the same again adds nothing");
    assert!(genesis.has_candidates() && !local("none", TIME).has_candidates());
}

#[test]
fn genesis_transactions_are_bounded_in_size_and_number() {
    let mut genesis = local("bounds", TIME);
    genesis.collect([vec![7; MAX_GEN_TX_BYTES]]).unwrap();
    let long = genesis
        .clone()
        .collect([vec![1; MAX_GEN_TX_BYTES + 1]])
        .unwrap_err();
    assert_eq!(long.path, "app_state.genutil.gen_txs[0]", "{long}");
    let many = (1..=MAX_GEN_TXS).map(|n| n.to_be_bytes().to_vec());
    let many = genesis.collect(many).unwrap_err();
    assert_eq!(many.path, "app_state.genutil.gen_txs", "{many}");
}

#[test]
fn the_main_chain_hands_out_the_planned_supply_and_nothing_else() {
    let shares: u64 = Purpose::ALL.iter().map(|p| p.share().billionths()).sum();
    assert_eq!(shares, Ratio::ONE.billionths());
    let plan: Vec<Allocation> = (1..)
        .zip(Purpose::ALL)
        .map(|(n, purpose)| Allocation {
            purpose,
            address: address(n),
            amount: purpose.amount(),
        })
        .collect();
    let genesis = mainnet("slsbft-1", TIME, &plan).unwrap();
    genesis.validate().unwrap();
    assert_eq!(
        genesis.app_state.bank.supply.to_string(),
        "10000000000000000uankr"
    );
    let vesting = genesis.to_json().unwrap().matches("continuous_vesting").count();
    assert_eq!(vesting, 5, "private sales, team and advisors vest");

    let mut short = plan.clone();
    short[4].amount = Amount::new(1);
    let error = mainnet("slsbft-1", TIME, &short).unwrap_err();
    assert!(
        error.to_string().contains("Team must get 1700000000000000 uankr"),
        "{error}"
    );
    let mut shared = plan;
    shared[1].address = shared[0].address;
    assert_eq!(
        mainnet("slsbft-1", TIME, &shared).unwrap_err().path,
        "allocation[1].address"
    );
}

proptest! {
    #![proptest_config(ProptestConfig {
        // Beside the tests, because there is no lib.rs above them to be found.
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct("regressions/document.txt"))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_bytes_give_a_document_or_an_error(cut in 0usize..4_000, flips in prop::collection::vec((0usize..4_000, any::<u8>()), 0..4)) {
        let mut text = sample().to_json().unwrap().into_bytes();
        for (at, byte) in flips {
            let at = at % text.len();
            text[at] = byte;
        }
        text.truncate(cut.max(text.len() / 4));
        if let Ok(genesis) = Genesis::from_json(&text) {
            let _verdict = genesis.validate();
        }
    }
}
