//! The node's log, on standard error.

use std::io::{self, IsTerminal};

use thiserror::Error;
use tracing_subscriber::{EnvFilter, fmt, util::TryInitError};

use crate::config::{Log, LogFormat};

/// Why there is no log.
#[derive(Debug, Error)]
pub enum LogError {
    #[error("the log level `{0}` cannot be read; write `info`, or `info,slsbft_node::abci=debug`")]
    Level(String),
    #[error("the log was started twice")]
    Twice(#[from] TryInitError),
}

/// Starts logging; once per process.
pub fn init_log(log: &Log) -> Result<(), LogError> {
    use tracing_subscriber::util::SubscriberInitExt;
    let unreadable = || LogError::Level(log.level.clone());
    if !log.level_is_readable() {
        return Err(unreadable());
    }
    let filter = EnvFilter::try_new(&log.level).map_err(|_| unreadable())?;
    let builder = fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        // A log that cannot be written (a full disk, a closed pipe) stops nothing.
        .log_internal_errors(false)
        .with_ansi(io::stderr().is_terminal());
    match log.format {
        LogFormat::Human => builder.with_target(false).finish().try_init()?,
        LogFormat::Json => builder.json().flatten_event(true).finish().try_init()?,
    }
    Ok(())
}
