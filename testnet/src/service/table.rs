//! The candidates as the last election saw them.

use std::fmt::Write as _;

use slsbft_client::Client;
use slsbft_proto::{
    election::v1::{
        Place, QueryElectionRequest, QueryElectionResponse, ServiceLevel, Standing, query_client::QueryClient,
    },
    epochs::v1::{QueryCurrentEpochRequest, query_client::QueryClient as EpochsClient},
    service::v1::{
        Level, QueryComputeTaskRequest, QueryComputeTaskResponse, QueryLevelRequest, QueryVerdictRequest,
        QueryVerdictResponse, query_client::QueryClient as ServiceClient,
    },
};

use crate::network::Node;

/// An election, and how everybody serves now.
pub struct Table {
    election: QueryElectionResponse,
    services: Vec<Service>,
    epoch: u64,
    last_height: u64,
}

/// How one serves; `None` where the node did not say.
struct Service {
    level: Option<Level>,
    task: Option<QueryComputeTaskResponse>,
    verdict: Option<QueryVerdictResponse>,
}

impl Table {
    /// Asks a node; `None` if it does not answer or no election was held yet.
    pub async fn read(node: &Node) -> Option<Self> {
        let client = Client::connect(&node.grpc.to_string()).await.ok()?;
        let mut elections = QueryClient::new(client.channel());
        let election = elections
            .election(QueryElectionRequest { epoch: 0 })
            .await
            .ok()?
            .into_inner();
        let epoch = EpochsClient::new(client.channel())
            .current_epoch(QueryCurrentEpochRequest {})
            .await
            .ok()?
            .into_inner();
        let mut services = Vec::with_capacity(election.standings.len());
        for standing in &election.standings {
            services.push(Service::read(&client, &standing.operator).await);
        }
        Some(Self {
            election,
            services,
            epoch: epoch.epoch,
            last_height: epoch.last_height,
        })
    }

    /// Lines under the nodes; `height` is the chain's.
    pub fn show(&self, height: u64) -> String {
        let left = self.last_height.saturating_sub(height);
        let mut text = format!(
            "\nelection of epoch {} (now {}, which ends in {left} blocks)\n",
            self.election.epoch, self.epoch
        );
        let _infallible = writeln!(
            text,
            "  {:10} {:>10} {:>6} │ {:>9} {:>8} {:>8} {:>8} │ {:>6} {:>5} │ {:>10} {:>7}  place",
            "candidate",
            "stake",
            "level",
            "consensus",
            "endpoint",
            "resource",
            "consumer",
            "proof",
            "found",
            "power",
            "chance"
        );
        for (standing, service) in self.election.standings.iter().zip(&self.services) {
            text.push_str(&row(standing, service));
        }
        text
    }

    /// For a plain line: who is in, with its level.
    pub fn short(&self) -> String {
        let seats = self
            .election
            .standings
            .iter()
            .filter(|standing| standing.power > 0);
        let names: Vec<_> = seats
            .map(|standing| {
                let service = standing.service.unwrap_or_default();
                format!("{} {}", standing.moniker, ratio(service.level))
            })
            .collect();
        format!("epoch {} elected {}", self.election.epoch, names.join(", "))
    }
}

impl Service {
    async fn read(client: &Client, operator: &str) -> Self {
        let mut services = ServiceClient::new(client.channel());
        let address = || operator.to_owned();
        let level = services.level(QueryLevelRequest { address: address() }).await;
        let task = services
            .compute_task(QueryComputeTaskRequest { address: address() })
            .await;
        let verdict = services.verdict(QueryVerdictRequest { address: address() }).await;
        Self {
            level: level.ok().and_then(|answer| answer.into_inner().level),
            task: task.ok().map(tonic::Response::into_inner),
            verdict: verdict.ok().map(tonic::Response::into_inner),
        }
    }

    /// The proof of computing of this epoch: whether its root is on the chain.
    fn proof(&self) -> &'static str {
        match &self.task {
            Some(task) if task.segments == 0 => "none",
            Some(task) if !task.root.is_empty() => "made",
            Some(task) if task.height < task.commit_until => "due",
            Some(_) => "missed",
            None => "–",
        }
    }

    /// The part of its resources that the last audit found; `void` where auditors did not agree.
    fn found(&self) -> String {
        match &self.verdict {
            Some(verdict) => verdict.resource.map_or_else(|| "void".into(), ratio),
            None => "–".into(),
        }
    }
}

/// Stake, power and place are the election's; the rest is the present.
fn row(standing: &Standing, service: &Service) -> String {
    let level = service.level.as_ref();
    let then = standing.service.unwrap_or_default();
    let now = level.map_or(then, |level| ServiceLevel {
        consensus: level.consensus,
        endpoint: level.endpoint,
        resource: level.resource,
        consumer: level.consumer,
        level: level.level,
    });
    let paused = level.is_some_and(|level| level.paused);
    format!(
        "  {:10} {:>10} {:>6} │ {:>9} {:>8} {:>8} {:>8} │ {:>6} {:>5} │ {:>10} {:>7}  {}{}\n",
        standing.moniker,
        ankr(&standing.stake),
        ratio(now.level),
        ratio(now.consensus),
        ratio(now.endpoint),
        ratio(now.resource),
        ratio(now.consumer),
        service.proof(),
        service.found(),
        standing.power,
        ratio(standing.chance),
        place(standing),
        if paused { "; paused now" } else { "" },
    )
}

fn place(standing: &Standing) -> String {
    match standing.place() {
        Place::Certain => "in: weight above the threshold".into(),
        Place::Drawn => "in: drawn".into(),
        Place::ByWeight => "in: by weight".into(),
        _ => format!("out: {}", standing.reason),
    }
}

fn ratio(billionths: u64) -> String {
    format!(
        "{}.{:03}",
        billionths / 1_000_000_000,
        billionths % 1_000_000_000 / 1_000_000
    )
}

/// Whole ANKR of an amount in uankr.
fn ankr(uankr: &str) -> String {
    let digits = uankr.len().saturating_sub(6);
    match uankr.get(..digits) {
        Some(whole) if !whole.is_empty() => whole.to_owned(),
        _ => "0".into(),
    }
}
