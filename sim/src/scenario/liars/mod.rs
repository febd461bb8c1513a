//! Auditors that lie, together or alone, and auditors that do not look.
//!
//! Liars agree beforehand and know who is in which committee. Against a good target, what they can do
//! in a committee depends on how many of its seats are theirs: with a quorum they decide; with more than
//! half of the reports they choose a median, but only within tolerance of enough honest ones; with more
//! than a third they can make it void.
//!
//! - `panel`: auditors, their lies, and what becomes of victims
//! - `load`: how many targets one auditor may have

mod load;
mod panel;

use slsbft_mechanism::{
    audit::Finding as Found,
    level::{self, Record},
};

pub use load::{Load, load};
pub use panel::{Harm, Lie, Panel, TOLERANCE, Tally};

use super::Settings;
use crate::{
    SimError,
    committees::{PROMISED_KBPS, audit, reached},
    output::{Axis, Cell, Finding, Plot, Report, Series, Table},
    population::{Stakes, multiplier, number},
    random::{self, Random},
    tail::binomial,
    world::{Conduct, EPOCH_SECONDS, GENESIS},
};

const TARGETS: usize = 1_000;
const VICTIMS: usize = 200;
const EPOCHS: u64 = 100;
const SHARES: [f64; 6] = [0.1, 0.2, 1.0 / 3.0, 0.4, 0.5, 2.0 / 3.0];
/// Epochs of 1,000 s in a year.
const PER_YEAR: f64 = 31_557.6;

/// What can come of a committee if liars have seats in it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Odds {
    /// The liars decide.
    pub wrong: f64,
    /// They choose the median, within tolerance.
    pub lowered: f64,
    /// They can only make it void.
    pub void: f64,
}

impl Odds {
    /// They would decide if a plain majority did.
    pub fn majority(&self) -> f64 {
        self.wrong + self.lowered
    }
}

/// Of committees of k whose seats are liars' with an independent probability each.
pub fn odds(k: usize, share: f64) -> Odds {
    let quorum = (2 * k).div_ceil(3);
    let chances = binomial(k, share);
    let from = |least: usize| chances.iter().skip(least).sum::<f64>();
    Odds {
        wrong: from(quorum),
        lowered: from(k / 2 + 1) - from(quorum),
        void: from(k - quorum + 1) - from(k / 2 + 1),
    }
}

/// The level to which liars can hold down a good provider for ever: the bound.
///
/// With h = half-life / ln 2 hours of evidence and the prior κ, a dimension scores
/// (h·good + κ/2) / (h·(1 − void) + κ). `endpoint` is void where `resource` can be lowered instead.
pub fn steady_level(odds: &Odds) -> f64 {
    const HELD: f64 = 168.0 / std::f64::consts::LN_2;
    const PRIOR: f64 = 20.0;
    let score = |good: f64, all: f64| (HELD * good + PRIOR / 2.0) / (HELD * all + PRIOR);
    let true_ones = 1.0 - odds.wrong - odds.lowered - odds.void;
    let endpoint = score(true_ones, true_ones + odds.wrong);
    let resource = score(true_ones + odds.lowered / (1.0 + TOLERANCE), 1.0 - odds.void);
    // Three times three of ten parts; the tenth is the consumers', which follows the others.
    3.0 / (1.0 / score(1.0, 1.0) + 1.0 / endpoint + 1.0 / resource)
}

/// Epochs until liars fail a target three times in a row, on average; void ones do not count.
pub fn epochs_until_paused(odds: &Odds) -> f64 {
    let valid = 1.0 - odds.void;
    let wrong = odds.wrong / valid;
    // Expected number of trials until the first run of three.
    (1.0 - wrong.powi(3)) / ((1.0 - wrong) * wrong.powi(3)) / valid
}

/// The steady level of an otherwise good validator that is penalised in a part of its epochs.
pub fn penalised_level(part: f64) -> f64 {
    const EPOCHS: u64 = 10_000;
    let rules = level::Rules::default();
    let mut random = Random::new(1, "penalised", 0);
    let mut record = Record::default();
    let time = |epoch: u64| GENESIS.plus_seconds(epoch * EPOCH_SECONDS);
    for epoch in 0..EPOCHS {
        let lasted = time(epoch)..time(epoch + 1);
        if random.happens(part) {
            record.penalise(level::Dimension::Consensus, &lasted, &rules);
        }
        record.record(&Conduct::GOOD.outcomes(true), &lasted, &rules);
    }
    number(record.level(time(EPOCHS), &rules))
}

pub fn run(settings: &Settings) -> Result<Report, SimError> {
    let epochs = settings.epochs_or(EPOCHS);
    let (own, punished) = own_table(settings)?;
    let (lazy, passed_over) = lazy_table(settings)?;
    let mut findings = bounds(settings, epochs)?;
    findings.push(Finding::note(format!(
        "liars that lie only where it works are not punished: {:.0} % of them lose evidence",
        punished * 100.0
    )));
    findings.push(Finding::note(format!(
        "a third of the stake that does not look makes {:.0} % of the audits of dark targets void",
        passed_over * 100.0
    )));
    Ok(Report {
        name: "liars",
        title: "Auditors that lie or do not look",
        tables: vec![
            odds_table(),
            drawn_table(settings, epochs)?,
            harm_table(settings, epochs)?,
            load::table(settings)?,
            own,
            lazy,
        ],
        plots: vec![plot()],
        findings,
    })
}

/// What a third of all stake can do to a good provider.
fn bounds(settings: &Settings, epochs: u64) -> Result<Vec<Finding>, SimError> {
    let third = odds(15, 1.0 / 3.0);
    let bound = steady_level(&third);
    let zipf = Panel::new(Stakes::Zipf, 1.0 / 3.0, TARGETS);
    let drawn = zipf.tally(VICTIMS, Lie::WhereItWorks, settings, epochs)?;
    let harm = zipf.attack(VICTIMS, Lie::WhereItWorks, settings, epochs)?;
    Ok(vec![
        Finding::promise(
            drawn.wrong < 0.01 && third.wrong < 0.01,
            format!(
                "a third of all stake decides {:.4} of the committees of 15 ({:.4} by the binomial)",
                drawn.wrong, third.wrong
            ),
        ),
        Finding::promise(
            harm.mean > bound && bound > 0.9,
            format!(
                "a third of all stake takes a good provider's level to {:.3} in {epochs} epochs, and for ever holds it \
                 at no less than {bound:.3}",
                harm.mean
            ),
        ),
        Finding::note(format!(
            "a third of all stake pauses a good provider of its choice once in {:.1} years of epochs of 1,000 s; two \
             fifths once in {:.1} months, a half within {:.0} hours",
            epochs_until_paused(&third) / PER_YEAR,
            epochs_until_paused(&odds(15, 0.4)) / PER_YEAR * 12.0,
            epochs_until_paused(&odds(15, 0.5)) * 1_000.0 / 3_600.0,
        )),
    ])
}

fn odds_table() -> Table {
    let columns = [
        "committee",
        "liars",
        "wrong",
        "lowered",
        "void",
        "wrong by a plain majority",
    ];
    let mut table = Table::new("Committees by the binomial", &columns);
    for k in [7, 15, 21, 31] {
        for share in SHARES {
            let odds = odds(k, share);
            let mut row = vec![Cell::whole(k), Cell::Share(share)];
            row.extend([odds.wrong, odds.lowered, odds.void, odds.majority()].map(Cell::Chance));
            table.row(row);
        }
    }
    table
}

/// What the chain's own draw and judgement make of it.
fn drawn_table(settings: &Settings, epochs: u64) -> Result<Table, SimError> {
    let title = format!(
        "Committees of 15 as the chain draws and judges them: {VICTIMS} of {TARGETS} targets, {epochs} epochs"
    );
    let mut table = Table::new(title, &["stakes", "liars", "wrong", "lowered", "void"]);
    for stakes in Stakes::ALL {
        for share in SHARES {
            let panel = Panel::new(stakes, share, TARGETS);
            let tally = panel.tally(VICTIMS, Lie::WhereItWorks, settings, epochs)?;
            let mut row = vec![Cell::from(stakes.name()), Cell::Share(share)];
            row.extend([tally.wrong, tally.lowered, tally.void].map(Cell::Chance));
            table.row(row);
        }
    }
    Ok(table)
}

fn harm_table(settings: &Settings, epochs: u64) -> Result<Table, SimError> {
    let title = format!("Good providers, attacked for {epochs} epochs of 1,000 s and for ever (Zipf stakes)");
    let columns = [
        "liars",
        "level, mean",
        "level, least",
        "paused",
        "bound for ever",
        "years until paused",
    ];
    let mut table = Table::new(title, &columns);
    for share in SHARES {
        let odds = odds(15, share);
        let panel = Panel::new(Stakes::Zipf, share, TARGETS);
        let harm = panel.attack(VICTIMS, Lie::WhereItWorks, settings, epochs)?;
        let years = epochs_until_paused(&odds) / PER_YEAR;
        table.row(vec![
            Cell::Share(share),
            Cell::Number(harm.mean, 3),
            Cell::Number(harm.least, 3),
            Cell::Share(harm.paused),
            Cell::Number(steady_level(&odds), 3),
            if years > 1e4 {
                Cell::text("> 10,000")
            } else {
                Cell::Number(years, 4)
            },
        ]);
    }
    Ok(table)
}

/// What lying costs the liars. The second value is the part that is punished of those who lie where it
/// works.
fn own_table(settings: &Settings) -> Result<(Table, f64), SimError> {
    let columns = [
        "lies",
        "about targets",
        "liars",
        "penalised",
        "steady level",
        "weight lost",
    ];
    let mut table = Table::new(
        "What lying costs those who lie, if each signs its blocks",
        &columns,
    );
    let seed = random::seed(settings.seed, "liars", 0);
    let whole = multiplier(penalised_level(0.0));
    let mut clever = 0.0;
    for (name, lie) in [("always", Lie::Always), ("where it works", Lie::WhereItWorks)] {
        for share in [0.01, 1.0 / 3.0] {
            let panel = Panel::new(Stakes::Zipf, share, TARGETS);
            for part in [0.01, 0.4, 0.6, 1.0] {
                let victims = (TARGETS as f64 * part) as usize;
                let penalised = panel.penalised(victims, lie, &seed)?;
                if lie == Lie::WhereItWorks {
                    clever += penalised;
                }
                let level = penalised_level(penalised);
                table.row(vec![
                    name.into(),
                    Cell::Share(part),
                    Cell::Share(share),
                    Cell::Share(penalised),
                    Cell::Number(level, 3),
                    Cell::Share(1.0 - multiplier(level) / whole),
                ]);
            }
        }
    }
    Ok((table, clever))
}

/// What becomes of dark targets if some auditors do not look.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Passed {
    /// Of the audits of dark targets: those that pass, are void, find it dark.
    passed: f64,
    void: f64,
    found: f64,
    /// Of the lazy auditors.
    penalised: f64,
}

/// Auditors with a share of the stake report 50 ms and the promise without looking.
fn lazy(share: f64, settings: &Settings) -> Result<Passed, SimError> {
    const DARK: usize = 100;
    let panel = Panel::new(Stakes::Zipf, share, TARGETS);
    let mut random = Random::new(settings.seed, "lazy", 0);
    // Without the way, services answer much alike.
    let latencies: Vec<u16> = (0..TARGETS).map(|_| 20 + random.below(60) as u16).collect();
    let says = |auditor: usize, target: usize| {
        Some(if panel.lies(auditor) {
            reached(50, PROMISED_KBPS)
        } else if target < DARK {
            Found::Unreachable
        } else {
            reached(latencies.get(target).copied().unwrap_or(50), PROMISED_KBPS)
        })
    };
    let seed = random::seed(settings.seed, "lazy", 1);
    let (_, judgement) = audit(&seed, &panel.auditors, &panel.targets, &panel.rules, says)?;
    let dark = |reached| {
        let verdicts = judgement.verdicts.iter().take(DARK);
        verdicts.filter(|verdict| verdict.reached == reached).count() as f64 / DARK as f64
    };
    Ok(Passed {
        passed: dark(Some(true)),
        void: dark(None),
        found: dark(Some(false)),
        penalised: panel.part_penalised(&judgement),
    })
}

/// The second value is the part of dark targets' audits that a third of the stake makes void.
fn lazy_table(settings: &Settings) -> Result<(Table, f64), SimError> {
    let title = "Auditors that do not look and report 50 ms and the promise: 1,000 targets, 100 of them dark";
    let columns = [
        "lazy",
        "dark target: passes",
        "void",
        "found dark",
        "lazy auditors penalised",
    ];
    let mut table = Table::new(title, &columns);
    let mut of_third = 0.0;
    for share in SHARES {
        let lazy = lazy(share, settings)?;
        if share == 1.0 / 3.0 {
            of_third = lazy.void;
        }
        let mut row = vec![Cell::Share(share)];
        row.extend([lazy.passed, lazy.void, lazy.found, lazy.penalised].map(Cell::Share));
        table.row(row);
    }
    Ok((table, of_third))
}

fn plot() -> Plot {
    let line = |k: usize| {
        let point = |percent: i32| {
            let odds = odds(k, f64::from(percent) / 100.0);
            (f64::from(percent), steady_level(&odds))
        };
        Series::line(format!("committees of {k}"), (0..=70).map(point).collect())
    };
    Plot {
        name: "liars",
        title: "Bound on the level of a good provider that liars attack for ever".into(),
        x: Axis::new("liars' share of the stake, %").from(0.0, 70.0),
        y: Axis::new("level").from(0.0, 1.0),
        series: vec![line(7), line(15), line(31)],
    }
}
