//! The limit on open files, which peers, clients and databases share.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Below this, 900 clients and the databases do not fit together.
const ENOUGH: u64 = 4096;

/// Raises this process' limit, which its children inherit, as far as it may.
pub fn raise_limit() {
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else {
        return;
    };
    let limit = match setrlimit(Resource::RLIMIT_NOFILE, hard, hard) {
        Ok(()) => hard,
        Err(_) => soft,
    };
    if limit < ENOUGH {
        tracing::warn!(
            limit,
            "few files may be open at once; allow {ENOUGH} (ulimit -n, or LimitNOFILE in the \
             systemd unit) or clients will be turned away"
        );
    }
}
