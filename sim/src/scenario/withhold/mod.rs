//! Proposers that withhold their block, and with it their part of the beacon.
//!
//! Of the epoch's last blocks that are the attacker's own without a foreign one after them, it can leave
//! out any, and knows beforehand what each choice comes to: with t of them it has 2^t seeds to choose
//! from. A foreign contribution after an own block makes the choice before it worth nothing.
//!
//! - `turns`: how many blocks in a row are one's own

mod turns;

use rayon::prelude::*;
use slsbft_mechanism::election::{Candidate, elect};

pub use turns::{LONGEST, Runs, Turns};

use super::Settings;
use crate::{
    SimError,
    draw::{RULES, attacker_share, moments},
    output::{Axis, Cell, Finding, Plot, Report, Series, Table},
    population::{Field, Stakes},
    random,
};

const NODES: usize = 300;
const EPOCHS: u64 = 25;
const TRIALS: u64 = 60;
const SHARE: f64 = 0.2;
/// Own blocks at an epoch's end that the protocol plans for.
const PLANNED: f64 = 6.0;

/// P(an event of probability `q` can be had) by whoever proposes each block with probability `power`.
pub fn biased(q: f64, power: f64) -> f64 {
    let term = |own: i32| power.powi(own) * (1.0 - power) * (1.0 - (1.0 - q).powf(2f64.powi(own)));
    (0..40).map(term).sum()
}

/// The attacker's share of the power at the best of 1, 2, 4, … 2^6 seeds, on average.
pub fn best_of(candidates: &[Candidate], settings: &Settings, trials: u64) -> Result<Vec<f64>, SimError> {
    let trial = |trial: u64| -> Result<Vec<f64>, SimError> {
        let mut best = 0.0f64;
        let mut found = Vec::new();
        for number in 0..1u64 << LONGEST {
            let seed = random::seed(settings.seed, "best", trial << 16 | number);
            best = best.max(attacker_share(&elect(candidates, &RULES, &seed)?));
            if (number + 1).is_power_of_two() {
                found.push(best);
            }
        }
        Ok(found)
    };
    let trials = (0..trials)
        .into_par_iter()
        .map(trial)
        .collect::<Result<Vec<_>, _>>()?;
    let mean = |own: usize| {
        let values: Vec<f64> = trials
            .iter()
            .filter_map(|trial| trial.get(own).copied())
            .collect();
        moments(&values).0
    };
    Ok((0..=LONGEST).map(mean).collect())
}

pub fn run(settings: &Settings) -> Result<Report, SimError> {
    let nodes = settings.nodes_or(NODES);
    let runs = all_runs(nodes, settings)?;
    let mut lifts = Vec::new();
    for stakes in Stakes::ALL {
        for parts in [1, 20, 150] {
            let candidates = Field::new(stakes, nodes, SHARE, parts).candidates();
            lifts.push((stakes, parts, best_of(&candidates, settings, TRIALS)?));
        }
    }
    let of_chain = |(turns, _): &&(Turns, Runs)| turns.jitter == 0.0;
    let longest = runs
        .iter()
        .filter(of_chain)
        .map(|(_, runs)| runs.longest)
        .fold(0.0, f64::max);
    let spread = runs
        .iter()
        .filter(|(turns, _)| turns.jitter > 0.04)
        .map(|(_, runs)| runs.longest);
    Ok(Report {
        name: "withhold",
        title: "Proposers that withhold their part of the beacon",
        tables: vec![bias_table(), runs_table(&runs), lift_table(&lifts)],
        plots: vec![plot(&lifts)],
        findings: vec![
            Finding::promise(
                longest <= PLANNED,
                format!(
                    "a fifth of the weight in equal parts that joined together has {longest:.1} own blocks in a row at best \
                     in an epoch, on average (planned for: {PLANNED})"
                ),
            ),
            Finding::note(format!(
                "if powers were raised by up to 5 % instead of 0.1 %, it would have {:.1}",
                spread.fold(0.0, f64::max)
            )),
        ],
    })
}

fn all_runs(nodes: usize, settings: &Settings) -> Result<Vec<(Turns, Runs)>, SimError> {
    let of = |stakes, parts, jitter| Turns {
        stakes,
        nodes,
        share: SHARE,
        parts,
        jitter,
    };
    let mut asked = Vec::new();
    for stakes in [Stakes::Zipf, Stakes::Pareto] {
        asked.extend([1, 5, 20, 60].map(|parts| of(stakes, parts, 0.0)));
        asked.extend([0.01, 0.05].map(|jitter| of(stakes, 20, jitter)));
    }
    let count = |turns: Turns| Ok((turns, turns.count(settings, settings.epochs_or(EPOCHS))?));
    asked.into_par_iter().map(count).collect()
}

type Lift = (Stakes, usize, Vec<f64>);

fn bias_table() -> Table {
    let columns = [
        "power",
        "event of ½",
        "event of 0.1",
        "event of 0.001",
        "last 1 own",
        "last 2",
        "last 3",
    ];
    let title =
        "What withholding makes of an event's probability, if each block is the attacker's with its power";
    let mut table = Table::new(title, &columns);
    for power in [0.05, 0.1, 0.2, 1.0 / 3.0] {
        let mut row = vec![Cell::Share(power)];
        row.extend([0.5, 0.1, 0.001].map(|q| Cell::Chance(biased(q, power))));
        row.extend([1, 2, 3].map(|own| Cell::Chance(power.powi(own))));
        table.row(row);
    }
    table
}

fn runs_table(runs: &[(Turns, Runs)]) -> Table {
    let title = format!(
        "Own blocks in a row by CometBFT's rotation, {:.0} % of the weight in parts that joined together",
        SHARE * 100.0
    );
    let columns = [
        "stakes",
        "parts",
        "jitter added",
        "run up to a block: 0",
        "1",
        "2",
        "3",
        "4",
        "5",
        "6 or more",
        "longest of an epoch, mean",
        "most",
    ];
    let mut table = Table::new(title, &columns);
    for (turns, runs) in runs {
        let mut row = vec![
            Cell::from(turns.stakes.name()),
            Cell::whole(turns.parts),
            Cell::Share(turns.jitter),
        ];
        row.extend(runs.ending.iter().map(|part| Cell::Chance(*part)));
        row.extend([Cell::Number(runs.longest, 1), Cell::whole(runs.most)]);
        table.row(row);
    }
    table
}

fn lift_table(lifts: &[Lift]) -> Table {
    let title = format!(
        "Mean share of the power at the best of … seeds, {:.0} % of the weight",
        SHARE * 100.0
    );
    let mut table = Table::new(title, &["stakes", "parts", "1", "2", "4", "8", "16", "32", "64"]);
    for (stakes, parts, shares) in lifts {
        let mut row = vec![Cell::from(stakes.name()), Cell::whole(*parts)];
        row.extend(shares.iter().map(|share| Cell::Share(*share)));
        table.row(row);
    }
    table
}

fn plot(lifts: &[Lift]) -> Plot {
    let shown = lifts.iter().filter(|(_, parts, _)| *parts == 150);
    let series = shown.map(|(stakes, _, shares)| {
        let points = shares
            .iter()
            .enumerate()
            .map(|(own, share)| (own as f64, share * 100.0));
        Series::line(format!("{} stakes", stakes.name()), points.collect())
    });
    Plot {
        name: "withhold",
        title: "A fifth of the weight in 150 parts: power at the best of 2ᵗ seeds".into(),
        x: Axis::new("own blocks at the end of the epoch, t").from(0.0, LONGEST as f64),
        y: Axis::new("mean share of the power, %").from(10.0, 35.0),
        series: series.collect(),
    }
}
