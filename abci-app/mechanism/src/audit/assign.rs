//! Committees from stake and seed.

use super::{
    Auditor, MOST_AUDITORS, Rules, Target,
    chance::{CERTAIN, chances},
};
use crate::random::Random;

/// Of the numbers that draw committees.
const DOMAIN: &[u8] = b"slsbft/audit/1";

/// The list is not what every node would make of the same state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    #[error("auditors must be in strictly ascending order of their operators")]
    Auditors,
    #[error("targets must be in strictly ascending order of their ids")]
    Targets,
}

/// Keeps sums of chances within 64 bits.
const LARGEST_GROUP: usize = 1024;
/// Draws of a replacement by stake before the next auditor that may serve is taken.
const MOST_DRAWS: u32 = 64;

/// Who audits whom in an epoch: for each auditor, in the order given, the ids of its targets in
/// ascending order. A target that nobody has is not audited in this epoch.
///
/// - Every audited target has k auditors, or all others with a stake if those are fewer, and never
///   itself.
/// - An auditor's chance of being in a committee is proportional to its stake, but at most 1, and, if
///   there are more targets than one auditor may have, at most 31/32 of `most_targets_per_auditor`
///   over their number, so that it seldom has to give away a seat for lack of time.
/// - As many targets are audited as `most_targets` and the auditors' time allow; which, the seed says.
///
/// How: the targets are shuffled, and cut into groups of g = ⌊auditors with a stake / k⌋ (1 to 1024).
/// For each group the auditors, in the order that the group before left, are shuffled and laid on a
/// line, each as a piece of its chance × g; target i of the group gets those that cover the points
/// u + i, u + i + g, …, with u drawn for the group. A piece is at most as long as g, so nobody is
/// twice in a committee; an average one has length 1, so whoever shares one committee of a group
/// seldom shares another. Then, target by target, whoever is the target itself or has no time left
/// is replaced: by the first of 64 draws in proportion to the chances that may serve, else by the
/// next auditor after the last of them that may.
///
/// Numbers come from SHA-256(`"slsbft/audit/1"` ‖ seed ‖ i), i = 0, 1, … as 8 bytes, each giving four
/// of 8 bytes, all big-endian; a number x below n is ⌊x·n / 2⁶⁴⌋. A shuffle goes from the last item
/// to the second, and each changes places with one at or before it. Chances are in parts of 2⁴⁰, of
/// stakes whose lowest bits are cut (to 56 bits of the largest); the parts that rounding leaves go
/// to the largest stakes below the bound, one each.
pub fn assign(
    seed: &[u8; 32],
    auditors: &[Auditor],
    targets: &[Target],
    rules: &Rules,
) -> Result<Vec<Vec<u32>>, OrderError> {
    if !auditors.is_sorted_by(|a, b| a.operator < b.operator) {
        return Err(OrderError::Auditors);
    }
    if !targets.is_sorted_by(|a, b| a.id < b.id) {
        return Err(OrderError::Targets);
    }
    let staked: Vec<Auditor> = auditors.iter().filter(|a| !a.stake.is_zero()).copied().collect();
    let committees = Draw::new(seed, &staked, targets.len(), rules).committees(targets);

    let mut of_staked = vec![Vec::new(); staked.len()];
    for (target, committee) in targets.iter().zip(committees) {
        for auditor in committee {
            if let Some(assigned) = of_staked.get_mut(auditor) {
                assigned.push(target.id);
            }
        }
    }
    let mut of_staked = of_staked.into_iter();
    let targets_of = |auditor: &Auditor| {
        let drawn = !auditor.stake.is_zero();
        drawn.then(|| of_staked.next()).flatten().unwrap_or_default()
    };
    Ok(auditors.iter().map(targets_of).collect())
}

/// Positions in the auditors with a stake.
type Committee = Vec<usize>;

struct Draw<'a> {
    random: Random,
    auditors: &'a [Auditor],
    /// Of a committee.
    seats: u32,
    /// How many targets are audited.
    audited: usize,
    chances: Vec<u64>,
    /// Sums of the chances up to and with each.
    ends: Vec<u64>,
    /// Targets that each auditor has so far, and the most it may have.
    loads: Vec<u32>,
    most: u32,
}

impl<'a> Draw<'a> {
    fn new(seed: &[u8; 32], auditors: &'a [Auditor], targets: usize, rules: &Rules) -> Self {
        let number = u32::try_from(auditors.len()).unwrap_or(u32::MAX);
        let seats = rules.auditors_per_target.min(MOST_AUDITORS).min(number);
        let most = rules.most_targets_per_auditor;
        let expected = u64::from(most - most / 32);
        let capacity = (u64::from(number) * expected)
            .checked_div(seats.into())
            .unwrap_or(0);
        // Nobody can have more targets than there are.
        let capacity = capacity.max(most.into());
        let audited = capacity.min(rules.most_targets.into()).min(targets as u64);
        let bound = if audited <= most.into() {
            CERTAIN
        } else {
            (u128::from(expected) * u128::from(CERTAIN)).div_ceil(audited.into()) as u64
        };
        let stakes: Vec<_> = auditors.iter().map(|auditor| auditor.stake).collect();
        let chances = chances(&stakes, seats, bound);
        let ends = chances.iter().scan(0, |end, chance| {
            *end += chance;
            Some(*end)
        });
        Self {
            random: Random::new(DOMAIN, seed),
            auditors,
            seats,
            audited: audited as usize,
            ends: ends.collect(),
            chances,
            loads: vec![0; auditors.len()],
            most,
        }
    }

    /// A committee for each target, empty for those that are not audited.
    fn committees(mut self, targets: &[Target]) -> Vec<Committee> {
        let mut committees = vec![Vec::new(); targets.len()];
        let mut shuffled: Vec<(usize, &Target)> = targets.iter().enumerate().collect();
        self.random.shuffle(&mut shuffled);
        shuffled.truncate(self.audited);

        let mut line: Vec<usize> = (0..self.auditors.len()).collect();
        let group = (line.len().checked_div(self.seats as usize).unwrap_or(0)).clamp(1, LARGEST_GROUP);
        for group in shuffled.chunks(group) {
            self.random.shuffle(&mut line);
            let covering = self.cover(&line, group.len());
            for (first, (position, target)) in group.iter().enumerate() {
                let committee = covering.iter().skip(first).step_by(group.len());
                let complete = self.complete(target, committee.copied().collect());
                if let (Some(place), Some(complete)) = (committees.get_mut(*position), complete) {
                    *place = complete;
                }
            }
        }
        committees
    }

    /// Systematic sampling for a group of targets at once: who covers each point of the line.
    fn cover(&mut self, line: &[usize], targets: usize) -> Committee {
        let mut covering = Vec::with_capacity(targets * self.seats as usize);
        let mut point = self.random.below(CERTAIN);
        // At most 255 · 2⁴⁰ · 1024.
        let mut end = 0;
        for auditor in line {
            end += self.chances.get(*auditor).unwrap_or(&0) * targets as u64;
            while point < end {
                covering.push(*auditor);
                point += CERTAIN;
            }
        }
        covering
    }

    /// Replaces the target itself and whoever has no time. `None` if nobody can: the target is not
    /// audited rather than by fewer.
    fn complete(&mut self, target: &Target, mut committee: Committee) -> Option<Committee> {
        let own = self
            .auditors
            .binary_search_by_key(&target.operator, |auditor| auditor.operator)
            .ok();
        let others = self.auditors.len() - usize::from(own.is_some());
        committee.retain(|auditor| Some(*auditor) != own && self.has_time(*auditor));
        while committee.len() < others.min(self.seats as usize) {
            committee.push(self.replacement(own, &committee)?);
        }
        for auditor in &committee {
            if let Some(load) = self.loads.get_mut(*auditor) {
                *load += 1;
            }
        }
        Some(committee)
    }

    fn replacement(&mut self, own: Option<usize>, committee: &Committee) -> Option<usize> {
        let number = self.auditors.len();
        let total = *self.ends.last()?;
        let mut auditor = 0;
        for _ in 0..MOST_DRAWS {
            let point = self.random.below(total);
            auditor = self.ends.partition_point(|end| *end <= point);
            if self.may_serve(auditor, own, committee) {
                return Some(auditor);
            }
        }
        let mut after = (1..number).map(|step| (auditor + step) % number);
        after.find(|auditor| self.may_serve(*auditor, own, committee))
    }

    fn may_serve(&self, auditor: usize, own: Option<usize>, committee: &Committee) -> bool {
        Some(auditor) != own && !committee.contains(&auditor) && self.has_time(auditor)
    }

    fn has_time(&self, auditor: usize) -> bool {
        self.loads.get(auditor).is_some_and(|load| *load < self.most)
    }
}
