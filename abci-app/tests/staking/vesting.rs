//! Coins that vest can be staked, and stay locked.

use slsbft_app::modules::bank::Msg as BankMsg;
use slsbft_genesis::{
    ConsensusKey, NewCandidate, Vesting,
    staking::{Commission, Description},
};
use slsbft_types::{Address, Amount, BASE_DENOM, Coins, Time};

use crate::world::*;

const OWNER: u8 = 20;
const TOTAL: u128 = 10_000;

/// 10,000 uankr that vest over 1,000 seconds from the start on, and candidate 1.
fn with_vesting() -> slsbft_genesis::Genesis {
    let mut genesis = genesis();
    let schedule = Vesting {
        start: START,
        end: START + 1_000,
    };
    genesis
        .add_account(account(OWNER), Coins::base(Amount::new(TOTAL)), Some(schedule))
        .unwrap();
    genesis
}

fn spendable(world: &World) -> u128 {
    BANK.spendable(&world.state, &account(OWNER), BASE_DENOM, world.block.time)
        .unwrap()
        .value()
}

fn send(world: &mut World, to: Address, amount: u128) -> bool {
    use cosmos_sdk_proto::cosmos::bank::v1beta1::{MsgSend, MsgSendResponse};
    let msg = MsgSend {
        from_address: account(OWNER).to_string(),
        to_address: to.to_string(),
        amount: coin(amount).into_iter().collect(),
    };
    assert!(
        BankMsg::from_any(
            "/cosmos.bank.v1beta1.MsgSend",
            &prost::Message::encode_to_vec(&msg)
        )
        .is_some()
    );
    world.send::<MsgSendResponse>(&msg).is_ok()
}

#[test]
fn what_vests_is_staked_first_and_frees_nothing_early() {
    let mut world = World::from_genesis(&with_vesting());
    world.create(1, 10_000, "0").unwrap();
    assert_eq!(spendable(&world), 0);
    world.delegate(OWNER, 1, 6_000).unwrap();
    assert_eq!(spendable(&world), 0, "the rest vests still");
    world.next_block(500);
    // 5,000 have vested; of the 5,000 that have not all are staked.
    assert_eq!(spendable(&world), 4_000);
    assert!(send(&mut world, account(2), 4_000));
    world.undelegate(OWNER, 1, 6_000).unwrap();
    world.next_block(UNBONDING);
    world.blocks(EVIDENCE_BLOCKS + 2);
    // 6,000 came back, of which 4,000 vest.
    assert_eq!(world.balance(&account(OWNER)), 6_000);
    assert_eq!(spendable(&world), 2_000);
    assert!(!send(&mut world, account(2), 2_001));
}

#[test]
fn a_candidate_of_genesis_may_stake_what_vests() {
    let mut genesis = with_vesting();
    let zero = "0".parse().unwrap();
    let new = |operator, number, stake| NewCandidate {
        operator,
        consensus_key: ConsensusKey(key(number)),
        stake: Amount::new(stake),
        description: Description {
            moniker: "first".into(),
            ..Description::default()
        },
        commission: Commission {
            rate: zero,
            max_rate: zero,
            max_change_rate: zero,
            updated_at: Time::from_seconds(START),
        },
    };
    genesis.add_candidate(new(account(OWNER), 20, 9_000)).unwrap();
    genesis.add_candidate(new(account(1), 1, 5_000)).unwrap();
    for (refused, path) in [
        (new(account(1), 2, 5_000), "app_state.staking.keys"),
        (new(account(2), 1, 5_000), "app_state.staking.keys"),
        (new(account(2), 2, FUNDS + 1), "app_state.bank.balances"),
        (new(account(2), 2, 0), "stake"),
    ] {
        assert_eq!(genesis.clone().add_candidate(refused).unwrap_err().path, path);
    }
    let mut world = World::from_genesis(&genesis);
    assert_eq!((world.stake(OWNER), world.self_stake(1)), (9_000, 5_000));
    assert_eq!(world.supply(), 9 * FUNDS + TOTAL);
    world.next_block(100);
    assert_eq!(spendable(&world), 1_000);
    world.allocate(OWNER, 90);
    assert_eq!(world.withdraw(OWNER, OWNER), Ok(89));
}
