//! Providers, what is known of everybody's service, and the rules for both.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use slsbft_mechanism::{audit, level};
use slsbft_types::{Address, Amount, AmountError, Ratio, Time, UANKR_PER_ANKR};

use crate::error::{GenesisError, ensure, ensure_countable};

/// Name of the module account of self-stakes.
const STAKES: &str = "service";

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    pub params: ServiceParams,
    /// In the order of their ids.
    #[serde(default)]
    pub participants: Vec<Participant>,
    #[serde(default)]
    pub providers: Vec<Provider>,
    /// Self-stakes of providers that have left.
    #[serde(default)]
    pub releases: Vec<Release>,
    #[serde(default)]
    pub auditors: Vec<AuditorAccount>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceParams {
    pub auditors_per_provider: u32,
    /// Most providers that one auditor probes in an epoch.
    pub max_targets: u32,
    /// Of more providers, so many are audited in an epoch.
    pub max_audited: u32,
    pub max_providers: u32,
    /// Latency up to which an endpoint is perfect …
    pub good_latency_ms: u32,
    /// … and from which it is worth nothing.
    pub bad_latency_ms: u32,
    /// Evidence of service halves in so long.
    pub half_life_seconds: u64,
    /// Evidence that weighs as much as knowing nothing.
    pub prior_seconds: u64,
    /// Most that one epoch counts.
    pub longest_step_seconds: u64,
    /// A level below this is slashed, once …
    pub level_floor: Ratio,
    /// … until it was back at this.
    pub level_rearm: Ratio,
    /// Failed audits in a row that pause …
    pub pause_after: u32,
    /// … and good ones that end a pause.
    pub resume_after: u32,
    /// uankr that a provider holds while it is registered …
    pub min_self_stake: Amount,
    /// … and so much longer.
    pub release_seconds: u64,
    /// Of the self-stake, once per fall.
    pub fall_slash: Ratio,
    /// Segments that a provider computes in an epoch for each registered core; 0: no computing is
    /// proven.
    #[serde(default)]
    pub segments_per_core: u32,
}

/// What is known of an address, in microseconds of evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Participant {
    pub address: Address,
    /// Success and failure in consensus, endpoint, resource and consumer.
    pub evidence: [[u64; 2]; 4],
    pub updated: Time,
    pub endpoint_clock: Clock,
    pub resource_clock: Clock,
    pub fallen: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clock {
    pub failed_in_a_row: u32,
    pub good_in_a_row: u32,
    pub paused: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    pub address: Address,
    pub moniker: String,
    pub endpoint: String,
    pub kind: EndpointKind,
    pub cpu_milli: u64,
    pub memory_bytes: u64,
    pub storage_bytes: u64,
    pub bandwidth_kbps: u64,
    pub gpus: u64,
    pub tags: Vec<String>,
    /// uankr, held by the module's account.
    pub self_stake: Amount,
    pub registered_epoch: u64,
}

/// What an endpoint speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EndpointKind {
    #[serde(rename = "ENDPOINT_KIND_HTTP")]
    Http,
    #[serde(rename = "ENDPOINT_KIND_GRPC")]
    Grpc,
    #[serde(rename = "ENDPOINT_KIND_TCP")]
    Tcp,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    pub provider: Address,
    /// uankr, held by the module's account …
    pub amount: Amount,
    /// … until then, in Unix seconds.
    pub time: i64,
}

/// An account that audits for an operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditorAccount {
    pub operator: Address,
    pub auditor: Address,
}

impl Default for ServiceParams {
    fn default() -> Self {
        Self {
            auditors_per_provider: 15,
            max_targets: 5_000,
            max_audited: 10_000,
            max_providers: 100_000,
            good_latency_ms: 200,
            bad_latency_ms: 2_000,
            half_life_seconds: 168 * 3_600,
            prior_seconds: 20 * 3_600,
            longest_step_seconds: 6 * 3_600,
            level_floor: Ratio::from_percent(35),
            level_rearm: Ratio::from_percent(50),
            pause_after: 3,
            resume_after: 3,
            min_self_stake: Amount::new(1_000 * UANKR_PER_ANKR),
            release_seconds: 21 * 86_400,
            fall_slash: Ratio::from_percent(1),
            segments_per_core: 0,
        }
    }
}

impl ServiceParams {
    /// Of a testnet on one machine: minutes instead of weeks, as few auditors as there are.
    pub fn local() -> Self {
        Self {
            auditors_per_provider: 3,
            half_life_seconds: 120,
            prior_seconds: 14,
            pause_after: 2,
            resume_after: 2,
            release_seconds: 120,
            ..Self::default()
        }
    }

    pub fn audits(&self) -> audit::Rules {
        audit::Rules {
            auditors_per_target: self.auditors_per_provider,
            most_targets_per_auditor: self.max_targets,
            most_targets: self.max_audited,
            good_ms: self.good_latency_ms,
            bad_ms: self.bad_latency_ms,
            ..audit::Rules::default()
        }
    }

    pub fn levels(&self) -> level::Rules {
        level::Rules {
            half_life_seconds: self.half_life_seconds,
            prior_seconds: self.prior_seconds,
            longest_step_seconds: self.longest_step_seconds,
            floor: self.level_floor,
            rearm: self.level_rearm,
            pause_after: self.pause_after,
            resume_after: self.resume_after,
            ..level::Rules::default()
        }
    }
}

impl Service {
    /// Account that holds the self-stakes.
    pub fn stakes_account() -> Address {
        Address::module(STAKES)
    }

    /// What that account must hold.
    pub fn held(&self) -> Result<Amount, AmountError> {
        let of_providers = self.providers.iter().map(|provider| provider.self_stake);
        let of_others = self.releases.iter().map(|release| release.amount);
        of_providers.chain(of_others).try_fold(Amount::ZERO, Amount::add)
    }

    pub fn validate(&self) -> Result<(), GenesisError> {
        let params = &self.params;
        params
            .audits()
            .check()
            .map_err(|e| GenesisError::new("params", e))?;
        params
            .levels()
            .check()
            .map_err(|e| GenesisError::new("params", e))?;
        ensure_countable(params.release_seconds, "params.release_seconds")?;
        unique(self.participants.iter().map(|p| p.address), "participants")?;
        unique(self.providers.iter().map(|p| p.address), "providers")?;
        unique(self.releases.iter().map(|r| r.provider), "releases")?;
        unique(self.auditors.iter().map(|a| a.operator), "auditors")?;
        unique(self.auditors.iter().map(|a| a.auditor), "auditors")?;
        ensure(
            self.providers.len() as u64 <= params.max_providers.into(),
            "providers",
            format!("are more than params.max_providers ({})", params.max_providers),
        )
    }
}

fn unique(addresses: impl Iterator<Item = Address>, path: &str) -> Result<(), GenesisError> {
    let mut known = BTreeSet::new();
    for (i, address) in addresses.enumerate() {
        ensure(
            known.insert(address),
            &format!("{path}[{i}]"),
            format!("{address} is listed twice"),
        )?;
    }
    Ok(())
}
