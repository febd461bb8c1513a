//! Genesis transactions: by these the first candidates create themselves. What they
//! say is checked by who collects them and, when the chain starts, by the state
//! machine; here only their form is.

use std::collections::BTreeSet;

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use crate::error::{GenesisError, ensure};

/// Most genesis transactions: ten times the seats of the validator set.
pub const MAX_GEN_TXS: usize = 1_000;
/// Longest genesis transaction, in bytes; two messages with the longest texts are below it.
pub const MAX_GEN_TX_BYTES: usize = 16 << 10;

/// The section of `app_state`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Genutil {
    /// They run in this order; [`crate::Genesis::collect`] sorts them by their bytes.
    pub gen_txs: Vec<GenTx>,
}

/// An encoded `cosmos.tx.v1beta1.TxRaw`; base64 in JSON.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GenTx(pub Vec<u8>);

impl Serialize for GenTx {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&BASE64_STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for GenTx {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = BASE64_STANDARD.decode(text);
        bytes
            .map(Self)
            .map_err(|error| D::Error::custom(format!("not base64: {error}")))
    }
}

impl Genutil {
    /// Checks number and size, and that nothing is there twice.
    pub fn validate(&self) -> Result<(), GenesisError> {
        ensure(
            self.gen_txs.len() <= MAX_GEN_TXS,
            "gen_txs",
            format!("are {}, at most {MAX_GEN_TXS} are taken", self.gen_txs.len()),
        )?;
        let mut known = BTreeSet::new();
        for (i, tx) in self.gen_txs.iter().enumerate() {
            let at = format!("gen_txs[{i}]");
            let length = tx.0.len();
            ensure(
                (1..=MAX_GEN_TX_BYTES).contains(&length),
                &at,
                format!("has {length} bytes, expected 1 to {MAX_GEN_TX_BYTES}"),
            )?;
            ensure(known.insert(tx), &at, "is there twice")?;
        }
        Ok(())
    }
}
