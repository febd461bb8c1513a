//! What the commands that stay have in common: their runtime, their log, and
//! how they are asked to stop.

use std::{
    fmt::{Arguments, Display},
    io::{self, Write},
    time::Duration,
};

use clap::Args;
use slsbft_client::{Client, ClientError};
use tokio::signal::unix::{SignalKind, signal};

use super::Outcome;
use crate::{
    config::{Log, LogFormat},
    process,
    provider::{ProviderError, book::BookError, chain::ChainError},
};

/// Between questions to a node that does not answer yet.
const NODE_PAUSE: Duration = Duration::from_secs(2);

/// How a daemon logs.
#[derive(Clone, Debug, Args)]
pub struct LogOptions {
    /// error, warn, info, debug, trace, or levels by module
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    log_level: String,
    /// How the log is written
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    log_format: LogFormat,
}

impl LogOptions {
    pub fn init(&self) -> Outcome {
        let config = Log {
            level: self.log_level.clone(),
            format: self.log_format,
        };
        Ok(process::init_log(&config)?)
    }
}

/// What a daemon may still do on threads of its own when it has been asked to stop.
const LAST_WORK: Duration = Duration::from_secs(2);

/// Runs a daemon on all cores.
pub fn run(daemon: impl Future<Output = Outcome>) -> Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let ended = runtime.block_on(daemon);
    // A daemon may be killed at any time, so nothing is waited for longer.
    runtime.shutdown_timeout(LAST_WORK);
    ended
}

/// A failure that passes with time: the node does not run yet, or is catching up.
pub trait Passing {
    fn is_passing(&self) -> bool;
}

impl Passing for ClientError {
    fn is_passing(&self) -> bool {
        matches!(self, Self::Connect { .. } | Self::Unavailable { .. })
    }
}

impl Passing for ProviderError {
    fn is_passing(&self) -> bool {
        let (Self::Chain(error) | Self::Book(BookError::Chain(error))) = self else {
            return false;
        };
        matches!(error, ChainError::Unreachable(_))
    }
}

/// Says something on standard output; a daemon works whoever reads that, or nobody.
pub fn tell(line: Arguments<'_>) {
    let _ = writeln!(io::stdout(), "{line}");
}

/// Asks the node until it answers: after a power cut, node and daemon start at
/// the same time.
pub async fn until_answered<T, E: Passing + Display>(ask: impl AsyncFn() -> Result<T, E>) -> Result<T, E> {
    loop {
        match ask().await {
            Err(error) if error.is_passing() => {
                tracing::warn!(%error, "waiting for the node");
                tokio::time::sleep(NODE_PAUSE).await;
            }
            answer => return answer,
        }
    }
}

/// Waits for a node that has a block, and has caught up with its peers: what it
/// says before that is not there may only not be there yet.
pub async fn until_ready(client: &Client) -> Result<(), ClientError> {
    loop {
        let height = until_answered(|| client.head()).await?.height;
        if height > 0 && !until_answered(|| client.is_syncing()).await? {
            return Ok(());
        }
        tracing::warn!(height, "waiting for the node, which has not caught up yet");
        tokio::time::sleep(NODE_PAUSE).await;
    }
}

/// Resolves at SIGTERM or SIGINT.
pub async fn asked_to_stop() {
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        // Without handlers the signals end the process by themselves.
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
