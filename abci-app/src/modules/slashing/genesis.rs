//! Parameters and recorded stakes in and out of a genesis document.

use slsbft_genesis::slashing::{RecordedStake, RecordedStakes, Slashing as Section, SlashingParams};
use slsbft_store::{Order, Overlay, Read, Space};
use slsbft_types::{Address, Amount};

use super::{Params, keys, recorded};
use crate::{errors::Fault, modules::record};

pub fn init(state: &mut Overlay, section: &Section) {
    let params = &section.params;
    Params {
        double_sign_fraction: params.double_sign_fraction,
        downtime_fraction: params.downtime_fraction,
        downtime_jail_seconds: params.downtime_jail_seconds,
        min_signed: params.min_signed,
        max_absent: params.max_absent,
    }
    .save(state);
    for entry in &section.recorded {
        let stakes = entry.stakes.iter().map(|stake| (stake.operator, stake.stake));
        recorded::store(state, entry.height, entry.time, entry.since, stakes);
    }
}

pub fn export(state: &impl Read) -> Result<Section, Fault> {
    let params = Params::load(state)?;
    let recorded = state
        .prefix(Space::Main, keys::RECORDED, Order::Ascending)
        .map(|entry| {
            let (key, value) = entry?;
            let height = key.last_chunk().map(|height| u64::from_be_bytes(*height));
            let recorded: recorded::Recorded = record::decode(&value, &key)?;
            let stakes = recorded.stakes.iter().map(|stake| {
                let amount = <[u8; 16]>::try_from(stake.stake.as_slice()).ok()?;
                Some(RecordedStake {
                    operator: Address::from_bytes(&stake.operator).ok()?,
                    stake: Amount::new(u128::from_be_bytes(amount)),
                })
            });
            height
                .zip(stakes.collect::<Option<_>>())
                .map(|(height, stakes)| RecordedStakes {
                    height,
                    time: recorded.time,
                    since: recorded.since,
                    stakes,
                })
                .ok_or_else(|| Fault::corrupt("a recorded stake"))
        })
        .collect::<Result<_, Fault>>()?;
    Ok(Section {
        params: SlashingParams {
            double_sign_fraction: params.double_sign_fraction,
            downtime_fraction: params.downtime_fraction,
            downtime_jail_seconds: params.downtime_jail_seconds,
            min_signed: params.min_signed,
            max_absent: params.max_absent,
        },
        recorded,
    })
}
