//! Fee rules in and out of a genesis document.

use slsbft_genesis::fees::{Fees as Section, FeesParams};
use slsbft_store::{Overlay, Read};
use slsbft_types::Amount;

use super::Params;
use crate::errors::Fault;

pub fn init(state: &mut Overlay, section: &Section) -> Result<(), Fault> {
    let params = &section.params;
    let price = u64::try_from(params.min_gas_price.value());
    Params {
        min_tx_gas: params.min_tx_gas,
        min_gas_price: price.map_err(|_| Fault::Genesis("fees.params.min_gas_price is too large".into()))?,
        validators_share: params.validators_share,
        treasury_share: params.treasury_share,
        burned_share: params.burned_share,
    }
    .save(state);
    Ok(())
}

pub fn export(state: &impl Read) -> Result<Section, Fault> {
    let params = Params::load(state)?;
    Ok(Section {
        params: FeesParams {
            min_tx_gas: params.min_tx_gas,
            min_gas_price: Amount::from(params.min_gas_price),
            validators_share: params.validators_share,
            treasury_share: params.treasury_share,
            burned_share: params.burned_share,
        },
    })
}
