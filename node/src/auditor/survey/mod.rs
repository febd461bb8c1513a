//! All of an epoch's targets, each asked several times: when, and what is made of the answers.

mod findings;

use std::{collections::VecDeque, sync::Arc};

use rand::{Rng, seq::SliceRandom};
use slsbft_client::client::Assignment;
use slsbft_mechanism::audit::Entry;
use slsbft_proto::service::v1::Target;
use tokio::{
    sync::watch,
    task::{JoinError, JoinSet},
    time::{Duration, sleep},
};

pub use self::findings::Found;
use super::{
    metrics::Metrics,
    probe::{Failure, Prober, Question, Sample},
    sight::Sight,
};

/// Between looks at whether something is due.
const TICK: Duration = Duration::from_millis(25);

/// The heights between which an epoch's targets are probed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// When the probes began.
    pub from: u64,
    /// By then the last one has begun.
    pub launch: u64,
    /// What has not ended by then is given up: the commitment needs the blocks after it.
    pub close: u64,
}

impl Window {
    /// What is left of an epoch for probes; `None` if that is nothing.
    pub fn of(assignment: &Assignment) -> Option<Self> {
        let third = assignment.reveal_until.saturating_sub(assignment.commit_until);
        let close = assignment.commit_until.saturating_sub((third / 10).clamp(2, 30));
        let window = Self {
            from: assignment.height,
            launch: close
                .saturating_sub((third / 10).clamp(1, 20))
                .max(assignment.height),
            close,
        };
        (window.from < window.close).then_some(window)
    }

    /// How much of the time for beginning probes has gone by, from 0 to 1.
    fn progress(&self, position: f64) -> f64 {
        let whole = self.launch.saturating_sub(self.from) as f64;
        let gone = position - self.from as f64;
        if whole > 0.0 {
            (gone / whole).clamp(0.0, 1.0)
        } else {
            1.0
        }
    }
}

/// How targets are asked.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// How often each.
    pub samples: u32,
    /// How many at a time.
    pub at_once: usize,
    /// How long an answer may take, without the way.
    pub patience: Duration,
}

/// A probe to come: of which target, and after which part of the time.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Slot {
    due: f64,
    target: usize,
}

/// One round of all targets after the other, each in an order of its own, evenly over the time
/// but for a part of the step that nobody can foresee.
fn schedule(targets: usize, samples: u32) -> VecDeque<Slot> {
    let mut random = rand::thread_rng();
    let mut order: Vec<usize> = (0..targets).collect();
    let total = targets as f64 * f64::from(samples);
    let mut slots = VecDeque::with_capacity(targets * samples as usize);
    for _ in 0..samples {
        order.shuffle(&mut random);
        for target in &order {
            let due = (slots.len() as f64 + random.r#gen::<f64>()) / total;
            slots.push_back(Slot { due, target: *target });
        }
    }
    slots
}

/// A survey under way.
pub struct Survey<'a> {
    prober: Arc<Prober>,
    targets: &'a [Target],
    manner: Manner,
    metrics: &'a Metrics,
    found: Vec<Found>,
    /// Probes under way, each with the position of its target.
    running: JoinSet<(usize, Result<Sample, Failure>)>,
}

impl<'a> Survey<'a> {
    pub fn new(prober: Arc<Prober>, targets: &'a [Target], manner: Manner, metrics: &'a Metrics) -> Self {
        Self {
            prober,
            targets,
            manner,
            metrics,
            found: vec![Found::default(); targets.len()],
            running: JoinSet::new(),
        }
    }

    /// Asks everybody within the window. An entry for each target that could be asked at all.
    pub async fn run(mut self, window: &Window, sight: &watch::Receiver<Sight>) -> Vec<Entry> {
        let mut slots = schedule(self.targets.len(), self.manner.samples);
        loop {
            let position = sight.borrow().position();
            if position >= window.close as f64 {
                break;
            }
            let progress = window.progress(position);
            while self.running.len() < self.manner.at_once
                && let Some(slot) = slots.pop_front_if(|slot| slot.due <= progress)
            {
                self.ask(slot.target);
            }
            if slots.is_empty() && self.running.is_empty() {
                break;
            }
            tokio::select! {
                Some(ended) = self.running.join_next() => self.enter(ended),
                () = sleep(TICK) => {}
            }
        }
        let given_up = self.running.len() + slots.len();
        if given_up > 0 {
            tracing::warn!(probes = given_up, "not all probes ended in time");
        }
        self.entries()
    }

    fn ask(&mut self, target: usize) {
        let (Some(asked), Some(found)) = (self.targets.get(target), self.found.get(target)) else {
            return;
        };
        let promised = asked.bandwidth_kbps;
        let question = Question {
            endpoint: asked.endpoint.clone(),
            patience: self.manner.patience,
            // What is above the promise counts as the promise.
            promised_kbps: (u64::from(found.throughput_kbps()) < promised).then_some(promised),
        };
        let probe = self.prober.clone().probe(question);
        self.running.spawn(async move { (target, probe.await) });
    }

    fn enter(&mut self, ended: Result<(usize, Result<Sample, Failure>), JoinError>) {
        let (target, outcome) = match ended {
            Ok(ended) => ended,
            Err(error) => {
                tracing::error!(%error, "a probe broke; report it");
                return;
            }
        };
        self.metrics.probed(&outcome);
        let (Some(asked), Some(found)) = (self.targets.get(target), self.found.get_mut(target)) else {
            return;
        };
        if let Err(failure) = &outcome {
            tracing::debug!(provider = asked.address, endpoint = asked.endpoint, %failure, "probe");
        }
        found.take(outcome);
    }

    fn entries(&self) -> Vec<Entry> {
        let found = self.targets.iter().zip(&self.found);
        let finding = |(target, found): (&Target, &Found)| {
            let finding = found.finding(target.bandwidth_kbps > 0);
            if finding.is_none() {
                tracing::warn!(
                    provider = target.address,
                    "not reported, since it could not be asked"
                );
            }
            finding.map(|finding| Entry {
                target: target.id,
                finding,
            })
        };
        found.filter_map(finding).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn assignment(height: u64, commit_until: u64, reveal_until: u64) -> Assignment {
        Assignment {
            epoch: 1,
            operator: None,
            targets: Vec::new(),
            commit_until,
            reveal_until,
            height,
            digest: None,
            revealed: false,
            computing: None,
        }
    }

    #[test]
    fn probes_leave_room_for_the_commitment() {
        // Epochs of 20 blocks and of 1,000.
        let window = Window::of(&assignment(20, 33, 40)).unwrap();
        assert_eq!((window.from, window.launch, window.close), (20, 30, 31));
        let window = Window::of(&assignment(1_000, 1_666, 2_000)).unwrap();
        assert_eq!((window.launch, window.close), (1_616, 1_636));
        // Begun late: at once, and then not at all.
        let window = Window::of(&assignment(30, 33, 40)).unwrap();
        assert_eq!((window.from, window.launch), (30, 30));
        assert_eq!(window.progress(30.0), 1.0);
        assert_eq!(Window::of(&assignment(31, 33, 40)), None);
    }

    proptest! {
        #[test]
        fn every_target_is_asked_as_often_once_in_each_round_evenly_over_the_time(
            targets in 1usize..50,
            samples in 1u32..8,
        ) {
            let slots: Vec<Slot> = schedule(targets, samples).into();
            prop_assert_eq!(slots.len(), targets * samples as usize);
            let step = 1.0 / slots.len() as f64;
            for (at, slot) in slots.iter().enumerate() {
                let begins = at as f64 * step;
                prop_assert!((begins - 1e-9..=begins + step + 1e-9).contains(&slot.due));
            }
            for round in slots.chunks(targets) {
                let mut often = BTreeMap::new();
                round.iter().for_each(|slot| *often.entry(slot.target).or_insert(0) += 1);
                prop_assert!(often.len() == targets && often.values().all(|n| *n == 1));
            }
        }
    }
}
