//! Seats.

use prost::Message;
use slsbft_mechanism::election::Rules;
use slsbft_store::{Overlay, Read, Space};
use slsbft_types::Ratio;

use super::keys;
use crate::{errors::Fault, modules::record};

#[derive(Clone, PartialEq, Eq, Message)]
pub struct Params {
    /// Most seats of the validator set.
    #[prost(uint32, tag = "1")]
    pub max_validators: u32,
    /// With fewer seats they go by weight alone.
    #[prost(uint32, tag = "2")]
    pub draw_min_seats: u32,
    /// Most of the stake that pauses bar at one boundary, in parts per billion.
    #[prost(uint64, tag = "3")]
    pub max_paused: u64,
}

impl Params {
    pub fn load(state: &impl Read) -> Result<Self, Fault> {
        Ok(record::load(state, Space::Main, keys::PARAMS)?.unwrap_or_default())
    }

    pub fn save(&self, state: &mut Overlay) {
        record::store(state, keys::PARAMS.to_vec(), self);
    }

    pub fn max_paused(&self) -> Result<Ratio, Fault> {
        Ratio::from_billionths(self.max_paused).map_err(|_| Fault::corrupt("election's parameters"))
    }

    pub fn rules(&self) -> Rules {
        Rules {
            seats: self.max_validators,
            draw_min_seats: self.draw_min_seats,
        }
    }
}
