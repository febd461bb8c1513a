//! A chain of bank, staking and distribution: messages, slashes and blocks in, balances and
//! records out. After each of them all invariants are checked.

use std::sync::{Arc, LazyLock, OnceLock};

use cosmos_sdk_proto::{
    Any,
    cosmos::{
        base::v1beta1::Coin,
        distribution::v1beta1 as distr,
        staking::v1beta1::{self as proto, CommissionRates, Description},
    },
};
use prost::{Message, Name};
use slsbft_app::{
    app,
    context::{BlockInfo, Context},
    errors::{ExecError, TxError},
    machine::{Machine, Runner},
    modules::{
        auth::Auth,
        bank::{self, Bank},
        distribution::{self, Distribution},
        ledger::Ledger,
        staking::{self, Slash, Slashed, Staking},
    },
    tx::Msg,
};
use slsbft_genesis::{Genesis, staking::Candidate};
use slsbft_proto::staking::v1::{MsgRotateConsensusKey, MsgRotateConsensusKeyResponse};
use slsbft_store::{BlockMeta, Overlay, Snapshot, Store, StoreConfig};
use slsbft_types::{Address, Amount, BASE_DENOM, Coins, PublicKey, Ratio, Time};
use slsbft_wasm::{Config, Vm};
use tempfile::TempDir;
use tendermint_proto::v0_38::{
    abci::Event,
    types::{ConsensusParams, EvidenceParams},
};

pub const CHAIN: &str = "staking-1";
pub const START: i64 = 1_000_000;
/// What each funded account has at first, in uankr.
pub const FUNDS: u128 = 1_000_000;
/// Least stake of a candidate with itself.
pub const MIN_STAKE: u128 = 1_000;
pub const UNBONDING: i64 = 100;
/// Blocks that evidence counts.
pub const EVIDENCE_BLOCKS: u64 = 5;

type Rewards = Distribution<Bank<Auth>, staking::View>;
pub const BANK: Bank<Auth> = Bank::new(Auth);
pub const DISTRIBUTION: Rewards = Distribution::new(BANK, staking::View);
pub const STAKING: Staking<Bank<Auth>, Rewards> = Staking::new(BANK, DISTRIBUTION);

pub struct World {
    pub state: Overlay,
    pub block: BlockInfo,
    pub events: Vec<Event>,
}

/// The state before genesis, shared by all worlds, which never write to it.
fn nothing() -> Snapshot {
    static EMPTY: OnceLock<(TempDir, Store)> = OnceLock::new();
    let (_, store) = EMPTY.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(&folder.path().join("state"), &StoreConfig::default()).expect("a store");
        (folder, store)
    });
    store.latest()
}

pub fn account(number: u8) -> Address {
    Address::from_bytes(&[number; 20]).expect("20 bytes")
}

/// Accounts 1 to 9 have funds.
pub fn accounts() -> impl Iterator<Item = Address> {
    (1..10).map(account)
}

pub fn treasury() -> Address {
    Address::module("treasury")
}

/// Limits so small that tests meet them.
pub fn genesis() -> Genesis {
    let mut genesis = slsbft_genesis::local(CHAIN, Time::from_seconds(START));
    let params = &mut genesis.app_state.staking.params;
    params.min_self_stake = Amount::new(MIN_STAKE);
    params.unbonding_seconds = UNBONDING as u64;
    params.max_entries = 3;
    params.max_share_from = 4;
    params.max_stake_share = Ratio::from_percent(40);
    params.sweep_limit = 2;
    let evidence = &mut genesis.consensus_params.evidence;
    (evidence.max_age_num_blocks, evidence.max_age_duration) = (EVIDENCE_BLOCKS as i64, 50_000_000_000);
    let funded = accounts().map(|address| (address, Coins::base(Amount::new(FUNDS))));
    genesis.add_accounts(funded).expect("different accounts");
    genesis
}

impl World {
    pub fn new() -> Self {
        Self::from_genesis(&genesis())
    }

    /// With candidates 1 and 2, who have 10,000 uankr each, and no commission.
    pub fn with_candidates() -> Self {
        let mut world = Self::new();
        world.create(1, 10_000, "0").unwrap();
        world.create(2, 10_000, "0").unwrap();
        world
    }

    pub fn from_genesis(genesis: &Genesis) -> Self {
        genesis.validate().expect("a good genesis");
        let mut state = Overlay::new(nothing());
        let block = BlockInfo {
            chain_id: Arc::from(genesis.chain_id.as_str()),
            height: genesis.initial_height as u64,
            time: genesis.genesis_time,
        };
        let params = ConsensusParams {
            evidence: Some(EvidenceParams {
                max_age_num_blocks: genesis.consensus_params.evidence.max_age_num_blocks,
                ..Default::default()
            }),
            ..Default::default()
        };
        app::init(&mut state, &block, &machine().runner, &params, &genesis.app_state)
            .expect("the state of a good genesis");
        let world = Self {
            state,
            block,
            events: Vec::new(),
        };
        world.check();
        world
    }

    /// A document that goes on from here, read back from its JSON.
    pub fn export(&self) -> Genesis {
        let genesis = Genesis {
            genesis_time: self.block.time,
            initial_height: self.block.height as i64,
            app_state: app::export(&self.state, self.block.height - 1).expect("readable"),
            ..genesis()
        };
        let json = genesis.to_json().expect("JSON");
        Genesis::from_json(json.as_bytes()).expect("what was written")
    }

    /// The state as queries see it.
    pub fn committed<T>(&self, look: impl FnOnce(&Snapshot) -> T) -> T {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("state"), &StoreConfig::default()).unwrap();
        let block = BlockMeta {
            height: self.block.height,
            time: (self.block.time.seconds, 0),
            ..BlockMeta::default()
        };
        let commit = store.stage(self.state.clone().into_changes(), block).unwrap();
        look(&store.commit(commit).unwrap())
    }

    fn run<T>(&mut self, act: impl FnOnce(&mut Context<'_>) -> Result<T, ExecError>) -> Result<T, TxError> {
        self.events.clear();
        self.state.begin();
        let result = act(&mut Context {
            state: &mut self.state,
            block: &self.block,
            events: &mut self.events,
            machine: &mut machine(),
        });
        let result = match result {
            Ok(done) => {
                self.state.apply();
                Ok(done)
            }
            Err(ExecError::Tx(error)) => {
                self.state.discard();
                Err(error)
            }
            Err(ExecError::Fault(fault)) => panic!("{fault}"),
        };
        self.check();
        result
    }

    /// Sends a message; all or nothing, as in a transaction. Returns its response.
    pub fn send_any(&mut self, any: &Any) -> Result<Any, TxError> {
        let msg = Msg::from_any(any)?;
        self.run(|ctx| match &msg {
            Msg::Bank(msg) => BANK.execute(ctx, msg),
            Msg::Staking(msg) => STAKING.execute(ctx, msg),
            Msg::Distribution(msg) => DISTRIBUTION.execute(ctx, msg),
            other => panic!("{} is of no module here", other.type_url()),
        })
    }

    pub fn send<R: Message + Default>(&mut self, msg: &impl Name) -> Result<R, TxError> {
        let response = self.send_any(&packed(msg))?;
        Ok(R::decode(response.value.as_slice()).expect("the response's type"))
    }

    /// Ends the block and begins another, so many seconds later.
    pub fn next_block(&mut self, seconds: i64) {
        self.run(|ctx| STAKING.end_block(ctx)).expect("no failure");
        self.block.height += 1;
        self.block.time.seconds += seconds;
    }

    /// So many blocks without time passing.
    pub fn blocks(&mut self, count: u64) {
        (0..count).for_each(|_| self.next_block(0));
    }

    /// Until all that waits has completed.
    pub fn wait_out(&mut self) {
        self.next_block(UNBONDING);
        self.blocks(EVIDENCE_BLOCKS + 30);
    }

    pub fn check(&self) {
        app::check(&self.state).expect("all invariants hold");
    }

    pub fn slash(&mut self, operator: u8, height: u64, recorded: u128, fraction: Ratio) -> Slashed {
        let slash = Slash {
            operator: account(operator),
            infraction_height: height,
            recorded_stake: Amount::new(recorded),
            fraction,
            reason: "double_sign",
        };
        self.run(|ctx| STAKING.slash(ctx, &slash)).expect("no failure")
    }

    pub fn slash_self(&mut self, operator: u8, fraction: Ratio) -> u128 {
        let burned = self.run(|ctx| STAKING.slash_self(ctx, &account(operator), fraction));
        burned.expect("no failure").value()
    }

    /// A reward for a candidate, out of account 9's pocket.
    pub fn allocate(&mut self, operator: u8, amount: u128) {
        let (from, amount) = (account(9), Amount::new(amount));
        self.run(|ctx| {
            BANK.transfer(ctx, &from, &distribution::account(), &Coins::base(amount))?;
            DISTRIBUTION.allocate(ctx, &account(operator), amount)
        })
        .expect("no failure");
    }

    pub fn balance(&self, owner: &Address) -> u128 {
        BANK.balance(&self.state, owner, BASE_DENOM)
            .expect("readable")
            .value()
    }

    /// Balance of an account with a number.
    pub fn purse(&self, number: u8) -> u128 {
        self.balance(&account(number))
    }

    pub fn supply(&self) -> u128 {
        bank::supply(&self.state, BASE_DENOM).expect("readable").value()
    }

    pub fn bonded(&self) -> u128 {
        self.balance(&staking::bonded_account())
    }

    pub fn not_bonded(&self) -> u128 {
        self.balance(&staking::not_bonded_account())
    }

    pub fn candidate(&self, operator: u8) -> Option<Candidate> {
        staking::candidate(&self.state, &account(operator)).expect("readable")
    }

    /// uankr in a candidate's pool.
    pub fn stake(&self, operator: u8) -> u128 {
        self.candidate(operator)
            .map_or(0, |candidate| candidate.pool.tokens().value())
    }

    pub fn self_stake(&self, operator: u8) -> u128 {
        self.candidate(operator).map_or(0, |candidate| {
            let (held, _) = staking::self_stake(&self.state, &candidate).expect("readable");
            held.value()
        })
    }

    /// Events of the latest message or block of a kind.
    pub fn events_of(&self, kind: &str) -> Vec<&Event> {
        self.events.iter().filter(|event| event.r#type == kind).collect()
    }

    /// The only event of a kind: its attributes.
    pub fn event(&self, kind: &str) -> Vec<(&str, &str)> {
        let events = self.events_of(kind);
        assert_eq!(events.len(), 1, "{kind} in {:?}", self.events);
        let attributes = events[0].attributes.iter();
        attributes.map(|a| (a.key.as_str(), a.value.as_str())).collect()
    }
}

pub fn packed(msg: &impl Name) -> Any {
    slsbft_app::modules::record::pack(msg)
}

pub fn valoper(number: u8) -> String {
    account(number).to_validator_bech32()
}

pub fn coin(amount: u128) -> Option<Coin> {
    Some(Coin {
        denom: BASE_DENOM.into(),
        amount: amount.to_string(),
    })
}

/// A point of ed25519 for a number.
pub fn key(number: u8) -> [u8; 32] {
    ed25519_consensus::SigningKey::from([number; 32])
        .verification_key()
        .to_bytes()
}

/// The consensus address of [`key`].
pub fn consensus_address(number: u8) -> Address {
    PublicKey::Ed25519(key(number)).address()
}

/// Decimal text in units of 10⁻¹⁸.
pub fn wire(text: &str) -> String {
    text.parse::<slsbft_mechanism::share::Dec>().unwrap().to_wire()
}

#[allow(deprecated, reason = "a field that clients still write")]
pub fn create_msg(number: u8, stake: u128, rate: &str) -> proto::MsgCreateValidator {
    proto::MsgCreateValidator {
        description: Some(Description {
            moniker: format!("validator {number}"),
            ..Description::default()
        }),
        commission: Some(CommissionRates {
            rate: wire(rate),
            max_rate: wire("0.5"),
            max_change_rate: wire("0.1"),
        }),
        min_self_delegation: "1".into(),
        delegator_address: String::new(),
        validator_address: valoper(number),
        pubkey: Some(PublicKey::Ed25519(key(number)).to_any()),
        value: coin(stake),
    }
}

impl World {
    pub fn create(&mut self, number: u8, stake: u128, rate: &str) -> Result<(), TxError> {
        self.send::<proto::MsgCreateValidatorResponse>(&create_msg(number, stake, rate))
            .map(|_| ())
    }

    pub fn delegate(&mut self, from: u8, to: u8, amount: u128) -> Result<(), TxError> {
        let msg = proto::MsgDelegate {
            delegator_address: account(from).to_string(),
            validator_address: valoper(to),
            amount: coin(amount),
        };
        self.send::<proto::MsgDelegateResponse>(&msg).map(|_| ())
    }

    /// Returns how much is on its way.
    pub fn undelegate(&mut self, to: u8, from: u8, amount: u128) -> Result<u128, TxError> {
        let msg = proto::MsgUndelegate {
            delegator_address: account(to).to_string(),
            validator_address: valoper(from),
            amount: coin(amount),
        };
        let response: proto::MsgUndelegateResponse = self.send(&msg)?;
        Ok(response.amount.unwrap().amount.parse().unwrap())
    }

    pub fn cancel(&mut self, delegator: u8, operator: u8, amount: u128, height: u64) -> Result<(), TxError> {
        let msg = proto::MsgCancelUnbondingDelegation {
            delegator_address: account(delegator).to_string(),
            validator_address: valoper(operator),
            amount: coin(amount),
            creation_height: height as i64,
        };
        self.send::<proto::MsgCancelUnbondingDelegationResponse>(&msg)
            .map(|_| ())
    }

    pub fn redelegate(&mut self, delegator: u8, from: u8, to: u8, amount: u128) -> Result<(), TxError> {
        let msg = proto::MsgBeginRedelegate {
            delegator_address: account(delegator).to_string(),
            validator_src_address: valoper(from),
            validator_dst_address: valoper(to),
            amount: coin(amount),
        };
        self.send::<proto::MsgBeginRedelegateResponse>(&msg).map(|_| ())
    }

    pub fn rotate(&mut self, operator: u8, key: [u8; 32]) -> Result<(), TxError> {
        self.send::<MsgRotateConsensusKeyResponse>(&MsgRotateConsensusKey {
            operator: account(operator).to_string(),
            consensus_key: key.to_vec().into(),
        })
        .map(|_| ())
    }

    /// Returns what was paid.
    pub fn withdraw(&mut self, delegator: u8, operator: u8) -> Result<u128, TxError> {
        let msg = distr::MsgWithdrawDelegatorReward {
            delegator_address: account(delegator).to_string(),
            validator_address: valoper(operator),
        };
        let response: distr::MsgWithdrawDelegatorRewardResponse = self.send(&msg)?;
        Ok(response.amount[0].amount.parse().unwrap())
    }

    /// Returns what was paid.
    pub fn withdraw_commission(&mut self, operator: u8) -> Result<u128, TxError> {
        let msg = distr::MsgWithdrawValidatorCommission {
            validator_address: valoper(operator),
        };
        let response: distr::MsgWithdrawValidatorCommissionResponse = self.send(&msg)?;
        Ok(response.amount[0].amount.parse().unwrap())
    }

    pub fn set_withdraw_address(&mut self, delegator: u8, address: &Address) -> Result<(), TxError> {
        let msg = distr::MsgSetWithdrawAddress {
            delegator_address: account(delegator).to_string(),
            withdraw_address: address.to_string(),
        };
        self.send::<distr::MsgSetWithdrawAddressResponse>(&msg)
            .map(|_| ())
    }
}

/// Codespace and code of a refusal.
pub fn code<T: std::fmt::Debug>(result: Result<T, TxError>) -> (&'static str, u32) {
    let error = result.expect_err("refused");
    (error.codespace, error.code)
}

pub fn percent(percent: u8) -> Ratio {
    Ratio::from_percent(percent)
}

/// Nothing here runs contracts.
pub fn machine() -> Machine {
    static VM: LazyLock<Arc<Vm>> = LazyLock::new(|| Arc::new(Vm::new(Config::default()).expect("a VM")));
    Machine::new(Runner::of_blocks(VM.clone()), 0, None)
}
