//! From a target's samples to what a report says of it.

use slsbft_mechanism::audit::{Finding, Reading};
use tokio::time::Duration;

use super::super::probe::{Failure, Sample};

/// What was found of one target so far.
#[derive(Clone, Debug, Default)]
pub struct Found {
    latencies: Vec<Duration>,
    failures: u32,
    throughput_kbps: Option<u32>,
}

impl Found {
    /// Adds what a probe brought. What was this machine's fault says nothing.
    pub fn take(&mut self, outcome: Result<Sample, Failure>) {
        match outcome {
            Ok(sample) => {
                self.latencies.push(sample.latency);
                self.throughput_kbps = self.throughput_kbps.max(sample.throughput_kbps);
            }
            Err(Failure::Own(_)) => {}
            Err(_) => self.failures += 1,
        }
    }

    /// The best sample of throughput; 0 before the first.
    pub fn throughput_kbps(&self) -> u32 {
        self.throughput_kbps.unwrap_or(0)
    }

    /// What to report; `None` if the target was never asked, or `promises` bandwidth that this
    /// machine could not measure.
    ///
    /// A target is reached if it answered more than half of the probes. Its latency is the
    /// median of the answers, of an even number the lower of the two in the middle; its
    /// throughput the best of its samples.
    pub fn finding(&self, promises: bool) -> Option<Finding> {
        let answers = self.latencies.len();
        let failures = self.failures as usize;
        if answers + failures == 0 {
            return None;
        }
        if answers <= failures {
            return Some(Finding::Unreachable);
        }
        if promises && self.throughput_kbps.is_none() {
            return None;
        }
        let mut latencies = self.latencies.clone();
        latencies.sort_unstable();
        let median = latencies.get((answers - 1) / 2)?;
        Some(Finding::Reached(Reading {
            latency_ms: u16::try_from(median.as_millis()).unwrap_or(u16::MAX),
            throughput_kbps: self.throughput_kbps(),
            // What its proofs are worth is found out apart.
            delivered: None,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(millis: u64) -> Result<Sample, Failure> {
        Ok(Sample {
            latency: Duration::from_millis(millis),
            throughput_kbps: None,
        })
    }

    fn moved(kbps: u32) -> Result<Sample, Failure> {
        Ok(Sample {
            latency: Duration::ZERO,
            throughput_kbps: Some(kbps),
        })
    }

    fn found(outcomes: impl IntoIterator<Item = Result<Sample, Failure>>) -> Option<Finding> {
        let mut found = Found::default();
        outcomes.into_iter().for_each(|outcome| found.take(outcome));
        found.finding(false)
    }

    fn latency(finding: Option<Finding>) -> u16 {
        match finding {
            Some(Finding::Reached(reading)) => reading.latency_ms,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_latency_is_the_median_of_the_answers() {
        assert_eq!(latency(found([answer(9), answer(5), answer(1_900)])), 9);
        assert_eq!(latency(found([answer(9), answer(5), answer(7), answer(8)])), 7);
        assert_eq!(latency(found([answer(100_000)])), u16::MAX);
    }

    #[test]
    fn a_target_is_reached_if_it_answered_more_than_half_of_the_probes() {
        let silent = || Err(Failure::Timeout("answer"));
        assert_eq!(
            latency(found([silent(), answer(5), answer(6), silent(), answer(7)])),
            6
        );
        assert_eq!(found([silent(), answer(5)]), Some(Finding::Unreachable));
        assert_eq!(found([silent()]), Some(Finding::Unreachable));
    }

    #[test]
    fn what_this_machine_could_not_ask_is_not_held_against_a_target() {
        let own = || Err(Failure::Own("too many open files".into()));
        assert_eq!(
            found([own(), own(), own(), answer(5)]).map(|f| latency(Some(f))),
            Some(5)
        );
        assert_eq!(found([own(), own()]), None);
        assert_eq!(found([]), None);
        let mut unmeasured = Found::default();
        unmeasured.take(answer(5));
        assert_eq!(unmeasured.finding(true), None);
    }

    #[test]
    fn throughput_is_the_best_of_the_samples() {
        let Some(Finding::Reached(reading)) = found([moved(3_000), moved(9_000), moved(0), answer(1)]) else {
            panic!("reached");
        };
        assert_eq!(reading.throughput_kbps, 9_000);
    }
}
