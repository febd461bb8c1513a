//! How much weight, and how much stake, reaches a third of the power: enough to halt the chain.
//!
//! *Safe* is the largest share of the weight with which an attacker reaches a third of an epoch's power
//! with a probability below 10⁻⁹, whatever it splits its weight into (see `tail`). At 1,000 s an epoch a
//! year has 31,500 of them.

use rayon::prelude::*;
use slsbft_mechanism::{
    election::Rules,
    level::{self, Record},
};
use slsbft_types::{Ratio, Time};

use super::Settings;
use crate::{
    SimError,
    draw::{RULES, shares},
    output::{Axis, Cell, Finding, Plot, Report, Series, Table},
    population::{Field, Stakes, multiplier, number},
    tail::{Question, Refined, Split, most_parts},
    world::{Conduct, EPOCH_SECONDS, GENESIS, steady_record},
};

const NODES: usize = 300;
pub const THIRD: f64 = 1.0 / 3.0;
/// In an epoch.
pub const RARELY: f64 = 1e-9;
/// Stakes and seats that are asked for.
const ASKED: [(Stakes, u32); 6] = [
    (Stakes::Zipf, 100),
    (Stakes::Pareto, 100),
    (Stakes::Equal, 100),
    (Stakes::Similar, 100),
    (Stakes::Zipf, 200),
    (Stakes::Pareto, 200),
];

/// The question for a number of seats.
pub fn question(stakes: Stakes, honest: usize, seats: u32) -> Question {
    Question {
        stakes,
        honest,
        rules: Rules { seats, ..RULES },
        share: THIRD,
        probability: RARELY,
    }
}

/// The share of the stake that has a share of the weight, at these levels.
pub fn stake_of_weight(weight: f64, own_level: f64, honest_level: f64) -> f64 {
    let honest = weight * multiplier(honest_level);
    honest / (honest + (1.0 - weight) * multiplier(own_level))
}

/// The level of a good node after so many hours in which all is as `conduct` says.
pub fn level_after(hours: u64, conduct: &Conduct) -> f64 {
    let rules = level::Rules::default();
    let mut record: Record = steady_record(&Conduct::GOOD.outcomes(true), GENESIS, &rules);
    let epochs = hours * 3600 / EPOCH_SECONDS;
    let time = |epoch: u64| -> Time { GENESIS.plus_seconds(epoch * EPOCH_SECONDS) };
    for epoch in 0..epochs {
        record.record(&conduct.outcomes(true), &(time(epoch)..time(epoch + 1)), &rules);
    }
    number(record.level(time(epochs), &rules))
}

/// What was asked and found.
struct Answer {
    question: Question,
    refined: Refined,
}

impl Answer {
    fn weight(&self) -> f64 {
        self.refined.safe.weight
    }
}

pub fn run(settings: &Settings) -> Result<Report, SimError> {
    let nodes = settings.nodes_or(NODES);
    let questions = ASKED.map(|(stakes, seats)| question(stakes, nodes, seats));
    let answer = |question: &Question| {
        Ok(Answer {
            question: *question,
            refined: question.refined(settings.seed)?,
        })
    };
    let answers = questions
        .par_iter()
        .map(answer)
        .collect::<Result<Vec<_>, SimError>>()?;
    let main: Vec<&Answer> = answers
        .iter()
        .filter(|a| a.question.rules.seats == RULES.seats)
        .collect();
    Ok(Report {
        name: "third",
        title: "How much reaches a third of the power",
        tables: vec![
            safe_table(&answers, nodes),
            dust_table(settings, nodes)?,
            stake_table(&main),
            outage_table(&main),
        ],
        plots: plots(&main),
        findings: findings(&answers),
    })
}

fn safe_table(answers: &[Answer], nodes: usize) -> Table {
    let title = format!("Largest safe share of the weight, {nodes} honest candidates");
    let columns = [
        "stakes",
        "seats",
        "safe share of the weight",
        "by the most random draw",
        "worst split: certain parts",
        "small parts",
        "P of a third of the power",
        "± (standard error)",
    ];
    let mut table = Table::new(title, &columns);
    for Answer { question, refined } in answers {
        let Refined {
            safe,
            by_convolution,
            rare,
        } = refined;
        let (certain, small) = question.pieces(safe.weight, safe.split);
        table.row(vec![
            question.stakes.name().into(),
            Cell::Whole(question.rules.seats.into()),
            Cell::Share(safe.weight),
            Cell::Share(*by_convolution),
            Cell::whole(certain),
            Cell::whole(small),
            Cell::Chance(rare.probability),
            Cell::Chance(rare.error),
        ]);
    }
    table
}

/// Draws of elections in which dust is looked for.
const DRAWS: u64 = 4_000;

/// The part of real elections in which a share of the weight, in so many parts, has a share of the power.
pub fn frequency(
    question: &Question,
    weight: f64,
    parts: usize,
    share: f64,
    settings: &Settings,
) -> Result<f64, SimError> {
    let field = Field::new(question.stakes, question.honest, weight, parts);
    let found = shares(&field.candidates(), &question.rules, settings.seed, "dust", DRAWS)?;
    let reached = found.iter().filter(|found| **found >= share);
    Ok(reached.count() as f64 / found.len() as f64)
}

/// Dust among equal pieces: a draw whose seats depend on each other more than their number makes them
/// would show here first.
fn dust_table(settings: &Settings, nodes: usize) -> Result<Table, SimError> {
    let title = format!(
        "Luck of small parts: how often they have three times their share of the power ({DRAWS} elections)"
    );
    let columns = [
        "stakes",
        "share of the weight",
        "parts",
        "share of the power",
        "elections that reach it",
        "by the most random draw",
    ];
    let mut table = Table::new(title, &columns);
    for stakes in Stakes::ALL.into_iter().chain([Stakes::Similar]) {
        for weight in [0.017, 0.05] {
            let question = question(stakes, nodes, RULES.seats);
            let parts = most_parts(weight);
            let split = Split { certain: 0.0, parts };
            let share = 3.0 * weight;
            table.row(vec![
                stakes.name().into(),
                Cell::Share(weight),
                Cell::whole(parts),
                Cell::Share(share),
                Cell::Chance(frequency(&question, weight, parts, share, settings)?),
                Cell::Chance(question.lottery(weight, split)?.tail(share)),
            ]);
        }
    }
    Ok(table)
}

/// Levels of the honest that are asked for.
const HONEST: [f64; 4] = [1.0, 0.95, 0.8, 0.35];

fn stake_table(answers: &[&Answer]) -> Table {
    let title = "Largest safe share of the stake, 100 seats, own level 1, honest level …";
    let columns = ["stakes", "1.00", "0.95", "0.80", "0.35"];
    let mut table = Table::new(title, &columns);
    for answer in answers {
        let stake = |honest| Cell::Share(stake_of_weight(answer.weight(), 1.0, honest));
        let mut row = vec![Cell::from(answer.question.stakes.name())];
        row.extend(HONEST.map(stake));
        table.row(row);
    }
    let expected = |honest| Cell::Share(stake_of_weight(THIRD, 1.0, honest));
    let mut row = vec![Cell::from("a third of the weight")];
    row.extend(HONEST.map(expected));
    table.row(row);
    table
}

const HOURS: [u64; 6] = [0, 24, 72, 168, 263, 400];

fn outage_table(answers: &[&Answer]) -> Table {
    let title = "Largest safe share of the stake after everybody else was dark in everything, own level .962";
    let mut table = Table::new(
        title,
        &[
            "hours",
            "honest level",
            "Zipf",
            "Pareto",
            "equal",
            "similar",
            "a third of the weight",
        ],
    );
    for hours in HOURS {
        let level = level_after(hours, &Conduct::DARK);
        let best = level_after(0, &Conduct::GOOD);
        let mut row = vec![Cell::Whole(hours as i64), Cell::Number(level, 3)];
        let weights = answers.iter().map(|answer| answer.weight()).chain([THIRD]);
        row.extend(weights.map(|weight| Cell::Share(stake_of_weight(weight, best, level))));
        table.row(row);
    }
    table
}

fn plots(answers: &[&Answer]) -> Vec<Plot> {
    let weights = || {
        let safe = answers
            .iter()
            .map(|a| (a.question.stakes.name().to_owned(), a.weight()));
        safe.chain([("a third of the weight".to_owned(), THIRD)])
    };
    let levels: Vec<f64> = (35..=100).map(|level| f64::from(level) / 100.0).collect();
    let by_level = weights().map(|(name, weight)| {
        let point = |level: &f64| (*level, stake_of_weight(weight, 1.0, *level) * 100.0);
        Series::line(name, levels.iter().map(point).collect())
    });
    let hours: Vec<(u64, f64)> = (0..=56)
        .map(|i| (i * 6, level_after(i * 6, &Conduct::DARK)))
        .collect();
    let best = level_after(0, &Conduct::GOOD);
    let by_hours = weights().map(|(name, weight)| {
        let point =
            |(hours, level): &(u64, f64)| (*hours as f64, stake_of_weight(weight, best, *level) * 100.0);
        Series::line(name, hours.iter().map(point).collect())
    });
    let y = || Axis::new("share of the stake, %").from(0.0, 35.0);
    let level: Ratio = level::Rules::default().floor;
    vec![
        Plot {
            name: "third-level",
            title: "Share of the stake that is safe at level 1, by the level of the honest".into(),
            x: Axis::new("level of the honest").from(number(level), 1.0),
            y: y(),
            series: by_level.collect(),
        },
        Plot {
            name: "third-outage",
            title: "Share of the stake that is safe while everybody else is dark in everything".into(),
            x: Axis::new("hours of outage").from(0.0, 336.0),
            y: y(),
            series: by_hours.collect(),
        },
    ]
}

fn findings(answers: &[Answer]) -> Vec<Finding> {
    let certain = answers.iter().map(|answer| answer.refined.rare.error / RARELY);
    let error = certain.fold(0.0, f64::max);
    let weights = |stakes| {
        let of = answers
            .iter()
            .filter(move |answer| answer.question.stakes == stakes);
        of.map(Answer::weight).collect::<Vec<f64>>()
    };
    let more_seats = [Stakes::Zipf, Stakes::Pareto]
        .into_iter()
        .all(|stakes| weights(stakes).is_sorted());
    let least = |stakes| weights(stakes).first().copied().unwrap_or(0.0) * 100.0;
    let day = level_after(24, &Conduct::DARK);
    vec![
        Finding::promise(more_seats, "more seats make more of the weight safe"),
        Finding::note(format!(
            "at each safe share the draw itself reaches a third in less than 10⁻⁹ of epochs, with a standard error of at \
             most {error:.1} times that"
        )),
        Finding::promise(
            least(Stakes::Similar) >= 10.0,
            format!(
                "a tenth of the weight is safe whatever the stakes (among equal ones, three to a seat, {:.1} % is; \
                 among similar ones {:.1} %)",
                least(Stakes::Equal),
                least(Stakes::Similar)
            ),
        ),
        Finding::note(format!("a day in the dark takes a good node's level to {day:.3}")),
    ]
}
