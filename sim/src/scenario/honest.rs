//! Nobody attacks: who gets seats, power and income, and how levels settle.
//!
//! Every node is a provider and a candidate. In each epoch it is up or not, by its own kind, and if up
//! it has a latency and a throughput; auditors agree on both. Income here is the validators' part of the
//! fees, by power over the blocks that were signed.

use rayon::prelude::*;
use slsbft_mechanism::{
    audit::{Finding as Found, Rules as AuditRules},
    reward::{Rules as RewardRules, reputation},
};

use super::Settings;
use crate::{
    SimError,
    committees::{PROMISED_KBPS, agreed, reached},
    draw::quantile,
    output::{Axis, Cell, Finding, Plot, Report, Series, Table},
    population::{Side, Stakes, amount, multiplier, number, operator},
    random::{self, Random},
    world::{Conduct, GENESIS, Node, Rules, World, steady_record},
};

const NODES: usize = 2_000;
const EPOCHS: u64 = 1_000;

/// How well a node serves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quality {
    /// The part of epochs in which it is up.
    pub up: f64,
    pub latency_ms: f64,
    /// The part of its promise that it keeps.
    pub kept: f64,
}

impl Quality {
    /// Four fifths are good, one in twenty is poor, the rest is fair.
    pub fn drawn(random: &mut Random) -> Self {
        let kind = random.unit();
        let mut between = |low: f64, high: f64| low + (high - low) * random.unit();
        match kind {
            k if k < 0.80 => Self {
                up: 0.999,
                latency_ms: between(20.0, 180.0),
                kept: 1.0,
            },
            k if k < 0.95 => Self {
                up: 0.97,
                latency_ms: between(200.0, 700.0),
                kept: between(0.8, 1.0),
            },
            _ => Self {
                up: 0.7,
                latency_ms: between(400.0, 1_500.0),
                kept: between(0.4, 0.9),
            },
        }
    }

    fn found(&self, random: &mut Random) -> Found {
        if !random.happens(self.up) {
            return Found::Unreachable;
        }
        let latency = self.latency_ms * (0.95 + 0.1 * random.unit());
        reached(latency as u16, (self.kept * f64::from(PROMISED_KBPS)) as u32)
    }
}

/// A node as the tables see it; all but the level are parts of the whole.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Member {
    pub stake: f64,
    /// Power that it signed with: its part of the fees.
    pub income: f64,
    /// Its part of the rewards for reputation.
    pub reputation: f64,
    pub level: f64,
}

/// A chain that has lived.
pub struct Life {
    pub world: World,
    pub qualities: Vec<Quality>,
    /// Mean share of the power that each node signed with, over the second half.
    pub income: Vec<f64>,
    /// Mean number of operators that hold a third of the power together.
    pub a_third: f64,
    /// Hours, and quantiles of the levels: tenth, half, nine tenths.
    pub levels: Vec<(f64, [f64; 3])>,
}

/// Newcomers all, for so many epochs.
pub fn live(stakes: Stakes, nodes: usize, epochs: u64, settings: &Settings) -> Result<Life, SimError> {
    let mut random = Random::new(settings.seed, stakes.name(), 0);
    let qualities: Vec<Quality> = (0..nodes).map(|_| Quality::drawn(&mut random)).collect();
    let shares = stakes.shares(nodes).into_iter().enumerate();
    let all = shares.map(|(at, share)| Node::new(operator(Side::Honest, at), amount(share)));
    let mut life = Life {
        world: World::new(all.collect(), Rules::default(), GENESIS)?,
        qualities,
        income: vec![0.0; nodes],
        a_third: 0.0,
        levels: Vec::new(),
    };
    let counted = epochs.div_ceil(2);
    for epoch in 0..epochs {
        let conduct = life.conduct(settings, epoch)?;
        if epoch >= epochs - counted {
            life.earn(&conduct, counted as f64);
        }
        life.world
            .end_epoch(&conduct, &random::seed(settings.seed, stakes.name(), epoch + 1))?;
        if epoch % (epochs / 60).max(1) == 0 {
            life.note_levels();
        }
    }
    Ok(life)
}

impl Life {
    fn conduct(&self, settings: &Settings, epoch: u64) -> Result<Vec<Conduct>, SimError> {
        let found = |(at, quality): (usize, &Quality)| {
            let mut random = Random::new(settings.seed, "found", epoch << 32 | at as u64);
            quality.found(&mut random)
        };
        let found: Vec<Found> = self.qualities.par_iter().enumerate().map(found).collect();
        let outcomes = agreed(&found, &AuditRules::default())?;
        let conduct = found
            .iter()
            .zip(outcomes)
            .map(|(found, (endpoint, resource))| Conduct {
                signs: *found != Found::Unreachable,
                endpoint,
                resource,
                ..Conduct::GOOD
            });
        Ok(conduct.collect())
    }

    fn earn(&mut self, conduct: &[Conduct], epochs: f64) {
        let total: u64 = self.world.set().values().sum();
        let mut powers: Vec<f64> = Vec::new();
        for (operator, power) in self.world.set() {
            let power = *power as f64 / total.max(1) as f64;
            powers.push(power);
            let Some(at) = self.world.position(operator) else {
                continue;
            };
            let signs = conduct.get(at).is_some_and(|conduct| conduct.signs);
            if let Some(income) = self.income.get_mut(at).filter(|_| signs) {
                *income += power / epochs;
            }
        }
        powers.sort_by(|a, b| b.total_cmp(a));
        let below = powers.iter().scan(0.0, |sum, power| {
            *sum += power;
            Some(*sum)
        });
        self.a_third += (below.take_while(|sum| *sum * 3.0 < 1.0).count() + 1) as f64 / epochs;
    }

    fn note_levels(&mut self) {
        let world = &self.world;
        let levels: Vec<f64> = world.nodes.par_iter().map(|node| world.level(node)).collect();
        let hours = (world.epoch * world.rules.epoch_seconds) as f64 / 3600.0;
        self.levels
            .push((hours, [0.1, 0.5, 0.9].map(|part| quantile(&levels, part))));
    }

    /// In falling order of stakes.
    pub fn members(&self) -> Vec<Member> {
        let all = self.world.staked().value() as f64;
        let rules = RewardRules::default();
        let weight = |node: &Node| {
            let level = node.record.level(self.world.now, &self.world.rules.level);
            // An error would be a product above the supply.
            reputation(node.stake, level, &rules).map_or(0.0, |weight| weight.value() as f64)
        };
        let weights: Vec<f64> = self.world.nodes.iter().map(weight).collect();
        let of_reputation = f64::max(weights.iter().sum(), 1.0);
        let nodes = self.world.nodes.iter().zip(&self.income).zip(weights);
        let member = |((node, income), weight): ((&Node, &f64), f64)| Member {
            stake: node.stake.value() as f64 / all,
            income: *income,
            reputation: weight / of_reputation,
            level: self.world.level(node),
        };
        nodes.map(member).collect()
    }
}

pub fn run(settings: &Settings) -> Result<Report, SimError> {
    let nodes = settings.nodes_or(NODES);
    let epochs = settings.epochs_or(EPOCHS);
    let lives = Stakes::ALL
        .into_par_iter()
        .map(|stakes| Ok((stakes, live(stakes, nodes, epochs, settings)?)))
        .collect::<Result<Vec<_>, SimError>>()?;
    let mut tables: Vec<Table> = lives
        .iter()
        .map(|(stakes, life)| decile_table(*stakes, life))
        .collect();
    tables.push(concentration_table(&lives));
    let served: Vec<(f64, f64)> = lives.iter().map(|(_, life)| elected(life)).collect();
    let follows = lives.iter().all(|(_, life)| {
        let bins = by_level(life);
        let (low, high) = (bins.first(), bins.last());
        low.zip(high).is_some_and(|(low, high)| low.1 < high.1)
    });
    let (seated, others) = served.first().copied().unwrap_or_default();
    let unseated = unseated_level();
    Ok(Report {
        name: "honest",
        title: "Nobody attacks",
        tables,
        plots: plots(&lives),
        findings: vec![
            Finding::promise(follows, "income per stake rises with the service level"),
            Finding::note(format!(
                "good nodes that are seldom in the set are not measured in `consensus`: with Zipf's stakes their level is \
                 {others:.3} on average, that of the last set's {seated:.3}, which is {:.0} % more weight for a stake",
                (multiplier(seated) / multiplier(others) - 1.0) * 100.0
            )),
            Finding::note(format!(
                "a stake in the smallest tenth of Pareto's earns {:.2} of the fees that one in the largest does",
                small_against_large(&lives)
            )),
            Finding::note(format!(
                "a perfect node that is never in the set ends at a level of {unseated:.3}, so it earns nothing for \
                 reputation, whose threshold is {REPUTABLE:.2}"
            )),
        ],
    })
}

/// Fees per stake of the smallest tenth, those of the largest being 1, with Pareto's stakes.
fn small_against_large(lives: &[(Stakes, Life)]) -> f64 {
    let pareto = lives.iter().find(|(stakes, _)| *stakes == Stakes::Pareto);
    let members = pareto.map(|(_, life)| life.members()).unwrap_or_default();
    let size = members.len().div_ceil(10).max(1);
    let per_stake = |nodes: Option<&[Member]>| {
        let nodes = nodes.unwrap_or_default();
        let income: f64 = nodes.iter().map(|node| node.income).sum();
        income / nodes.iter().map(|node| node.stake).sum::<f64>()
    };
    per_stake(members.chunks(size).last()) / per_stake(members.chunks(size).next())
}

/// `reputation_above` of the rewards.
const REPUTABLE: f64 = 0.8;

/// The steady level of a node that serves perfectly and never has a seat.
pub fn unseated_level() -> f64 {
    let rules = Rules::default().level;
    let outcomes = Conduct::GOOD.outcomes(false);
    number(steady_record(&outcomes, GENESIS, &rules).level(GENESIS, &rules))
}

/// Mean levels of good nodes that are in the set, and that are not.
pub fn elected(life: &Life) -> (f64, f64) {
    let world = &life.world;
    let good = world
        .nodes
        .iter()
        .zip(&life.qualities)
        .filter(|(_, quality)| quality.up > 0.99);
    let (seated, others): (Vec<_>, Vec<_>) = good.partition(|(node, _)| world.in_set(node));
    let mean = |nodes: &[(&Node, &Quality)]| {
        let levels = nodes.iter().map(|(node, _)| world.level(node));
        levels.sum::<f64>() / nodes.len().max(1) as f64
    };
    (mean(&seated), mean(&others))
}

fn decile_table(stakes: Stakes, life: &Life) -> Table {
    let members = life.members();
    let title = format!(
        "{} stakes: {} nodes by stake, the largest tenth first",
        stakes.name(),
        members.len()
    );
    let columns = [
        "tenth",
        "share of stake",
        "share of power signed",
        "level, mean",
        "fees per stake",
        "share of reputation rewards",
    ];
    let mut table = Table::new(title, &columns);
    let size = members.len().div_ceil(10).max(1);
    for (tenth, nodes) in members.chunks(size).enumerate() {
        let sum = |of: fn(&Member) -> f64| nodes.iter().map(of).sum::<f64>();
        let (stake, income) = (sum(|node| node.stake), sum(|node| node.income));
        table.row(vec![
            Cell::whole(tenth + 1),
            Cell::Share(stake),
            Cell::Share(income),
            Cell::Number(sum(|node| node.level) / nodes.len() as f64, 3),
            Cell::Number(income / stake, 3),
            Cell::Share(sum(|node| node.reputation)),
        ]);
    }
    table
}

fn concentration_table(lives: &[(Stakes, Life)]) -> Table {
    let columns = [
        "stakes",
        "operators with a third of the power",
        "median level",
        "signed power",
    ];
    let mut table = Table::new("The set", &columns);
    for (stakes, life) in lives {
        let median = life.levels.last().map_or(0.0, |(_, levels)| levels[1]);
        table.row(vec![
            stakes.name().into(),
            Cell::Number(life.a_third, 1),
            Cell::Number(median, 3),
            Cell::Share(life.income.iter().sum()),
        ]);
    }
    table
}

/// Levels, and income per stake of the nodes there, the mean of all nodes being 1.
pub fn by_level(life: &Life) -> Vec<(f64, f64)> {
    const BINS: usize = 25;
    let mut bins = vec![(0.0, 0.0, 0.0, 0.0); BINS];
    for node in life.members() {
        let at = (node.level * BINS as f64) as usize;
        if let Some(bin) = bins.get_mut(at.min(BINS - 1)) {
            *bin = (
                bin.0 + node.stake,
                bin.1 + node.income,
                bin.2 + node.level,
                bin.3 + 1.0,
            );
        }
    }
    // A handful of nodes says nothing: most of them have no seat by chance.
    let full = bins.into_iter().filter(|bin| bin.3 >= 5.0 && bin.0 > 0.001);
    full.map(|(stake, income, level, count)| (level / count, income / stake))
        .collect()
}

fn plots(lives: &[(Stakes, Life)]) -> Vec<Plot> {
    let dots = lives
        .iter()
        .map(|(stakes, life)| Series::dots(stakes.name(), by_level(life)));
    let line = |level: i32| {
        let level = f64::from(level) / 100.0;
        (level, multiplier(level) / multiplier(0.9))
    };
    let mut income: Vec<Series> = dots.collect();
    income.push(Series::line(
        "weight of a stake, at .9 = 1",
        (30..=100).map(line).collect(),
    ));
    let zipf = lives
        .first()
        .map(|(_, life)| life.levels.as_slice())
        .unwrap_or_default();
    let names = ["a tenth is below", "half", "nine tenths"];
    let levels = names.into_iter().enumerate().map(|(at, name)| {
        let points = zipf
            .iter()
            .filter_map(|(hours, levels)| Some((*hours, *levels.get(at)?)));
        Series::line(name, points.collect())
    });
    vec![
        Plot {
            name: "honest-income",
            title: "Income per stake by service level, all nodes' mean = 1".into(),
            x: Axis::new("service level").from(0.3, 1.0),
            y: Axis::new("income per stake").from(0.0, 2.0),
            series: income,
        },
        Plot {
            name: "honest-levels",
            title: "Levels of newcomers, Zipf stakes".into(),
            x: Axis::new("hours since they came"),
            y: Axis::new("level").from(0.0, 1.0),
            series: levels.collect(),
        },
    ]
}
