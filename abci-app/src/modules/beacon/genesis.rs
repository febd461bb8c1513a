//! The beacon and VRF keys in and out of a genesis document.

use slsbft_genesis::beacon::{Beacon as Section, Hex32, VrfKey};
use slsbft_mechanism::beacon;
use slsbft_store::{Order, Overlay, Read, Space};
use slsbft_types::Address;

use super::{keys, set_value, set_vrf_key, value};
use crate::{errors::Fault, modules::consensus::local};

pub fn init(state: &mut Overlay, chain_id: &str, section: &Section) -> Result<(), Fault> {
    let start = section
        .value
        .map_or_else(|| beacon::genesis(chain_id), |value| value.0);
    set_value(state, start);
    local::fold(state, keys::VALUE)?;
    for entry in &section.vrf_keys {
        set_vrf_key(state, &entry.operator, entry.vrf_key.0);
    }
    Ok(())
}

pub fn export(state: &impl Read) -> Result<Section, Fault> {
    let vrf_keys = state
        .prefix(Space::Main, keys::VRF_KEY, Order::Ascending)
        .map(|entry| {
            let (key, value) = entry?;
            let operator = key.strip_prefix(keys::VRF_KEY).map(Address::from_bytes);
            match (operator, <[u8; 32]>::try_from(value)) {
                (Some(Ok(operator)), Ok(vrf_key)) => Ok(VrfKey {
                    operator,
                    vrf_key: Hex32(vrf_key),
                }),
                _ => Err(Fault::corrupt("a VRF key")),
            }
        })
        .collect::<Result<_, Fault>>()?;
    Ok(Section {
        value: Some(Hex32(value(state)?)),
        vrf_keys,
    })
}
