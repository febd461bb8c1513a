//! A random life of everything at once: stakes, rewards, services, audits, deals and misbehaviour.
//! After every block all invariants hold (the mock sees to that) and nothing was created; another
//! node that replays the blocks with restarts in between agrees; and what is exported at the end
//! starts a chain that goes on.

use std::collections::BTreeMap;

use cosmos_sdk_proto::{
    Any,
    cosmos::{
        distribution::v1beta1::{
            MsgFundCommunityPool, MsgSetWithdrawAddress, MsgWithdrawDelegatorReward,
            MsgWithdrawValidatorCommission,
        },
        slashing::v1beta1::MsgUnjail,
        staking::v1beta1::{MsgBeginRedelegate, MsgCancelUnbondingDelegation, MsgDelegate, MsgUndelegate},
    },
};
use proptest::{prelude::*, test_runner::FileFailurePersistence};
use slsbft_app::{app::export, modules::consensus};
use slsbft_client::TxBuilder;
use slsbft_genesis::{Genesis, bank::Balance, incentives::Incentives};
use slsbft_proto::{
    incentives::v1::MsgWithdrawIncentives,
    service::v1::{AuditEntry, MsgDeregisterProvider, MsgSetAuditor},
    staking::v1::MsgRotateConsensusKey,
};
use slsbft_tests::{
    Chain,
    chain::{Block, CHAIN_ID},
    market::{self, VoucherSession, session_key},
};
use slsbft_types::{Amount, BASE_DENOM, Coins, Ratio, Time, UANKR_PER_ANKR};

use crate::{
    audits::{assignment, commit, register, report, reveal},
    misbehaviour::double_sign,
    support::{EPOCH, Network, address_of, coin, packed},
};

const OPERATORS: u8 = 7;
const STAKE: u128 = 200_000;
const SESSION: u8 = 77;

#[derive(Clone, Debug)]
enum Act {
    Delegate { to: u8, ankr: u32 },
    Undelegate { from: u8, ankr: u32 },
    Redelegate { from: u8, to: u8, ankr: u32 },
    CancelUnbonding { from: u8, ankr: u32, blocks_ago: u8 },
    WithdrawReward { from: u8 },
    WithdrawCommission,
    SetWithdrawAddress { to: u8 },
    FundCommunityPool { uankr: u32 },
    WithdrawIncentives,
    Unjail,
    RotateConsensusKey { key: u8 },
    Register,
    Deregister,
    SetAuditor { to: u8 },
    CreateOffer,
    OpenDeal { offer: u8, ankr: u8, life: u8 },
    Claim { deal: u8, counter: u32 },
    Close { deal: u8 },
    Refund { deal: u8 },
}

#[derive(Clone, Debug)]
enum Step {
    /// Messages of one operator in one transaction, and a block.
    Tx { from: u8, acts: Vec<Act> },
    /// Blocks, each some seconds after the one before.
    Wait { blocks: u8, seconds: u8 },
    /// From now on these, by bits, are found dark by the auditors who look.
    Dark { providers: u8, silent: u8 },
    /// From now on these, by bits, sign nothing. At most two.
    Absent { first: u8, second: u8 },
    /// Evidence of two votes at a height.
    DoubleSign { by: u8, blocks_ago: u8 },
    /// The other node is restarted.
    Restart,
}

fn act() -> impl Strategy<Value = Act> {
    let who = || 0..OPERATORS + 1;
    let ankr = || prop_oneof![3 => 1..30_000u32, 1 => 1..2_000_000u32];
    prop_oneof![
        4 => (who(), ankr()).prop_map(|(to, ankr)| Act::Delegate { to, ankr }),
        3 => (who(), ankr()).prop_map(|(from, ankr)| Act::Undelegate { from, ankr }),
        2 => (who(), who(), ankr()).prop_map(|(from, to, ankr)| Act::Redelegate { from, to, ankr }),
        1 => (who(), ankr(), 0..12u8)
            .prop_map(|(from, ankr, blocks_ago)| Act::CancelUnbonding { from, ankr, blocks_ago }),
        2 => who().prop_map(|from| Act::WithdrawReward { from }),
        1 => Just(Act::WithdrawCommission),
        1 => who().prop_map(|to| Act::SetWithdrawAddress { to }),
        1 => any::<u32>().prop_map(|uankr| Act::FundCommunityPool { uankr }),
        1 => Just(Act::WithdrawIncentives),
        2 => Just(Act::Unjail),
        1 => (100..130u8).prop_map(|key| Act::RotateConsensusKey { key }),
        3 => Just(Act::Register),
        1 => Just(Act::Deregister),
        1 => who().prop_map(|to| Act::SetAuditor { to }),
        2 => Just(Act::CreateOffer),
        3 => (1..4u8, 15..60u8, 5..80u8).prop_map(|(offer, ankr, life)| Act::OpenDeal { offer, ankr, life }),
        3 => (1..6u8, 0..12_000_000u32).prop_map(|(deal, counter)| Act::Claim { deal, counter }),
        1 => (1..6u8).prop_map(|deal| Act::Close { deal }),
        1 => (1..6u8).prop_map(|deal| Act::Refund { deal }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => (0..OPERATORS, prop::collection::vec(act(), 1..3))
            .prop_map(|(from, acts)| Step::Tx { from, acts }),
        4 => (1..12u8, 0..30u8).prop_map(|(blocks, seconds)| Step::Wait { blocks, seconds }),
        1 => (any::<u8>(), any::<u8>()).prop_map(|(providers, silent)| Step::Dark { providers, silent }),
        1 => (0..12u8, 0..12u8).prop_map(|(first, second)| Step::Absent { first, second }),
        1 => (0..OPERATORS, 0..25u8).prop_map(|(by, blocks_ago)| Step::DoubleSign { by, blocks_ago }),
        1 => Just(Step::Restart),
    ]
}

fn network() -> Network {
    Network::start_with(&[STAKE; OPERATORS as usize], |genesis| {
        genesis.app_state.slashing.params.downtime_jail_seconds = 15;
        genesis.app_state.staking.params.unbonding_seconds = 60;
        genesis.app_state.election.params.max_validators = 5;
        genesis.app_state.metering.params.sweep_limit = 2;
        genesis.app_state.slashing.params.max_absent = Ratio::from_percent(30);
        genesis.app_state.bank.balances.push(Balance {
            address: Incentives::mining_account(),
            coins: Coins::base(Amount::new(1_000_000_000 * UANKR_PER_ANKR)),
        });
    })
}

struct Life {
    network: Network,
    other: Chain,
    /// Reports that wait for the time to reveal them.
    reports: BTreeMap<usize, Vec<AuditEntry>>,
    dark: u8,
    silent: u8,
    seconds: i64,
}

impl Life {
    fn start() -> Self {
        let (mut network, mut other) = (network(), network().chain);
        // The genesis can be read once it is committed.
        other.replay(network.chain.block().request);
        Self {
            network,
            other,
            reports: BTreeMap::new(),
            dark: 0,
            silent: 0,
            seconds: 0,
        }
    }

    /// A block on both nodes, after what is due in the audits at its height.
    fn block(&mut self) {
        match self.network.chain.height % EPOCH {
            1 => self.commit_audits(),
            7 => self.reveal_audits(),
            _ => {}
        }
        let supply = self.network.chain.supply();
        self.network.chain.time += self.seconds;
        let block: Block = self.network.chain.block();
        assert!(self.network.chain.supply() <= supply, "coins were created");
        let same = self.other.replay(block.request);
        assert_eq!(block.response, same.response, "the nodes differ");
    }

    fn commit_audits(&mut self) {
        self.reports.clear();
        for n in 0..usize::from(OPERATORS) {
            let assigned = assignment(&self.network, n);
            if assigned.targets.is_empty() || self.silent >> n & 1 == 1 {
                continue;
            }
            let up = self.dark >> (assigned.targets[0].id % 8) & 1 == 0;
            let (report, entries) = report(&assigned, up);
            let message = packed(&commit(&self.network, n, &report));
            self.submit(n, &[message]);
            self.reports.insert(n, entries);
        }
    }

    fn reveal_audits(&mut self) {
        for (n, entries) in std::mem::take(&mut self.reports) {
            let message = packed(&reveal(&self.network, n, entries));
            self.submit(n, &[message]);
        }
    }

    fn submit(&mut self, from: usize, messages: &[Any]) {
        let builder = TxBuilder::new().gas(3_000_000);
        let builder = messages.iter().cloned().fold(builder, TxBuilder::any);
        let wallet = &mut self.network.operators[from];
        let bytes = wallet.sign_only(&builder).bytes().to_vec();
        if self.network.chain.submit(&bytes).code == 0 {
            wallet.sequence += 1;
        }
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Tx { from, acts } => {
                let from = usize::from(*from);
                let messages: Vec<Any> = acts.iter().map(|act| self.message(from, act)).collect();
                self.submit(from, &messages);
                self.block();
            }
            Step::Wait { blocks, seconds } => {
                self.seconds = i64::from(*seconds);
                (0..*blocks).for_each(|_| self.block());
                self.seconds = 0;
            }
            Step::Dark { providers, silent } => (self.dark, self.silent) = (*providers, *silent),
            Step::Absent { first, second } => {
                let absent = &mut self.network.chain.validators.absent;
                absent.clear();
                absent.extend([*first, *second].map(address_of));
            }
            Step::DoubleSign { by, blocks_ago } => {
                let height = (self.network.chain.height - i64::from(*blocks_ago)).max(1);
                self.network.chain.misbehavior = vec![double_sign(&self.network, *by, height)];
                self.block();
            }
            Step::Restart => {
                let old = std::mem::replace(&mut self.other, Chain::start(&[]));
                self.other = old.restart();
            }
        }
    }

    fn message(&self, from: usize, act: &Act) -> Any {
        let account = |n: u8| self.network.operators[usize::from(n) % self.network.operators.len()].address();
        let validator = |n: u8| account(n).to_validator_bech32();
        // Half of the time its own stake, since it has little with others.
        let held = |n: u8| validator(if n.is_multiple_of(2) { from as u8 } else { n });
        let ankr = |ankr: u32| Some(coin(u128::from(ankr) * UANKR_PER_ANKR));
        let me = self.network.operators[from].address();
        let name = me.to_string();
        match act {
            Act::Delegate { to, ankr: amount } => packed(&MsgDelegate {
                delegator_address: name,
                validator_address: validator(*to),
                amount: ankr(*amount),
            }),
            Act::Undelegate { from, ankr: amount } => packed(&MsgUndelegate {
                delegator_address: name,
                validator_address: held(*from),
                amount: ankr(*amount),
            }),
            Act::Redelegate {
                from,
                to,
                ankr: amount,
            } => packed(&MsgBeginRedelegate {
                delegator_address: name,
                validator_src_address: held(*from),
                validator_dst_address: validator(*to),
                amount: ankr(*amount),
            }),
            Act::CancelUnbonding {
                from,
                ankr: amount,
                blocks_ago,
            } => packed(&MsgCancelUnbondingDelegation {
                delegator_address: name,
                validator_address: held(*from),
                amount: ankr(*amount),
                creation_height: self.network.chain.height - i64::from(*blocks_ago),
            }),
            Act::WithdrawReward { from } => packed(&MsgWithdrawDelegatorReward {
                delegator_address: name,
                validator_address: held(*from),
            }),
            Act::WithdrawCommission => packed(&MsgWithdrawValidatorCommission {
                validator_address: me.to_validator_bech32(),
            }),
            Act::SetWithdrawAddress { to } => packed(&MsgSetWithdrawAddress {
                delegator_address: name,
                withdraw_address: account(*to).to_string(),
            }),
            Act::FundCommunityPool { uankr } => packed(&MsgFundCommunityPool {
                amount: vec![coin((*uankr).into())],
                depositor: name,
            }),
            Act::WithdrawIncentives => packed(&MsgWithdrawIncentives { account: name }),
            Act::Unjail => packed(&MsgUnjail {
                validator_addr: me.to_validator_bech32(),
            }),
            Act::RotateConsensusKey { key } => packed(&MsgRotateConsensusKey {
                operator: name,
                consensus_key: vec![*key; 32].into(),
            }),
            Act::Register => packed(&register(&self.network, from)),
            Act::Deregister => packed(&MsgDeregisterProvider { provider: name }),
            Act::SetAuditor { to } => packed(&MsgSetAuditor {
                operator: name,
                auditor: account(*to).to_string(),
            }),
            Act::CreateOffer => market::create_offer(&me),
            Act::OpenDeal { offer, ankr, life } => market::open_deal(
                &me,
                (*offer).into(),
                u128::from(*ankr) * UANKR_PER_ANKR,
                &session_key(SESSION),
                self.network.chain.time + i64::from(*life),
            ),
            Act::Claim { deal, counter } => {
                let session = VoucherSession {
                    seed: SESSION,
                    deal_id: (*deal).into(),
                    sequence: (*counter).into(),
                };
                market::claim(&me, vec![market::voucher(&session, (*counter).into())])
            }
            Act::Close { deal } => market::close_deal(&me, (*deal).into()),
            Act::Refund { deal } => market::refund_deal(&me, (*deal).into()),
        }
    }
}

/// A genesis that goes on from the latest state, through its JSON.
fn exported(chain: &Chain) -> Genesis {
    let genesis = Genesis {
        initial_height: chain.height + 1,
        consensus_params: consensus::genesis::export(&chain.snapshot()).unwrap(),
        app_state: export(&chain.snapshot(), chain.height as u64).unwrap(),
        ..slsbft_genesis::local(CHAIN_ID, Time::from_seconds(chain.time))
    };
    let json = genesis.to_json().unwrap();
    Genesis::from_json(json.as_bytes()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 24,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct("regressions/life.txt"))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn whatever_happens_all_is_accounted_for_and_every_node_agrees(
        steps in prop::collection::vec(step(), 60)
    ) {
        let mut life = Life::start();
        for step in &steps {
            life.take(step);
        }
        let genesis = exported(&life.network.chain);
        genesis.validate().unwrap();
        let mut next = Chain::from_genesis(&genesis);
        let total = genesis.app_state.bank.total().unwrap();
        let total = total.get(&BASE_DENOM.parse().unwrap()).unwrap();
        prop_assert_eq!(total.value(), life.network.chain.supply());
        for _ in 0..2 * EPOCH {
            next.block();
        }
    }
}
