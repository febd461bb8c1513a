//! A wallet stakes, on the whole chain: with a genesis of its own candidates, through the
//! mempool, in blocks, and over a restart.

use cosmos_sdk_proto::cosmos::{
    base::v1beta1::Coin as ProtoCoin,
    staking::v1beta1::{
        MsgDelegate, MsgUndelegate, MsgUndelegateResponse, QueryDelegationRequest, QueryDelegationResponse,
    },
    tx::v1beta1::SimulateRequest,
};
use prost::Message;
use slsbft_client::{KeyKind, TxBuilder};
use slsbft_genesis::{
    ConsensusKey, NewCandidate,
    staking::{Commission, Description},
};
use slsbft_tests::{Chain, Wallet};
use slsbft_types::{Amount, BASE_DENOM, Time, UANKR_PER_ANKR};

use crate::support::{RICH, deliver, of_kind, simulate};

fn candidate(wallet: &Wallet) -> NewCandidate {
    let rate = |text: &str| text.parse().unwrap();
    NewCandidate {
        operator: wallet.address(),
        consensus_key: ConsensusKey([7; 32]),
        stake: Amount::new(100_000 * UANKR_PER_ANKR),
        description: Description {
            moniker: "first".into(),
            ..Description::default()
        },
        commission: Commission {
            rate: rate("0.05"),
            max_rate: rate("0.2"),
            max_change_rate: rate("0.01"),
            updated_at: Time::default(),
        },
    }
}

fn coin(amount: u128) -> Option<ProtoCoin> {
    Some(ProtoCoin {
        denom: BASE_DENOM.into(),
        amount: amount.to_string(),
    })
}

#[test]
fn a_wallet_stakes_and_has_it_back_after_the_unbonding_time_whatever_happens_to_the_node() {
    let mut alice = Wallet::new(KeyKind::Secp256k1, 1, 0);
    let bob = Wallet::new(KeyKind::Secp256k1, 2, 1);
    let funded = [(alice.address(), RICH), (bob.address(), RICH)];
    let mut chain = Chain::start_with(&funded, |genesis| {
        genesis.add_candidate(candidate(&bob)).unwrap();
        genesis.app_state.staking.params.unbonding_seconds = 70;
    });
    chain.block();
    assert_eq!(chain.supply(), 2 * RICH);
    let (delegator_address, validator_address) =
        (alice.address().to_string(), bob.address().to_validator_bech32());
    let message = MsgDelegate {
        delegator_address: delegator_address.clone(),
        validator_address: validator_address.clone(),
        amount: coin(5_000_000),
    };
    // Gas is known beforehand, to the unit.
    let gas = simulate(&chain, &TxBuilder::of(&message), &alice)
        .gas_info
        .unwrap()
        .gas_used;
    let result = deliver(&mut chain, &mut alice, &TxBuilder::of(&message).gas(gas));
    assert_eq!((result.code, result.gas_used), (0, gas as i64), "{}", result.log);
    let event = &of_kind(&result.events, "delegate")[0];
    assert!(event.contains(&("amount", "5000000uankr")) && event.contains(&("msg_index", "0")));

    let request = QueryDelegationRequest {
        delegator_addr: delegator_address.clone(),
        validator_addr: validator_address.clone(),
    };
    let path = "/cosmos.staking.v1beta1.Query/Delegation";
    let answer = chain.query(path, request.encode_to_vec());
    let answer = QueryDelegationResponse::decode(answer.value).unwrap();
    assert_eq!(answer.delegation_response.unwrap().balance, coin(5_000_000));

    let message = MsgUndelegate {
        delegator_address,
        validator_address,
        amount: coin(5_000_000),
    };
    let result = deliver(&mut chain, &mut alice, &TxBuilder::of(&message).gas(400_000));
    assert_eq!(result.code, 0, "{}", result.log);
    let data = cosmos_sdk_proto::cosmos::base::abci::v1beta1::TxMsgData::decode(result.data).unwrap();
    let response = MsgUndelegateResponse::decode(data.msg_responses[0].value.as_slice()).unwrap();
    assert_eq!(response.amount, coin(5_000_000));
    let before = chain.balance(&alice.address());
    for _ in 0..35 {
        chain.block();
    }
    let mut chain = chain.restart();
    for _ in 0..34 {
        chain.block();
        assert_eq!(chain.balance(&alice.address()), before, "at {}", chain.height);
    }
    chain.block();
    assert_eq!(chain.balance(&alice.address()), before + 5_000_000);
}

#[test]
fn less_gas_than_a_message_needs_is_refused_before_anything_runs() {
    let alice = Wallet::new(KeyKind::Secp256k1, 1, 0);
    let mut chain = Chain::start(&[(alice.address(), RICH)]);
    chain.block();
    let message = MsgDelegate {
        delegator_address: alice.address().to_string(),
        validator_address: alice.address().to_validator_bech32(),
        amount: coin(1),
    };
    let signed = alice.sign_only(&TxBuilder::of(&message).gas(200_000));
    let refused = chain.check(signed.bytes());
    assert_eq!(
        (refused.codespace.as_str(), refused.code),
        ("sdk", 11),
        "{}",
        refused.log
    );
    let request = SimulateRequest {
        tx_bytes: TxBuilder::of(&message).for_simulation(&[alice.data()]),
        ..Default::default()
    };
    let answer = chain.query("/cosmos.tx.v1beta1.Service/Simulate", request.encode_to_vec());
    assert!(answer.log.contains("validator does not exist"), "{}", answer.log);
}
