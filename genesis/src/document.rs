//! The document as a whole: CometBFT's fields and `app_state`.

use serde::{Deserialize, Serialize};
use slsbft_types::{Address, Amount, BASE_DENOM, Time};

use crate::{
    auth::Auth,
    bank::Bank,
    beacon::Beacon,
    consensus::ConsensusParams,
    contracts::Contracts,
    distribution::Distribution,
    election::Election,
    epochs::Epochs,
    error::{GenesisError, as_text, ensure, ensure_countable, parse},
    fees::Fees,
    genutil::Genutil,
    hooks::Hooks,
    incentives::Incentives,
    metering::Metering,
    requests::Requests,
    service::Service,
    slashing::Slashing,
    staking::Staking,
};

/// Longest chain id that CometBFT takes.
const MAX_CHAIN_ID: usize = 50;

/// `genesis.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Genesis {
    #[serde(with = "crate::time")]
    pub genesis_time: Time,
    pub chain_id: String,
    /// Height of the first block.
    #[serde(with = "as_text")]
    pub initial_height: i64,
    pub consensus_params: ConsensusParams,
    /// CometBFT's own list of the first validators; it stays empty, since the
    /// application names them from its candidates.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub validators: Vec<serde_json::Value>,
    /// Empty, or in hexadecimal the hash the application must start from.
    pub app_hash: String,
    pub app_state: AppState,
}

/// What the application starts from: a section per module.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppState {
    pub auth: Auth,
    pub bank: Bank,
    pub fees: Fees,
    pub epochs: Epochs,
    #[serde(default)]
    pub staking: Staking,
    #[serde(default)]
    pub distribution: Distribution,
    #[serde(default)]
    pub metering: Metering,
    #[serde(default)]
    pub beacon: Beacon,
    #[serde(default)]
    pub election: Election,
    #[serde(default)]
    pub slashing: Slashing,
    #[serde(default)]
    pub service: Service,
    #[serde(default)]
    pub incentives: Incentives,
    #[serde(default)]
    pub contracts: Contracts,
    #[serde(default)]
    pub hooks: Hooks,
    #[serde(default)]
    pub requests: Requests,
    #[serde(default)]
    pub genutil: Genutil,
}

impl AppState {
    /// Reads the `app_state_bytes` of InitChain.
    pub fn from_json(json: &[u8]) -> Result<Self, GenesisError> {
        parse(json).map_err(|error| error.within("app_state"))
    }

    /// Checks every section; the error's path starts at the section's name.
    pub fn validate(&self) -> Result<(), GenesisError> {
        self.auth.validate().map_err(|e| e.within("auth"))?;
        self.bank.validate().map_err(|e| e.within("bank"))?;
        self.fees.validate().map_err(|e| e.within("fees"))?;
        self.epochs.validate().map_err(|e| e.within("epochs"))?;
        self.metering.validate().map_err(|e| e.within("metering"))?;
        self.beacon.validate().map_err(|e| e.within("beacon"))?;
        self.election.validate().map_err(|e| e.within("election"))?;
        self.slashing.validate().map_err(|e| e.within("slashing"))?;
        self.service.validate().map_err(|e| e.within("service"))?;
        self.incentives.validate().map_err(|e| e.within("incentives"))?;
        self.contracts.validate().map_err(|e| e.within("contracts"))?;
        self.hooks
            .validate(&self.contracts.addresses())
            .map_err(|e| e.within("hooks"))?;
        self.requests.validate().map_err(|e| e.within("requests"))?;
        self.genutil.validate().map_err(|e| e.within("genutil"))?;
        self.staking.validate().map_err(|e| e.within("staking"))?;
        self.distribution
            .validate(&self.staking)
            .map_err(|e| e.within("distribution"))?;
        self.validate_held()
    }

    /// The accounts of modules hold what the sections of those modules say.
    fn validate_held(&self) -> Result<(), GenesisError> {
        let escrow = self.metering.held().map_err(|e| e.within("metering"))?;
        self.holds(Metering::escrow_account(), "deals and offers", escrow)?;
        let bonded = self.staking.bonded().map_err(|e| e.within("staking"))?;
        self.holds(Staking::bonded_account(), "the stake with candidates", bonded)?;
        let leaving = self.staking.not_bonded().map_err(|e| e.within("staking"))?;
        self.holds(Staking::not_bonded_account(), "unbonding stake", leaving)?;
        let stakes = self.service.held();
        let stakes = stakes.map_err(|e| GenesisError::new("service", e))?;
        self.holds(Service::stakes_account(), "self-stakes of providers", stakes)?;
        let rewards = self.incentives.held();
        let rewards = rewards.map_err(|e| GenesisError::new("incentives", e))?;
        self.holds(
            Incentives::account(),
            "rewards that roll over or are owed",
            rewards,
        )?;
        let fees = self.requests.held();
        let fees = fees.map_err(|e| GenesisError::new("requests", e))?;
        self.holds(Requests::account(), "fees of unfinished requests", fees)?;
        let owed = self.distribution.owed().map_err(|e| e.within("distribution"))?;
        let (account, held) = (
            Distribution::account(),
            self.bank.amount_of(&Distribution::account()),
        );
        ensure(
            held >= owed,
            "bank.balances",
            format!("account {account} has {held}{BASE_DENOM}, rewards need {owed}"),
        )
    }

    fn holds(&self, account: Address, what: &str, needed: Amount) -> Result<(), GenesisError> {
        let held = self.bank.amount_of(&account);
        ensure(
            held == needed,
            "bank.balances",
            format!("account {account} has {held}{BASE_DENOM}, {what} need {needed}"),
        )
    }
}

impl Genesis {
    /// Reads a document; types and names of all fields are checked, their
    /// meaning is not: see [`Genesis::validate`].
    pub fn from_json(json: &[u8]) -> Result<Self, GenesisError> {
        parse(json)
    }

    /// Indented JSON with a closing newline.
    pub fn to_json(&self) -> Result<String, GenesisError> {
        let text = serde_json::to_string_pretty(self).map_err(|e| GenesisError::new("document", e))?;
        Ok(text + "\n")
    }

    /// Checks all that a chain relies on when it starts from this document. One
    /// without candidates passes: see [`Genesis::has_candidates`].
    pub fn validate(&self) -> Result<(), GenesisError> {
        validate_chain_id(&self.chain_id)?;
        ensure(self.initial_height > 0, "initial_height", "must be positive")?;
        ensure_countable(self.initial_height.unsigned_abs(), "initial_height")?;
        ensure(
            self.app_hash.len() <= 64
                && self.app_hash.len().is_multiple_of(2)
                && self.app_hash.bytes().all(|b| b.is_ascii_hexdigit()),
            "app_hash",
            "must be empty or a hash in hexadecimal",
        )?;
        self.consensus_params
            .validate()
            .map_err(|e| e.within("consensus_params"))?;
        ensure(
            self.validators.is_empty(),
            "validators",
            "must be empty: the application names the first validators from its candidates, which \
             come from genesis transactions (`slsbftd genesis gentx`, then `slsbftd genesis collect`)",
        )?;
        self.app_state.validate().map_err(|e| e.within("app_state"))?;
        // Stake that has left still answers for all that evidence can show.
        let (unbonding, evidence) = (
            self.app_state.staking.params.unbonding_seconds,
            self.consensus_params.evidence.max_age_duration.unsigned_abs(),
        );
        ensure(
            u128::from(unbonding) * 1_000_000_000 > u128::from(evidence),
            "app_state.staking.params.unbonding_seconds",
            "is not above consensus_params.evidence.max_age_duration",
        )?;
        let (min, max) = (
            self.app_state.fees.params.min_tx_gas,
            self.consensus_params.block.max_gas,
        );
        ensure(
            i64::try_from(min).is_ok_and(|min| min <= max),
            "app_state.fees.params.min_tx_gas",
            format!("is above consensus_params.block.max_gas ({max}); no transaction would fit a block"),
        )
    }

    /// Whether anybody can make the first block.
    pub fn has_candidates(&self) -> bool {
        let AppState { genutil, staking, .. } = &self.app_state;
        !genutil.gen_txs.is_empty() || !staking.candidates.is_empty()
    }
}

fn validate_chain_id(id: &str) -> Result<(), GenesisError> {
    ensure(
        !id.is_empty()
            && id.len() <= MAX_CHAIN_ID
            && id
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)),
        "chain_id",
        format!("'{id}' must have 1 to {MAX_CHAIN_ID} letters, digits, '-', '_' or '.'"),
    )
}
