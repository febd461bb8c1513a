//! Prices and shares.

use slsbft_proto::fees::v1::Params as ProtoParams;
use slsbft_store::{Overlay, Read, Space};
use slsbft_types::{Amount, Ratio};

use crate::{errors::Fault, modules::record};

/// Key of the parameters in [`Space::Main`].
const KEY: &[u8] = b"fees/params";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Params {
    /// Least gas a transaction is charged for.
    pub min_tx_gas: u64,
    /// Least fee per unit of gas, in uankr.
    pub min_gas_price: u64,
    pub validators_share: Ratio,
    pub treasury_share: Ratio,
    pub burned_share: Ratio,
}

impl Params {
    pub fn load(state: &impl Read) -> Result<Self, Fault> {
        let proto: ProtoParams = record::load(state, Space::Main, KEY)?.unwrap_or_default();
        let ratio = |parts| Ratio::from_billionths(parts).map_err(|_| Fault::corrupt("fee parameters"));
        Ok(Self {
            min_tx_gas: proto.min_tx_gas,
            min_gas_price: proto.min_gas_price,
            validators_share: ratio(proto.validators_share)?,
            treasury_share: ratio(proto.treasury_share)?,
            burned_share: ratio(proto.burned_share)?,
        })
    }

    pub fn save(&self, state: &mut Overlay) {
        record::store(state, KEY.to_vec(), &self.to_proto());
    }

    pub fn to_proto(self) -> ProtoParams {
        ProtoParams {
            min_tx_gas: self.min_tx_gas,
            min_gas_price: self.min_gas_price,
            validators_share: self.validators_share.billionths(),
            treasury_share: self.treasury_share.billionths(),
            burned_share: self.burned_share.billionths(),
        }
    }

    /// Least fee of a transaction with a gas limit.
    pub fn min_fee(&self, gas_limit: u64) -> Amount {
        Amount::new(u128::from(gas_limit) * u128::from(self.min_gas_price))
    }
}
