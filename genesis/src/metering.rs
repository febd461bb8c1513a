//! Offers, deals and the rules of settlement.

use serde::{Deserialize, Serialize};

use crate::error::GenesisError;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metering {}

impl Metering {
    pub fn validate(&self) -> Result<(), GenesisError> {
        Ok(())
    }
}
