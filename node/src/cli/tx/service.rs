//! `slsbftd tx service`

use std::{collections::BTreeSet, path::PathBuf};

use clap::{Subcommand, ValueEnum};
use slsbft_proto::service::v1::{
    EndpointKind, MsgDeregisterProvider, MsgRegisterProvider, MsgSetAuditor, MsgUpdateProvider, Provider,
    Resources,
};
use slsbft_types::Amount;

use super::{
    super::{Global, Outcome, options::Failure, values},
    Sender, With,
};
use crate::auditor::book::Held;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Register what you provide, so that it is audited and has a service level
    #[command(
        after_help = "Examples:\n  slsbftd tx service register --from alice --moniker alice --endpoint https://node.example.org/status \\\n    \
        --cpu 16 --memory 64GiB --storage 2TB --bandwidth 1gbit --tag rpc --self-stake 1000ankr"
    )]
    Register {
        #[command(flatten)]
        terms: Box<Terms>,
        /// Held while you are registered: 1000ankr [default: the chain's least]
        #[arg(long, value_name = "AMOUNT", value_parser = values::amount)]
        self_stake: Option<Amount>,
    },
    /// Change what you provide; what is not named stays as it is
    #[command(
        after_help = "Examples:\n  slsbftd tx service update --from alice --storage 4TB\n  \
        slsbftd tx service update --from alice --add-self-stake 500ankr"
    )]
    Update {
        #[command(flatten)]
        terms: Box<Terms>,
        /// Added to what is held: 500ankr
        #[arg(long, value_name = "AMOUNT", value_parser = values::amount)]
        add_self_stake: Option<Amount>,
    },
    /// End your registration; the self-stake is free after the unbonding time
    #[command(after_help = "Examples:\n  slsbftd tx service deregister --from alice")]
    Deregister,
    /// Let another account, whose key a daemon may hold, audit for your validator
    #[command(
        after_help = "Examples:\n  slsbftd tx service set-auditor auditor --from alice\n  \
        slsbftd tx service set-auditor --from alice              your own account again"
    )]
    SetAuditor {
        /// An address, or the name of a key [default: your own account]
        auditor: Option<String>,
    },
    /// Commit to an audit report by hand; `slsbftd audit` does it by itself
    #[command(
        after_help = "Examples:\n  slsbftd tx service commit-audit ~/.slsbft/audit/12-ankr1….json --from auditor\n\n\
        The file is one that `slsbftd audit` keeps. Only its digest is sent, in the first two thirds of its epoch."
    )]
    CommitAudit {
        /// The report
        #[arg(value_name = "FILE")]
        report: PathBuf,
    },
    /// Reveal an audit report by hand, for example after the auditor's machine was lost
    #[command(
        after_help = "Examples:\n  slsbftd tx service reveal-audit ~/.slsbft/audit/12-ankr1….json --from auditor\n\n\
        The file is the one that was committed to. It is accepted in the last third of its epoch."
    )]
    RevealAudit {
        /// The report
        #[arg(value_name = "FILE")]
        report: PathBuf,
    },
}

/// What a provider has. Nought: it does not offer that.
#[derive(Debug, clap::Args)]
pub struct Terms {
    /// Name for people
    #[arg(long, value_name = "NAME")]
    moniker: Option<String>,
    /// What auditors probe: https://HOST/PATH, grpc://HOST:PORT or tcp://HOST:PORT
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,
    /// How they probe it [default: as the endpoint begins]
    #[arg(long, value_name = "KIND", requires = "endpoint")]
    kind: Option<Probe>,
    /// Cores: 16, 0.5 or 500m
    #[arg(long, value_name = "CORES", value_parser = values::millicores)]
    cpu: Option<u64>,
    /// Memory: 64GiB
    #[arg(long, value_name = "SIZE", value_parser = values::bytes)]
    memory: Option<u64>,
    /// Disk: 2TB
    #[arg(long, value_name = "SIZE", value_parser = values::bytes)]
    storage: Option<u64>,
    /// What a consumer may count on: 1gbit
    #[arg(long, value_name = "RATE", value_parser = values::kilobits)]
    bandwidth: Option<u64>,
    /// Accelerators
    #[arg(long, value_name = "COUNT")]
    gpus: Option<u64>,
    /// Words by which consumers look for you, in lower case; repeat for more, in any order. Those given are
    /// all then
    #[arg(long, value_name = "WORD")]
    tag: Vec<String>,
}

/// How an endpoint is probed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Probe {
    /// A GET of the path
    Http,
    /// grpc.health.v1.Health/Check
    Grpc,
    /// A connection
    Tcp,
}

impl From<Probe> for EndpointKind {
    fn from(probe: Probe) -> Self {
        match probe {
            Probe::Http => Self::Http,
            Probe::Grpc => Self::Grpc,
            Probe::Tcp => Self::Tcp,
        }
    }
}

pub async fn run(command: Command, with: &With, global: &Global) -> Outcome {
    let sender = Sender::new(with, global).await?;
    let own = sender.address();
    match command {
        Command::Register { terms, self_stake } => {
            let self_stake = match self_stake {
                Some(amount) => amount.to_string(),
                None => sender.client.service_params().await?.min_self_stake,
            };
            let is = terms.over(Provider::default())?;
            let message = MsgRegisterProvider {
                provider: own,
                moniker: is.moniker,
                endpoint: is.endpoint,
                kind: is.kind,
                resources: is.resources,
                tags: is.tags,
                self_stake,
            };
            sender.send(&message).await
        }
        Command::Update {
            terms,
            add_self_stake,
        } => {
            let now = sender.client.provider(&sender.key.address).await?;
            let is = terms.over(
                now.provider
                    .ok_or("you are not registered: slsbftd tx service register")?,
            )?;
            let message = MsgUpdateProvider {
                provider: own,
                moniker: is.moniker,
                endpoint: is.endpoint,
                kind: is.kind,
                resources: is.resources,
                tags: is.tags,
                add_self_stake: add_self_stake.unwrap_or_default().to_string(),
            };
            sender.send(&message).await
        }
        Command::Deregister => sender.send(&MsgDeregisterProvider { provider: own }).await,
        Command::SetAuditor { auditor } => {
            let auditor = auditor
                .map(|text| with.keyring.address(global, &text))
                .transpose()?;
            let message = MsgSetAuditor {
                operator: own,
                auditor: auditor.map(|address| address.to_string()).unwrap_or_default(),
            };
            sender.send(&message).await
        }
        Command::CommitAudit { report } => {
            let held = Held::read(&report, &sender.chain_id().await?)?;
            sender.send(&held.commitment(own)).await
        }
        Command::RevealAudit { report } => {
            let held = Held::read(&report, &sender.chain_id().await?)?;
            sender.send(&held.revelation(own)).await
        }
    }
}

impl Terms {
    /// What the provider is, with what is not given as it was.
    fn over(self, old: Provider) -> Result<Provider, Failure> {
        let had = old.resources.unwrap_or_default();
        let kind = match (self.kind, &self.endpoint) {
            (Some(kind), _) => EndpointKind::from(kind).into(),
            (None, Some(endpoint)) => kind_of(endpoint)?.into(),
            (None, None) => old.kind,
        };
        let endpoint = self.endpoint.unwrap_or(old.endpoint);
        let moniker = self.moniker.unwrap_or(old.moniker);
        if endpoint.is_empty() || moniker.is_empty() {
            return Err("a provider needs --moniker and --endpoint".into());
        }
        // The chain wants them sorted and each once, so that what they are has one form.
        let tags: BTreeSet<String> = self.tag.into_iter().collect();
        Ok(Provider {
            moniker,
            endpoint,
            kind,
            resources: Some(Resources {
                cpu_milli: self.cpu.unwrap_or(had.cpu_milli),
                memory_bytes: self.memory.unwrap_or(had.memory_bytes),
                storage_bytes: self.storage.unwrap_or(had.storage_bytes),
                bandwidth_kbps: self.bandwidth.unwrap_or(had.bandwidth_kbps),
                gpus: self.gpus.unwrap_or(had.gpus),
            }),
            tags: if tags.is_empty() {
                old.tags
            } else {
                tags.into_iter().collect()
            },
            ..Provider::default()
        })
    }
}

fn kind_of(endpoint: &str) -> Result<EndpointKind, Failure> {
    match endpoint.split_once("://") {
        Some(("http" | "https", _)) => Ok(EndpointKind::Http),
        Some(("grpc", _)) => Ok(EndpointKind::Grpc),
        Some(("tcp", _)) => Ok(EndpointKind::Tcp),
        _ => Err(format!(
            "'{endpoint}' does not say how it is probed; expected https://HOST/PATH, grpc://HOST:PORT or \
             tcp://HOST:PORT, or give --kind"
        )
        .into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms() -> Terms {
        Terms {
            moniker: None,
            endpoint: None,
            kind: None,
            cpu: None,
            memory: None,
            storage: None,
            bandwidth: None,
            gpus: None,
            tag: Vec::new(),
        }
    }

    #[test]
    fn an_update_changes_only_what_it_names() {
        let old = Terms {
            moniker: Some("alice".into()),
            endpoint: Some("grpc://node:9090".into()),
            cpu: Some(500),
            storage: Some(7),
            tag: vec!["rpc".into()],
            ..terms()
        }
        .over(Provider::default())
        .unwrap();
        assert_eq!(old.kind(), EndpointKind::Grpc);
        let new = Terms {
            storage: Some(8),
            ..terms()
        }
        .over(old.clone())
        .unwrap();
        let resources = new.resources.unwrap();
        assert_eq!((resources.cpu_milli, resources.storage_bytes), (500, 8));
        assert_eq!(
            (new.moniker, new.endpoint, new.kind, new.tags),
            (old.moniker, old.endpoint, old.kind, old.tags)
        );
    }

    #[test]
    fn tags_may_be_given_in_any_order_and_twice() {
        let is = Terms {
            moniker: Some("alice".into()),
            endpoint: Some("tcp://a:1".into()),
            tag: ["rpc", "edge", "rpc"].map(String::from).into(),
            ..terms()
        };
        let is = is.over(Provider::default()).unwrap();
        assert_eq!(is.tags, ["edge", "rpc"]);
    }

    #[test]
    fn an_endpoint_says_how_it_is_probed() {
        for (endpoint, kind) in [
            ("https://a/b", EndpointKind::Http),
            ("http://a", EndpointKind::Http),
            ("tcp://a:1", EndpointKind::Tcp),
        ] {
            assert_eq!(kind_of(endpoint).unwrap(), kind);
        }
        assert!(kind_of("a:1").is_err() && kind_of("ftp://a").is_err());
        assert!(terms().over(Provider::default()).is_err(), "without a name");
    }
}
