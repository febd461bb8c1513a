//! The clock the application does not have.

use std::{sync::Arc, time::Instant};

use parking_lot::Mutex;
use slsbft_app::probe::{Phase, Probe};

use super::Metrics;

/// Times the phases of a block.
pub struct PhaseTimer {
    metrics: Arc<Metrics>,
    open: Mutex<Option<(Phase, Instant)>>,
}

impl PhaseTimer {
    pub fn new(metrics: Arc<Metrics>) -> Self {
        Self {
            metrics,
            open: Mutex::new(None),
        }
    }
}

impl Probe for PhaseTimer {
    fn enter(&self, phase: Phase) {
        let now = Instant::now();
        let last = match phase {
            Phase::Done => self.open.lock().take(),
            _ => self.open.lock().replace((phase, now)),
        };
        // These begin something new: what is still open was given up, such as a
        // proposal that was rejected.
        if matches!(phase, Phase::Signatures | Phase::Writing) {
            return;
        }
        if let Some((last, since)) = last {
            self.metrics.phase(name(last), now - since);
        }
    }
}

fn name(phase: Phase) -> &'static str {
    match phase {
        Phase::Signatures => "signatures",
        Phase::Admission => "admission",
        Phase::Messages => "messages",
        Phase::EndBlock => "end_block",
        Phase::Hashing => "store_hash",
        Phase::Writing => "store_write",
        Phase::Mempool => "mempool_reset",
        Phase::Done => "done",
    }
}
