//! A last proposer that knows the seed and tries thousands of variations of its block.
//!
//! It can move micro-units of its own stake, leave transactions out, bring in new candidates. The set is
//! drawn from the boundary before, so none of that changes it. Audits are assigned with the same seed, but
//! to the candidates and providers of *this* boundary: that can be ground.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use slsbft_mechanism::{
    audit::{Auditor, Rules as AuditRules, Target, assign},
    election::{Candidate, elect},
};
use slsbft_types::{Address, Amount};

use super::Settings;
use crate::{
    SimError,
    committees::target,
    draw::{RULES, attacker_share, moments, shares},
    output::{Cell, Finding, Report, Table},
    population::{Field, Side, Stakes, amount, operator, side},
    random,
    world::{Conduct, GENESIS, Node, Rules, World},
};

const NODES: usize = 300;
const TRIES: u64 = 2_000;
const SHARE: f64 = 0.2;
/// Parts that have seats for certain, and parts that are drawn.
const PARTS: [usize; 2] = [20, 150];
/// Times that the attacker is the last proposer.
const OCCASIONS: u64 = 10;

/// A variation of the last block, in the nodes it leaves behind.
fn vary(world: &mut World, variation: u64) {
    let moved = Amount::new(u128::from(variation / 2) + 1);
    let own: Vec<usize> = world
        .nodes
        .iter()
        .enumerate()
        .filter(|(_, node)| side(&node.operator) == Side::Attacker)
        .map(|(at, _)| at)
        .collect();
    let mut change = |at: Option<&usize>, by: fn(Amount, Amount) -> Amount| {
        if let Some(node) = at.and_then(|at| world.nodes.get_mut(*at)) {
            node.stake = by(node.stake, moved);
        }
    };
    change(own.first(), |stake, moved| stake.saturating_sub(moved));
    change(own.last(), |stake, moved| stake.add(moved).unwrap_or(stake));
    if variation % 2 == 1 {
        let newcomer = Node::new(
            operator(Side::Attacker, 1_000_000 + variation as usize),
            amount(0.000_1),
        );
        world.nodes.push(newcomer);
        world.nodes.sort_by_key(|node| node.operator);
    }
}

fn world(stakes: Stakes, nodes: usize, parts: usize, settings: &Settings) -> Result<World, SimError> {
    let field = Field::new(stakes, nodes, SHARE, parts);
    let nodes = field.candidates().into_iter();
    let nodes = nodes.map(|candidate| Node::new(candidate.operator, candidate.stake));
    let mut world = World::new(nodes.collect(), Rules::default(), GENESIS)?;
    for epoch in 0..3 {
        let conduct = vec![Conduct::GOOD; world.nodes.len()];
        world.end_epoch(&conduct, &random::seed(settings.seed, "grind", epoch))?;
    }
    Ok(world)
}

/// How many different sets the variations lead to by the chain's rule.
pub fn sets(
    stakes: Stakes,
    nodes: usize,
    parts: usize,
    settings: &Settings,
    tries: u64,
) -> Result<usize, SimError> {
    let world = world(stakes, nodes, parts, settings)?;
    let seed = random::seed(settings.seed, "ground", 0);
    let outcome = |variation: u64| -> Result<BTreeMap<Address, u64>, SimError> {
        let mut varied = world.clone();
        vary(&mut varied, variation);
        let conduct = vec![Conduct::GOOD; varied.nodes.len()];
        varied.end_epoch(&conduct, &seed)?;
        Ok(varied.set().clone())
    };
    let sets = (0..tries)
        .into_par_iter()
        .map(outcome)
        .collect::<Result<BTreeSet<_>, _>>()?;
    Ok(sets.len())
}

/// The attacker's share of the power at the best of the variations, by a rule that draws from the stakes of
/// the present boundary.
pub fn present(
    stakes: Stakes,
    nodes: usize,
    parts: usize,
    settings: &Settings,
    tries: u64,
) -> Result<f64, SimError> {
    let world = world(stakes, nodes, parts, settings)?;
    let seed = random::seed(settings.seed, "ground", 0);
    let outcome = |variation: u64| -> Result<f64, SimError> {
        let mut varied = world.clone();
        vary(&mut varied, variation);
        let standing: Vec<Candidate> = varied.standing();
        Ok(attacker_share(&elect(&standing, &RULES, &seed)?))
    };
    let found = (0..tries).into_par_iter().map(outcome);
    Ok(found
        .collect::<Result<Vec<_>, _>>()?
        .into_iter()
        .fold(0.0, f64::max))
}

/// An epoch's audits, as an attacker with a share of the stake finds them that can still choose which of
/// its smallest candidates stand.
struct Court {
    auditors: Vec<Auditor>,
    small: Vec<Address>,
    targets: Vec<Target>,
}

impl Court {
    const TARGETS: usize = 100;
    /// The smallest candidates lie among the honest ones, so that each shifts those after it.
    const APART: usize = 20;

    fn new(nodes: usize, share: f64, toggled: u32) -> Self {
        let [parts, _] = PARTS;
        let auditor = |operator, part| Auditor {
            operator,
            stake: amount(part),
        };
        let honest = Stakes::Zipf.shares(nodes).into_iter().enumerate();
        let mut auditors: Vec<Auditor> = honest
            .map(|(at, part)| auditor(operator(Side::Honest, at * Self::APART), part * (1.0 - share)))
            .collect();
        auditors.extend((0..parts).map(|at| auditor(operator(Side::Attacker, at), share / parts as f64)));
        let small = (0..toggled as usize).map(|bit| operator(Side::Honest, bit * 7 * Self::APART + 1));
        let small: Vec<Address> = small.collect();
        auditors.extend(small.iter().map(|operator| auditor(*operator, 0.000_025)));
        auditors.sort_by_key(|auditor| auditor.operator);
        let provider = |id| target(id, operator(Side::Honest, nodes * Self::APART + id));
        Self {
            auditors,
            small,
            targets: (0..Self::TARGETS).map(provider).collect(),
        }
    }

    /// Its seats in the committee of one victim, if those do not stand whose bits are set.
    fn seats(&self, left_out: u64, seed: &[u8; 32]) -> Result<usize, SimError> {
        let absent: BTreeSet<&Address> = self
            .small
            .iter()
            .enumerate()
            .filter(|(bit, _)| left_out >> bit & 1 == 1)
            .map(|(_, operator)| operator)
            .collect();
        let standing = self
            .auditors
            .iter()
            .filter(|auditor| !absent.contains(&auditor.operator));
        let standing: Vec<Auditor> = standing.copied().collect();
        let assigned = assign(seed, &standing, &self.targets, &AuditRules::default())?;
        let own = |operator: &Address| side(operator) == Side::Attacker || self.small.contains(operator);
        let of_victim = standing
            .iter()
            .zip(&assigned)
            .filter(|(auditor, ids)| ids.first() == Some(&0) && own(&auditor.operator));
        Ok(of_victim.count())
    }
}

/// What an attacker knows of an epoch's audits while it can still choose who stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// What they are drawn by: the boundary's seed, in the draft.
    Known,
    /// Not that, since the next block's proposer adds to it: on the chain. It chooses by the seed.
    Blind,
}

/// Seats that an attacker with a share of the stake gets in a victim's committee of audits, for each time
/// that it is the last proposer and takes the best of 2^`toggled` choices of which of its smallest
/// candidates stand.
pub fn committees(
    nodes: usize,
    share: f64,
    toggled: u32,
    sight: Sight,
    settings: &Settings,
) -> Result<Vec<usize>, SimError> {
    let court = Court::new(nodes, share, toggled);
    let best = |occasion: u64| -> Result<usize, SimError> {
        let seed = random::seed(settings.seed, "assign", occasion);
        let choices = (0..1u64 << toggled).into_par_iter();
        let seats = choices.map(|left_out| Ok((court.seats(left_out, &seed)?, left_out)));
        let seats = seats.collect::<Result<Vec<_>, SimError>>()?;
        let (most, choice) = seats.into_iter().max().unwrap_or_default();
        match sight {
            Sight::Known => Ok(most),
            Sight::Blind => court.seats(choice, &random::seed(settings.seed, "assign later", occasion)),
        }
    };
    (0..OCCASIONS).map(best).collect()
}

pub fn run(settings: &Settings) -> Result<Report, SimError> {
    let nodes = settings.nodes_or(NODES);
    let (table, mut findings) = elections(nodes, settings)?;
    let (audits, [by_the_draft, on_the_chain]) = audits_table(nodes, settings)?;
    findings.push(Finding::promise(
        on_the_chain == 0,
        format!(
            "the last proposer cannot choose who audits whom (a third of the stake decides about a victim of its choice \
             in {on_the_chain} of {OCCASIONS} epochs that it ends; by the draft, which drew by the seed that it knew, in \
             {by_the_draft})"
        ),
    ));
    Ok(Report {
        name: "grind",
        title: "A last proposer that tries variations",
        tables: vec![table, audits],
        plots: Vec::new(),
        findings,
    })
}

fn elections(nodes: usize, settings: &Settings) -> Result<(Table, Vec<Finding>), SimError> {
    let tries = settings.epochs_or(TRIES);
    let columns = [
        "stakes",
        "parts",
        "variations",
        "sets by the chain's rule",
        "mean share",
        "best share by present stakes",
    ];
    let mut table = Table::new("A fifth of the stake, as last proposer", &columns);
    let (mut one, mut most) = (true, 0.0f64);
    for (stakes, parts) in Stakes::ALL
        .into_iter()
        .flat_map(|stakes| PARTS.map(|parts| (stakes, parts)))
    {
        let sets = sets(stakes, nodes, parts, settings, tries)?;
        let best = present(stakes, nodes, parts, settings, tries)?;
        let candidates = Field::new(stakes, nodes, SHARE, parts).candidates();
        let (mean, _) = moments(&shares(&candidates, &RULES, settings.seed, "unground", 500)?);
        one &= sets == 1;
        most = most.max(best - mean);
        table.row(vec![
            stakes.name().into(),
            Cell::whole(parts),
            Cell::Whole(tries as i64),
            Cell::whole(sets),
            Cell::Share(mean),
            Cell::Share(best),
        ]);
    }
    let findings = vec![
        Finding::promise(one, "every variation leads to one and the same next set"),
        Finding::note(format!(
            "a rule that looked at present stakes would give up to {:.1} percentage points more than the mean",
            most * 100.0
        )),
    ];
    Ok((table, findings))
}

/// The second value: occasions on which a third of the stake decides, by the draft and on the chain.
fn audits_table(nodes: usize, settings: &Settings) -> Result<(Table, [usize; 2]), SimError> {
    let title =
        "Audits: the most of a victim's 15 seats, by choosing which of 0 to 10 smallest own candidates stand";
    let columns = [
        "stake",
        "variations",
        "mean of 10 occasions",
        "most",
        "can void (6)",
        "decide (10)",
        "mean on the chain",
        "decide on the chain",
    ];
    let mut table = Table::new(title, &columns);
    let mut decided = [0; 2];
    for share in [SHARE, 1.0 / 3.0] {
        for toggled in [0, 4, 8, 10] {
            let [draft, chain] =
                [Sight::Known, Sight::Blind].map(|sight| committees(nodes, share, toggled, sight, settings));
            let (draft, chain) = (draft?, chain?);
            let mean =
                |seats: &[usize]| moments(&seats.iter().map(|seats| *seats as f64).collect::<Vec<_>>()).0;
            let reach = |seats: &[usize], least| seats.iter().filter(|seats| **seats >= least).count();
            decided = [reach(&draft, 10), reach(&chain, 10)];
            table.row(vec![
                Cell::Share(share),
                Cell::Whole(1 << toggled),
                Cell::Number(mean(&draft), 1),
                Cell::whole(draft.iter().copied().max().unwrap_or(0)),
                Cell::whole(reach(&draft, 6)),
                Cell::whole(reach(&draft, 10)),
                Cell::Number(mean(&chain), 1),
                Cell::whole(reach(&chain, 10)),
            ]);
        }
    }
    Ok((table, decided))
}
