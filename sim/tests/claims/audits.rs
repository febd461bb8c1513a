//! Lying and lazy auditors.

use slsbft_mechanism::audit::{Judgement, Verdict};
use slsbft_sim::{
    population::{Stakes, number},
    random,
    scenario::liars::{Lie, Panel, epochs_until_paused, load, odds, penalised_level, steady_level},
};

use crate::SETTINGS;

const THIRD: f64 = 1.0 / 3.0;

#[test]
fn a_third_of_the_stake_decides_less_than_one_audit_in_a_hundred() {
    let expected = odds(15, THIRD);
    assert!(expected.wrong < 0.01, "{expected:?}");
    let panel = Panel::new(Stakes::Equal, THIRD, 300);
    let drawn = panel.tally(300, Lie::WhereItWorks, &SETTINGS, 30).unwrap();
    assert!(drawn.wrong < 0.012, "{drawn:?}");
    assert!(
        (drawn.void - expected.void).abs() < 0.03,
        "{drawn:?} instead of {expected:?}"
    );
    assert!(
        (drawn.lowered - expected.lowered).abs() < 0.02,
        "{drawn:?} instead of {expected:?}"
    );
}

#[test]
fn a_larger_committee_is_wrong_less_often_and_a_quorum_less_often_than_a_majority() {
    for share in [0.1, 0.2, THIRD] {
        assert!(odds(15, share).wrong < odds(7, share).wrong);
        assert!(odds(31, share).wrong < odds(15, share).wrong);
        assert!(odds(15, share).wrong < odds(15, share).majority());
    }
}

#[test]
fn a_third_of_liars_takes_little_of_a_good_level_and_their_bound_holds_for_ever() {
    let panel = Panel::new(Stakes::Zipf, THIRD, 200);
    let harm = panel.attack(50, Lie::WhereItWorks, &SETTINGS, 60).unwrap();
    let bound = steady_level(&odds(15, THIRD));
    assert!((0.90..0.962).contains(&bound), "{bound}");
    assert!(harm.mean > bound && harm.mean < 0.963, "{harm:?}");
    assert_eq!(harm.paused, 0.0);
    assert!((steady_level(&odds(15, 0.0)) - 0.962).abs() < 0.001);
}

#[test]
fn an_auditor_with_less_time_leaves_more_of_the_committees_to_many_small_ones() {
    let wrong = |bound| load(Stakes::Zipf, bound, 2_000, &SETTINGS, 2).unwrap();
    let (free, bounded) = (wrong(2_000), wrong(400));
    assert!(bounded.most <= 400 && free.most > 1_000, "{bounded:?} {free:?}");
    assert!(bounded.odds.wrong > 2.0 * free.odds.wrong, "{bounded:?} {free:?}");
}

#[test]
fn half_of_the_stake_pauses_whom_it_likes() {
    let panel = Panel::new(Stakes::Zipf, 0.5, 200);
    let harm = panel.attack(50, Lie::WhereItWorks, &SETTINGS, 100).unwrap();
    let expected = 1.0 - (-100.0 / epochs_until_paused(&odds(15, 0.5))).exp();
    assert!((harm.paused - expected).abs() < 0.15, "{harm:?}, not {expected}");
    assert!(epochs_until_paused(&odds(15, THIRD)) > 100_000.0);
}

#[test]
fn a_median_that_liars_choose_stays_within_tolerance_of_the_honest() {
    let panel = Panel::new(Stakes::Equal, 0.5, 200);
    let Judgement { verdicts, .. } = panel
        .judge(200, Lie::WhereItWorks, &random::seed(1, "median", 0))
        .unwrap();
    let kept = |verdict: &Verdict| {
        verdict
            .resource
            .map(number)
            .filter(|part| (0.01..0.99).contains(part))
    };
    let lowered: Vec<f64> = verdicts.iter().filter_map(kept).collect();
    assert!(!lowered.is_empty());
    assert!(lowered.iter().all(|part| *part > 0.83), "{lowered:?}");
}

#[test]
fn lying_about_everything_costs_weight_and_lying_where_it_works_costs_nothing() {
    let panel = Panel::new(Stakes::Zipf, 0.1, 300);
    let seed = random::seed(1, "own", 0);
    assert_eq!(panel.penalised(300, Lie::Always, &seed).unwrap(), 1.0);
    assert_eq!(panel.penalised(3, Lie::Always, &seed).unwrap(), 0.0);
    assert_eq!(panel.penalised(300, Lie::WhereItWorks, &seed).unwrap(), 0.0);
    let (none, all) = (penalised_level(0.0), penalised_level(1.0));
    assert!(none > 0.96 && all < 0.78, "{none} and {all}");
}
