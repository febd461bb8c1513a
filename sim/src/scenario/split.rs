//! One stake in many parts: what splitting gains.
//!
//! Equal levels, so weight is stake. Power is what a seat counts before it is raised by up to 0.1 %.
//! *Expected power* is exact (Σ chance × power); the share's mean comes from draws.

use super::Settings;
use crate::{
    SimError,
    draw::{Expected, RULES, moments, shares},
    output::{Axis, Cell, Finding, Plot, Report, Series, Table},
    population::{Field, Stakes},
};

const NODES: usize = 300;
const DRAWS: u64 = 1_000;
const SHARE: f64 = 0.25;
const PARTS: [usize; 10] = [1, 2, 5, 10, 15, 20, 25, 50, 150, 500];
/// The gain that is allowed.
pub const MOST_GAIN: f64 = 0.02;

/// What an attacker has of a stake in so many equal parts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    pub parts: usize,
    pub expected: Expected,
    /// Of the share of the power over the draws.
    pub mean: f64,
    pub deviation: f64,
    pub draws: u64,
}

/// Expected and drawn power of a stake in so many parts.
pub fn measure(
    stakes: Stakes,
    nodes: usize,
    share: f64,
    parts: usize,
    settings: &Settings,
) -> Result<Measured, SimError> {
    let candidates = Field::new(stakes, nodes, share, parts).candidates();
    let draws = settings.epochs_or(DRAWS);
    let drawn = shares(&candidates, &RULES, settings.seed, "split", draws)?;
    let (mean, deviation) = moments(&drawn);
    Ok(Measured {
        parts,
        expected: Expected::of(&candidates, &RULES)?,
        mean,
        deviation,
        draws,
    })
}

/// The largest gain over one part, by expected shares.
pub fn most_gain(stakes: Stakes, nodes: usize, share: f64) -> Result<(f64, usize), SimError> {
    let of = |parts| Expected::of(&Field::new(stakes, nodes, share, parts).candidates(), &RULES);
    let whole = of(1)?.share();
    let mut most = (0.0, 1);
    for parts in (2..=60).chain([80, 100, 150, 300, 500]) {
        let gain = of(parts)?.share() / whole - 1.0;
        if gain > most.0 {
            most = (gain, parts);
        }
    }
    Ok(most)
}

/// What no split can exceed: 2p/(1 + p) of the power for a part p of the weight.
pub fn bound(share: f64) -> f64 {
    2.0 * share / (1.0 + share)
}

pub fn run(settings: &Settings) -> Result<Report, SimError> {
    let nodes = settings.nodes_or(NODES);
    let mut tables = Vec::new();
    let mut series = Vec::new();
    let mut absolute = 0.0f64;
    for stakes in Stakes::ALL {
        let measured = PARTS.map(|parts| measure(stakes, nodes, SHARE, parts, settings));
        let measured = measured.into_iter().collect::<Result<Vec<_>, _>>()?;
        let whole = measured.first().map_or(1.0, |first| first.expected.attacker);
        let most = measured.iter().map(|m| m.expected.attacker / whole);
        absolute = absolute.max(most.fold(0.0, f64::max));
        let points = measured.iter().map(|m| (m.parts as f64, m.mean * 100.0));
        series.push(Series::line(
            format!("{} stakes", stakes.name()),
            points.collect(),
        ));
        tables.push(table(stakes, &measured));
    }
    let (table, gains) = gains(nodes)?;
    tables.push(table);
    Ok(Report {
        name: "split",
        title: "One stake split into many parts",
        tables,
        plots: vec![Plot {
            name: "split",
            title: "A quarter of the stake in many parts: share of the power".into(),
            x: Axis::logarithmic("parts"),
            y: Axis::new("mean share of the power, %").from(0.0, 45.0),
            series,
        }],
        findings: findings(absolute, &gains, nodes),
    })
}

/// With the attacker in one piece there is a seat for everybody.
const FEW: usize = 99;

/// The fields that are asked for the best split: stakes and the number of honest candidates.
fn fields(nodes: usize) -> [(Stakes, usize); 4] {
    let [zipf, pareto, equal] = Stakes::ALL;
    [(zipf, nodes), (pareto, nodes), (equal, nodes), (equal, FEW)]
}

/// A field, the attacker's share, and the best gain.
type Gain = (Stakes, usize, f64, f64);

fn gains(nodes: usize) -> Result<(Table, Vec<Gain>), SimError> {
    let columns = [
        "stakes",
        "honest candidates",
        "share of stake",
        "share of power in one part",
        "largest share",
        "in parts",
        "gain",
        "bound 2p/(1+p)",
    ];
    let mut table = Table::new("The best split into equal parts (by expected power)", &columns);
    let mut found = Vec::new();
    for (stakes, honest) in fields(nodes) {
        for share in [0.05, 0.1, 0.2, SHARE] {
            let (gain, parts) = most_gain(stakes, honest, share)?;
            let of = |parts| Expected::of(&Field::new(stakes, honest, share, parts).candidates(), &RULES);
            table.row(vec![
                stakes.name().into(),
                Cell::whole(honest),
                Cell::Share(share),
                Cell::Share(of(1)?.share()),
                Cell::Share(of(parts)?.share()),
                Cell::whole(parts),
                Cell::Share(gain),
                Cell::Share(bound(share)),
            ]);
            found.push((stakes, honest, share, gain));
        }
    }
    Ok((table, found))
}

fn table(stakes: Stakes, measured: &[Measured]) -> Table {
    let title = format!("{} stakes: {:.0} % of the stake", stakes.name(), SHARE * 100.0);
    let columns = [
        "parts",
        "expected power, one part = 1",
        "expected share",
        "mean share",
        "± (95 %)",
        "deviation",
    ];
    let mut table = Table::new(title, &columns);
    let whole = measured.first().map_or(1.0, |first| first.expected.attacker);
    for m in measured {
        table.row(vec![
            Cell::whole(m.parts),
            Cell::Number(m.expected.attacker / whole, 4),
            Cell::Share(m.expected.share()),
            Cell::Share(m.mean),
            Cell::Share(1.96 * m.deviation / (m.draws as f64).sqrt()),
            Cell::Share(m.deviation),
        ]);
    }
    table
}

fn findings(absolute: f64, gains: &[Gain], nodes: usize) -> Vec<Finding> {
    let most = |of: &dyn Fn(&Gain) -> bool| {
        let gains = gains.iter().filter(|gain| of(gain));
        gains.map(|gain| gain.3).fold(0.0, f64::max)
    };
    let crowded = |gain: &Gain| gain.1 == nodes;
    let small = most(&|gain| crowded(gain) && gain.2 <= 0.1);
    let large = most(&crowded);
    let few = most(&|gain| !crowded(gain));
    vec![
        Finding::promise(
            absolute <= 1.000_001,
            format!("no split raises the expected power itself (at most {absolute:.4} of one part's)"),
        ),
        Finding::promise(
            small <= MOST_GAIN,
            format!(
                "up to a tenth of the stake, the best split gains {:.1} % of the share among {nodes}",
                small * 100.0
            ),
        ),
        Finding::promise(
            large <= MOST_GAIN,
            format!(
                "up to a quarter of the stake, the best split gains {:.1} % of the share among {nodes}",
                large * 100.0
            ),
        ),
        Finding::note(format!(
            "where there are hardly more candidates than seats ({FEW} equal ones and 100 seats) it gains up to {:.0} %",
            few * 100.0
        )),
    ]
}
