//! A node, or a region, that goes dark: how fast it loses its level and its power, and gets them back.

use std::collections::BTreeSet;

use slsbft_mechanism::{
    audit::{Finding as Found, Rules as AuditRules, Target},
    level,
};
use slsbft_types::Address;

use super::{Settings, third::level_after};
use crate::{
    SimError,
    committees::{PROMISED_KBPS, audit, reached, target},
    output::{Axis, Cell, Finding, Plot, Report, Series, Table},
    population::{Side, Stakes, amount, number, operator},
    random::{self, Random},
    world::{Conduct, EPOCH_SECONDS, GENESIS, Node, Rules, World, steady_record},
};

const NODES: usize = 200;
/// Hours of the outages that are shown.
const HOURS: [u64; 6] = [1, 3, 24, 72, 168, 400];
/// An epoch of empty blocks: 1,000 of 15 s.
const IDLE_SECONDS: u64 = 15_000;

/// Good nodes that have been so for long.
pub fn steady(stakes: Stakes, nodes: usize, rules: Rules) -> Result<World, SimError> {
    let record = steady_record(&Conduct::GOOD.outcomes(true), GENESIS, &rules.level);
    let shares = stakes.shares(nodes).into_iter().enumerate();
    let node = |(index, share): (usize, f64)| Node {
        record,
        ..Node::new(operator(Side::Honest, index), amount(share))
    };
    let mut world = World::new(shares.map(node).collect(), rules, GENESIS)?;
    let conduct = vec![Conduct::GOOD; nodes];
    for epoch in 0..2 {
        world.end_epoch(&conduct, &random::seed(0, "steady", epoch))?;
    }
    Ok(world)
}

/// What happens to the largest node, which always has a seat while it may stand. Epochs are counted from
/// the outage's first or, for what follows it, from the return.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Course {
    /// The first epoch in whose set it is not.
    pub out_after: Option<u64>,
    pub paused_after: Option<u64>,
    /// Hours until its level fell below the floor.
    pub fell_after: Option<f64>,
    /// At the outage's end.
    pub level: f64,
    /// The first epoch after the return in whose set it is.
    pub back_after: Option<u64>,
    /// Hours from the return until its level is [`HEALED`] of what it was.
    pub healed_after: Option<f64>,
    /// Hours since the outage's beginning, and the level.
    pub levels: Vec<(f64, f64)>,
    /// Its part of the power in each epoch.
    pub powers: Vec<f64>,
}

/// The part of its level at which a node counts as healed.
pub const HEALED: f64 = 0.95;

/// How a node fails.
pub const KINDS: [(&str, Conduct); 2] = [
    ("everything", Conduct::DARK),
    ("public services", Conduct::UNREACHABLE),
];

/// An outage of so many hours, in which the node does what `bad` says.
pub fn course(bad: Conduct, hours: f64, rules: Rules, nodes: usize) -> Result<Course, SimError> {
    let mut world = steady(Stakes::Zipf, nodes, rules)?;
    let seconds = rules.epoch_seconds as f64;
    let dark = (hours * 3600.0 / seconds).round().max(1.0) as u64;
    let first = |world: &World| {
        world
            .nodes
            .first()
            .map(|node| (world.level(node), world.power(node), node.record))
    };
    let (before, power, _) = first(&world).unwrap_or_default();
    let mut conduct = vec![Conduct::GOOD; nodes];
    let mut course = Course {
        powers: vec![power],
        ..Course::default()
    };
    for epoch in 0..dark + 40 * 86_400 / rules.epoch_seconds {
        let is_dark = epoch < dark;
        if let Some(own) = conduct.first_mut() {
            *own = if is_dark { bad } else { Conduct::GOOD };
        }
        world.end_epoch(&conduct, &random::seed(0, "outage", epoch))?;
        let Some((level, power, record)) = first(&world) else {
            break;
        };
        let in_set = power > 0.0;
        course.powers.push(power);
        let hours = (epoch + 1) as f64 * seconds / 3600.0;
        course.levels.push((hours, level));
        // The world now stands at the beginning of the epoch after this one.
        let since = |begin: u64| epoch + 1 - begin;
        if is_dark {
            course.level = level;
            keep_first(&mut course.out_after, !in_set, since(0));
            keep_first(&mut course.paused_after, record.is_paused(), since(0));
            keep_first(&mut course.fell_after, record.fallen, hours);
        } else {
            keep_first(&mut course.back_after, in_set, since(dark));
            let healed = level >= HEALED * before;
            keep_first(
                &mut course.healed_after,
                healed,
                since(dark) as f64 * seconds / 3600.0,
            );
            if healed && course.back_after.is_some() {
                break;
            }
        }
    }
    Ok(course)
}

fn keep_first<T>(slot: &mut Option<T>, happened: bool, when: T) {
    if happened && slot.is_none() {
        *slot = Some(when);
    }
}

/// An epoch of a region's outage.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dark {
    /// Power of the dark in the epoch's set.
    pub missing: f64,
    /// Of the audits of those that are well, the part that is void since auditors are silent.
    pub void: f64,
    /// Of the audits of the dark, the part that finds them so.
    pub found: f64,
    /// The part of the seats that are taken.
    pub seats: f64,
}

/// A region with about a share of the stake goes dark for good: its first epochs. Stops when more than
/// a third of the power is missing: then the chain stands still.
pub fn region(
    stakes: Stakes,
    share: f64,
    nodes: usize,
    settings: &Settings,
    epochs: u64,
) -> Result<Vec<Dark>, SimError> {
    let mut world = steady(stakes, nodes, Rules::default())?;
    let members = members(&world, share, settings.seed);
    let targets: Vec<Target> = world
        .nodes
        .iter()
        .enumerate()
        .map(|(id, node)| target(id, node.operator))
        .collect();
    let mut shown = Vec::new();
    for epoch in 0..epochs {
        let seed = random::seed(settings.seed, "region", epoch);
        let missing = world.power_of(|operator| members.contains(operator));
        let seats = world.set().len() as f64 / f64::from(world.rules.election.seats);
        let auditors = world.auditors();
        let is_dark =
            |operator: Option<&Address>| operator.is_some_and(|operator| members.contains(operator));
        let says = |auditor: usize, at: usize| {
            if is_dark(auditors.get(auditor).map(|auditor| &auditor.operator)) {
                return None;
            }
            let dark = is_dark(targets.get(at).map(|target| &target.operator));
            Some(if dark {
                Found::Unreachable
            } else {
                reached(50, PROMISED_KBPS)
            })
        };
        let (_, judgement) = audit(&seed, &auditors, &targets, &AuditRules::default(), says)?;
        let verdicts = || targets.iter().zip(&judgement.verdicts);
        let is_dark = |target: &Target| members.contains(&target.operator);
        // The part of the audits of the dark, or of the others, that came out so.
        let part = |dark: bool, reached: Option<bool>| {
            let of = verdicts().filter(|(target, _)| is_dark(target) == dark);
            let so = of.clone().filter(|(_, verdict)| verdict.reached == reached);
            so.count() as f64 / f64::max(of.count() as f64, 1.0)
        };
        shown.push(Dark {
            missing,
            void: part(false, None),
            found: part(true, Some(false)),
            seats,
        });
        if missing * 3.0 >= 1.0 {
            break;
        }
        let conduct = verdicts().map(|(target, verdict)| Conduct {
            signs: !is_dark(target),
            endpoint: verdict.endpoint,
            resource: verdict.resource,
            ..Conduct::GOOD
        });
        world.end_epoch(&conduct.collect::<Vec<_>>(), &seed)?;
    }
    Ok(shown)
}

/// Nodes picked at random until the next would be too much.
fn members(world: &World, share: f64, seed: u64) -> BTreeSet<Address> {
    let mut order: Vec<&Node> = world.nodes.iter().collect();
    Random::new(seed, "region", 0).shuffle(&mut order);
    let all = world.staked().value() as f64;
    let mut held = 0.0;
    let mut members = BTreeSet::new();
    for node in order {
        let part = node.stake.value() as f64 / all;
        if held + part <= share {
            held += part;
            members.insert(node.operator);
        }
    }
    members
}

pub fn run(settings: &Settings) -> Result<Report, SimError> {
    let nodes = settings.nodes_or(NODES);
    let busy = Rules::default();
    let idle = Rules {
        epoch_seconds: IDLE_SECONDS,
        ..busy
    };
    let (busy_table, courses) = course_table("A block a second (an epoch: 1,000 s)", busy, nodes)?;
    let (idle_table, idle_courses) = course_table("Empty blocks (an epoch: 15,000 s)", idle, nodes)?;
    let (regions, gone) = region_table(settings, nodes)?;
    Ok(Report {
        name: "outage",
        title: "A node or a region that goes dark",
        tables: vec![busy_table, idle_table, unseated_table(), regions],
        plots: vec![plot(&courses), leaving_plot(nodes)?],
        findings: findings(&courses, &idle_courses, gone),
    })
}

/// What failed, for how many hours, and what followed.
type Told = (Conduct, u64, Course);

/// Of nodes that fail in everything.
fn plot(courses: &[Told]) -> Plot {
    let shown = courses
        .iter()
        .filter(|(bad, hours, _)| *bad == Conduct::DARK && *hours >= 24);
    let series = shown.map(|(_, hours, course)| {
        let points =
            std::iter::once((0.0, level_after(0, &Conduct::GOOD))).chain(course.levels.iter().copied());
        Series::line(
            format!("{hours} h"),
            points.take_while(|point| point.0 <= 1_000.0).collect(),
        )
    });
    Plot {
        name: "outage",
        title: "Level of a validator during an outage of everything and after it, to 95 % of what it was"
            .into(),
        x: Axis::new("hours since it began").from(0.0, 1_000.0),
        y: Axis::new("level").from(0.0, 1.0),
        series: series.collect(),
    }
}

/// Two hours of outage, epoch by epoch.
fn leaving_plot(nodes: usize) -> Result<Plot, SimError> {
    let line = |(name, bad): (&str, Conduct)| -> Result<Series, SimError> {
        let course = course(bad, 2.0, Rules::default(), nodes)?;
        let steps = course.powers.iter().enumerate().take(16);
        let points = steps.flat_map(|(at, power)| {
            let (from, to) = (at as f64 + 1.0, at as f64 + 2.0);
            [(from, power * 100.0), (to, power * 100.0)]
        });
        Ok(Series::line(format!("down: {name}"), points.collect()))
    };
    Ok(Plot {
        name: "outage-power",
        title: "Power of a validator that is down in epochs 1 to 7".into(),
        x: Axis::new("epoch").from(1.0, 13.0),
        y: Axis::new("share of the power, %").from(0.0, 25.0),
        series: KINDS.into_iter().map(line).collect::<Result<_, _>>()?,
    })
}

fn course_table(title: &str, rules: Rules, nodes: usize) -> Result<(Table, Vec<Told>), SimError> {
    let columns = [
        "does not work",
        "hours",
        "out of the set from epoch",
        "paused after epochs",
        "level at its end",
        "below .35 after h",
        "back in the set from epoch",
        "95 % of its level after h",
    ];
    let mut table = Table::new(title, &columns);
    let mut courses = Vec::new();
    for (name, bad) in KINDS {
        for hours in HOURS {
            let course = course(bad, hours as f64, rules, nodes)?;
            let whole = |value: Option<u64>| value.map_or(Cell::None, |value| Cell::Whole(value as i64));
            let next = |value: Option<u64>| whole(value.map(|value| value + 1));
            let hours_of = |value: Option<f64>| value.map_or(Cell::None, |value| Cell::Number(value, 0));
            table.row(vec![
                name.into(),
                Cell::Whole(hours as i64),
                next(course.out_after),
                whole(course.paused_after),
                Cell::Number(course.level, 3),
                hours_of(course.fell_after),
                next(course.back_after),
                hours_of(course.healed_after),
            ]);
            courses.push((bad, hours, course));
        }
    }
    Ok((table, courses))
}

/// A provider that is no validator: nobody counts its signatures, before or after.
fn unseated_table() -> Table {
    let title = "Level of a provider without a seat, after so many hours in the dark";
    let columns = ["hours", "level"];
    let mut table = Table::new(title, &columns);
    for hours in HOURS {
        let level = unseated_level_after(hours);
        table.row(vec![Cell::Whole(hours as i64), Cell::Number(level, 3)]);
    }
    let rules = level::Rules::default();
    let fallen = (1..=400).find(|hours| unseated_level_after(*hours) < number(rules.floor));
    table.row(vec![
        "falls after".into(),
        fallen.map_or(Cell::None, |hours| Cell::Whole(hours as i64)),
    ]);
    table
}

/// The level of a good provider without a seat after so many hours in the dark.
pub fn unseated_level_after(hours: u64) -> f64 {
    let rules = level::Rules::default();
    let mut record = steady_record(&Conduct::GOOD.outcomes(false), GENESIS, &rules);
    let time = |epoch: u64| GENESIS.plus_seconds(epoch * EPOCH_SECONDS);
    let epochs = hours * 3600 / EPOCH_SECONDS;
    for epoch in 0..epochs {
        let lasted = time(epoch)..time(epoch + 1);
        record.record(&Conduct::DARK.outcomes(false), &lasted, &rules);
    }
    number(record.level(time(epochs), &rules))
}

fn region_table(settings: &Settings, nodes: usize) -> Result<(Table, f64), SimError> {
    let columns = [
        "stakes",
        "dark stake",
        "epoch",
        "power missing",
        "seats taken",
        "good audits void",
        "dark found",
    ];
    let mut table = Table::new("A region goes dark with its auditors", &columns);
    // The largest power that is missing in the sixth epoch.
    let mut gone = 0.0f64;
    for stakes in [Stakes::Zipf, Stakes::Equal] {
        for share in [0.1, 0.2, 0.3, 0.36] {
            let epochs = region(stakes, share, nodes, settings, 6)?;
            for (number, epoch) in epochs.iter().enumerate() {
                if number == 5 {
                    gone = gone.max(epoch.missing);
                }
                let halted = epoch.missing * 3.0 >= 1.0;
                let text = |share: f64| {
                    if halted {
                        Cell::from("halted")
                    } else {
                        Cell::Share(share)
                    }
                };
                table.row(vec![
                    stakes.name().into(),
                    Cell::Share(share),
                    Cell::whole(number + 1),
                    Cell::Share(epoch.missing),
                    Cell::Share(epoch.seats),
                    text(epoch.void),
                    text(epoch.found),
                ]);
            }
        }
    }
    Ok((table, gone))
}

fn findings(courses: &[Told], idle: &[Told], gone: f64) -> Vec<Finding> {
    let latest = |courses: &[Told], of: &dyn Fn(&Course) -> Option<u64>| {
        courses
            .iter()
            .filter_map(|(.., course)| of(course))
            .max()
            .unwrap_or(0)
    };
    let paused =
        |courses, seconds: u64| (latest(courses, &|course| course.paused_after) * seconds) as f64 / 3600.0;
    let dark = || courses.iter().filter(|(bad, ..)| *bad == Conduct::DARK);
    let fell = dark()
        .filter_map(|(.., course)| course.fell_after)
        .fold(0.0, f64::max);
    let day = dark()
        .find(|(_, hours, _)| *hours == 24)
        .map_or(0.0, |(.., course)| course.level);
    vec![
        Finding::promise(
            gone < 0.05,
            format!(
                "a region that goes dark has at most {:.1} % of the sixth epoch's power, if the chain can decide at all",
                gone * 100.0
            ),
        ),
        Finding::promise(
            fell >= 250.0,
            format!("a good validator falls below the floor after {fell:.0} hours in the dark"),
        ),
        Finding::promise(
            day >= 0.85,
            format!("a day in the dark leaves a good validator a level of {day:.3}"),
        ),
        Finding::note(format!(
            "whoever was paused is in the set again from epoch {} after its return",
            latest(courses, &|course| course.back_after) + 1
        )),
        Finding::note(format!(
            "a pause takes {:.1} h on a busy chain and {:.1} h on an idle one: clocks of epochs run with the blocks",
            paused(courses, EPOCH_SECONDS),
            paused(idle, IDLE_SECONDS)
        )),
    ]
}
