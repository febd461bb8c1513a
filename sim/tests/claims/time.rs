//! Levels, outages and honest life over time.

use slsbft_sim::{
    population::Stakes,
    scenario::{
        Settings, honest,
        outage::{course, region},
        third::level_after,
    },
    world::{Conduct, Rules},
};

use crate::SETTINGS;

#[test]
fn a_node_that_goes_dark_leaves_at_the_next_boundary_and_returns_four_epochs_after_it_is_back() {
    let course = course(Conduct::DARK, 2.0, Rules::default(), 110).unwrap();
    assert_eq!(course.out_after, Some(1), "absent from the second epoch's set");
    assert_eq!(course.paused_after, Some(3));
    assert_eq!(course.back_after, Some(4), "in the fifth epoch's set");
    assert_eq!(course.fell_after, None);
}

#[test]
fn a_validator_that_signs_and_does_not_serve_leaves_by_its_pause_and_returns_as_fast() {
    let course = course(Conduct::UNREACHABLE, 2.0, Rules::default(), 110).unwrap();
    assert_eq!(course.paused_after, Some(3));
    assert_eq!(
        course.out_after,
        Some(4),
        "the set drawn at the boundary after the pause"
    );
    assert_eq!(course.back_after, Some(4));
}

#[test]
fn a_day_in_the_dark_is_forgiven_and_weeks_are_not() {
    let day = level_after(24, &Conduct::DARK);
    assert!(day > 0.87, "{day}");
    let weeks = level_after(266, &Conduct::DARK);
    assert!(weeks < 0.35, "{weeks}");
    // Out of the set nobody counts its signatures, so in truth it falls later.
    let seated = course(Conduct::DARK, 270.0, Rules::default(), 110).unwrap();
    assert!(seated.level > 0.40, "{}", seated.level);
}

#[test]
fn a_region_of_a_fifth_leaves_the_set_by_a_tenth_of_the_power_at_each_boundary() {
    let epochs = region(Stakes::Equal, 0.2, 120, &SETTINGS, 6).unwrap();
    let missing: Vec<f64> = epochs.iter().map(|epoch| epoch.missing).collect();
    assert!(missing[0] > 0.15, "{missing:?}");
    // Of a hundred seats of nearly equal power ten are a tenth.
    assert!(epochs[1].seats >= 0.9 - 1e-9, "{epochs:?}");
    assert!(missing[5] < 0.05, "{missing:?}");
}

#[test]
fn a_region_of_more_than_a_third_halts_the_chain() {
    let epochs = region(Stakes::Equal, 0.45, 120, &SETTINGS, 4).unwrap();
    assert_eq!(epochs.len(), 1);
}

#[test]
fn income_per_stake_rises_with_service() {
    let life = honest::live(Stakes::Equal, 150, 250, &SETTINGS).unwrap();
    let income: f64 = life.income.iter().sum();
    assert!((0.9..=1.0).contains(&income), "{income}");
    let bins = honest::by_level(&life);
    let (low, high) = (bins[0], bins[bins.len() - 1]);
    assert!(low.0 < high.0 && low.1 < high.1, "{bins:?}");
}

#[test]
fn good_nodes_outside_the_set_have_a_lower_level_than_those_within() {
    let life = honest::live(Stakes::Zipf, 250, 250, &SETTINGS).unwrap();
    let (seated, others) = honest::elected(&life);
    assert!(seated > others, "{seated} and {others}");
}

#[test]
fn the_same_seed_lives_the_same_life_and_another_does_not() {
    let live = |seed| {
        let settings = Settings { seed, ..SETTINGS };
        honest::live(Stakes::Pareto, 120, 12, &settings).unwrap().income
    };
    assert_eq!(live(1), live(1));
    assert_ne!(live(1), live(2));
}

#[test]
fn a_perfect_node_without_a_seat_never_reaches_the_threshold_of_reputation() {
    let level = honest::unseated_level();
    assert!((0.73..0.74).contains(&level), "{level}");
}
