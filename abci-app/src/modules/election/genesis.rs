//! Parameters of the election in and out of a genesis document. The candidates
//! are those of `staking`; the last boundary's are not carried over: a chain that
//! goes on draws its next election from how they stood when it began anew.

use slsbft_genesis::election::{Election as Section, ElectionParams};
use slsbft_store::{Overlay, Read};

use super::Params;
use crate::errors::Fault;

pub fn init(state: &mut Overlay, section: &Section) {
    Params {
        max_validators: section.params.max_validators,
        draw_min_seats: section.params.draw_min_seats,
        max_paused: section.params.max_paused.billionths(),
    }
    .save(state);
}

pub fn export(state: &impl Read) -> Result<Section, Fault> {
    let params = Params::load(state)?;
    Ok(Section {
        params: ElectionParams {
            max_validators: params.max_validators,
            draw_min_seats: params.draw_min_seats,
            max_paused: params.max_paused()?,
        },
    })
}
