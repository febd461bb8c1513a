//! Who may send what to whom.

use cosmos_sdk_proto::cosmos::{
    auth::v1beta1::{QueryAccountRequest, QueryAccountResponse},
    vesting::v1beta1::ContinuousVestingAccount,
};
use prost::Message;
use slsbft_app::modules::fees;
use slsbft_client::{Fee, KeyKind, TxBuilder};
use slsbft_genesis::auth::MODULES;
use slsbft_genesis::{Vesting, bank::SendEnabled};
use slsbft_tests::{
    Chain, Wallet,
    raw::sign_changed,
    wallet::{FLAT_FEE, transfer},
};
use slsbft_types::{Address, Amount, BASE_DENOM, Coin, Coins};

use crate::support::{KINDS, RICH, deliver, multi_send, of_kind, pair, simulate};

#[test]
fn a_multi_send_pays_everybody_or_nobody() {
    let (mut alice, bob, mut chain) = pair(KeyKind::Secp256k1);
    let fresh = Wallet::new(KeyKind::Ed25519, 8, 0).address();
    let message = multi_send(&alice.address(), &[(bob.address(), 10), (fresh, 20), (fresh, 3)]);
    let result = deliver(&mut chain, &mut alice, &TxBuilder::of(&message));
    assert_eq!(result.code, 0, "{}", result.log);
    // The first of each is the fee's.
    assert_eq!(of_kind(&result.events, "transfer").len(), 1 + 3);
    assert_eq!(of_kind(&result.events, "coin_spent").len(), 1 + 1);
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
fn the_chain_s_own_accounts_take_no_transfers() {
    let (mut alice, _, mut chain) = pair(KeyKind::Secp256k1);
    for name in MODULES {
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
