//! What a transaction offers to pay: gas limit × gas price, with the chain's
//! least of both.

use cosmos_sdk_proto::cosmos::tx::v1beta1::Fee as ProtoFee;
use slsbft_types::{Address, Amount, Coins};

use super::TxBuildError;

/// uankr per unit of gas that every node accepts.
pub const GAS_PRICE: u64 = 25;
/// Gas that every transaction is charged for at least: 5 ANKR at [`GAS_PRICE`].
pub const MIN_GAS: u64 = 200_000;

/// A fee and the gas it buys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fee {
    pub amount: Coins,
    pub gas_limit: u64,
    /// Who pays; the first signer if `None`. The payer must sign, too.
    pub payer: Option<Address>,
}

impl Fee {
    /// The usual price for a gas limit, which is raised to [`MIN_GAS`].
    pub fn for_gas(gas_limit: u64) -> Self {
        let gas_limit = gas_limit.max(MIN_GAS);
        let amount = u128::from(gas_limit) * u128::from(GAS_PRICE);
        Self {
            amount: Coins::base(Amount::new(amount)),
            gas_limit,
            payer: None,
        }
    }

    /// Another price, in uankr per unit of gas.
    pub fn with_price(gas_limit: u64, price: u64) -> Result<Self, TxBuildError> {
        let gas_limit = gas_limit.max(MIN_GAS);
        let amount = Amount::from(gas_limit)
            .mul(price.into())
            .map_err(|_| TxBuildError::FeeOverflow)?;
        Ok(Self {
            amount: Coins::base(amount),
            gas_limit,
            payer: None,
        })
    }

    pub(super) fn to_proto(&self) -> ProtoFee {
        ProtoFee {
            amount: self.amount.to_proto(),
            gas_limit: self.gas_limit,
            payer: self.payer.map(|payer| payer.to_string()).unwrap_or_default(),
            granter: String::new(),
        }
    }
}

impl Default for Fee {
    /// The least that the chain takes: 5 ANKR.
    fn default() -> Self {
        Self::for_gas(MIN_GAS)
    }
}

/// A gas limit from simulated gas: a quarter on top, since state may change
/// until the transaction is executed; at least [`MIN_GAS`].
pub fn adjusted_gas(simulated: u64) -> u64 {
    // A transfer is far below the least; headroom must not make it dearer.
    if simulated <= MIN_GAS {
        return MIN_GAS;
    }
    simulated.saturating_add(simulated / 4)
}
