//! The document as a whole: CometBFT's fields and `app_state`.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use slsbft_types::{Amount, BASE_DENOM, Time};

use crate::{
    auth::Auth,
    bank::Bank,
    consensus::ConsensusParams,
    epochs::Epochs,
    error::{GenesisError, as_text, ensure, ensure_countable, parse},
    fees::Fees,
    metering::Metering,
    validator::{MAX_TOTAL_POWER, Validator},
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
    #[serde(default)]
    pub validators: Vec<Validator>,
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
    pub metering: Metering,
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
        self.validate_escrow()
    }

    fn validate_escrow(&self) -> Result<(), GenesisError> {
        let account = Metering::escrow_account();
        let entry = self
            .bank
            .balances
            .iter()
            .find(|balance| balance.address == account);
        let held = entry.map_or(Amount::ZERO, |balance| balance.coins.amount_of(BASE_DENOM));
        let needed = self.metering.held().map_err(|e| e.within("metering"))?;
        ensure(
            held == needed,
            "bank.balances",
            format!("escrow account {account} has {held}{BASE_DENOM}, its deals and offers need {needed}"),
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

    /// Checks all that a chain relies on when it starts from this document. An
    /// empty validator set passes: [`Genesis::collect`] fills it.
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
        self.validate_validators()?;
        self.app_state.validate().map_err(|e| e.within("app_state"))?;
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

    fn validate_validators(&self) -> Result<(), GenesisError> {
        let mut keys = BTreeSet::new();
        let mut total = 0i64;
        for (i, validator) in self.validators.iter().enumerate() {
            let at = format!("validators[{i}]");
            validator.validate().map_err(|e| e.within(&at))?;
            ensure(
                keys.insert(validator.pub_key),
                &format!("{at}.pub_key"),
                "is listed twice",
            )?;
            total = total.saturating_add(validator.power);
            ensure(
                total <= MAX_TOTAL_POWER,
                &format!("{at}.power"),
                format!("lifts the power of all above {MAX_TOTAL_POWER}"),
            )?;
        }
        Ok(())
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
