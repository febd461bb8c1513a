//! What is kept of an election: where every candidate stood, and why.

use std::collections::BTreeMap;

use prost::Message;
use slsbft_mechanism::election::{self, WEIGHT_PER_UANKR};
use slsbft_proto::election::v1::{Place, ServiceLevel, Standing};
use slsbft_store::{Order, Overlay, Read, Space};
use slsbft_types::{Address, Ratio};

use super::{
    Candidate, keys,
    snapshot::{Bar, Entry, Snapshot},
};
use crate::{
    errors::Fault,
    modules::{consensus::consensus_address, record},
};

/// Elections that can be asked for.
const RESULTS_KEPT: usize = 100;

/// Why a paused candidate stands.
const SPARED: &str = "paused, but with it more stake would be barred than may be at once";

/// An election as it was held.
#[derive(Clone, PartialEq, Message)]
pub struct Outcome {
    #[prost(bytes = "vec", tag = "1")]
    pub seed: Vec<u8>,
    /// uankr of weight from which a seat was certain, rounded down; 0 if none was drawn.
    #[prost(string, tag = "2")]
    pub threshold: String,
    #[prost(message, repeated, tag = "3")]
    pub placed: Vec<Placed>,
}

/// A candidate and its place.
#[derive(Clone, PartialEq, Message)]
pub struct Placed {
    #[prost(message, optional, tag = "1")]
    pub candidate: Option<Entry>,
    #[prost(string, tag = "2")]
    pub weight: String,
    /// Parts per billion.
    #[prost(uint64, tag = "3")]
    pub chance: u64,
    #[prost(enumeration = "Place", tag = "4")]
    pub place: i32,
    #[prost(int64, tag = "5")]
    pub power: i64,
    #[prost(string, tag = "6")]
    pub reason: String,
}

impl Outcome {
    /// Puts an election's result together: those who stood, by weight, then those
    /// who could not. `emptied` names who won a seat and lost it since, and why.
    pub fn of(
        snapshot: &Snapshot,
        held: &election::Election,
        seed: &[u8; 32],
        emptied: &BTreeMap<Address, &str>,
    ) -> Self {
        let stood = held.standings.iter().filter_map(|standing| {
            let placed = Placed::stood(snapshot.candidate(&standing.operator)?, standing);
            Some(match emptied.get(&standing.operator) {
                Some(reason) => placed.vacated(reason),
                None => placed,
            })
        });
        let barred = snapshot
            .candidates
            .iter()
            .filter_map(|candidate| Some(Placed::barred(candidate, candidate.bar()?)));
        let threshold = held.threshold.as_ref().map(|threshold| threshold.whole_uankr());
        Self {
            seed: seed.to_vec(),
            threshold: threshold.unwrap_or_default().to_string(),
            placed: stood.chain(barred).collect(),
        }
    }

    pub fn load(state: &impl Read, epoch: u64) -> Result<Option<Self>, Fault> {
        record::load(state, Space::Main, &keys::result(epoch))
    }

    pub fn save(&self, state: &mut Overlay, epoch: u64) -> Result<(), Fault> {
        record::store(state, keys::result(epoch), self);
        let kept: Vec<_> = state
            .prefix(Space::Main, keys::RESULT, Order::Descending)
            .skip(RESULTS_KEPT)
            .take(2)
            .collect::<Result<_, _>>()?;
        for (key, _) in kept {
            state.delete(Space::Main, &key);
        }
        Ok(())
    }
}

impl Placed {
    fn stood(candidate: &Candidate, standing: &election::Standing) -> Self {
        let (place, reason) = place(standing.place);
        let reason = match reason {
            "" if candidate.service.spared => SPARED,
            reason => reason,
        };
        Self {
            candidate: Some(Entry::from_candidate(candidate)),
            weight: (standing.weight / WEIGHT_PER_UANKR).to_string(),
            chance: standing.chance.billionths(),
            place: place.into(),
            power: i64::try_from(standing.power).unwrap_or(i64::MAX),
            reason: reason.into(),
        }
    }

    fn barred(candidate: &Candidate, bar: Bar) -> Self {
        Self {
            candidate: Some(Entry::from_candidate(candidate)),
            weight: "0".into(),
            chance: 0,
            place: Place::NotEligible.into(),
            power: 0,
            reason: bar.reason().into(),
        }
    }

    /// With a seat that was won and lost before it was taken.
    fn vacated(self, reason: &str) -> Self {
        Self {
            place: Place::SeatEmpty.into(),
            power: 0,
            reason: reason.into(),
            ..self
        }
    }

    /// As queries show it; `None` if the record is broken.
    pub fn show(self) -> Option<Standing> {
        let candidate = self.candidate?.into_candidate()?;
        Some(Standing {
            operator: candidate.operator.to_validator_bech32(),
            stake: candidate.stake.to_string(),
            self_stake: candidate.self_stake.to_string(),
            service: Some(service(&candidate)),
            weight: self.weight,
            chance: self.chance,
            place: self.place,
            reason: self.reason,
            power: self.power,
            consensus_address: consensus_address(&candidate.consensus_key).to_vec().into(),
            moniker: candidate.moniker,
        })
    }
}

fn service(candidate: &Candidate) -> ServiceLevel {
    let [consensus, endpoint, resource, consumer] = candidate.service.scores.map(Ratio::billionths);
    ServiceLevel {
        consensus,
        endpoint,
        resource,
        consumer,
        level: candidate.service.level.billionths(),
    }
}

/// A place of the draw, and for those who are out the reason.
fn place(place: election::Place) -> (Place, &'static str) {
    match place {
        election::Place::Certain => (Place::Certain, ""),
        election::Place::Drawn => (Place::Drawn, ""),
        election::Place::Heaviest => (Place::ByWeight, ""),
        election::Place::NotDrawn => (
            Place::NotDrawn,
            "the draw passed it over; its chance was `chance`",
        ),
        election::Place::TooLight => (Place::Below, "its weight is below that of the last seat"),
        election::Place::NoWeight => (Place::Below, "it has no stake"),
    }
}
