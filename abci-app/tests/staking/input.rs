//! What anybody may send: each a typed refusal that says why.

use cosmos_sdk_proto::{
    Any,
    cosmos::{
        distribution::v1beta1::{MsgFundCommunityPool, MsgSetWithdrawAddress, MsgWithdrawDelegatorReward},
        staking::v1beta1::{
            Description, MsgBeginRedelegate, MsgCancelUnbondingDelegation, MsgCreateValidator, MsgDelegate,
            MsgEditValidator, MsgUndelegate,
        },
    },
};
use slsbft_proto::staking::v1::MsgRotateConsensusKey;
use slsbft_types::PublicKey;

use crate::world::*;

type Case = (&'static str, Any, (&'static str, u32));

fn create(change: impl FnOnce(&mut MsgCreateValidator)) -> Any {
    let mut msg = create_msg(3, 5_000, "0.1");
    change(&mut msg);
    packed(&msg)
}

fn rates(rate: &str, max: &str, change: &str) -> Any {
    create(|msg| {
        let commission = msg.commission.as_mut().unwrap();
        commission.rate = rate.into();
        commission.max_rate = max.into();
        commission.max_change_rate = change.into();
    })
}

fn described(change: impl FnOnce(&mut Description)) -> Any {
    create(|msg| change(msg.description.as_mut().unwrap()))
}

fn delegate(change: impl FnOnce(&mut MsgDelegate)) -> Any {
    let mut msg = MsgDelegate {
        delegator_address: account(3).to_string(),
        validator_address: valoper(1),
        amount: coin(5),
    };
    change(&mut msg);
    packed(&msg)
}

#[allow(deprecated, reason = "a field that clients still write")]
fn creations() -> Vec<Case> {
    let one = "1000000000000000000";
    let other_key = |pubkey: Option<Any>| create(move |msg| msg.pubkey = pubkey);
    let secp = PublicKey::Secp256k1([2; 33]).to_any();
    let mut odd = PublicKey::Ed25519([7; 32]).to_any();
    let no_point = other_key(Some(odd.clone()));
    odd.value.truncate(20);
    vec![
        ("no operator", create(|m| m.validator_address.clear()), ("sdk", 7)),
        (
            "an account as operator",
            create(|m| m.validator_address = account(3).to_string()),
            ("sdk", 7),
        ),
        (
            "another delegator",
            create(|m| m.delegator_address = account(4).to_string()),
            ("sdk", 7),
        ),
        ("no key", other_key(None), ("staking", 39)),
        ("a wallet's key", other_key(Some(secp)), ("staking", 6)),
        (
            "a key of no known kind",
            other_key(Some(Any {
                type_url: "/x".repeat(200),
                value: Vec::new(),
            })),
            ("staking", 6),
        ),
        ("half a key", other_key(Some(odd)), ("sdk", 8)),
        ("a key that is no point", no_point, ("sdk", 8)),
        ("no stake", create(|m| m.value = None), ("sdk", 18)),
        ("a stake of zero", create(|m| m.value = coin(0)), ("sdk", 18)),
        (
            "a stake of nothing known",
            create(|m| m.value.as_mut().unwrap().denom = "uatom".into()),
            ("sdk", 18),
        ),
        (
            "a stake below zero",
            create(|m| m.value.as_mut().unwrap().amount = "-1".into()),
            ("sdk", 18),
        ),
        (
            "more than there is",
            create(|m| m.value.as_mut().unwrap().amount = u128::MAX.to_string()),
            ("sdk", 5),
        ),
        (
            "more than can be counted",
            create(|m| m.value.as_mut().unwrap().amount = "9".repeat(60)),
            ("sdk", 18),
        ),
        ("no description", create(|m| m.description = None), ("sdk", 18)),
        ("an empty one", described(|d| d.moniker.clear()), ("sdk", 18)),
        (
            "a long name",
            described(|d| d.moniker = "m".repeat(71)),
            ("sdk", 18),
        ),
        (
            "a long identity",
            described(|d| d.identity = "i".repeat(3_001)),
            ("sdk", 18),
        ),
        (
            "a long website",
            described(|d| d.website = "w".repeat(141)),
            ("sdk", 18),
        ),
        (
            "a long contact",
            described(|d| d.security_contact = "s".repeat(141)),
            ("sdk", 18),
        ),
        (
            "long details",
            described(|d| d.details = "d".repeat(281)),
            ("sdk", 18),
        ),
        ("no commission", create(|m| m.commission = None), ("sdk", 18)),
        ("a rate below zero", rates("-1", one, one), ("staking", 9)),
        ("a most below zero", rates("0", "-1", one), ("staking", 9)),
        ("a step below zero", rates("0", one, "-1"), ("staking", 13)),
        (
            "a most above all",
            rates("0", "1000000000000000001", "0"),
            ("staking", 10),
        ),
        (
            "a most beyond numbers",
            rates("0", &"9".repeat(78), "0"),
            ("staking", 10),
        ),
        ("a rate above its most", rates("2", "1", "0"), ("staking", 11)),
        ("a step above the most", rates("1", "1", "2"), ("staking", 14)),
        ("a rate in words", rates("0.1", one, one), ("sdk", 18)),
        ("no rate", rates("", one, one), ("sdk", 18)),
        (
            "no least self-delegation",
            create(|m| m.min_self_delegation.clear()),
            ("sdk", 18),
        ),
        (
            "one of zero",
            create(|m| m.min_self_delegation = "0".into()),
            ("sdk", 18),
        ),
        (
            "one above the stake",
            create(|m| m.min_self_delegation = "5001".into()),
            ("staking", 16),
        ),
    ]
}

fn others() -> Vec<Case> {
    let edit = |change: &dyn Fn(&mut MsgEditValidator)| {
        let mut msg = MsgEditValidator {
            description: Some(Description {
                moniker: "m".into(),
                ..Description::default()
            }),
            validator_address: valoper(1),
            ..MsgEditValidator::default()
        };
        change(&mut msg);
        packed(&msg)
    };
    let cancel = |height| {
        packed(&MsgCancelUnbondingDelegation {
            delegator_address: account(3).to_string(),
            validator_address: valoper(1),
            amount: coin(5),
            creation_height: height,
        })
    };
    let rotate = |key: &[u8]| {
        packed(&MsgRotateConsensusKey {
            operator: account(1).to_string(),
            consensus_key: key.to_vec().into(),
        })
    };
    vec![
        ("an edit of nothing", edit(&|m| m.description = None), ("sdk", 18)),
        (
            "a rate above 1",
            edit(&|m| m.commission_rate = "9".repeat(30)),
            ("sdk", 18),
        ),
        (
            "a rate below 0",
            edit(&|m| m.commission_rate = "-1".into()),
            ("sdk", 18),
        ),
        (
            "a least of zero",
            edit(&|m| m.min_self_delegation = "0".into()),
            ("sdk", 18),
        ),
        (
            "no delegator",
            delegate(|m| m.delegator_address.clear()),
            ("sdk", 7),
        ),
        (
            "an operator as delegator",
            delegate(|m| m.delegator_address = valoper(3)),
            ("sdk", 7),
        ),
        (
            "a delegation to nobody",
            delegate(|m| m.validator_address = valoper(9)),
            ("staking", 3),
        ),
        (
            "a delegation of nothing",
            delegate(|m| m.amount = None),
            ("sdk", 18),
        ),
        (
            "an undelegation of zero",
            packed(&MsgUndelegate {
                delegator_address: account(1).to_string(),
                validator_address: valoper(1),
                amount: coin(0),
            }),
            ("sdk", 18),
        ),
        (
            "a move to itself",
            packed(&MsgBeginRedelegate {
                delegator_address: account(1).to_string(),
                validator_src_address: valoper(1),
                validator_dst_address: valoper(1),
                amount: coin(1),
            }),
            ("staking", 29),
        ),
        ("a height below zero", cancel(-1), ("sdk", 18)),
        ("height 0", cancel(0), ("sdk", 18)),
        ("the last height", cancel(i64::MAX), ("staking", 26)),
        ("31 bytes of key", rotate(&[1; 31]), ("sdk", 8)),
        ("a key that is no point", rotate(&[7; 32]), ("sdk", 8)),
        (
            "a withdrawal from an account",
            packed(&MsgWithdrawDelegatorReward {
                delegator_address: account(1).to_string(),
                validator_address: account(1).to_string(),
            }),
            ("sdk", 7),
        ),
        (
            "rewards to nowhere",
            packed(&MsgSetWithdrawAddress {
                delegator_address: account(1).to_string(),
                withdraw_address: String::new(),
            }),
            ("sdk", 7),
        ),
        (
            "a gift of nothing",
            packed(&MsgFundCommunityPool {
                amount: Vec::new(),
                depositor: account(1).to_string(),
            }),
            ("sdk", 10),
        ),
    ]
}

#[test]
fn each_bad_message_is_refused_by_its_name_and_changes_nothing() {
    let mut world = World::with_candidates();
    let before = world.export();
    for (what, message, expected) in creations().into_iter().chain(others()) {
        let error = world.send_any(&message).expect_err(what);
        assert_eq!((error.codespace, error.code), expected, "{what}: {error}");
        assert!(error.message.len() < 400, "{what}: {error}");
    }
    assert_eq!(world.export(), before);
}

#[test]
fn bytes_that_are_no_message_and_fields_that_nobody_knows_are_refused() {
    let mut world = World::with_candidates();
    let good = delegate(|_| ());
    for bad in [
        vec![0xff; 40],
        [good.value.clone(), vec![0x92, 0x03, 1, b'x']].concat(),
        good.value[..good.value.len() - 1].to_vec(),
    ] {
        let message = Any {
            type_url: good.type_url.clone(),
            value: bad,
        };
        assert_eq!(code(world.send_any(&message)), ("sdk", 2));
    }
    world.send_any(&good).unwrap();
    let params = Any {
        type_url: "/cosmos.staking.v1beta1.MsgUpdateParams".into(),
        value: Vec::new(),
    };
    assert_eq!(code(world.send_any(&params)), ("sdk", 2));
}
