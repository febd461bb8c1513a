//! Paying oneself: for reward, for rank, for ratings.
//!
//! The washer is consumer, provider and application at once, so of what it pays only the treasury's part
//! is lost; and the fees of its transactions, of which a validator gets its share of the power back.

use slsbft_mechanism::{
    level::{self, Dimensions},
    reward::{Bases, Rules as RewardRules},
};
use slsbft_types::{
    Amount, Ratio, UANKR_PER_ANKR,
    metering::{Split, Terms},
};

use super::Settings;
use crate::{
    SimError,
    output::{Axis, Cell, Finding, Plot, Report, Series, Table},
    population::{multiplier, number, ratio},
    world::{Conduct, GENESIS, steady_record},
};

/// To open a deal, and to claim and close it.
const TRANSACTIONS: f64 = 2.0;
/// ANKR.
const FEE: f64 = 5.0;
/// Of the fees, what validators get, by power.
const FEES_TO_VALIDATORS: f64 = 0.7;

/// The main chain's.
pub fn terms() -> Terms {
    Terms {
        platform_share: Ratio::from_percent(5),
        provider_part: Ratio::from_percent(20),
        application_part: Ratio::from_percent(30),
        window_blocks: 600,
        window_seconds: 3_600,
        idle_fee: Amount::new(UANKR_PER_ANKR),
    }
}

/// ANKR that somebody gains by settling `settled` ANKR in one deal with itself, at the highest reward
/// that there can be; `power` is its share of the power, which brings back fees.
pub fn washed(settled: u64, power: f64) -> Result<f64, SimError> {
    let lost = treasury(ankr(settled))?;
    let fees = TRANSACTIONS * FEE * (1.0 - FEES_TO_VALIDATORS * power);
    let bases = bases(lost)?;
    Ok(whole(bases.provider) + whole(bases.consumer) - whole(lost) - fees)
}

/// ANKR that an honest provider without an application gains by settling with others.
pub fn earned(settled: u64) -> Result<f64, SimError> {
    let split = Split::of(ankr(settled), &terms(), None)?;
    // Half of the transactions are the consumer's.
    let reward = bases(split.treasury)?.provider;
    Ok(whole(split.provider) + whole(reward) - TRANSACTIONS * FEE / 2.0)
}

/// What a settlement earns at most: of a provider with the best level, in an epoch that can pay all.
fn bases(cost: Amount) -> Result<Bases, SimError> {
    Ok(Bases::of(cost, Ratio::ONE, &RewardRules::default())?)
}

/// The level of a good provider whose settled ratings have a mean, from so many payers, steadily.
pub fn level_with(rating: Option<f64>, payers: u64) -> f64 {
    let rules = level::Rules::default();
    let outcomes = Dimensions {
        consumer: rating.map(|rating| heard(rating, payers)),
        ..Conduct::GOOD.outcomes(true)
    };
    number(steady_record(&outcomes, GENESIS, &rules).level(GENESIS, &rules))
}

/// An epoch's outcome of ratings: 1 − (1 − mean)·n/(n + 2), as in `modules/service/ratings.rs`.
fn heard(rating: f64, payers: u64) -> Ratio {
    let payers = payers as f64;
    ratio(1.0 - (1.0 - rating) * payers / (payers + 2.0))
}

/// What washing and serving bring, and whether washing loses always.
fn results() -> Result<(Table, Plot, bool), SimError> {
    let volumes: Vec<u64> = (1..=8).map(|power| 10u64.pow(power)).collect();
    let columns = [
        "settled, ANKR",
        "washed, no power",
        "washed, all the power",
        "honest provider",
    ];
    let mut results = Table::new("Net result, ANKR, at the highest reward there can be", &columns);
    let mut loses = true;
    let mut series = [Vec::new(), Vec::new(), Vec::new()];
    for volume in &volumes {
        let values = [washed(*volume, 0.0)?, washed(*volume, 1.0)?, earned(*volume)?];
        loses &= values.iter().take(2).all(|value| *value < 0.0);
        let mut row = vec![Cell::Whole(*volume as i64)];
        row.extend(values.map(|value| Cell::Number(value, 1)));
        results.row(row);
        for (points, value) in series.iter_mut().zip(values) {
            points.push((*volume as f64, value.abs()));
        }
    }
    let names = [
        "loss by washing, no power",
        "loss, all the power",
        "income of an honest provider",
    ];
    let series = names
        .into_iter()
        .zip(series)
        .map(|(name, points)| Series::line(name, points));
    let plot = Plot {
        name: "wash",
        title: "Settling with oneself, and with others".into(),
        x: Axis::logarithmic("settled, ANKR"),
        y: Axis::logarithmic("loss or income, ANKR").from(1.0, 1e8),
        series: series.collect(),
    };
    Ok((results, plot, loses))
}

pub fn run(_: &Settings) -> Result<Report, SimError> {
    let (results, plot, loses) = results()?;
    let (ratings, diluted) = ratings_table()?;
    let slander = slander_table();
    let unrated = level_with(None, 0);
    let rises = [1, 10, 1_000]
        .iter()
        .any(|payers| level_with(Some(1.0), *payers) > unrated);
    let half = level_with(Some(0.0), 1_000);
    Ok(Report {
        name: "wash",
        title: "Paying oneself",
        tables: vec![results, ratings, slander],
        plots: vec![plot],
        findings: vec![
            Finding::promise(loses, "washing loses at any volume, with and without power"),
            Finding::promise(
                !rises,
                format!("perfect ratings leave an unrated level of {unrated:.3} as it is"),
            ),
            Finding::note(format!(
                "washed perfect ratings of {:.0} times the honest revenue hide honest ones of ½: that costs {:.1} % of \
                 the revenue and adds {:.1} % of weight",
                diluted.times,
                diluted.cost * 100.0,
                diluted.gained * 100.0
            )),
            Finding::note(format!(
                "whoever outpays all other consumers takes a level of {unrated:.3} to {half:.3} by the worst ratings, \
                 if the provider claims the vouchers that carry them"
            )),
        ],
    })
}

/// Honest bad ratings, diluted by washed good ones.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Diluted {
    /// Washed volume, in honest revenues.
    pub times: f64,
    /// The mean rating that is heard then.
    pub mean: f64,
    pub level: f64,
    /// Of the weight, against no washing.
    pub gained: f64,
    /// In honest revenues.
    pub cost: f64,
}

/// Washed perfect ratings of so many times the honest revenue, whose 8 payers rate ½.
pub fn diluted(times: f64) -> Result<Diluted, SimError> {
    const PAYERS: u64 = 8;
    const HONEST: f64 = 0.5;
    let before = multiplier(level_with(Some(HONEST), PAYERS));
    let mean = (HONEST + times) / (1.0 + times);
    // More payers only make a bad word count more, so the washer is one.
    let level = level_with(Some(mean), PAYERS + u64::from(times > 0.0));
    Ok(Diluted {
        times,
        mean,
        level,
        gained: multiplier(level) / before - 1.0,
        cost: times * net_cost()?,
    })
}

fn ratings_table() -> Result<(Table, Diluted), SimError> {
    let title = "Ratings of ½ by 8 honest consumers, diluted by washed perfect ones";
    let columns = [
        "washed : honest revenue",
        "mean rating",
        "level",
        "weight gained",
        "cost, of honest revenue",
    ];
    let mut table = Table::new(title, &columns);
    let mut last = Diluted::default();
    for times in [0.0, 1.0, 2.0, 5.0, 10.0] {
        last = diluted(times)?;
        table.row(vec![
            Cell::Number(last.times, 0),
            Cell::Number(last.mean, 3),
            Cell::Number(last.level, 3),
            Cell::Share(last.gained),
            Cell::Share(last.cost),
        ]);
    }
    Ok((table, last))
}

/// Bad ratings by a competitor's consumers.
fn slander_table() -> Table {
    let title = "Ratings of 0 by a competitor, the other consumers' are perfect";
    let columns = ["part of all payments", "one payer", "10 payers", "1,000 payers"];
    let mut table = Table::new(title, &columns);
    for part in [0.1, 0.25, 0.5, 0.75, 1.0] {
        let mut row = vec![Cell::Share(part)];
        let level = |payers| Cell::Number(level_with(Some(1.0 - part), payers), 3);
        row.extend([1, 10, 1_000].map(level));
        table.row(row);
    }
    table
}

/// What washing costs per ANKR without its fees.
fn net_cost() -> Result<f64, SimError> {
    let lost = treasury(ankr(1_000_000))?;
    let bases = bases(lost)?;
    Ok((whole(lost) - whole(bases.provider) - whole(bases.consumer)) / 1e6)
}

/// What the treasury gets of a settlement with an application of one's own.
fn treasury(paid: Amount) -> Result<Amount, SimError> {
    // What the application hands on to itself changes nothing.
    Ok(Split::of(paid, &terms(), Some(Ratio::ZERO))?.treasury)
}

fn ankr(whole: u64) -> Amount {
    Amount::new(u128::from(whole) * UANKR_PER_ANKR)
}

fn whole(amount: Amount) -> f64 {
    amount.value() as f64 / UANKR_PER_ANKR as f64
}
