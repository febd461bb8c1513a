//! Verdicts on an epoch's targets and auditors.

use slsbft_types::Ratio;

use super::{Finding, Reading, Report, Rules, Target, metric::Agreed};

/// What one auditor was to do and did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duty<'a> {
    /// Ids of its targets, in ascending order, as [`assign`](super::assign) gave them.
    pub assigned: &'a [u32],
    /// What it revealed, if it revealed what it had committed to. Entries on targets that it was
    /// not assigned count for nothing.
    pub revealed: Option<&'a Report>,
}

/// What an epoch's audits say of a target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it answered; `None` if its audit was void or there was none.
    pub reached: Option<bool>,
    /// Zero if it did not answer, else by its latency.
    pub endpoint: Option<Ratio>,
    /// Of what it promised, the part that it kept: the smaller of throughput and challenges, zero if
    /// it did not answer. `None` too if it promised nothing.
    pub resource: Option<Ratio>,
}

/// What an epoch says of an auditor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Its committees that agreed on whether the target answered.
    pub valid: u32,
    /// Those of them in which it was silent or outside the tolerance of a metric that counts.
    pub failed: u32,
}

impl Standing {
    /// Whether it loses an epoch of evidence: failed in more than half of its valid committees.
    pub fn is_penalised(&self) -> bool {
        self.failed > self.valid / 2
    }
}

/// The outcome of an epoch's audits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// In the order of the targets.
    pub verdicts: Vec<Verdict>,
    /// In the order of the duties.
    pub standings: Vec<Standing>,
}

/// One seat of a committee: which duty, and what it found.
type Seat = (usize, Option<Finding>);

/// Judges all reports of an epoch. `targets` are in ascending order of their ids; an assigned target
/// that is not among them (it left) counts for nobody.
pub fn judge(targets: &[Target], duties: &[Duty<'_>], rules: &Rules) -> Judgement {
    let (seats, sizes) = seats(targets, duties);
    let mut rest = seats.as_slice();
    let mut standings = vec![Standing::default(); duties.len()];
    let mut verdicts = Vec::with_capacity(targets.len());
    for (target, size) in targets.iter().zip(sizes) {
        let (committee, others) = rest.split_at_checked(size).unwrap_or_default();
        rest = others;
        let agreement = Agreement::of(target, committee, rules);
        verdicts.push(agreement.verdict(target, rules));
        if agreement.reached.is_none() {
            continue;
        }
        for (duty, finding) in committee {
            if let Some(standing) = standings.get_mut(*duty) {
                standing.valid += 1;
                standing.failed += u32::from(!agreement.holds(target, *finding));
            }
        }
    }
    Judgement { verdicts, standings }
}

/// The seats of all committees one after the other, and how many each target has.
fn seats(targets: &[Target], duties: &[Duty<'_>]) -> (Vec<Seat>, Vec<usize>) {
    let ids: Vec<u32> = targets.iter().map(|target| target.id).collect();
    let mut seats: Vec<(usize, Seat)> = Vec::new();
    let mut sizes = vec![0; targets.len()];
    for (position, duty) in duties.iter().enumerate() {
        let entries = duty.revealed.map(Report::entries).unwrap_or_default();
        // Both lists ascend, so each entry is looked at once.
        let mut entries = entries.iter().peekable();
        for id in duty.assigned {
            while entries.next_if(|entry| entry.target < *id).is_some() {}
            let finding = entries
                .next_if(|entry| entry.target == *id)
                .map(|entry| entry.finding);
            let Ok(at) = ids.binary_search(id) else { continue };
            seats.push((at, (position, finding)));
            if let Some(size) = sizes.get_mut(at) {
                *size += 1;
            }
        }
    }
    (by_target(&seats, &sizes), sizes)
}

/// Counting sort: puts each seat behind those of the targets before its own.
fn by_target(seats: &[(usize, Seat)], sizes: &[usize]) -> Vec<Seat> {
    let starts = sizes
        .iter()
        .scan(0, |start, size| Some(std::mem::replace(start, *start + size)));
    let mut next: Vec<usize> = starts.collect();
    let mut sorted = vec![(0, None); seats.len()];
    for (target, seat) in seats {
        if let Some(next) = next.get_mut(*target)
            && let Some(place) = sorted.get_mut(*next)
        {
            *place = *seat;
            *next += 1;
        }
    }
    sorted
}

/// What a committee agrees on; `None` where it does not.
struct Agreement {
    reached: Option<bool>,
    latency: Option<Agreed>,
    throughput: Option<Agreed>,
    delivered: Option<Agreed>,
}

impl Agreement {
    fn of(target: &Target, committee: &[Seat], rules: &Rules) -> Self {
        // ⌈2k/3⌉ of those assigned, revealed or not; of nobody there is none.
        let quorum = (2 * committee.len()).div_ceil(3).max(1);
        let readings = || committee.iter().filter_map(|(_, finding)| reading(*finding));
        let agreed =
            |values: &mut dyn Iterator<Item = u32>, least| Agreed::of(values, quorum, rules.tolerance, least);
        let unreachable = committee
            .iter()
            .filter(|(_, finding)| *finding == Some(Finding::Unreachable))
            .count();
        let reached = if readings().count() >= quorum {
            Some(true)
        } else {
            (unreachable >= quorum).then_some(false)
        };
        let latencies = &mut readings().map(latency);
        let throughputs = &mut readings().map(|reading| throughput(target, reading));
        let delivered = &mut readings().filter_map(delivered);
        Self {
            reached,
            latency: agreed(latencies, rules.tolerance_ms),
            throughput: agreed(throughputs, rules.tolerance_kbps),
            delivered: agreed(delivered, rules.tolerance_delivered),
        }
    }

    fn verdict(&self, target: &Target, rules: &Rules) -> Verdict {
        let promised = target.promised_kbps > 0 || target.challenged;
        let (endpoint, resource) = match self.reached {
            None => (None, None),
            Some(false) => (Some(Ratio::ZERO), promised.then_some(Ratio::ZERO)),
            Some(true) => (
                self.latency.map(|latency| by_latency(latency.median, rules)),
                if promised { self.kept(target) } else { None },
            ),
        };
        Verdict {
            reached: self.reached,
            endpoint,
            resource,
        }
    }

    /// The part of its promises that a target kept; `None` if one of them is void.
    fn kept(&self, target: &Target) -> Option<Ratio> {
        let mut kept = Ratio::ONE;
        if target.promised_kbps > 0 {
            kept = kept.min(part(self.throughput?.median, target.promised_kbps));
        }
        if target.challenged {
            kept = kept.min(part(self.delivered?.median, 1000));
        }
        Some(kept)
    }

    /// Whether an auditor was in line with everything that counts for the target.
    fn holds(&self, target: &Target, finding: Option<Finding>) -> bool {
        let Some(reading) = reading(finding) else {
            return finding == Some(Finding::Unreachable) && self.reached == Some(false);
        };
        let within = |agreed: Option<Agreed>, value: Option<u32>| {
            agreed.is_none_or(|agreed| value.is_some_and(|value| agreed.holds(value)))
        };
        self.reached == Some(true)
            && within(self.latency, Some(latency(reading)))
            && (target.promised_kbps == 0 || within(self.throughput, Some(throughput(target, reading))))
            && (!target.challenged || within(self.delivered, delivered(reading)))
    }
}

fn reading(finding: Option<Finding>) -> Option<Reading> {
    match finding {
        Some(Finding::Reached(reading)) => Some(reading),
        Some(Finding::Unreachable) | None => None,
    }
}

fn latency(reading: Reading) -> u32 {
    reading.latency_ms.into()
}

fn throughput(target: &Target, reading: Reading) -> u32 {
    reading.throughput_kbps.min(target.promised_kbps)
}

fn delivered(reading: Reading) -> Option<u32> {
    reading.delivered.map(u32::from)
}

/// 1 up to `good_ms`, 0 from `bad_ms`, straight in between.
fn by_latency(latency: u32, rules: &Rules) -> Ratio {
    if latency <= rules.good_ms {
        return Ratio::ONE;
    }
    part(
        rules.bad_ms.saturating_sub(latency),
        rules.bad_ms.saturating_sub(rules.good_ms),
    )
}

/// value / whole, rounded down, at most 1; of nothing 0.
fn part(value: u32, whole: u32) -> Ratio {
    let parts = u64::from(value) * Ratio::ONE.billionths();
    let parts = parts.checked_div(whole.into()).unwrap_or(0);
    Ratio::from_billionths(parts).unwrap_or(Ratio::ONE)
}
