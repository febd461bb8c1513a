//! Elections: splitting, tails, grinding.

use slsbft_mechanism::election::Rules;
use slsbft_sim::{
    draw::{Expected, RULES, moments, shares},
    population::{Field, Stakes},
    scenario::{
        grind::{self, Sight},
        split, third,
    },
    tail::{Effort, Lottery, Question, Rare, Split, binomial, hypergeometric},
};

use crate::SETTINGS;

const THIRD: f64 = 1.0 / 3.0;

#[test]
fn no_split_raises_the_expected_power_and_up_to_a_tenth_of_the_stake_its_share_by_two_percent() {
    for stakes in Stakes::ALL {
        let of = |parts| Expected::of(&Field::new(stakes, 300, 0.1, parts).candidates(), &RULES).unwrap();
        let whole = of(1).attacker;
        for parts in [2, 7, 16, 40, 200] {
            assert!(of(parts).attacker <= whole * 1.000_001, "{stakes:?} in {parts}");
        }
        let (gain, parts) = split::most_gain(stakes, 300, 0.1).unwrap();
        assert!(gain <= split::MOST_GAIN, "{stakes:?}: {gain} in {parts}");
    }
}

#[test]
fn a_quarter_of_the_stake_gains_less_than_five_percent_by_the_best_split_and_stays_under_its_bound() {
    for stakes in Stakes::ALL {
        let (gain, parts) = split::most_gain(stakes, 300, 0.25).unwrap();
        assert!(gain < 0.05, "{stakes:?}: {gain}");
        let best = Expected::of(&Field::new(stakes, 300, 0.25, parts).candidates(), &RULES).unwrap();
        assert!(
            best.share() <= split::bound(0.25) + 1e-4,
            "{stakes:?}: {}",
            best.share()
        );
    }
}

#[test]
fn expected_power_is_what_draws_give_on_average() {
    for parts in [1, 150] {
        let measured = split::measure(Stakes::Pareto, 200, 0.25, parts, &SETTINGS).unwrap();
        let error = measured.deviation / (measured.draws as f64).sqrt();
        let off = (measured.mean - measured.expected.share()).abs();
        assert!(off < 4.0 * error + 0.002, "{off} at {error}");
    }
}

#[test]
fn distributions_add_up_and_are_the_known_ones() {
    assert!((binomial(15, THIRD).iter().sum::<f64>() - 1.0).abs() < 1e-12);
    assert!((binomial(3, 0.5)[2] - 0.375).abs() < 1e-12);
    assert!((hypergeometric(10, 4, 3)[2] - 0.3).abs() < 1e-12);
    assert!((hypergeometric(300, 40, 100).iter().sum::<f64>() - 1.0).abs() < 1e-9);
}

/// 340 equal candidates, 40 of them the attacker's.
fn equals() -> Lottery {
    let field = Field::new(Stakes::Equal, 300, 40.0 / 340.0, 40);
    Lottery::of(&field.candidates(), &RULES).unwrap()
}

#[test]
fn among_equals_the_convolution_is_drawing_without_replacement() {
    let exact: f64 = hypergeometric(340, 40, 100).iter().skip(21).sum();
    let tail = equals().tail(0.205);
    assert!((tail / exact - 1.0).abs() < 1e-3, "{tail} instead of {exact}");
}

#[test]
fn subset_simulation_finds_a_probability_of_one_in_ten_million() {
    let exact: f64 = hypergeometric(340, 40, 100).iter().skip(26).sum();
    assert!(exact < 2e-6, "{exact}");
    let rare = Rare::of(&equals(), 0.255, Effort::FINE, 3);
    assert!(
        (rare.probability / exact).ln().abs() < 1.0,
        "{rare:?} instead of {exact}"
    );
}

#[test]
fn the_draw_without_hashes_is_that_of_the_election() {
    let field = Field::new(Stakes::Pareto, 150, 0.2, 90);
    let candidates = field.candidates();
    let lottery = Lottery::of(&candidates, &RULES).unwrap();
    let (mean, deviation) = moments(&Rare::sample(&lottery, 5, 4_000));
    let (elected, spread) = moments(&shares(&candidates, &RULES, 5, "test", 4_000).unwrap());
    assert!((mean - elected).abs() < 0.002, "{mean} and {elected}");
    assert!(
        (deviation / spread - 1.0).abs() < 0.08,
        "{deviation} and {spread}"
    );
}

#[test]
fn the_convolution_is_close_to_the_draw_where_both_can_be_seen() {
    let field = Field::new(Stakes::Pareto, 150, 0.2, 90);
    let lottery = Lottery::of(&field.candidates(), &RULES).unwrap();
    let mut drawn = Rare::sample(&lottery, 9, 20_000);
    drawn.sort_by(f64::total_cmp);
    for part in [0.1, 0.01, 0.002] {
        let share = drawn[(20_000.0 * (1.0 - part)) as usize];
        let tail = lottery.tail(share);
        assert!((tail / part).ln().abs() < 0.5, "{tail} instead of {part}");
    }
}

/// By points at equal distances on a line of candidates it would be less by far: among 210 equal pieces
/// of nearly a third of that distance, a point in the dust between them is followed by others.
#[test]
fn among_equals_the_draw_leaves_as_much_safe_as_the_most_random_one() {
    let question = Question {
        probability: 1e-5,
        ..third::question(Stakes::Equal, 210, 70)
    };
    let safe = question.answer().unwrap();
    let refined = question.refined(1).unwrap();
    assert!(
        refined.safe.weight > safe.weight - 0.01,
        "{refined:?} and {safe:?}"
    );
    assert!(refined.rare.probability <= question.probability, "{refined:?}");
}

#[test]
fn dust_among_equals_is_as_lucky_as_a_most_random_draw_would_let_it() {
    let question = third::question(Stakes::Equal, 300, 100);
    let drawn = third::frequency(&question, 0.017, 680, 0.035, &SETTINGS).unwrap();
    let split = Split {
        certain: 0.0,
        parts: 680,
    };
    let random = question.lottery(0.017, split).unwrap().tail(0.035);
    // Four seats of a hundred, in about 360 of 4,000 elections: the bound is four standard deviations.
    assert!((drawn / random - 1.0).abs() < 0.2, "{drawn} and {random}");
}

#[test]
fn what_is_safe_is_more_with_more_seats_and_less_for_equals_than_for_the_unequal() {
    let safe = |stakes, seats| third::question(stakes, 150, seats).answer().unwrap().weight;
    let (equal, more, zipf) = (
        safe(Stakes::Equal, 70),
        safe(Stakes::Equal, 140),
        safe(Stakes::Zipf, 70),
    );
    assert!(equal < more, "{equal} and {more}");
    assert!(equal < zipf, "{equal} and {zipf}");
    assert!(zipf < THIRD, "{zipf}");
}

#[test]
fn a_third_is_certain_with_a_fifth_of_the_weight_among_equals() {
    let question = third::question(Stakes::Equal, 300, 100);
    let split = Split {
        certain: 1.0,
        parts: 1,
    };
    let at = |weight| question.lottery(weight, split).unwrap().tail(THIRD);
    assert!(at(0.21) > 0.999, "{}", at(0.21));
    assert!(at(0.18) < 1e-9, "{}", at(0.18));
}

#[test]
fn service_makes_up_for_stake() {
    // 0.5 + 1.5 · 0.8 = 1.7 against 2.
    let stake = third::stake_of_weight(THIRD, 1.0, 0.8);
    assert!((stake - 1.7 / (1.7 + 4.0)).abs() < 1e-9, "{stake}");
    assert!((third::stake_of_weight(0.2, 0.5, 0.5) - 0.2).abs() < 1e-12);
}

#[test]
fn a_last_proposer_gets_one_and_the_same_set_by_the_chains_rule_and_many_by_the_rejected_one() {
    assert_eq!(grind::sets(Stakes::Pareto, 130, 60, &SETTINGS, 60).unwrap(), 1);
    let present = |tries| grind::present(Stakes::Pareto, 130, 60, &SETTINGS, tries).unwrap();
    let (first, best) = (present(1), present(300));
    assert!(best > first + 0.01, "{first} to {best}");
}

#[test]
fn audits_cannot_be_ground_since_they_are_drawn_by_what_nobody_knows_yet() {
    let mean = |toggled, sight| {
        let seats = grind::committees(60, THIRD, toggled, sight, &SETTINGS).unwrap();
        seats.iter().sum::<usize>() as f64 / seats.len() as f64
    };
    let none = mean(0, Sight::Known);
    let (known, blind) = (mean(6, Sight::Known), mean(6, Sight::Blind));
    assert!(known > none + 1.0, "{known} and {none}");
    assert!((blind - none).abs() < 1.0, "{blind} and {none}");
}

#[test]
fn where_seats_go_by_weight_nothing_is_left_to_luck() {
    let rules = Rules { seats: 21, ..RULES };
    let candidates = Field::new(Stakes::Zipf, 100, 0.2, 4).candidates();
    let found = shares(&candidates, &rules, 1, "few", 30).unwrap();
    let (_, deviation) = moments(&found);
    assert!(deviation < 1e-3, "{deviation}");
}
