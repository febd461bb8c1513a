//! Where the beacon starts, and the VRF keys of candidates.

use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use slsbft_mechanism::beacon::VrfPublicKey;
use slsbft_types::Address;

use crate::error::{GenesisError, ensure};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Beacon {
    /// Of a chain that goes on; a new one starts with a hash of its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Hex32>,
    #[serde(default)]
    pub vrf_keys: Vec<VrfKey>,
}

/// The key with which an operator's proposals add to the beacon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VrfKey {
    pub operator: Address,
    /// sr25519.
    pub vrf_key: Hex32,
}

/// 32 bytes, in JSON in lower-case hexadecimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hex32(pub [u8; 32]);

impl Serialize for Hex32 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(self.0))
    }
}

impl<'de> Deserialize<'de> for Hex32 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(String::deserialize(deserializer)?, &mut bytes)
            .map_err(|error| D::Error::custom(format!("expected 64 hexadecimal digits: {error}")))?;
        Ok(Self(bytes))
    }
}

impl Beacon {
    pub fn validate(&self) -> Result<(), GenesisError> {
        let (mut operators, mut keys) = (BTreeSet::new(), BTreeSet::new());
        for (i, entry) in self.vrf_keys.iter().enumerate() {
            ensure(
                operators.insert(entry.operator),
                &format!("vrf_keys[{i}].operator"),
                "is listed twice",
            )?;
            ensure(
                keys.insert(entry.vrf_key),
                &format!("vrf_keys[{i}].vrf_key"),
                "is listed twice",
            )?;
            VrfPublicKey::from_bytes(&entry.vrf_key.0)
                .map_err(|e| GenesisError::new(format!("vrf_keys[{i}].vrf_key"), e))?;
        }
        Ok(())
    }
}
