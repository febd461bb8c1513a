//! Money, withholding, denial of service, stake that leaves.

use slsbft_sim::{
    population::{Field, Stakes},
    scenario::{
        ddos::{Roll, Siege, besiege, roll},
        selfbond::{Rule, slashed},
        third::{level_after, stake_of_weight},
        wash,
        withhold::{Turns, best_of, biased},
    },
    world::{Conduct, Policy},
};

use crate::SETTINGS;

#[test]
fn washing_loses_at_any_volume_and_with_any_power() {
    for exponent in 0..=9 {
        for power in [0.0, 0.2, 1.0] {
            let net = wash::washed(10u64.pow(exponent), power).unwrap();
            assert!(net < 0.0, "10^{exponent} at {power}: {net}");
        }
    }
    assert!(wash::earned(1_000).unwrap() > 900.0);
}

#[test]
fn perfect_ratings_leave_a_level_and_bad_ones_lower_it() {
    let unrated = wash::level_with(None, 0);
    for payers in [1, 5, 1_000] {
        assert_eq!(wash::level_with(Some(1.0), payers), unrated);
        assert!(wash::level_with(Some(0.5), payers) < unrated);
    }
    assert!(wash::level_with(Some(0.0), 1) > 0.9, "one alone cannot ruin");
}

#[test]
fn washed_ratings_hide_honest_ones_at_half_a_percent_of_their_volume() {
    let diluted = wash::diluted(10.0).unwrap();
    assert!((diluted.cost - 0.05).abs() < 1e-6, "{diluted:?}");
    assert!((0.03..0.05).contains(&diluted.gained), "{diluted:?}");
}

#[test]
fn withholding_bends_an_even_chance_to_what_theory_says() {
    assert!((biased(0.5, 0.2) - 0.558).abs() < 5e-4);
    assert!((biased(0.001, 0.2) - 0.00133).abs() < 1e-5);
    assert!((biased(0.5, 0.0) - 0.5).abs() < 1e-12);
}

#[test]
fn more_seeds_to_choose_from_are_never_worse() {
    let candidates = Field::new(Stakes::Pareto, 120, 0.2, 80).candidates();
    let shares = best_of(&candidates, &SETTINGS, 6).unwrap();
    assert!(shares.is_sorted(), "{shares:?}");
    assert!(shares[6] > shares[0] + 0.02, "{shares:?}");
}

#[test]
fn parts_that_join_together_propose_in_a_row_and_a_larger_jitter_spreads_them() {
    let turns = |jitter| Turns {
        stakes: Stakes::Pareto,
        nodes: 120,
        share: 0.2,
        parts: 20,
        jitter,
    };
    let chain = turns(0.0).count(&SETTINGS, 4).unwrap();
    let spread = turns(0.05).count(&SETTINGS, 4).unwrap();
    assert!(chain.longest > 6.0, "{chain:?}");
    assert!(spread.longest < chain.longest, "{spread:?}");
    let all: f64 = chain.ending.iter().sum();
    assert!((all - 1.0).abs() < 1e-9, "{all}");
}

#[test]
fn by_levels_alone_a_day_of_denial_moves_little_power() {
    let best = level_after(0, &Conduct::GOOD);
    let day = level_after(24, &Conduct::DARK);
    assert!(stake_of_weight(1.0 / 3.0, best, day) > 0.31);
}

fn siege(policy: Policy) -> Siege {
    Siege {
        share: 0.01,
        parts: 1,
        policy,
        lasts: 3,
        silent: 0.0,
    }
}

#[test]
fn by_the_draft_a_siege_of_three_epochs_handed_the_chain_to_one_percent_of_the_stake_for_good() {
    let powers = besiege(&siege(Policy::UNBOUNDED), 60, &SETTINGS, 12).unwrap();
    assert!(powers[2] < 0.05, "{powers:?}");
    assert_eq!(powers[4], 1.0, "{powers:?}");
    assert_eq!(powers[11], 1.0, "its auditors see to that: {powers:?}");
}

#[test]
fn a_siege_gives_one_percent_of_the_stake_what_was_barred_and_nothing_once_it_is_over() {
    let powers = besiege(&siege(Policy::CHAIN), 60, &SETTINGS, 12).unwrap();
    assert!(powers[4] > powers[0] * 1.05, "{powers:?}");
    assert!(powers.iter().all(|power| *power < 0.02), "{powers:?}");
    assert!(powers[11] < powers[0] * 1.05, "{powers:?}");
}

/// The most that a fifth of the stake gets by it.
fn rolled(policy: Policy, besieged: bool) -> f64 {
    let of = Roll {
        share: 0.2,
        policy,
        besieged,
    };
    let powers = roll(&of, 200, &SETTINGS, 8).unwrap();
    powers.into_iter().fold(0.0, f64::max)
}

#[test]
fn denial_in_turn_takes_a_fifth_of_the_stake_over_a_third_by_the_draft_and_not_on_the_chain() {
    let (draft, chain) = (rolled(Policy::UNBOUNDED, false), rolled(Policy::CHAIN, false));
    assert!(draft > 0.4, "{draft}");
    assert!(chain < 1.0 / 3.0, "{chain}");
}

#[test]
fn pauses_and_denial_in_turn_together_raise_the_power_of_a_fifth_by_less_than_a_half() {
    let before = roll(
        &Roll {
            share: 0.2,
            policy: Policy::CHAIN,
            besieged: true,
        },
        200,
        &SETTINGS,
        1,
    )
    .unwrap();
    let both = rolled(Policy::CHAIN, true);
    assert!(both < before[0] * 1.5, "{both} from {before:?}");
    assert_eq!(rolled(Policy::UNBOUNDED, true), 1.0);
}

#[test]
fn stake_that_left_before_the_deed_pays_on_the_chain_and_would_not_by_the_draft() {
    let stays = slashed(Rule::Chain, 0.0).unwrap();
    for withdrawn in [0.3, 0.9, 1.0] {
        assert_eq!(slashed(Rule::Chain, withdrawn).unwrap(), stays, "{withdrawn}");
    }
    assert_eq!(slashed(Rule::DeedsStake, 1.0).unwrap().operator, 0.0);
    let pool = slashed(Rule::SeatsStakeFromPool, 1.0).unwrap();
    assert_eq!(pool.operator, 0.0);
    assert!(pool.delegators > stays.delegators);
}
