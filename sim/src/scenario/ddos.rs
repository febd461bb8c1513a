//! Denial of service against everybody honest, by somebody who holds a little stake.
//!
//! Three ways to power: levels that fall (slow, meant to be), pauses that bar from elections, and jailing
//! of those who cannot sign; the last two bounded at each boundary. The attack is on public services; consensus goes on, or there would be no
//! epochs.

use std::collections::BTreeSet;

use slsbft_mechanism::audit::{Finding as Found, Rules as AuditRules, Target};
use slsbft_types::Address;

use super::{
    Settings,
    third::{level_after, stake_of_weight},
};
use crate::{
    SimError,
    committees::{PROMISED_KBPS, audit, reached, target},
    output::{Axis, Cell, Finding, Plot, Report, Series, Table},
    population::{Side, Stakes, amount, operator, side},
    random,
    world::{Conduct, GENESIS, Node, Policy, Rules, World, steady_record},
};

const NODES: usize = 200;
const PARTS: usize = 20;
const EPOCHS: u64 = 16;

/// Somebody with a share of the stake who keeps all others from answering.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Siege {
    /// Of all stake.
    pub share: f64,
    pub parts: usize,
    pub policy: Policy,
    /// For so many epochs public services do not answer.
    pub lasts: u64,
    /// The part of the honest stake that offers no services, so it cannot be paused.
    pub silent: f64,
}

/// The attacker's share of the power in each epoch, from the siege's first.
pub fn besiege(siege: &Siege, nodes: usize, settings: &Settings, epochs: u64) -> Result<Vec<f64>, SimError> {
    let mut world = field(siege.share, siege.parts, siege.policy, nodes)?;
    let silent = silent(&world, siege.silent);
    let targets: Vec<Target> = world
        .nodes
        .iter()
        .enumerate()
        .filter(|(_, node)| !silent.contains(&node.operator))
        .map(|(id, node)| target(id, node.operator))
        .collect();
    let mut shares = Vec::new();
    for epoch in 0..epochs {
        shares.push(world.power_of(|operator| side(operator) == Side::Attacker));
        let seed = random::seed(settings.seed, "siege", epoch);
        let auditors = world.auditors();
        let says = |auditor: usize, at: usize| {
            let of_attacker =
                |operator: Option<&Address>| operator.is_some_and(|o| side(o) == Side::Attacker);
            let lies = of_attacker(auditors.get(auditor).map(|auditor| &auditor.operator));
            let own = of_attacker(targets.get(at).map(|target| &target.operator));
            // The attacker's auditors say at all times what the others find during the siege.
            let answers = own || (epoch >= siege.lasts && !lies);
            Some(if answers {
                reached(50, PROMISED_KBPS)
            } else {
                Found::Unreachable
            })
        };
        let (_, judgement) = audit(&seed, &auditors, &targets, &AuditRules::default(), says)?;
        let mut conduct = vec![
            Conduct {
                endpoint: None,
                resource: None,
                ..Conduct::GOOD
            };
            world.nodes.len()
        ];
        for (target, verdict) in targets.iter().zip(&judgement.verdicts) {
            if let Some(conduct) = conduct.get_mut(target.id as usize) {
                conduct.endpoint = verdict.endpoint;
                conduct.resource = verdict.resource;
            }
        }
        world.end_epoch(&conduct, &seed)?;
    }
    Ok(shares)
}

/// Somebody who keeps as many seats from signing as the chain survives: a little less than a third of the
/// power, the heaviest first, and so others in each epoch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Roll {
    /// Of all stake.
    pub share: f64,
    pub policy: Policy,
    /// The public services of everybody else do not answer either.
    pub besieged: bool,
}

/// The attacker's share of the power in each epoch.
pub fn roll(of: &Roll, nodes: usize, settings: &Settings, epochs: u64) -> Result<Vec<f64>, SimError> {
    let mut world = field(of.share, PARTS, of.policy, nodes)?;
    let mut shares = Vec::new();
    for epoch in 0..epochs {
        shares.push(world.power_of(|operator| side(operator) == Side::Attacker));
        let mut victims = BTreeSet::new();
        let mut kept = 0.0;
        let mut others: Vec<(f64, Address)> = world
            .nodes
            .iter()
            .filter(|node| side(&node.operator) == Side::Honest && world.in_set(node))
            .map(|node| (world.power(node), node.operator))
            .collect();
        others.sort_by(|a, b| b.0.total_cmp(&a.0));
        for (power, operator) in others {
            if kept + power < 0.33 {
                kept += power;
                victims.insert(operator);
            }
        }
        let does = |node: &Node| Conduct {
            signs: !victims.contains(&node.operator),
            ..if of.besieged && side(&node.operator) == Side::Honest {
                Conduct::UNREACHABLE
            } else {
                Conduct::GOOD
            }
        };
        let conduct: Vec<Conduct> = world.nodes.iter().map(does).collect();
        world.end_epoch(&conduct, &random::seed(settings.seed, "roll", epoch))?;
    }
    Ok(shares)
}

/// Good nodes for long, some of them the attacker's.
fn field(share: f64, parts: usize, policy: Policy, nodes: usize) -> Result<World, SimError> {
    let rules = Rules {
        policy,
        ..Rules::default()
    };
    let record = steady_record(&Conduct::GOOD.outcomes(true), GENESIS, &rules.level);
    let honest = Stakes::Zipf.shares(nodes).into_iter().enumerate();
    let node = |side, number, part| Node {
        record,
        ..Node::new(operator(side, number), amount(part))
    };
    let mut all: Vec<Node> = honest
        .map(|(number, part)| node(Side::Honest, number, part * (1.0 - share)))
        .collect();
    all.extend((0..parts).map(|number| node(Side::Attacker, number, share / parts as f64)));
    let mut world = World::new(all, rules, GENESIS)?;
    let conduct = vec![Conduct::GOOD; world.nodes.len()];
    for epoch in 0..2 {
        world.end_epoch(&conduct, &random::seed(0, "field", epoch))?;
    }
    Ok(world)
}

/// Honest nodes, the smallest first, up to a part of the honest stake.
fn silent(world: &World, part: f64) -> BTreeSet<Address> {
    let mut honest: Vec<&Node> = world
        .nodes
        .iter()
        .filter(|node| side(&node.operator) == Side::Honest)
        .collect();
    honest.sort_by_key(|node| node.stake);
    let all: u128 = honest.iter().map(|node| node.stake.value()).sum();
    let mut held = 0.0;
    let kept = honest.into_iter().take_while(|node| {
        held += node.stake.value() as f64 / all as f64;
        held <= part
    });
    kept.map(|node| node.operator).collect()
}

/// Of those who are kept from signing, and everybody else's.
const BESIEGED: &str = "besieged too";

/// Positions in the policies.
const CHAIN: usize = 0;
const UNBOUNDED: usize = 1;

/// The policies that are compared.
pub const POLICIES: [(&str, Policy); 2] = [
    ("as on the chain", Policy::CHAIN),
    ("the draft: no bound", Policy::UNBOUNDED),
];

pub fn run(settings: &Settings) -> Result<Report, SimError> {
    let nodes = settings.nodes_or(NODES);
    let epochs = settings.epochs_or(EPOCHS);
    let sieges = sieges(nodes, settings, epochs)?;
    let rolls = rolls(nodes, settings, epochs.min(8))?;
    let (levels, moved) = level_table();
    Ok(Report {
        name: "ddos",
        title: "Denial of service against everybody honest",
        tables: vec![
            levels,
            power_table(
                "Siege of 3 epochs (50 minutes) on all public services: the attacker's power",
                "honest without services",
                &sieges,
            ),
            power_table(
                "A third of the power kept from signing, others each epoch: the attacker's power",
                "public services",
                &rolls,
            ),
        ],
        plots: vec![plot(&sieges)],
        findings: findings(&sieges, &rolls, moved),
    })
}

fn findings(sieges: &[Power], rolls: &[Power], moved: f64) -> Vec<Finding> {
    // The most that a stake up to `share` gets under a policy.
    let most = |of: &[Power], policy: usize, share: f64| {
        let of = of
            .iter()
            .filter(|power| power.policy == policy && power.share <= share);
        of.map(Power::most).fold(0.0, f64::max)
    };
    let (both, rolls): (Vec<_>, Vec<_>) = rolls.iter().cloned().partition(|power| power.note == BESIEGED);
    let captured = most(sieges, CHAIN, 0.01);
    let rolled = most(&rolls, CHAIN, 0.2);
    vec![
        Finding::promise(
            moved < 0.1,
            format!(
                "by levels alone, a day of siege moves {:.1} % of the power",
                moved * 100.0
            ),
        ),
        Finding::promise(
            captured < 1.0 / 3.0,
            format!(
                "a siege of 50 minutes hands nobody a third of the power (it hands 1 % of the stake {:.1} %)",
                captured * 100.0
            ),
        ),
        Finding::promise(
            rolled < 1.0 / 3.0,
            format!(
                "keeping a third of the power from signing gives a fifth of the stake less than a third (it gives {:.1} %)",
                rolled * 100.0
            ),
        ),
        Finding::note(format!(
            "the siege gives a fifth of the stake {:.1} %, and both together {:.1} %",
            most(sieges, CHAIN, 0.2) * 100.0,
            most(&both, CHAIN, 0.2) * 100.0
        )),
        Finding::note(format!(
            "by the draft, which barred and jailed however many it befell, the siege would give 1 % of the stake {:.0} %, \
             and denial in turn a fifth {:.0} %",
            most(sieges, UNBOUNDED, 0.01) * 100.0,
            most(&rolls, UNBOUNDED, 0.2) * 100.0
        )),
    ]
}

/// An attacker's power over epochs under one of the policies.
#[derive(Clone)]
struct Power {
    policy: usize,
    share: f64,
    note: String,
    powers: Vec<f64>,
}

impl Power {
    fn most(&self) -> f64 {
        self.powers.iter().copied().fold(0.0, f64::max)
    }
}

fn sieges(nodes: usize, settings: &Settings, epochs: u64) -> Result<Vec<Power>, SimError> {
    let mut found = Vec::new();
    for (index, (_, policy)) in POLICIES.into_iter().enumerate() {
        for (share, silent) in [(0.01, 0.0), (0.01, 0.1), (0.01, 0.5), (0.2, 0.0), (0.2, 0.5)] {
            let siege = Siege {
                share,
                parts: if share < 0.05 { 1 } else { PARTS },
                policy,
                lasts: 3,
                silent,
            };
            found.push(Power {
                policy: index,
                share,
                note: format!("{:.0} %", silent * 100.0),
                powers: besiege(&siege, nodes, settings, epochs)?,
            });
        }
    }
    Ok(found)
}

fn rolls(nodes: usize, settings: &Settings, epochs: u64) -> Result<Vec<Power>, SimError> {
    let mut found = Vec::new();
    for (index, (_, policy)) in POLICIES.into_iter().enumerate() {
        let shares = [0.05, 0.1, 0.15, 0.2];
        let plain = shares.map(|share| (share, false));
        for (share, besieged) in plain.into_iter().chain(shares.map(|share| (share, true))) {
            let of = Roll {
                share,
                policy,
                besieged,
            };
            found.push(Power {
                policy: index,
                share,
                note: if besieged { BESIEGED } else { "answer" }.into(),
                powers: roll(&of, nodes, settings, epochs)?,
            });
        }
    }
    Ok(found)
}

fn power_table(title: &str, note: &'static str, found: &[Power]) -> Table {
    let columns = [
        "rule", "stake", note, "before", "epoch 3", "epoch 5", "epoch 7", "last", "most",
    ];
    let mut table = Table::new(title, &columns);
    for power in found {
        let name = POLICIES.get(power.policy).map_or("", |(name, _)| name);
        let mut row = vec![
            Cell::from(name),
            Cell::Share(power.share),
            Cell::text(power.note.clone()),
        ];
        let at = |epoch: usize| {
            power
                .powers
                .get(epoch)
                .map_or(Cell::None, |share| Cell::Share(*share))
        };
        row.extend([0, 2, 4, 6, power.powers.len().saturating_sub(1)].map(at));
        row.push(Cell::Share(power.most()));
        table.row(row);
    }
    table
}

/// What the slow clock alone hands over; the second value is what a day moves at most.
fn level_table() -> (Table, f64) {
    const SHARE: f64 = 0.2;
    let title = "By levels alone: what a siege of everybody else gives to 20 % of the stake";
    let columns = [
        "what does not work",
        "hours",
        "honest level",
        "share of the weight",
        "moved",
        "stake that holds a third",
    ];
    let mut table = Table::new(title, &columns);
    let best = level_after(0, &Conduct::GOOD);
    let mut day = 0.0f64;
    for (name, conduct) in [
        ("public services", Conduct::UNREACHABLE),
        ("everything", Conduct::DARK),
    ] {
        for hours in [0, 24, 72, 168, 263] {
            let level = level_after(hours, &conduct);
            let weight = weight_of_stake(SHARE, best, level);
            if hours == 24 {
                day = day.max(weight - SHARE);
            }
            table.row(vec![
                name.into(),
                Cell::Whole(hours as i64),
                Cell::Number(level, 3),
                Cell::Share(weight),
                Cell::Share(weight - SHARE),
                Cell::Share(stake_of_weight(1.0 / 3.0, best, level)),
            ]);
        }
    }
    (table, day)
}

fn weight_of_stake(stake: f64, own_level: f64, honest_level: f64) -> f64 {
    // The same fraction with the levels changed over.
    stake_of_weight(stake, honest_level, own_level)
}

fn plot(sieges: &[Power]) -> Plot {
    let shown = sieges
        .iter()
        .filter(|power| power.share < 0.05 && power.note == "0 %");
    let series = shown.map(|power| {
        let points = power
            .powers
            .iter()
            .enumerate()
            .map(|(epoch, share)| (epoch as f64 + 1.0, share * 100.0));
        let name = POLICIES.get(power.policy).map_or("", |(name, _)| name);
        Series::line(name, points.collect())
    });
    Plot {
        name: "ddos",
        title: "Public services of everybody honest besieged for 3 epochs: power of 1 % of the stake".into(),
        x: Axis::new("epoch since the siege began"),
        y: Axis::new("share of the power, %").from(0.0, 100.0),
        series: series.collect(),
    }
}
