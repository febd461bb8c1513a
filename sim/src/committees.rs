//! An epoch's audits with the chain's own rules: who is assigned, what auditors say, what is made of it.

use rayon::prelude::*;
use slsbft_mechanism::audit::{
    Auditor, Duty, Entry, Finding, Judgement, Reading, Report, Rules, Target, assign, judge,
};
use slsbft_types::{Address, Ratio};

use crate::SimError;

/// What a provider promises here: 100 Mbit/s.
pub const PROMISED_KBPS: u32 = 100_000;

/// A provider with that promise.
pub fn target(id: usize, operator: Address) -> Target {
    Target {
        id: id as u32,
        operator,
        promised_kbps: PROMISED_KBPS,
        challenged: false,
    }
}

/// A target that answered.
pub fn reached(latency_ms: u16, throughput_kbps: u32) -> Finding {
    Finding::Reached(Reading {
        latency_ms,
        throughput_kbps,
        delivered: None,
    })
}

/// Assigns an epoch's audits, lets every auditor say what it likes of each target, and judges.
/// `says` is asked with positions in `auditors` and `targets`; `None` is silence.
pub fn audit(
    seed: &[u8; 32],
    auditors: &[Auditor],
    targets: &[Target],
    rules: &Rules,
    says: impl Fn(usize, usize) -> Option<Finding> + Sync,
) -> Result<(Vec<Vec<u32>>, Judgement), SimError> {
    let assigned = assign(seed, auditors, targets, rules)?;
    let report = |(auditor, ids): (usize, &Vec<u32>)| {
        let entry = |id: &u32| {
            let at = targets.binary_search_by_key(id, |target| target.id).ok()?;
            let finding = says(auditor, at)?;
            Some(Entry { target: *id, finding })
        };
        Report::new(ids.iter().filter_map(entry).collect())
    };
    let reports: Vec<Report> = assigned
        .par_iter()
        .enumerate()
        .map(report)
        .collect::<Result<_, _>>()?;
    let duties: Vec<Duty<'_>> = assigned
        .iter()
        .zip(&reports)
        .map(|(assigned, report)| Duty {
            assigned,
            revealed: Some(report),
        })
        .collect();
    let judgement = judge(targets, &duties, rules);
    Ok((assigned, judgement))
}

/// An audit's outcomes: `endpoint` and `resource`.
pub type Outcome = (Option<Ratio>, Option<Ratio>);

/// The outcomes of targets on whose state all auditors agree, in the order of the findings, by the chain's
/// own conversion: one auditor stands for all of them.
pub fn agreed(findings: &[Finding], rules: &Rules) -> Result<Vec<Outcome>, SimError> {
    let ids: Vec<u32> = (0..findings.len() as u32).collect();
    let targets: Vec<Target> = (0..findings.len())
        .map(|id| target(id, Address::module("")))
        .collect();
    let entries = ids.iter().zip(findings);
    let entry = |(target, finding): (&u32, &Finding)| Entry {
        target: *target,
        finding: *finding,
    };
    let report = Report::new(entries.map(entry).collect())?;
    let duty = Duty {
        assigned: &ids,
        revealed: Some(&report),
    };
    let verdicts = judge(&targets, &[duty], rules).verdicts;
    Ok(verdicts
        .iter()
        .map(|verdict| (verdict.endpoint, verdict.resource))
        .collect())
}
