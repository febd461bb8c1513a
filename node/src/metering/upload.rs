//! A request's body on its way through a proxy: as long as parts pass, whoever
//! waits for the answer has patience.

use std::time::Duration;

use tokio::{sync::watch, time::timeout};

/// No part of the body passed in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no part of the request's body passed for {0:?}")]
pub struct Stalled(pub Duration);

/// Until a body has passed as a whole, which is when the sender of its progress
/// is gone; an error if one part takes longer than `patience`.
pub async fn passed(mut progress: watch::Receiver<()>, patience: Duration) -> Result<(), Stalled> {
    loop {
        match timeout(patience, progress.changed()).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return Ok(()),
            Err(_) => return Err(Stalled(patience)),
        }
    }
}
