//! The candidates at a boundary: all that the next election knows of them.

use prost::Message;
use slsbft_mechanism::election;
use slsbft_store::{Overlay, Read, Space};
use slsbft_types::{Address, Amount, Ratio};

use super::{Candidate, Service, keys};
use crate::{errors::Fault, modules::record};

/// The candidates at the end of an epoch, or at genesis.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    pub epoch: u64,
    /// Of the boundary's block; at genesis, of the first block.
    pub height: u64,
    /// By operator.
    pub candidates: Vec<Candidate>,
}

/// Why a candidate cannot stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bar {
    Tombstoned,
    Jailed,
    SelfStake,
    VrfKey,
    Paused,
}

impl Bar {
    /// In words.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Tombstoned => "tombstoned for signing two blocks of one height",
            Self::Jailed => "jailed; `slsbftd tx slashing unjail` lets it out when its time is over",
            Self::SelfStake => "its own delegation is below the least",
            Self::VrfKey => "no VRF key is registered; `slsbftd tx beacon register-vrf-key` does it",
            Self::Paused => "paused: its endpoint or resources failed several audits in a row",
        }
    }
}

impl Candidate {
    /// Why it cannot stand, if it cannot.
    pub fn bar(&self) -> Option<Bar> {
        if self.tombstoned {
            Some(Bar::Tombstoned)
        } else if self.jailed {
            Some(Bar::Jailed)
        } else if !self.has_self_stake {
            Some(Bar::SelfStake)
        } else if self.vrf_key.is_none() {
            Some(Bar::VrfKey)
        } else if self.service.paused && !self.service.spared {
            Some(Bar::Paused)
        } else {
            None
        }
    }
}

/// Lets those of the paused stand that are too much to be barred at one boundary.
pub fn spare(candidates: &mut [Candidate], most: Ratio) {
    let mut total = 0u128;
    let mut paused = Vec::new();
    for candidate in candidates.iter() {
        match candidate.bar() {
            None => {}
            Some(Bar::Paused) => paused.push((candidate.operator, candidate.stake.value())),
            Some(_) => continue,
        }
        total = total.saturating_add(candidate.stake.value());
    }
    let barred = election::neglectful(paused, total, most);
    for candidate in candidates {
        let is_paused = candidate.bar() == Some(Bar::Paused);
        candidate.service.spared = is_paused && !barred.contains(&candidate.operator);
    }
}

impl Snapshot {
    /// Those who may stand, as the rules of the draw see them.
    pub fn standing(&self) -> Vec<election::Candidate> {
        let eligible = self
            .candidates
            .iter()
            .filter(|candidate| candidate.bar().is_none());
        let candidate = |candidate: &Candidate| election::Candidate {
            operator: candidate.operator,
            stake: candidate.stake,
            level: candidate.service.level,
        };
        eligible.map(candidate).collect()
    }

    pub fn candidate(&self, operator: &Address) -> Option<&Candidate> {
        let found = self.candidates.binary_search_by(|c| c.operator.cmp(operator));
        self.candidates.get(found.ok()?)
    }

    pub fn load(state: &impl Read) -> Result<Self, Fault> {
        let stored: Record = record::load(state, Space::Main, keys::SNAPSHOT)?.unwrap_or_default();
        let candidates = stored.candidates.into_iter().map(Entry::into_candidate);
        Ok(Self {
            epoch: stored.epoch,
            height: stored.height,
            candidates: candidates
                .collect::<Option<_>>()
                .ok_or_else(|| Fault::corrupt("the candidates at the last boundary"))?,
        })
    }

    pub fn save(&self, state: &mut Overlay) {
        let stored = Record {
            epoch: self.epoch,
            height: self.height,
            candidates: self.candidates.iter().map(Entry::from_candidate).collect(),
        };
        record::store(state, keys::SNAPSHOT.to_vec(), &stored);
    }
}

#[derive(Clone, PartialEq, Message)]
struct Record {
    #[prost(uint64, tag = "1")]
    epoch: u64,
    #[prost(message, repeated, tag = "2")]
    candidates: Vec<Entry>,
    #[prost(uint64, tag = "3")]
    height: u64,
}

/// The stored form of a candidate.
#[derive(Clone, PartialEq, Message)]
pub struct Entry {
    #[prost(bytes = "vec", tag = "1")]
    operator: Vec<u8>,
    #[prost(string, tag = "2")]
    moniker: String,
    /// Big-endian, 16 bytes.
    #[prost(bytes = "vec", tag = "3")]
    stake: Vec<u8>,
    /// Big-endian, 16 bytes.
    #[prost(bytes = "vec", tag = "4")]
    self_stake: Vec<u8>,
    #[prost(bool, tag = "5")]
    has_self_stake: bool,
    #[prost(bool, tag = "6")]
    jailed: bool,
    #[prost(bool, tag = "7")]
    tombstoned: bool,
    #[prost(bytes = "vec", tag = "8")]
    consensus_key: Vec<u8>,
    /// Empty without one.
    #[prost(bytes = "vec", tag = "9")]
    vrf_key: Vec<u8>,
    /// Parts per billion.
    #[prost(uint64, repeated, tag = "10")]
    scores: Vec<u64>,
    #[prost(uint64, tag = "11")]
    level: u64,
    #[prost(bool, tag = "12")]
    paused: bool,
    #[prost(bool, tag = "13")]
    spared: bool,
}

impl Entry {
    pub fn from_candidate(candidate: &Candidate) -> Self {
        Self {
            operator: candidate.operator.as_bytes().to_vec(),
            moniker: candidate.moniker.clone(),
            stake: candidate.stake.value().to_be_bytes().to_vec(),
            self_stake: candidate.self_stake.value().to_be_bytes().to_vec(),
            has_self_stake: candidate.has_self_stake,
            jailed: candidate.jailed,
            tombstoned: candidate.tombstoned,
            consensus_key: candidate.consensus_key.to_vec(),
            vrf_key: candidate.vrf_key.map(|key| key.to_vec()).unwrap_or_default(),
            scores: candidate.service.scores.map(Ratio::billionths).to_vec(),
            level: candidate.service.level.billionths(),
            paused: candidate.service.paused,
            spared: candidate.service.spared,
        }
    }

    /// `None` if it is not one that this node wrote.
    pub fn into_candidate(self) -> Option<Candidate> {
        let amount = |bytes: Vec<u8>| Some(Amount::new(u128::from_be_bytes(bytes.try_into().ok()?)));
        let ratio = |parts| Ratio::from_billionths(parts).ok();
        let scores: Vec<Ratio> = self.scores.into_iter().map(ratio).collect::<Option<_>>()?;
        let vrf_key = match self.vrf_key.as_slice() {
            [] => None,
            key => Some(key.try_into().ok()?),
        };
        Some(Candidate {
            operator: Address::from_bytes(&self.operator).ok()?,
            moniker: self.moniker,
            stake: amount(self.stake)?,
            self_stake: amount(self.self_stake)?,
            has_self_stake: self.has_self_stake,
            jailed: self.jailed,
            tombstoned: self.tombstoned,
            consensus_key: self.consensus_key.try_into().ok()?,
            vrf_key,
            service: Service {
                scores: scores.try_into().ok()?,
                level: ratio(self.level)?,
                paused: self.paused,
                spared: self.spared,
            },
        })
    }
}
