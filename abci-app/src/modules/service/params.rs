//! Audits and levels.

use slsbft_mechanism::{audit, level};
use slsbft_proto::service::v1;
use slsbft_store::{Overlay, Read, Space};
use slsbft_types::{Amount, Ratio};

use super::keys;
use crate::{errors::Fault, modules::record};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Params {
    pub audits: audit::Rules,
    pub levels: level::Rules,
    pub max_providers: u32,
    /// What a provider holds while it is registered …
    pub min_self_stake: Amount,
    /// … and this much longer.
    pub release_seconds: u64,
    /// Of the self-stake, once per fall.
    pub fall_slash: Ratio,
    /// Segments of a compute proof for each registered core; none: computing is not proven.
    pub segments_per_core: u32,
}

impl Params {
    pub fn load(state: &impl Read) -> Result<Self, Fault> {
        let stored: v1::Params = record::load(state, Space::Main, keys::PARAMS)?.unwrap_or_default();
        Self::from_proto(&stored).ok_or_else(|| Fault::corrupt("service's parameters"))
    }

    pub fn save(&self, state: &mut Overlay) {
        record::store(state, keys::PARAMS.to_vec(), &self.to_proto());
    }

    fn from_proto(stored: &v1::Params) -> Option<Self> {
        let ratio = |parts| Ratio::from_billionths(parts).ok();
        Some(Self {
            audits: audit::Rules {
                auditors_per_target: stored.auditors_per_provider,
                most_targets_per_auditor: stored.max_targets,
                most_targets: stored.max_audited,
                good_ms: stored.good_latency_ms,
                bad_ms: stored.bad_latency_ms,
                ..audit::Rules::default()
            },
            levels: level::Rules {
                half_life_seconds: stored.half_life_seconds,
                prior_seconds: stored.prior_seconds,
                longest_step_seconds: stored.longest_step_seconds,
                floor: ratio(stored.level_floor)?,
                rearm: ratio(stored.level_rearm)?,
                pause_after: stored.pause_after,
                resume_after: stored.resume_after,
                ..level::Rules::default()
            },
            max_providers: stored.max_providers,
            min_self_stake: match stored.min_self_stake.as_str() {
                "" => Amount::ZERO,
                text => text.parse().ok()?,
            },
            release_seconds: stored.release_seconds,
            fall_slash: ratio(stored.fall_slash)?,
            segments_per_core: stored.segments_per_core,
        })
    }

    pub fn to_proto(self) -> v1::Params {
        v1::Params {
            auditors_per_provider: self.audits.auditors_per_target,
            max_targets: self.audits.most_targets_per_auditor,
            max_audited: self.audits.most_targets,
            max_providers: self.max_providers,
            good_latency_ms: self.audits.good_ms,
            bad_latency_ms: self.audits.bad_ms,
            half_life_seconds: self.levels.half_life_seconds,
            prior_seconds: self.levels.prior_seconds,
            longest_step_seconds: self.levels.longest_step_seconds,
            level_floor: self.levels.floor.billionths(),
            level_rearm: self.levels.rearm.billionths(),
            pause_after: self.levels.pause_after,
            resume_after: self.levels.resume_after,
            min_self_stake: self.min_self_stake.to_string(),
            release_seconds: self.release_seconds,
            fall_slash: self.fall_slash.billionths(),
            segments_per_core: self.segments_per_core,
        }
    }
}
