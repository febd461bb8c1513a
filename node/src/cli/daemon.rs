//! What the commands that stay have in common: their runtime, their log, and
//! how they are asked to stop.

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use super::Outcome;
use crate::{
    config::{Log, LogFormat},
    process,
};

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

/// Runs a daemon on all cores.
pub fn run(daemon: impl Future<Output = Outcome>) -> Outcome {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(daemon)
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
