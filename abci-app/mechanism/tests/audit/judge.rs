//! Verdicts.

use slsbft_mechanism::audit::{
    Duty, Finding, Judgement, Reading, Report, Rules, Standing, Target, Verdict, judge,
};
use slsbft_types::Ratio;

use crate::{GOOD, entry, targets};

const UNREACHABLE: Option<Finding> = Some(Finding::Unreachable);

fn good() -> Option<Finding> {
    Some(Finding::Reached(GOOD))
}

fn reached(change: impl Fn(&mut Reading)) -> Option<Finding> {
    let mut reading = GOOD;
    change(&mut reading);
    Some(Finding::Reached(reading))
}

fn latency(latency_ms: u16) -> Option<Finding> {
    reached(|reading| reading.latency_ms = latency_ms)
}

/// Judges one target by what each of its auditors found; `None` is silent.
fn judged(target: Target, findings: &[Option<Finding>]) -> (Verdict, Vec<Standing>) {
    let reports: Vec<Option<Report>> = findings
        .iter()
        .map(|finding| finding.map(|finding| Report::new(vec![entry(target.id, finding)]).unwrap()))
        .collect();
    let assigned = [target.id];
    let duties: Vec<Duty> = reports
        .iter()
        .map(|report| Duty {
            assigned: &assigned,
            revealed: report.as_ref(),
        })
        .collect();
    let Judgement { verdicts, standings } = judge(&[target], &duties, &Rules::default());
    (verdicts[0], standings)
}

fn verdict(findings: &[Option<Finding>]) -> Verdict {
    judged(targets(0, 1)[0], findings).0
}

fn committee(parts: &[(usize, Option<Finding>)]) -> Vec<Option<Finding>> {
    parts
        .iter()
        .flat_map(|(number, finding)| std::iter::repeat_n(*finding, *number))
        .collect()
}

const PERFECT: Verdict = Verdict {
    reached: Some(true),
    endpoint: Some(Ratio::ONE),
    resource: Some(Ratio::ONE),
};
const DARK: Verdict = Verdict {
    reached: Some(false),
    endpoint: Some(Ratio::ZERO),
    resource: Some(Ratio::ZERO),
};
const VOID: Verdict = Verdict {
    reached: None,
    endpoint: None,
    resource: None,
};

#[test]
fn ten_of_fifteen_decide_and_nine_do_not() {
    assert_eq!(verdict(&committee(&[(10, good()), (5, UNREACHABLE)])), PERFECT);
    assert_eq!(verdict(&committee(&[(10, UNREACHABLE), (5, good())])), DARK);
    assert_eq!(verdict(&committee(&[(9, good()), (6, UNREACHABLE)])), VOID);
    assert_eq!(verdict(&committee(&[(6, good()), (9, UNREACHABLE)])), VOID);
}

#[test]
fn the_silent_count_among_the_assigned() {
    assert_eq!(verdict(&committee(&[(10, good()), (5, None)])), PERFECT);
    assert_eq!(verdict(&committee(&[(9, good()), (6, None)])), VOID);
    assert_eq!(verdict(&committee(&[(15, None)])), VOID);
    assert_eq!(verdict(&[]), VOID);
}

#[test]
fn a_quorum_of_three_is_two_and_one_alone_decides_for_itself() {
    assert_eq!(verdict(&[good(), good(), UNREACHABLE]), PERFECT);
    assert_eq!(verdict(&[good(), None, UNREACHABLE]), VOID);
    assert_eq!(verdict(&[good(), None]), VOID);
    assert_eq!(verdict(&[good()]), PERFECT);
}

#[test]
fn the_outcome_falls_with_latency_from_good_to_bad() {
    let endpoint = |ms| {
        verdict(&committee(&[(15, latency(ms))]))
            .endpoint
            .map(Ratio::billionths)
    };
    assert_eq!(endpoint(0), Some(1_000_000_000));
    assert_eq!(endpoint(200), Some(1_000_000_000));
    assert_eq!(endpoint(1100), Some(500_000_000));
    assert_eq!(endpoint(1999), Some(555_555));
    assert_eq!(endpoint(2000), Some(0));
    assert_eq!(endpoint(u16::MAX), Some(0));
}

#[test]
fn the_median_of_an_even_number_is_the_lower() {
    let split = committee(&[(5, latency(1000)), (5, latency(1100)), (5, None)]);
    assert_eq!(
        verdict(&split).endpoint,
        verdict(&committee(&[(15, latency(1000))])).endpoint
    );
}

#[test]
fn reports_agree_within_a_fifth_of_the_median_or_twenty_milliseconds() {
    let endpoint = |a, b| verdict(&committee(&[(8, latency(a)), (7, latency(b))])).endpoint;
    assert!(endpoint(1000, 1200).is_some());
    assert!(endpoint(1000, 1201).is_none());
    assert!(endpoint(1000, 800).is_some());
    assert!(endpoint(1000, 799).is_none());
    assert!(endpoint(10, 30).is_some());
    assert!(endpoint(10, 31).is_none());
}

#[test]
fn a_void_metric_leaves_the_others() {
    let far = committee(&[(8, latency(100)), (7, latency(900))]);
    let expected = Verdict {
        endpoint: None,
        ..PERFECT
    };
    assert_eq!(verdict(&far), expected);
    let half = |n| reached(move |r| r.delivered = n);
    let unproven = committee(&[(8, half(Some(1000))), (7, half(Some(100)))]);
    let expected = Verdict {
        resource: None,
        ..PERFECT
    };
    assert_eq!(verdict(&unproven), expected);
}

#[test]
fn resources_are_worth_the_worst_kept_promise() {
    let with = |kbps, delivered| {
        let finding = reached(|r| {
            r.throughput_kbps = kbps;
            r.delivered = Some(delivered);
        });
        verdict(&committee(&[(15, finding)]))
            .resource
            .map(Ratio::billionths)
    };
    assert_eq!(with(50_000, 1000), Some(500_000_000));
    assert_eq!(with(50_000, 250), Some(250_000_000));
    assert_eq!(
        with(u32::MAX, 1000),
        Some(1_000_000_000),
        "more than promised is the promise"
    );
    assert_eq!(with(0, 1000), Some(0));
}

#[test]
fn whoever_promised_nothing_is_not_measured_by_it() {
    let findings = committee(&[(15, good())]);
    let dark = committee(&[(15, UNREACHABLE)]);
    let target = targets(0, 1)[0];
    let no_line = Target {
        promised_kbps: 0,
        ..target
    };
    let nothing = Target {
        challenged: false,
        ..no_line
    };
    assert_eq!(judged(no_line, &findings).0, PERFECT);
    assert_eq!(
        judged(nothing, &findings).0,
        Verdict {
            resource: None,
            ..PERFECT
        }
    );
    assert_eq!(
        judged(nothing, &dark).0,
        Verdict {
            resource: None,
            ..DARK
        }
    );
    let no_challenges = Target {
        challenged: false,
        ..target
    };
    let unchallenged = committee(&[(15, reached(|r| r.delivered = None))]);
    assert_eq!(judged(no_challenges, &unchallenged).0, PERFECT);
    assert_eq!(
        judged(target, &unchallenged).0,
        Verdict {
            resource: None,
            ..PERFECT
        }
    );
}

#[test]
fn the_silent_and_the_outlying_fail_in_a_valid_committee() {
    let slow = latency(900);
    let narrow = reached(|r| r.throughput_kbps = 1);
    let unproven = reached(|r| r.delivered = Some(0));
    let unchallenged = reached(|r| r.delivered = None);
    let five = [None, UNREACHABLE, slow, narrow, unproven];
    let (verdict, standings) = judged(
        targets(0, 1)[0],
        &[committee(&[(13, good())]), five.to_vec()].concat(),
    );
    assert_eq!(verdict, PERFECT);
    for (position, standing) in standings.iter().enumerate() {
        assert_eq!((standing.valid, standing.failed), (1, u32::from(position >= 13)));
        assert_eq!(standing.is_penalised(), position >= 13);
    }
    let (_, standings) = judged(targets(0, 1)[0], &committee(&[(14, good()), (1, unchallenged)]));
    assert!(standings[14].is_penalised());
    let (_, standings) = judged(targets(0, 1)[0], &committee(&[(14, UNREACHABLE), (1, good())]));
    assert!(standings[14].is_penalised());
}

#[test]
fn what_a_target_did_not_promise_makes_nobody_an_outlier() {
    let odd = reached(|r| {
        r.throughput_kbps = 1;
        r.delivered = None;
    });
    let target = Target {
        promised_kbps: 0,
        challenged: false,
        ..targets(0, 1)[0]
    };
    let (_, standings) = judged(target, &committee(&[(14, good()), (1, odd)]));
    assert!(!standings[14].is_penalised());
}

#[test]
fn in_a_void_committee_nobody_fails() {
    let (_, standings) = judged(
        targets(0, 1)[0],
        &committee(&[(9, good()), (3, UNREACHABLE), (3, None)]),
    );
    assert!(standings.iter().all(|standing| *standing == Standing::default()));
    assert!(!Standing::default().is_penalised());
}

#[test]
fn half_of_the_committees_may_fail_and_not_one_more() {
    let standing = |valid, failed| Standing { valid, failed };
    assert!(!standing(4, 2).is_penalised());
    assert!(standing(4, 3).is_penalised());
    assert!(!standing(3, 1).is_penalised());
    assert!(standing(3, 2).is_penalised());
}

#[test]
fn entries_on_targets_of_others_or_that_left_count_for_nothing() {
    let targets = targets(0, 3);
    let everything: Vec<_> = targets
        .iter()
        .map(|t| entry(t.id, Finding::Unreachable))
        .collect();
    let liar = Report::new(everything).unwrap();
    let honest = Report::new(
        targets
            .iter()
            .map(|t| entry(t.id, Finding::Reached(GOOD)))
            .collect(),
    )
    .unwrap();
    let (first, all) = ([targets[0].id], [7, 17, 27, 99]);
    let duties = [
        Duty {
            assigned: &first,
            revealed: Some(&liar),
        },
        Duty {
            assigned: &first,
            revealed: Some(&liar),
        },
        Duty {
            assigned: &all,
            revealed: Some(&honest),
        },
    ];
    let Judgement { verdicts, standings } = judge(&targets, &duties, &Rules::default());
    assert_eq!(verdicts, [DARK, PERFECT, PERFECT]);
    assert_eq!(
        standings.iter().map(|s| (s.valid, s.failed)).collect::<Vec<_>>(),
        [(1, 0), (1, 0), (3, 1)]
    );
}
