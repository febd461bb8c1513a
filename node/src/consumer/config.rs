//! What a user can set for a consumer daemon, with its defaults.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use http::Uri;
use slsbft_types::Amount;

use super::guard::Allowed;

/// A consumer daemon's settings.
#[derive(Clone, Debug)]
pub struct Config {
    /// The provider's gateway: `http://host:port`.
    pub gateway: Uri,
    /// The provider's `Vouchers` service: `http://host:port`.
    pub vouchers: Uri,
    pub listen: SocketAddr,
    pub allowed: Allowed,
    /// Folder of the last signed vouchers.
    pub home: PathBuf,
    /// Most that each session may ever come to be due, on top of the caps on the chain.
    pub spending_cap: Option<Amount>,
    /// 0: none; 1 (bad) to 5 (good), in every voucher.
    pub rating: u32,
    pub tolerance: Tolerance,
    /// Requests at a time for each session, if the gateway's credit allows them.
    pub parallel: u32,
    /// A session that was idle for this long pays what it owes.
    pub flush_after: Duration,
    /// How long a request waits for a session to become free.
    pub queue_timeout: Duration,
    /// Until the gateway's headers, and then between parts of either body.
    pub timeout: Duration,
    pub connections: usize,
}

/// How far the gateway's count may exceed ours where ours is cut short: when the
/// local client hangs up in the middle of an answer, and for each request in
/// flight when the daemon was killed.
#[derive(Clone, Copy, Debug)]
pub struct Tolerance {
    pub bytes: u64,
    pub millis: u64,
}

impl Default for Tolerance {
    fn default() -> Self {
        // What HTTP/2 lets the gateway send before somebody reads, and some.
        Self {
            bytes: 512 * 1024,
            millis: 1_000,
        }
    }
}
