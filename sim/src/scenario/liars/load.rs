//! How many targets one auditor may have: with fewer, large stakes have no time for all their seats, and
//! many small ones get them, among them an attacker's.

use slsbft_mechanism::audit::{Rules, assign};

use super::{Odds, PER_YEAR, Panel, epochs_until_paused, steady_level};
use crate::{
    SimError,
    output::{Cell, Table},
    population::Stakes,
    random,
    scenario::Settings,
};

/// Providers; all of them are audited.
const TARGETS: usize = 10_000;
const LOADS: [u32; 5] = [10_000, 5_000, 2_500, 1_250, 1_000];
/// Epochs that are counted.
const EPOCHS: u64 = 8;

/// What a third of the stake in small parts has of the committees, and what auditors have to do.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Load {
    pub odds: Odds,
    /// Targets of the auditor that has most, and of the mean.
    pub most: usize,
    pub mean: f64,
}

/// Counts the seats of a third of the stake where no auditor has more than `bound` targets.
pub fn load(
    stakes: Stakes,
    bound: u32,
    targets: usize,
    settings: &Settings,
    epochs: u64,
) -> Result<Load, SimError> {
    let panel = Panel::new(stakes, 1.0 / 3.0, targets);
    let rules = Rules {
        most_targets_per_auditor: bound,
        ..Rules::default()
    };
    let k = rules.auditors_per_target as usize;
    let quorum = (2 * k).div_ceil(3);
    let mut load = Load::default();
    let part = 1.0 / (targets as f64 * epochs as f64);
    for epoch in 0..epochs {
        let seed = random::seed(settings.seed, "load", epoch);
        let assigned = assign(&seed, &panel.auditors, &panel.targets, &rules)?;
        let mut seats = vec![0usize; targets];
        for (auditor, ids) in assigned.iter().enumerate() {
            load.most = load.most.max(ids.len());
            load.mean += ids.len() as f64 / (assigned.len() as f64 * epochs as f64);
            for id in ids.iter().filter(|_| panel.lies(auditor)) {
                if let Some(seats) = seats.get_mut(*id as usize) {
                    *seats += 1;
                }
            }
        }
        for seats in seats {
            match seats {
                seats if seats >= quorum => load.odds.wrong += part,
                seats if seats > k / 2 => load.odds.lowered += part,
                seats if seats > k - quorum => load.odds.void += part,
                _ => {}
            }
        }
    }
    Ok(load)
}

pub fn table(settings: &Settings) -> Result<Table, SimError> {
    let title = "What a third of the stake in small parts has of the committees, by the most targets of an auditor \
                 (10,000 audited)";
    let columns = [
        "stakes",
        "most targets",
        "wrong",
        "lowered",
        "void",
        "bound on a good level",
        "years until a victim is paused",
        "targets: largest",
        "mean",
    ];
    let mut table = Table::new(title, &columns);
    for stakes in [Stakes::Zipf, Stakes::Pareto] {
        for bound in LOADS {
            let load = load(stakes, bound, TARGETS, settings, settings.epochs_or(EPOCHS))?;
            let Odds { wrong, lowered, void } = load.odds;
            table.row(vec![
                stakes.name().into(),
                Cell::Whole(bound.into()),
                Cell::Chance(wrong),
                Cell::Chance(lowered),
                Cell::Chance(void),
                Cell::Number(steady_level(&load.odds), 3),
                Cell::Number(epochs_until_paused(&load.odds) / PER_YEAR, 2),
                Cell::whole(load.most),
                Cell::Number(load.mean, 0),
            ]);
        }
    }
    Ok(table)
}
