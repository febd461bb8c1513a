//! What was measured, a line per figure: name, value, unit.

use std::fmt::Write;

use super::{Contest, trial::Trial};

/// The figures of all trials at given rates, or of the best one of each search,
/// and how the two chains compare.
pub fn of(contests: &[Contest], nodes: usize) -> String {
    let mut text = String::new();
    for contest in contests {
        let best = contest.best();
        let sustained = best.map_or(0.0, |trial| trial.offered);
        let name = contest.system.name();
        line(
            &mut text,
            &format!("load::sustained/system={name}/nodes={nodes}"),
            sustained,
            0,
            "tx/s",
        );
        let searched = contest.given.is_none();
        let shown = contest
            .trials
            .iter()
            .filter(|_| !searched)
            .chain(best.filter(|_| searched));
        shown.for_each(|trial| of_trial(&mut text, trial, nodes));
    }
    if let [ours, reference] = contests
        && let (Some(ours), Some(other)) = (ours.best(), reference.best())
    {
        let name = format!("load::ratio/reference={}/nodes={nodes}", reference.system.name());
        line(&mut text, &name, ours.offered / other.offered, 2, "x");
    }
    text
}

fn of_trial(text: &mut String, trial: &Trial, nodes: usize) {
    let at = format!("system={}/nodes={nodes}/rate={:.0}", trial.system, trial.offered);
    let mut put = |name: &str, value: f64, digits: usize, unit: &str| {
        line(text, &format!("load::{name}/{at}"), value, digits, unit);
    };
    put("committed", trial.committed, 0, "tx/s");
    put("interval_mean", trial.mean_interval.as_secs_f64(), 2, "s");
    put("interval_max", trial.max_interval.as_secs_f64(), 2, "s");
    // A latency of transactions that never came is no number.
    for (name, latency) in [
        ("latency_p50", trial.latency.p50),
        ("latency_p95", trial.latency.p95),
    ] {
        let seconds = Some(latency.as_secs_f64())
            .filter(|s| *s < 1e6)
            .unwrap_or(f64::INFINITY);
        put(name, seconds, 2, "s");
    }
    put("lost", trial.latency.lost as f64, 0, "tx");
    put("failed", trial.failed as f64, 0, "tx");
    for (role, spent) in &trial.roles {
        let processes = if *role == super::system::GENERATOR {
            1
        } else {
            nodes
        };
        let micros = spent.cpu.as_secs_f64() * 1e6 / trial.count.max(1) as f64 / processes as f64;
        put(&format!("cpu_per_tx/process={role}"), micros, 0, "us");
        put(
            &format!("memory/process={role}"),
            spent.memory as f64 / 1e6,
            0,
            "MB",
        );
    }
    for (part, bytes) in &trial.disk {
        put(
            &format!("disk_per_tx/part={part}"),
            *bytes as f64 / trial.count.max(1) as f64,
            0,
            "B",
        );
    }
    for (after, bytes) in &trial.memory {
        let name = format!("memory/process=slsbftd/after={}s", after.as_secs());
        put(&name, *bytes as f64 / 1e6, 0, "MB");
    }
}

fn line(text: &mut String, name: &str, value: f64, digits: usize, unit: &str) {
    let _infallible = writeln!(text, "{name} {value:.digits$} {unit}");
}
