//! The bounds of the gRPC server, as they stand in `app.toml` under `[grpc]`.

use std::{net::SocketAddr, time::Duration};

use serde::Deserialize;

use super::limits::WATCH;
use crate::serving::Bounds;

/// Every field has a default that suits a public node.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GrpcConfig {
    /// Whether the server runs.
    pub enabled: bool,
    /// Address and port; port 0 takes a free one.
    pub address: SocketAddr,
    /// Connections at once; the next is closed at once. One address gets a quarter.
    pub max_connections: usize,
    /// Requests at once, over all connections; the next gets RESOURCE_EXHAUSTED. One
    /// address gets a quarter.
    pub max_requests: usize,
    /// Queries that run at once; 0 is the number of processors. Consensus has its own threads.
    pub query_threads: usize,
    /// Bytes of a request.
    pub max_request_bytes: usize,
    /// Bytes of an answer.
    pub max_answer_bytes: usize,
    /// Milliseconds until a request is given up with DEADLINE_EXCEEDED.
    pub request_timeout_ms: u64,
    /// Seconds a client has to take an answer before its connection is cut.
    pub transfer_timeout_s: u64,
    /// Seconds a connection may be silent before it is closed.
    pub idle_timeout_s: u64,
    /// Whether browsers are served (gRPC-web, also over HTTP/1).
    pub web: bool,
    /// Web origins that may call, `*` for any.
    pub web_origins: Vec<String>,
}

impl Default for GrpcConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            address: SocketAddr::from(([127, 0, 0, 1], 9090)),
            max_connections: 900,
            max_requests: 256,
            query_threads: 0,
            max_request_bytes: 4 << 20,
            max_answer_bytes: 64 << 20,
            request_timeout_ms: 10_000,
            transfer_timeout_s: 60,
            idle_timeout_s: 300,
            web: true,
            web_origins: vec!["*".to_owned()],
        }
    }
}

impl GrpcConfig {
    /// The key of a value that cannot work, and why.
    pub fn problem(&self) -> Option<(&'static str, &'static str)> {
        const MOST: usize = 1 << 20;
        const COUNT: &str = "must be from 1 to 1048576";
        let checks = [
            (
                !(1..=MOST).contains(&self.max_connections),
                "grpc.max_connections",
                COUNT,
            ),
            (
                !(1..=MOST).contains(&self.max_requests),
                "grpc.max_requests",
                COUNT,
            ),
            (
                self.query_threads > 1024,
                "grpc.query_threads",
                "must be at most 1024",
            ),
            (
                self.max_request_bytes < 1 << 10,
                "grpc.max_request_bytes",
                "must be at least 1024",
            ),
            (
                self.max_answer_bytes < 1 << 10,
                "grpc.max_answer_bytes",
                "must be at least 1024",
            ),
            (
                self.request_timeout_ms == 0,
                "grpc.request_timeout_ms",
                "must be at least 1",
            ),
            (
                self.idle_timeout_s == 0,
                "grpc.idle_timeout_s",
                "must be at least 1",
            ),
        ];
        checks
            .into_iter()
            .find_map(|(bad, key, problem)| bad.then_some((key, problem)))
    }

    pub(super) fn bounds(&self) -> Bounds {
        Bounds {
            connections: self.max_connections,
            idle: Duration::from_secs(self.idle_timeout_s),
            answer: self.request_timeout() + Duration::from_secs(self.transfer_timeout_s),
            waits: WATCH,
            // Only browsers come over HTTP/1.
            http1: self.web,
        }
    }

    pub(super) fn request_timeout(&self) -> Duration {
        Duration::from_millis(self.request_timeout_ms)
    }

    pub(super) fn query_threads(&self) -> usize {
        match self.query_threads {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            threads => threads,
        }
    }
}
