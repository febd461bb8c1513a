//! What an operator can set for a provider, with its defaults.

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use http::Uri;

use super::compute::Proofs;
use crate::metering::{server, units::Credit};

/// A provider daemon's settings.
#[derive(Clone, Debug)]
pub struct Config {
    pub offer_id: u64,
    /// `http://host:port`, with an optional path prefix.
    pub upstream: Uri,
    /// Speak HTTP/2 without TLS to the upstream (gRPC services).
    pub upstream_h2: bool,
    pub listen: SocketAddr,
    pub vouchers_listen: SocketAddr,
    /// Folder of the voucher store.
    pub home: PathBuf,
    pub credit: Credit,
    pub limits: Limits,
    pub claims: Claims,
    /// What auditors are shown of what was computed; `None` if nothing is.
    pub proofs: Option<Arc<Proofs>>,
    /// How often all deals are read anew.
    pub refresh: Duration,
    /// Deals that expire within this are no longer served and are claimed.
    pub expiry_margin: Duration,
    /// How long the vouchers of a deal that the chain no longer has are kept.
    pub keep_ended: Duration,
}

/// What anybody can make the gateway use.
#[derive(Clone, Debug)]
pub struct Limits {
    pub connections: usize,
    /// Requests at a time over all sessions.
    pub in_flight: usize,
    /// Requests at a time for one session.
    pub session_in_flight: u32,
    pub request_body: u64,
    pub response_body: u64,
    /// Until a request's headers are complete; idle connections end after it.
    pub header_timeout: Duration,
    pub connect_timeout: Duration,
    /// Until the upstream's headers, and then between parts of either body.
    pub upstream_timeout: Duration,
    /// From first to last byte.
    pub total_timeout: Duration,
    /// How long a body waits for the voucher that pays for its next part.
    pub pay_timeout: Duration,
    /// Vouchers on their way to verification.
    pub voucher_queue: usize,
    /// Bytes a minute for each address that measures throughput; 0 serves none.
    pub throughput_per_minute: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1_024,
            in_flight: 512,
            session_in_flight: 128,
            request_body: 64 << 20,
            response_body: 4 << 30,
            header_timeout: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(5),
            upstream_timeout: Duration::from_secs(30),
            total_timeout: Duration::from_secs(3_600),
            pay_timeout: Duration::from_secs(10),
            voucher_queue: 8_192,
            throughput_per_minute: 16 << 20,
        }
    }
}

impl Limits {
    pub fn server(&self) -> server::Bounds {
        let idle = self.header_timeout * 6;
        server::Bounds {
            connections: self.connections,
            head: self.header_timeout,
            idle,
        }
    }
}

/// When vouchers are claimed. A consumer decides how many vouchers it signs and
/// for how little, so a claim must bring what it costs, whatever the occasion.
#[derive(Clone, Debug)]
pub struct Claims {
    pub interval: Duration,
    /// Vouchers in one transaction.
    pub batch: usize,
    /// Least sum, in uankr, worth a transaction.
    pub least: u128,
    /// Least that a deal must bring, in uankr, for each of its vouchers.
    pub least_each: u128,
}

impl Default for Claims {
    fn default() -> Self {
        // The flat fee of a transaction, and what a voucher adds to that of a
        // large one: 5,000 gas and some 250 bytes at 10.
        Self {
            interval: Duration::from_secs(600),
            batch: 1_000,
            least: 5_000_000,
            least_each: 350_000,
        }
    }
}
