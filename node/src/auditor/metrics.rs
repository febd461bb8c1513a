//! What an auditor counts, in Prometheus' terms. Every name starts with `slsbft_audit_`.

use std::fmt;

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};

use super::probe::{Failure, Sample};

/// Around what is good and bad: 200 ms and 2 s by default.
const SECONDS: [f64; 12] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0];

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Name {
    name: &'static str,
}

/// Everything that is measured.
pub struct Metrics {
    registry: Registry,
    epoch: Gauge,
    targets: Gauge,
    reached: Gauge,
    probes: Family<Name, Counter>,
    latency: Histogram,
    proofs: Family<Name, Counter>,
    epochs: Family<Name, Counter>,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("slsbft_audit"),
            epoch: Gauge::default(),
            targets: Gauge::default(),
            reached: Gauge::default(),
            probes: Family::default(),
            latency: Histogram::new(SECONDS),
            proofs: Family::default(),
            epochs: Family::default(),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register("epoch", "The last epoch that was looked at", self.epoch.clone());
        registry.register(
            "targets",
            "Providers to audit in that epoch",
            self.targets.clone(),
        );
        registry.register(
            "reached",
            "Providers that answered in the last survey",
            self.reached.clone(),
        );
        registry.register("probes", "Probes, by what became of them", self.probes.clone());
        registry.register_with_unit(
            "latency",
            "Latency of answers, without the way",
            Unit::Seconds,
            self.latency.clone(),
        );
        registry.register(
            "proofs",
            "Providers whose computing was checked, by what of it was delivered",
            self.proofs.clone(),
        );
        registry.register("epochs", "Epochs, by how they ended", self.epochs.clone());
    }

    /// A probe ended.
    pub fn probed(&self, outcome: &Result<Sample, Failure>) {
        let name = match outcome {
            Ok(sample) => {
                self.latency.observe(sample.latency.as_secs_f64());
                "answered"
            }
            Err(failure) => failure.name(),
        };
        self.probes.get_or_create(&Name { name }).inc();
    }

    /// A provider's computing was checked: so many thousandths of the samples were right; `None` if that
    /// could not be found out.
    pub fn checked(&self, delivered: Option<u16>) {
        let name = match delivered {
            None => "unchecked",
            Some(0) => "none",
            Some(..1_000) => "part",
            Some(1_000..) => "whole",
        };
        self.proofs.get_or_create(&Name { name }).inc();
    }

    /// An epoch began.
    pub fn began(&self, epoch: u64, targets: usize) {
        self.epoch.set(i64::try_from(epoch).unwrap_or(i64::MAX));
        self.targets.set(i64::try_from(targets).unwrap_or(i64::MAX));
    }

    /// A survey ended.
    pub fn surveyed(&self, reached: usize) {
        self.reached.set(i64::try_from(reached).unwrap_or(i64::MAX));
    }

    /// An epoch ended.
    pub fn ended(&self, name: &'static str) {
        self.epochs.get_or_create(&Name { name }).inc();
    }

    /// The metrics in Prometheus' text format.
    pub fn encode(&self) -> String {
        crate::metrics::encode(&self.registry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_is_explained_to_operators() {
        const GUIDE: &str = include_str!("../../../docs/auditing.md");
        let metrics = Metrics::default();
        // A family without members is not written.
        metrics.probed(&Err(Failure::Status(500)));
        metrics.checked(Some(1_000));
        metrics.ended("revealed");
        let text = metrics.encode();
        let names = text.lines().filter_map(|line| {
            let (name, _) = line.strip_prefix("# TYPE ")?.split_once(' ')?;
            Some(name)
        });
        let unexplained: Vec<_> = names.filter(|name| !GUIDE.contains(*name)).collect();
        assert!(unexplained.is_empty(), "not in docs/auditing.md: {unexplained:?}");
    }
}
