//! Consensus keys, in CometBFT's JSON.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use slsbft_types::{Address, PublicKey};

/// Name of the only key type, in CometBFT's JSON.
const ED25519: &str = "tendermint/PubKeyEd25519";

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
    /// The first 20 bytes of the key's SHA-256.
    pub fn consensus_address(&self) -> Address {
        PublicKey::Ed25519(self.0).address()
    }

    /// The same in upper-case hexadecimal.
    pub fn address(&self) -> String {
        self.consensus_address()
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
