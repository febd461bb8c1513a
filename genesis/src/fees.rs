//! What a transaction costs and where the fees of an epoch go.

use serde::{Deserialize, Serialize};
use slsbft_types::{Amount, Ratio};

use crate::error::{GenesisError, ensure};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fees {
    pub params: FeesParams,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeesParams {
    /// Gas that every transaction is charged at least.
    pub min_tx_gas: u64,
    /// uankr per gas.
    pub min_gas_price: Amount,
    /// The three shares of an epoch's fees, in parts per billion; they add up to one.
    pub validators_share: Ratio,
    pub treasury_share: Ratio,
    pub burned_share: Ratio,
}

impl Default for FeesParams {
    fn default() -> Self {
        Self {
            min_tx_gas: 200_000,
            min_gas_price: Amount::new(25),
            validators_share: Ratio::from_percent(70),
            treasury_share: Ratio::from_percent(20),
            burned_share: Ratio::from_percent(10),
        }
    }
}

impl Fees {
    pub fn validate(&self) -> Result<(), GenesisError> {
        let params = &self.params;
        ensure(params.min_tx_gas > 0, "params.min_tx_gas", "must be positive")?;
        // So the fee of the largest gas limit is an amount that a balance can hold.
        ensure(
            u64::try_from(params.min_gas_price.value()).is_ok(),
            "params.min_gas_price",
            format!("must be at most {}", u64::MAX),
        )?;
        let shares = [
            params.validators_share,
            params.treasury_share,
            params.burned_share,
        ];
        let sum: u64 = shares.iter().map(|share| share.billionths()).sum();
        ensure(
            sum == Ratio::ONE.billionths(),
            "params",
            format!("validators_share, treasury_share and burned_share add up to {sum}, not to 1000000000"),
        )
    }
}
