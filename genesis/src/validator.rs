//! Validators of the first set and the file by which a node asks to be one of them.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use slsbft_types::PublicKey;

use crate::error::{GenesisError, as_text, ensure};

/// Name of the only key type, in CometBFT's JSON.
const ED25519: &str = "tendermint/PubKeyEd25519";
/// CometBFT's limit on the power of all validators together.
pub(crate) const MAX_TOTAL_POWER: i64 = i64::MAX / 8;
const MAX_NAME: usize = 70;

/// A consensus key: 32 bytes of ed25519; in JSON `{"type": "tendermint/PubKeyEd25519",
/// "value": base64}`, as in `priv_validator_key.json`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConsensusKey(pub [u8; 32]);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TypedKey {
    r#type: String,
    value: String,
}

impl ConsensusKey {
    /// Upper-case hexadecimal of the first 20 bytes of the key's SHA-256.
    pub fn address(&self) -> String {
        let address = PublicKey::Ed25519(self.0).address();
        address
            .as_bytes()
            .iter()
            .map(|byte| format!("{byte:02X}"))
            .collect()
    }
}

impl Serialize for ConsensusKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        TypedKey {
            r#type: ED25519.into(),
            value: BASE64_STANDARD.encode(self.0),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ConsensusKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let key = TypedKey::deserialize(deserializer)?;
        if key.r#type != ED25519 {
            return Err(D::Error::custom(format!(
                "key type is '{}', expected '{ED25519}'",
                key.r#type
            )));
        }
        let bytes = BASE64_STANDARD.decode(&key.value).map_err(D::Error::custom)?;
        let bytes = <[u8; 32]>::try_from(bytes.as_slice());
        bytes
            .map(Self)
            .map_err(|_| D::Error::custom("an ed25519 key has 32 bytes"))
    }
}

/// A member of the first validator set, in CometBFT's JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Validator {
    /// See [`ConsensusKey::address`].
    pub address: String,
    pub pub_key: ConsensusKey,
    #[serde(with = "as_text")]
    pub power: i64,
    pub name: String,
}

/// What a node writes to become a validator of a new chain; `collect` reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    pub moniker: String,
    pub pub_key: ConsensusKey,
    #[serde(with = "as_text")]
    pub power: i64,
}

impl Declaration {
    /// Reads a node's file.
    pub fn from_json(json: &[u8]) -> Result<Self, GenesisError> {
        crate::error::parse(json)
    }
}

impl From<Declaration> for Validator {
    fn from(declared: Declaration) -> Self {
        Self {
            address: declared.pub_key.address(),
            pub_key: declared.pub_key,
            power: declared.power,
            name: declared.moniker,
        }
    }
}

impl Validator {
    pub(crate) fn validate(&self) -> Result<(), GenesisError> {
        ensure(self.power > 0, "power", "must be positive")?;
        ensure(
            !self.name.is_empty() && self.name.len() <= MAX_NAME,
            "name",
            format!("must have 1 to {MAX_NAME} bytes"),
        )?;
        let expected = self.pub_key.address();
        ensure(
            self.address == expected,
            "address",
            format!("does not belong to the key; expected {expected}"),
        )
    }
}
