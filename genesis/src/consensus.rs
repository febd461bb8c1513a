//! CometBFT's consensus parameters, in its own JSON form (64-bit integers as text).

use serde::{Deserialize, Serialize};

use crate::error::{GenesisError, as_text, ensure};

/// Hard limit of CometBFT on the size of a block, in bytes.
const MAX_BLOCK_BYTES: i64 = 104_857_600;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsensusParams {
    pub block: BlockParams,
    pub evidence: EvidenceParams,
    pub validator: ValidatorParams,
    pub version: VersionParams,
    pub abci: AbciParams,
    #[serde(default)]
    pub authority: AuthorityParams,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlockParams {
    /// Largest block, in bytes.
    #[serde(with = "as_text")]
    pub max_bytes: i64,
    /// Gas that the transactions of a block may ask for together.
    #[serde(with = "as_text")]
    pub max_gas: i64,
}

/// Evidence expires when it is older than both limits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceParams {
    #[serde(with = "as_text")]
    pub max_age_num_blocks: i64,
    /// Nanoseconds.
    #[serde(with = "as_text")]
    pub max_age_duration: i64,
    #[serde(with = "as_text")]
    pub max_bytes: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValidatorParams {
    pub pub_key_types: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VersionParams {
    /// Version of the application's protocol.
    #[serde(with = "as_text")]
    pub app: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AbciParams {
    /// 0: this chain does not use vote extensions.
    #[serde(with = "as_text")]
    pub vote_extensions_enable_height: i64,
}

/// Who may change parameters besides the application; CometBFT writes the field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthorityParams {
    /// Empty: only the application.
    pub authority: String,
}

impl Default for BlockParams {
    fn default() -> Self {
        Self {
            max_bytes: 22_020_096,
            max_gas: 2_000_000_000,
        }
    }
}

impl Default for EvidenceParams {
    fn default() -> Self {
        Self {
            max_age_num_blocks: 100_000,
            max_age_duration: 48 * 3_600 * 1_000_000_000,
            max_bytes: 1_048_576,
        }
    }
}

impl Default for ValidatorParams {
    fn default() -> Self {
        Self {
            pub_key_types: vec!["ed25519".into()],
        }
    }
}

impl Default for VersionParams {
    fn default() -> Self {
        Self { app: 1 }
    }
}

impl ConsensusParams {
    /// Refuses what CometBFT or the application could not run with.
    pub fn validate(&self) -> Result<(), GenesisError> {
        let block = &self.block;
        ensure(
            (1..=MAX_BLOCK_BYTES).contains(&block.max_bytes),
            "block.max_bytes",
            format!("{} is not between 1 and {MAX_BLOCK_BYTES}", block.max_bytes),
        )?;
        // Without a bound a full mempool becomes one block.
        ensure(
            block.max_gas > 0,
            "block.max_gas",
            "must be positive; blocks need a bound of gas",
        )?;
        let evidence = &self.evidence;
        ensure(
            evidence.max_age_num_blocks > 0,
            "evidence.max_age_num_blocks",
            "must be positive",
        )?;
        ensure(
            evidence.max_age_duration > 0,
            "evidence.max_age_duration",
            "must be positive",
        )?;
        ensure(
            (0..=block.max_bytes).contains(&evidence.max_bytes),
            "evidence.max_bytes",
            "must be between 0 and block.max_bytes",
        )?;
        ensure(
            self.validator.pub_key_types == ["ed25519"],
            "validator.pub_key_types",
            "only [\"ed25519\"] is supported",
        )?;
        ensure(self.version.app > 0, "version.app", "must be positive")?;
        ensure(
            self.abci.vote_extensions_enable_height == 0,
            "abci.vote_extensions_enable_height",
            "must be 0; this chain has no vote extensions",
        )?;
        ensure(
            self.authority.authority.is_empty(),
            "authority.authority",
            "must be empty",
        )
    }
}
