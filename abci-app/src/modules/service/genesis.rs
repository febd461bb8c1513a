//! Providers and evidence in and out of a genesis document. What the running
//! epoch has begun is not carried over: its audits are void, its ratings unheard.

use slsbft_genesis::service::{
    AuditorAccount, Clock as SectionClock, EndpointKind as SectionKind, Participant,
    Provider as SectionProvider, Release, Service as Section, ServiceParams,
};
use slsbft_mechanism::level::{Clock, Dimensions, Evidence, Record};
use slsbft_proto::service::v1::{EndpointKind, Provider, Resources};
use slsbft_store::{Order, Overlay, Read, Space};
use slsbft_types::{Address, Amount, Time};

use super::{Params, audits, keys, records, registry};
use crate::errors::Fault;

/// Writes the section. Balances come before it: the module's account must hold the
/// self-stakes.
pub fn init(state: &mut Overlay, section: &Section) -> Result<(), Fault> {
    read_params(&section.params).save(state);
    for participant in &section.participants {
        let id = records::enrol(state, &participant.address)?;
        let number = records::page_of(id);
        let mut page = records::load_page(state, number)?;
        if let Some(slot) = page.get_mut(&id) {
            slot.record = read_record(participant);
        }
        records::store_page(state, number, &page);
    }
    for provider in &section.providers {
        let id = records::enrol(state, &provider.address)?;
        registry::save(state, &provider.address, &write_provider(provider, id));
        registry::index(state, &provider.address, &provider.tags);
    }
    registry::set_count(state, section.providers.len() as u64);
    for release in &section.releases {
        registry::hold(
            state,
            &release.provider,
            release.amount,
            Time::from_seconds(release.time),
        );
    }
    for entry in &section.auditors {
        audits::appoint(state, &entry.operator, Some(&entry.auditor))?;
    }
    Ok(())
}

/// Reads the section back.
pub fn export(state: &impl Read) -> Result<Section, Fault> {
    Ok(Section {
        params: write_params(&Params::load(state)?),
        participants: participants(state)?,
        providers: registry::all(state)?
            .into_iter()
            .map(|(address, provider)| read_provider(address, provider))
            .collect::<Result<_, _>>()?,
        releases: registry::held(state)?
            .into_iter()
            .map(|(time, provider, amount)| Release {
                provider,
                amount,
                time,
            })
            .collect(),
        auditors: auditors(state)?,
    })
}

fn read_params(section: &ServiceParams) -> Params {
    Params {
        audits: section.audits(),
        levels: section.levels(),
        max_providers: section.max_providers,
        min_self_stake: section.min_self_stake,
        release_seconds: section.release_seconds,
        fall_slash: section.fall_slash,
        segments_per_core: section.segments_per_core,
    }
}

fn write_params(params: &Params) -> ServiceParams {
    let (audits, levels) = (&params.audits, &params.levels);
    ServiceParams {
        auditors_per_provider: audits.auditors_per_target,
        max_targets: audits.most_targets_per_auditor,
        max_audited: audits.most_targets,
        max_providers: params.max_providers,
        good_latency_ms: audits.good_ms,
        bad_latency_ms: audits.bad_ms,
        half_life_seconds: levels.half_life_seconds,
        prior_seconds: levels.prior_seconds,
        longest_step_seconds: levels.longest_step_seconds,
        level_floor: levels.floor,
        level_rearm: levels.rearm,
        pause_after: levels.pause_after,
        resume_after: levels.resume_after,
        min_self_stake: params.min_self_stake,
        release_seconds: params.release_seconds,
        fall_slash: params.fall_slash,
        segments_per_core: params.segments_per_core,
    }
}

fn read_record(participant: &Participant) -> Record {
    let [consensus, endpoint, resource, consumer] = participant
        .evidence
        .map(|[success, failure]| Evidence { success, failure });
    Record {
        evidence: Dimensions {
            consensus,
            endpoint,
            resource,
            consumer,
        },
        updated: participant.updated,
        endpoint: read_clock(&participant.endpoint_clock),
        resource: read_clock(&participant.resource_clock),
        fallen: participant.fallen,
    }
}

/// In the order of their ids, so that each gets the same one again.
fn participants(state: &impl Read) -> Result<Vec<Participant>, Fault> {
    let mut participants = Vec::new();
    for entry in state.prefix(Space::Main, keys::PAGE, Order::Ascending) {
        let (key, _) = entry?;
        let number = key.last_chunk().map(|number| u32::from_be_bytes(*number));
        let number = number.ok_or_else(|| Fault::corrupt("a page of service records"))?;
        for slot in records::load_page(state, number)?.into_values() {
            let Dimensions {
                consensus,
                endpoint,
                resource,
                consumer,
            } = slot.record.evidence;
            participants.push(Participant {
                address: slot.address,
                evidence: [consensus, endpoint, resource, consumer].map(|e| [e.success, e.failure]),
                updated: slot.record.updated,
                endpoint_clock: write_clock(&slot.record.endpoint),
                resource_clock: write_clock(&slot.record.resource),
                fallen: slot.record.fallen,
            });
        }
    }
    Ok(participants)
}

fn read_clock(clock: &SectionClock) -> Clock {
    Clock {
        failed_in_a_row: clock.failed_in_a_row,
        good_in_a_row: clock.good_in_a_row,
        paused: clock.paused,
    }
}

fn write_clock(clock: &Clock) -> SectionClock {
    SectionClock {
        failed_in_a_row: clock.failed_in_a_row,
        good_in_a_row: clock.good_in_a_row,
        paused: clock.paused,
    }
}

fn write_provider(provider: &SectionProvider, id: u32) -> Provider {
    let kind = match provider.kind {
        SectionKind::Http => EndpointKind::Http,
        SectionKind::Grpc => EndpointKind::Grpc,
        SectionKind::Tcp => EndpointKind::Tcp,
    };
    Provider {
        address: provider.address.to_string(),
        id,
        moniker: provider.moniker.clone(),
        endpoint: provider.endpoint.clone(),
        kind: kind.into(),
        resources: Some(Resources {
            cpu_milli: provider.cpu_milli,
            memory_bytes: provider.memory_bytes,
            storage_bytes: provider.storage_bytes,
            bandwidth_kbps: provider.bandwidth_kbps,
            gpus: provider.gpus,
        }),
        tags: provider.tags.clone(),
        self_stake: provider.self_stake.to_string(),
        registered_epoch: provider.registered_epoch,
    }
}

fn read_provider(address: Address, provider: Provider) -> Result<SectionProvider, Fault> {
    let self_stake: Amount = registry::self_stake_of(&provider)?;
    let resources = provider.resources.unwrap_or_default();
    Ok(SectionProvider {
        address,
        kind: match provider.kind() {
            EndpointKind::Http => SectionKind::Http,
            EndpointKind::Grpc => SectionKind::Grpc,
            EndpointKind::Tcp => SectionKind::Tcp,
            EndpointKind::Unspecified => return Err(Fault::corrupt("a provider's kind of endpoint")),
        },
        moniker: provider.moniker,
        endpoint: provider.endpoint,
        cpu_milli: resources.cpu_milli,
        memory_bytes: resources.memory_bytes,
        storage_bytes: resources.storage_bytes,
        bandwidth_kbps: resources.bandwidth_kbps,
        gpus: resources.gpus,
        tags: provider.tags,
        self_stake,
        registered_epoch: provider.registered_epoch,
    })
}

fn auditors(state: &impl Read) -> Result<Vec<AuditorAccount>, Fault> {
    state
        .prefix(Space::Main, keys::AUDITOR, Order::Ascending)
        .map(|entry| {
            let (key, value) = entry?;
            let operator = keys::address_after(keys::AUDITOR, &key);
            let auditor = Address::from_bytes(&value).ok();
            operator
                .zip(auditor)
                .map(|(operator, auditor)| AuditorAccount { operator, auditor })
                .ok_or_else(|| Fault::corrupt("an auditor's account"))
        })
        .collect()
}
