//! `slsbft.service.v1` messages, checked when they are read: every text and list
//! has its bound.

use slsbft_mechanism::audit::{Entry, Finding, Reading, Report};
use slsbft_proto::service::v1;
use slsbft_types::{Address, Amount};

use super::ServiceError;
use crate::{
    errors::{TxError, sdk},
    tx::decode_known,
};

/// Most entries of a report.
pub const MAX_ENTRIES: usize = 5_000;
const MAX_MONIKER: usize = 70;
const MAX_ENDPOINT: usize = 256;
const MAX_TAGS: usize = 16;
const MAX_TAG: usize = 32;
/// A petabyte, or a terabit per second: more is a mistake.
const MOST_BYTES: u64 = 1 << 50;
const MOST_KBPS: u64 = 1_000_000_000;
const MOST_UNITS: u64 = 1_000_000_000;

const REGISTER: &str = "/slsbft.service.v1.MsgRegisterProvider";
const UPDATE: &str = "/slsbft.service.v1.MsgUpdateProvider";
const DEREGISTER: &str = "/slsbft.service.v1.MsgDeregisterProvider";
const SET_AUDITOR: &str = "/slsbft.service.v1.MsgSetAuditor";
const COMMIT: &str = "/slsbft.service.v1.MsgCommitAudit";
const REVEAL: &str = "/slsbft.service.v1.MsgRevealAudit";
const COMMIT_COMPUTE: &str = "/slsbft.service.v1.MsgCommitCompute";

// `docs/protocol/gas.md` explains the figures.
const REGISTER_GAS: u64 = 120_000;
const UPDATE_GAS: u64 = 80_000;
const DEREGISTER_GAS: u64 = 80_000;
const SET_AUDITOR_GAS: u64 = 60_000;
const COMMIT_GAS: u64 = 40_000;
const REVEAL_GAS: u64 = 60_000;
/// Each entry: hashed, kept, and judged at the epoch's end.
const PER_ENTRY_GAS: u64 = 1_000;

#[derive(Clone, Debug)]
pub enum Msg {
    Register {
        provider: Address,
        profile: Profile,
        self_stake: Amount,
    },
    Update {
        provider: Address,
        profile: Profile,
        add_self_stake: Amount,
    },
    Deregister {
        provider: Address,
    },
    SetAuditor {
        operator: Address,
        /// `None`: the operator itself.
        auditor: Option<Address>,
    },
    Commit {
        auditor: Address,
        epoch: u64,
        digest: [u8; 32],
    },
    Reveal {
        auditor: Address,
        epoch: u64,
        salt: [u8; 32],
        report: Report,
    },
    CommitCompute {
        provider: Address,
        epoch: u64,
        root: [u8; 32],
    },
}

/// What a provider says of itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    pub moniker: String,
    pub endpoint: String,
    pub kind: v1::EndpointKind,
    pub resources: v1::Resources,
    pub tags: Vec<String>,
}

impl Msg {
    /// `None` if the type is not one of service's.
    pub fn from_any(type_url: &str, value: &[u8]) -> Option<Result<Self, TxError>> {
        let read = match type_url {
            REGISTER => decode(value).and_then(register),
            UPDATE => decode(value).and_then(update),
            DEREGISTER => decode(value).and_then(deregister),
            SET_AUDITOR => decode(value).and_then(set_auditor),
            COMMIT => decode(value).and_then(commit),
            REVEAL => decode(value).and_then(reveal),
            COMMIT_COMPUTE => decode(value).and_then(commit_compute),
            _ => return None,
        };
        Some(read)
    }

    pub fn signer(&self) -> Address {
        match self {
            Self::Register { provider, .. }
            | Self::Update { provider, .. }
            | Self::Deregister { provider }
            | Self::CommitCompute { provider, .. } => *provider,
            Self::SetAuditor { operator, .. } => *operator,
            Self::Commit { auditor, .. } | Self::Reveal { auditor, .. } => *auditor,
        }
    }

    pub fn type_url(&self) -> &'static str {
        match self {
            Self::Register { .. } => REGISTER,
            Self::Update { .. } => UPDATE,
            Self::Deregister { .. } => DEREGISTER,
            Self::SetAuditor { .. } => SET_AUDITOR,
            Self::Commit { .. } => COMMIT,
            Self::Reveal { .. } => REVEAL,
            Self::CommitCompute { .. } => COMMIT_COMPUTE,
        }
    }

    pub fn gas(&self) -> u64 {
        match self {
            Self::Register { .. } => REGISTER_GAS,
            Self::Update { .. } => UPDATE_GAS,
            Self::Deregister { .. } => DEREGISTER_GAS,
            Self::SetAuditor { .. } => SET_AUDITOR_GAS,
            Self::Commit { .. } | Self::CommitCompute { .. } => COMMIT_GAS,
            Self::Reveal { report, .. } => REVEAL_GAS + PER_ENTRY_GAS * report.entries().len() as u64,
        }
    }
}

fn register(msg: v1::MsgRegisterProvider) -> Result<Msg, TxError> {
    let kind = msg.kind();
    Ok(Msg::Register {
        provider: address("provider", &msg.provider)?,
        profile: profile(msg.moniker, msg.endpoint, kind, msg.resources, msg.tags)?,
        self_stake: amount("self_stake", &msg.self_stake)?,
    })
}

fn update(msg: v1::MsgUpdateProvider) -> Result<Msg, TxError> {
    let kind = msg.kind();
    let add_self_stake = match msg.add_self_stake.as_str() {
        "" => Amount::ZERO,
        text => amount("add_self_stake", text)?,
    };
    Ok(Msg::Update {
        provider: address("provider", &msg.provider)?,
        profile: profile(msg.moniker, msg.endpoint, kind, msg.resources, msg.tags)?,
        add_self_stake,
    })
}

fn deregister(msg: v1::MsgDeregisterProvider) -> Result<Msg, TxError> {
    Ok(Msg::Deregister {
        provider: address("provider", &msg.provider)?,
    })
}

fn set_auditor(msg: v1::MsgSetAuditor) -> Result<Msg, TxError> {
    let operator = address("operator", &msg.operator)?;
    let auditor = match msg.auditor.as_str() {
        "" => None,
        text => Some(address("auditor", text)?).filter(|auditor| *auditor != operator),
    };
    Ok(Msg::SetAuditor { operator, auditor })
}

fn commit(msg: v1::MsgCommitAudit) -> Result<Msg, TxError> {
    Ok(Msg::Commit {
        auditor: address("auditor", &msg.auditor)?,
        epoch: msg.epoch,
        digest: bytes32("digest", &msg.digest)?,
    })
}

fn reveal(msg: v1::MsgRevealAudit) -> Result<Msg, TxError> {
    if msg.entries.len() > MAX_ENTRIES {
        let found = msg.entries.len();
        return Err(sdk::invalid_request(format!(
            "{found} entries; a report has at most {MAX_ENTRIES}"
        )));
    }
    let entries = msg.entries.iter().map(entry).collect::<Result<_, _>>()?;
    Ok(Msg::Reveal {
        auditor: address("auditor", &msg.auditor)?,
        epoch: msg.epoch,
        salt: bytes32("salt", &msg.salt)?,
        report: Report::new(entries).map_err(|e| ServiceError::Report(e.to_string()))?,
    })
}

fn commit_compute(msg: v1::MsgCommitCompute) -> Result<Msg, TxError> {
    Ok(Msg::CommitCompute {
        provider: address("provider", &msg.provider)?,
        epoch: msg.epoch,
        root: bytes32("root", &msg.root)?,
    })
}

fn entry(entry: &v1::AuditEntry) -> Result<Entry, TxError> {
    let target = entry.provider;
    let wrong = |what: &str| sdk::invalid_request(format!("entry on provider {target}: {what}"));
    if !entry.reachable {
        return match (entry.latency_ms, entry.throughput_kbps, entry.delivered) {
            (0, 0, None) => Ok(Entry {
                target,
                finding: Finding::Unreachable,
            }),
            _ => Err(wrong(
                "what was not reached has no latency, throughput or delivery",
            )),
        };
    }
    let latency_ms = u16::try_from(entry.latency_ms);
    let delivered = entry.delivered.map(u16::try_from).transpose();
    Ok(Entry {
        target,
        finding: Finding::Reached(Reading {
            latency_ms: latency_ms
                .map_err(|_| wrong("latency_ms is at most 65535, which stands for more"))?,
            throughput_kbps: entry.throughput_kbps,
            delivered: delivered.map_err(|_| wrong("delivered is in thousandths"))?,
        }),
    })
}

fn profile(
    moniker: String,
    endpoint: String,
    kind: v1::EndpointKind,
    resources: Option<v1::Resources>,
    tags: Vec<String>,
) -> Result<Profile, TxError> {
    let wrong = |what: String| Err(sdk::invalid_request(what));
    if moniker.is_empty() || moniker.len() > MAX_MONIKER {
        return wrong(format!("moniker has 1 to {MAX_MONIKER} bytes"));
    }
    if let Err(what) = check_endpoint(&endpoint, kind) {
        return wrong(format!("endpoint: {what}"));
    }
    if tags.len() > MAX_TAGS || !tags.is_sorted_by(|a, b| a < b) {
        return wrong(format!(
            "tags are sorted, without doubles, and at most {MAX_TAGS}"
        ));
    }
    let is_tag = |tag: &String| {
        let letters = tag
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        letters && (1..=MAX_TAG).contains(&tag.len())
    };
    if let Some(tag) = tags.iter().find(|tag| !is_tag(tag)) {
        let shown: String = tag.chars().take(MAX_TAG).collect();
        return wrong(format!(
            "tag '{shown}': a tag has 1 to {MAX_TAG} lower-case letters, digits and '-'"
        ));
    }
    let resources = resources.unwrap_or_default();
    check_resources(&resources)?;
    Ok(Profile {
        moniker,
        endpoint,
        kind,
        resources,
        tags,
    })
}

/// The scheme belongs to the kind, and a host follows; whether it can be reached
/// is what audits find out.
fn check_endpoint(endpoint: &str, kind: v1::EndpointKind) -> Result<(), String> {
    if endpoint.len() > MAX_ENDPOINT {
        return Err(format!("has more than {MAX_ENDPOINT} bytes"));
    }
    if !endpoint.bytes().all(|b| b.is_ascii_graphic()) {
        return Err("has characters that no URL has".into());
    }
    let schemes: &[&str] = match kind {
        v1::EndpointKind::Http => &["http", "https"],
        v1::EndpointKind::Grpc => &["grpc", "grpcs"],
        v1::EndpointKind::Tcp => &["tcp", "tls"],
        v1::EndpointKind::Unspecified => return Err("kind is missing: HTTP, GRPC or TCP".into()),
    };
    let Some((scheme, rest)) = endpoint.split_once("://") else {
        return Err(format!(
            "is no URL; expected {}://host:port",
            schemes.join(":// or ")
        ));
    };
    if !schemes.contains(&scheme) {
        return Err(format!(
            "scheme '{scheme}' does not fit its kind; expected {}",
            schemes.join(" or ")
        ));
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err("has a user name, which auditors do not send".into());
    }
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    if host.is_empty() {
        return Err("has no host".into());
    }
    Ok(())
}

fn check_resources(resources: &v1::Resources) -> Result<(), TxError> {
    let bounds = [
        ("cpu_milli", resources.cpu_milli, MOST_UNITS),
        ("memory_bytes", resources.memory_bytes, MOST_BYTES),
        ("storage_bytes", resources.storage_bytes, MOST_BYTES),
        ("bandwidth_kbps", resources.bandwidth_kbps, MOST_KBPS),
        ("gpus", resources.gpus, MOST_UNITS),
    ];
    match bounds.iter().find(|(_, found, most)| found > most) {
        Some((name, found, most)) => Err(sdk::invalid_request(format!(
            "resources.{name} is {found}, the most is {most}"
        ))),
        None => Ok(()),
    }
}

fn decode<M: prost::Message + Default>(value: &[u8]) -> Result<M, TxError> {
    decode_known("service message", value)
}

fn address(field: &str, text: &str) -> Result<Address, TxError> {
    Address::from_bech32(text).map_err(|e| sdk::invalid_address(format!("{field}: {e}")))
}

fn amount(field: &str, text: &str) -> Result<Amount, TxError> {
    text.parse()
        .map_err(|e| sdk::invalid_coins(format!("{field}: {e}")))
}

fn bytes32(field: &str, bytes: &[u8]) -> Result<[u8; 32], TxError> {
    let found = bytes.len();
    bytes
        .try_into()
        .map_err(|_| sdk::invalid_request(format!("{field} has {found} bytes, expected 32")))
}
