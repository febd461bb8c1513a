//! A chain's auditors, a part of whose stake lies, and what becomes of those they audit.

use rayon::prelude::*;
use slsbft_mechanism::{
    audit::{Auditor, Finding, Judgement, Rules, Target, assign},
    level::{self, Record},
};

use crate::{
    SimError,
    committees::{PROMISED_KBPS, audit, reached, target},
    population::{Side, Stakes, amount, number, operator, side},
    random,
    scenario::Settings,
    world::{Conduct, EPOCH_SECONDS, GENESIS, steady_record},
};

const AUDITORS: usize = 300;
/// Of the median, within which a report counts: `Rules::default().tolerance`.
pub const TOLERANCE: f64 = 0.2;

/// How liars that agreed beforehand treat their victims, all of which are well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lie {
    /// They call every victim unreachable.
    Always,
    /// They know who is in which committee, and lie only where it works: with a quorum they call the
    /// victim unreachable; with more than half they report as little throughput as enough honest ones
    /// still agree with; with more than a third they make the audit void; else they tell the truth.
    WhereItWorks,
}

/// Auditors and those whom they audit, all of whom are well.
#[derive(Clone, Debug)]
pub struct Panel {
    pub auditors: Vec<Auditor>,
    pub targets: Vec<Target>,
    pub rules: Rules,
}

/// The parts of the victims' audits that went wrong, or void, or were only lowered.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tally {
    pub wrong: f64,
    pub void: f64,
    pub lowered: f64,
}

/// Levels of victims in the end, and the part of them that were paused on the way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Harm {
    pub mean: f64,
    pub least: f64,
    pub paused: f64,
}

impl Panel {
    /// Liars hold `share` of the stake in many small parts, which is the best they can do: a large one is
    /// in every committee, but with one vote.
    pub fn new(stakes: Stakes, share: f64, targets: usize) -> Self {
        let stake = |side, number, part| Auditor {
            operator: operator(side, number),
            stake: amount(part),
        };
        let honest = stakes.shares(AUDITORS).into_iter().enumerate();
        let liars = (AUDITORS as f64 * share / (1.0 - share)).ceil() as usize;
        let mut auditors: Vec<Auditor> = honest
            .map(|(at, part)| stake(Side::Honest, at, part * (1.0 - share)))
            .collect();
        auditors.extend((0..liars).map(|at| stake(Side::Attacker, at, share / liars as f64)));
        auditors.sort_by_key(|auditor| auditor.operator);
        // Targets are providers that audit nobody.
        let provider = |id| target(id, operator(Side::Honest, AUDITORS + id));
        Self {
            auditors,
            targets: (0..targets).map(provider).collect(),
            rules: Rules::default(),
        }
    }

    pub fn lies(&self, auditor: usize) -> bool {
        let auditor = self.auditors.get(auditor);
        auditor.is_some_and(|auditor| side(&auditor.operator) == Side::Attacker)
    }

    /// An epoch in which liars attack the first `victims` targets; of all others everybody tells the truth.
    pub fn judge(&self, victims: usize, lie: Lie, seed: &[u8; 32]) -> Result<Judgement, SimError> {
        let seats = match lie {
            Lie::Always => vec![usize::MAX; victims],
            Lie::WhereItWorks => self.liars_seats(victims, seed)?,
        };
        let truth = reached(50, PROMISED_KBPS);
        let says = |auditor: usize, target: usize| {
            let seats = seats.get(target).filter(|_| self.lies(auditor));
            Some(seats.map_or(truth, |seats| self.lie(*seats).unwrap_or(truth)))
        };
        Ok(audit(seed, &self.auditors, &self.targets, &self.rules, says)?.1)
    }

    /// What liars with so many seats of a committee say; `None`: the truth.
    fn lie(&self, seats: usize) -> Option<Finding> {
        let all = self.rules.auditors_per_target as usize;
        let quorum = (2 * all).div_ceil(3);
        if seats >= quorum || (seats > all - quorum && seats <= all / 2) {
            Some(Finding::Unreachable)
        } else if seats > all / 2 {
            let lowest = (f64::from(PROMISED_KBPS) / (1.0 + TOLERANCE)).ceil();
            Some(reached(50, lowest as u32))
        } else {
            None
        }
    }

    fn liars_seats(&self, victims: usize, seed: &[u8; 32]) -> Result<Vec<usize>, SimError> {
        let mut seats = vec![0; victims];
        let assigned = assign(seed, &self.auditors, &self.targets, &self.rules)?;
        let liars = assigned
            .iter()
            .enumerate()
            .filter(|(auditor, _)| self.lies(*auditor));
        for (_, ids) in liars {
            for id in ids {
                if let Some(seats) = seats.get_mut(*id as usize) {
                    *seats += 1;
                }
            }
        }
        Ok(seats)
    }

    /// What came of the victims' audits over some epochs.
    pub fn tally(
        &self,
        victims: usize,
        lie: Lie,
        settings: &Settings,
        epochs: u64,
    ) -> Result<Tally, SimError> {
        let epoch = |index| -> Result<Tally, SimError> {
            let judgement = self.judge(victims, lie, &random::seed(settings.seed, "liars", index))?;
            let count = |is: &dyn Fn(&slsbft_mechanism::audit::Verdict) -> bool| {
                let verdicts = judgement.verdicts.iter().take(victims);
                verdicts.filter(|verdict| is(verdict)).count() as f64
            };
            Ok(Tally {
                wrong: count(&|verdict| verdict.reached == Some(false)),
                void: count(&|verdict| verdict.reached.is_none()),
                lowered: count(&|verdict| {
                    verdict.reached == Some(true) && verdict.resource.is_some_and(|part| number(part) < 0.99)
                }),
            })
        };
        let tallies = (0..epochs)
            .into_par_iter()
            .map(epoch)
            .collect::<Result<Vec<_>, _>>()?;
        let all = (victims as f64 * epochs as f64).max(1.0);
        let mean = |of: fn(&Tally) -> f64| tallies.iter().map(of).sum::<f64>() / all;
        Ok(Tally {
            wrong: mean(|tally| tally.wrong),
            void: mean(|tally| tally.void),
            lowered: mean(|tally| tally.lowered),
        })
    }

    /// The part of the liars that lose an epoch of evidence.
    pub fn penalised(&self, victims: usize, lie: Lie, seed: &[u8; 32]) -> Result<f64, SimError> {
        Ok(self.part_penalised(&self.judge(victims, lie, seed)?))
    }

    /// The part of the liars that a judgement punishes.
    pub fn part_penalised(&self, judgement: &Judgement) -> f64 {
        let standings = judgement.standings.iter().enumerate();
        let liars: Vec<_> = standings.filter(|(at, _)| self.lies(*at)).collect();
        let lose = liars.iter().filter(|(_, standing)| standing.is_penalised());
        lose.count() as f64 / liars.len().max(1) as f64
    }

    /// What happens to victims over some epochs.
    pub fn attack(
        &self,
        victims: usize,
        lie: Lie,
        settings: &Settings,
        epochs: u64,
    ) -> Result<Harm, SimError> {
        let rules = level::Rules::default();
        let good = steady_record(&Conduct::GOOD.outcomes(true), GENESIS, &rules);
        let seeds: Vec<_> = (0..epochs)
            .map(|epoch| random::seed(settings.seed, "liars", epoch))
            .collect();
        let judged = seeds.par_iter().map(|seed| self.judge(victims, lie, seed));
        let judged = judged.collect::<Result<Vec<_>, _>>()?;
        let mut records = vec![(good, false); victims];
        for (epoch, judgement) in (0u64..).zip(&judged) {
            let time = |epoch: u64| GENESIS.plus_seconds(epoch * EPOCH_SECONDS);
            let lasted = time(epoch)..time(epoch + 1);
            for ((record, paused), verdict) in records.iter_mut().zip(&judgement.verdicts) {
                let conduct = Conduct {
                    endpoint: verdict.endpoint,
                    resource: verdict.resource,
                    ..Conduct::GOOD
                };
                record.record(&conduct.outcomes(true), &lasted, &rules);
                *paused |= record.is_paused();
            }
        }
        let now = GENESIS.plus_seconds(epochs * EPOCH_SECONDS);
        let level = |(record, _): &(Record, bool)| number(record.level(now, &rules));
        let levels: Vec<f64> = records.iter().map(level).collect();
        let all = victims.max(1) as f64;
        Ok(Harm {
            mean: levels.iter().sum::<f64>() / all,
            least: levels.iter().copied().fold(1.0, f64::min),
            paused: records.iter().filter(|(_, paused)| *paused).count() as f64 / all,
        })
    }
}
