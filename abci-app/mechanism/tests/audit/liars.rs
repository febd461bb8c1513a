//! What liars can do.

use proptest::{collection::vec, prelude::*};
use slsbft_mechanism::audit::{
    Auditor, Duty, Finding, Judgement, Reading, Report, Rules, Target, assign, judge,
};
use slsbft_types::Ratio;

use crate::{GOOD, auditors, entry, targets};

fn report(assigned: &[u32], finding: Finding) -> Report {
    Report::new(assigned.iter().map(|target| entry(*target, finding)).collect()).unwrap()
}

/// An epoch in which the first `liars` auditors say of every good target that it is unreachable.
fn epoch(seed: u8, auditors: &[Auditor], liars: usize, targets: &[Target], rules: &Rules) -> Judgement {
    let assigned = assign(&[seed; 32], auditors, targets, rules).unwrap();
    let reports: Vec<Report> = assigned
        .iter()
        .enumerate()
        .map(|(auditor, assigned)| match auditor < liars {
            true => report(assigned, Finding::Unreachable),
            false => report(assigned, Finding::Reached(GOOD)),
        })
        .collect();
    let duties: Vec<Duty> = assigned
        .iter()
        .zip(&reports)
        .map(|(assigned, report)| Duty {
            assigned,
            revealed: Some(report),
        })
        .collect();
    judge(targets, &duties, rules)
}

/// Wrong and void verdicts in parts of 10,000, when a third of 300 equal auditors lie.
fn wrong_and_void(k: u32) -> (usize, usize) {
    let rules = Rules {
        auditors_per_target: k,
        ..Rules::default()
    };
    let (auditors, targets) = (auditors(vec![1; 300]), targets(1000, 2000));
    let (mut wrong, mut void) = (0, 0);
    for seed in 0..6 {
        let Judgement { verdicts, .. } = epoch(seed, &auditors, 100, &targets, &rules);
        wrong += verdicts
            .iter()
            .filter(|verdict| verdict.endpoint == Some(Ratio::ZERO))
            .count();
        void += verdicts
            .iter()
            .filter(|verdict| verdict.reached.is_none())
            .count();
    }
    (wrong * 10_000 / 12_000, void * 10_000 / 12_000)
}

/// Binomial: .045 and .38 with 7, .0085 and .37 with 15, .0018 and .40 with 21; a little less wrong
/// here, because nobody is drawn twice.
#[test]
fn a_third_of_liars_gets_one_verdict_in_a_hundred_wrong_and_voids_a_third() {
    let (wrong, void) = wrong_and_void(7);
    assert!(
        (380..=490).contains(&wrong) && (3600..=4050).contains(&void),
        "7: {wrong} {void}"
    );
    let (wrong, void) = wrong_and_void(15);
    assert!(
        (45..=95).contains(&wrong) && (3500..=3950).contains(&void),
        "15: {wrong} {void}"
    );
    let (wrong, void) = wrong_and_void(21);
    assert!(
        (4..=25).contains(&wrong) && (3750..=4150).contains(&void),
        "21: {wrong} {void}"
    );
}

#[test]
fn liars_are_penalised_and_the_honest_are_not() {
    let (auditors, targets) = (auditors(vec![1; 300]), targets(1000, 600));
    let Judgement { standings, .. } = epoch(1, &auditors, 100, &targets, &Rules::default());
    for (auditor, standing) in standings.iter().enumerate() {
        assert_eq!(standing.is_penalised(), auditor < 100, "{auditor}: {standing:?}");
    }
}

fn latency(latency_ms: u16) -> Finding {
    Finding::Reached(Reading { latency_ms, ..GOOD })
}

/// The endpoint outcome of a target with these findings, one of each auditor.
fn endpoint(findings: &[Option<Finding>]) -> Option<Ratio> {
    let targets = targets(0, 1);
    let assigned = [targets[0].id];
    let reports: Vec<_> = findings.iter().map(|f| f.map(|f| report(&assigned, f))).collect();
    let duties: Vec<_> = reports
        .iter()
        .map(|report| Duty {
            assigned: &assigned,
            revealed: report.as_ref(),
        })
        .collect();
    judge(&targets, &duties, &Rules::default()).verdicts[0].endpoint
}

/// The outcome that a latency alone would give.
fn outcome_of(latency_ms: u16) -> Ratio {
    endpoint(&[Some(latency(latency_ms))]).unwrap()
}

fn lie() -> impl Strategy<Value = Option<Finding>> {
    prop_oneof![
        Just(None),
        Just(Some(Finding::Unreachable)),
        any::<u16>().prop_map(|ms| Some(latency(ms))),
        (150u16..2500).prop_map(|ms| Some(latency(ms))),
    ]
}

proptest! {
    /// Fewer liars than a quorum, whatever the honest see and however many of them are silent.
    #[test]
    fn a_metric_that_counts_is_within_tolerance_of_an_honest_report(
        honest in vec(proptest::option::weighted(0.9, 150u16..2500), 6..16),
        lies in vec(lie(), 0..10),
    ) {
        let assigned = honest.len() + lies.len();
        prop_assume!(lies.len() < (2 * assigned).div_ceil(3));
        let findings: Vec<_> = honest.iter().map(|ms| ms.map(latency)).chain(lies).collect();
        if let Some(outcome) = endpoint(&findings) {
            // The value is off by at most a fifth of itself: a quarter of the honest report below
            // it, a sixth of the one above, and 20 ms for small ones.
            let near = honest.iter().flatten().any(|ms| {
                let (low, high) = ((ms - ms / 6 - 1).min(ms - 20), (ms + ms / 4 + 1).max(ms + 20));
                (outcome_of(high)..=outcome_of(low)).contains(&outcome)
            });
            prop_assert!(near || outcome == Ratio::ZERO && honest.iter().all(Option::is_none));
        }
    }

    /// A third of liars, and the honest agree with each other.
    #[test]
    fn liars_that_leave_a_quorum_of_honest_ones_cannot_leave_their_range_nor_void_them(
        least in 150u16..2000, spread in vec(0u16..=20, 10..16), lies in vec(lie(), 0..6),
    ) {
        let honest: Vec<u16> = spread.iter().map(|percent| least + least * percent / 100).collect();
        prop_assume!(honest.len() >= (2 * (honest.len() + lies.len())).div_ceil(3));
        let findings: Vec<_> = honest.iter().map(|ms| Some(latency(*ms))).chain(lies).collect();
        let outcome = endpoint(&findings).expect("a quorum agrees");
        let (low, high) = (honest.iter().min().unwrap(), honest.iter().max().unwrap());
        prop_assert!((outcome_of(*high)..=outcome_of(*low)).contains(&outcome));
    }

    /// The same for a target that does not answer.
    #[test]
    fn liars_that_leave_a_quorum_of_honest_ones_cannot_lift_a_dark_target(
        honest in 10usize..16, lies in vec(lie(), 0..6),
    ) {
        prop_assume!(honest >= (2 * (honest + lies.len())).div_ceil(3));
        let findings: Vec<_> = vec![Some(Finding::Unreachable); honest].into_iter().chain(lies).collect();
        prop_assert_eq!(endpoint(&findings), Some(Ratio::ZERO));
    }
}
