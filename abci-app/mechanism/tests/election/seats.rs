use ethnum::U256;
use proptest::prelude::*;
use sha2::{Digest, Sha256};
use slsbft_mechanism::election::{
    Candidate, Election, ElectionError, Place, Rules, Standing, WEIGHT_PER_UANKR, base_power, elect,
};
use slsbft_types::{Ratio, UANKR_PER_ANKR};

use crate::{candidate, candidates, drawing, operator, seed, with_stakes};

fn is_seated(standing: &Standing) -> bool {
    standing.power > 0
}

fn weighty(candidates: &[Candidate]) -> usize {
    candidates
        .iter()
        .filter(|candidate| !candidate.stake.is_zero())
        .count()
}

fn places(election: &Election) -> Vec<Place> {
    election.standings.iter().map(|standing| standing.place).collect()
}

/// The number that a hash of the election is, from its definition.
fn number(domain: &str, seed: &[u8; 32], operator: &[u8]) -> U256 {
    let text = [domain.as_bytes(), seed, operator].concat();
    U256::from_be_bytes(Sha256::digest(text).into())
}

proptest! {
    #[test]
    fn every_seat_is_filled_as_long_as_anybody_with_a_stake_is_left(
        candidates in candidates(), seats in 1..60u32, draw_min_seats in 0..60u32, number in any::<u64>(),
    ) {
        let rules = Rules { seats, draw_min_seats };
        let weighty = weighty(&candidates);
        match elect(&candidates, &rules, &seed(number)) {
            Ok(election) => {
                prop_assert_eq!(election.seats().count(), weighty.min(seats as usize));
                prop_assert_eq!(election.standings.len(), candidates.len());
                for standing in &election.standings {
                    let seated = matches!(standing.place, Place::Certain | Place::Drawn | Place::Heaviest);
                    prop_assert_eq!(seated, is_seated(standing));
                }
            }
            Err(error) => {
                prop_assert_eq!(error, ElectionError::NoWeight);
                prop_assert_eq!(weighty, 0);
            }
        }
    }

    #[test]
    fn the_order_of_the_candidates_does_not_matter(
        (candidates, shuffled) in candidates().prop_flat_map(|list| {
            (Just(list.clone()), Just(list).prop_shuffle())
        }),
        seats in 1..60u32, draw_min_seats in 0..60u32, number in any::<u64>(),
    ) {
        let rules = Rules { seats, draw_min_seats };
        let seed = seed(number);
        prop_assert_eq!(elect(&candidates, &rules, &seed), elect(&shuffled, &rules, &seed));
    }

    #[test]
    fn the_threshold_solves_its_equation_and_whoever_reaches_it_is_certain(
        candidates in candidates(), seats in 1..60u32, number in any::<u64>(),
    ) {
        prop_assume!(weighty(&candidates) > 0);
        let election = elect(&candidates, &drawing(seats), &seed(number)).unwrap();
        let Some(threshold) = election.threshold else {
            prop_assert!(weighty(&candidates) <= seats as usize);
            return Ok(());
        };
        // Σ min(1, w·drawn/rest) = seats, times rest.
        let mut sum = U256::ZERO;
        for standing in &election.standings {
            let length = U256::from(standing.weight) * U256::from(threshold.drawn);
            let rest = U256::from(threshold.rest);
            prop_assert_eq!(standing.place == Place::Certain, length >= rest);
            prop_assert_eq!(standing.chance == Ratio::ONE, length >= rest);
            sum += length.min(rest);
        }
        prop_assert_eq!(sum, U256::from(threshold.rest) * U256::from(seats));
    }

    /// Word for word what the module's text says, without its shortcuts.
    #[test]
    fn anybody_can_check_a_draw_from_its_definition(
        candidates in candidates(), seats in 1..60u32, number_of_seed in any::<u64>(),
    ) {
        prop_assume!(weighty(&candidates) > 0);
        let seed = seed(number_of_seed);
        let election = elect(&candidates, &drawing(seats), &seed).unwrap();
        let Some(threshold) = election.threshold else { return Ok(()) };
        let mut order: Vec<&Standing> = election.standings.iter()
            .filter(|standing| matches!(standing.place, Place::Drawn | Place::NotDrawn))
            .collect();
        order.sort_by_key(|standing| {
            number("slsbft/election/order/2", &seed, standing.operator.as_bytes())
        });
        let rest = U256::from(threshold.rest);
        let mut chances: Vec<U256> = order.iter()
            .map(|standing| U256::from(standing.weight) * U256::from(threshold.drawn))
            .collect();
        let mut waits = 0;
        for next in 1..order.len() {
            let (a, b) = (chances[waits], chances[next]);
            let h = number("slsbft/election/duel/1", &seed, order[next].operator.as_bytes());
            let (seated, out) = (rest, U256::ZERO);
            if a + b <= rest {
                let first = h % (a + b) < a;
                (chances[waits], chances[next]) = if first { (a + b, out) } else { (out, a + b) };
                waits = if first { waits } else { next };
            } else {
                let (first, above) = (h % (rest + rest - a - b) < rest - b, a + b - rest);
                (chances[waits], chances[next]) = if first { (seated, above) } else { (above, seated) };
                waits = if first { next } else { waits };
            }
        }
        for (standing, chance) in order.iter().zip(chances) {
            let expected = if standing.place == Place::Drawn { rest } else { U256::ZERO };
            prop_assert_eq!(chance, expected, "whoever waits last has exactly a seat");
        }
    }

    #[test]
    fn a_seat_counts_its_weight_or_half_the_threshold_raised_by_less_than_a_thousandth(
        candidates in candidates(), seats in 1..60u32, draw_min_seats in 0..60u32, number_of_seed in any::<u64>(),
    ) {
        prop_assume!(weighty(&candidates) > 0);
        let seed = seed(number_of_seed);
        let election = elect(&candidates, &Rules { seats, draw_min_seats }, &seed).unwrap();
        for standing in election.standings.iter().filter(|standing| is_seated(standing)) {
            // In parts of a thousandth of an ANKR, as power is.
            let unit = U256::from(1_000 * WEIGHT_PER_UANKR);
            let own = U256::from(standing.weight) / unit;
            let half = election.threshold.map_or(U256::ZERO, |threshold| {
                U256::from(threshold.rest) / (U256::from(2 * u64::from(threshold.drawn)) * unit)
            });
            let base = own.max(half).max(U256::ONE).as_u64();
            prop_assert_eq!(base_power(standing.weight, election.threshold.as_ref()), Ok(base));
            let raised = match base / 1_000 {
                0 => 0,
                bound => {
                    let jitter = number("slsbft/election/jitter/1", &seed, standing.operator.as_bytes());
                    (jitter % U256::from(bound)).as_u64()
                }
            };
            prop_assert_eq!(standing.power, base + raised);
        }
    }

    #[test]
    fn the_supply_staked_in_any_way_stays_far_below_cometbfts_bound(
        cuts in prop::collection::vec(0..=10_000_000_000 * UANKR_PER_ANKR, 0..60), seats in 1..60u32,
    ) {
        let mut cuts = cuts;
        cuts.extend([0, 10_000_000_000 * UANKR_PER_ANKR]);
        cuts.sort_unstable();
        let list: Vec<Candidate> = cuts.windows(2).enumerate()
            .map(|(i, cut)| candidate(i, cut[1] - cut[0], Ratio::ONE))
            .collect();
        let election = elect(&list, &drawing(seats), &seed(1)).unwrap();
        let total: u64 = election.seats().map(|seat| seat.power).sum();
        prop_assert!(total <= i64::MAX as u64 / 8 / 30_000, "{}", total);
    }
}

#[test]
fn one_draw_is_pinned_to_the_unit() {
    let mut list = with_stakes(&[900_000, 400_000, 300_000, 300_000, 250_000, 120_000, 100_000, 0]);
    list[1].level = Ratio::ZERO;
    list[2].level = Ratio::ONE;
    let election = elect(&list, &drawing(4), &seed(2026)).unwrap();
    let lines: Vec<String> = election
        .standings
        .iter()
        .map(|s| {
            let number = (0..8).find(|number| operator(*number) == s.operator).unwrap();
            let (weight, chance) = (s.weight / WEIGHT_PER_UANKR, s.chance.billionths());
            format!("{number}: {weight} {chance} {:?} {}", s.place, s.power)
        })
        .collect();
    assert_eq!(
        lines,
        [
            "0: 1530000000000 1000000000 Certain 1530201929",
            "2: 600000000000 853485064 Drawn 600519992",
            "3: 510000000000 725462304 Drawn 510009366",
            "4: 425000000000 604551920 NotDrawn 0",
            "5: 204000000000 290184921 NotDrawn 0",
            "1: 200000000000 284495021 NotDrawn 0",
            "6: 170000000000 241820768 Drawn 351768607",
            "7: 0 0 NoWeight 0",
        ]
    );
}

#[test]
fn few_seats_go_by_weight_alone_and_between_equals_by_operator() {
    let list = with_stakes(&[300_000, 200_000, 200_000, 200_000, 500_000, 0]);
    let rules = Rules {
        seats: 3,
        draw_min_seats: 4,
    };
    let first = (1..4).map(operator).min().unwrap();
    for number in 0..50 {
        let election = elect(&list, &rules, &seed(number)).unwrap();
        assert_eq!(election.threshold, None);
        let seated: Vec<_> = election.seats().map(|seat| seat.operator).collect();
        assert_eq!(seated, [operator(4), operator(0), first]);
        use Place::{Heaviest, NoWeight, TooLight};
        assert_eq!(
            places(&election),
            [Heaviest, Heaviest, Heaviest, TooLight, TooLight, NoWeight]
        );
    }
    let enough = Rules {
        seats: 4,
        draw_min_seats: 4,
    };
    assert!(elect(&list, &enough, &seed(1)).unwrap().threshold.is_some());
}

#[test]
fn with_seats_for_everybody_everybody_sits_with_its_own_weight() {
    let election = elect(&with_stakes(&[300_000, 100_000, 0]), &drawing(2), &seed(1)).unwrap();
    assert_eq!(
        places(&election),
        [Place::Certain, Place::Certain, Place::NoWeight]
    );
    assert_eq!(election.threshold, None);
    // 300,000 ANKR × 1.7, in thousandths.
    let power = election.standings[0].power;
    assert!((510_000_000..510_510_000).contains(&power), "{power}");
}

#[test]
fn the_only_candidate_is_elected_however_little_it_holds() {
    let election = elect(&[candidate(0, 1, Ratio::ZERO)], &drawing(100), &seed(1)).unwrap();
    assert_eq!(election.seats().map(|seat| seat.power).collect::<Vec<_>>(), [1]);
}

#[test]
fn a_perfect_level_weighs_four_times_a_level_of_zero() {
    let list = [candidate(0, 7, Ratio::ONE), candidate(1, 7, Ratio::ZERO)];
    let election = elect(&list, &drawing(2), &seed(1)).unwrap();
    let weights: Vec<_> = election
        .standings
        .iter()
        .map(|standing| standing.weight)
        .collect();
    assert_eq!(weights, [14 * WEIGHT_PER_UANKR, 7 * WEIGHT_PER_UANKR / 2]);
}

#[test]
fn equal_candidates_get_powers_that_tell_them_apart_anew_with_every_seed() {
    let list = with_stakes(&[100_000; 150]);
    let powers = |number| {
        let election = elect(&list, &drawing(100), &seed(number)).unwrap();
        let mut powers: Vec<_> = election.seats().map(|seat| seat.power).collect();
        powers.sort_unstable();
        powers
    };
    let mut distinct = powers(1);
    distinct.dedup();
    assert!(distinct.len() > 95, "{} of 100", distinct.len());
    assert_ne!(powers(1), powers(2));
}

#[test]
fn what_cannot_be_an_election_is_a_typed_error() {
    use ElectionError::{Duplicate, NoSeats, NoWeight, PowerTooLarge, StakeTooLarge};
    let level = Ratio::from_percent(50);
    let with = |stakes: &[u128]| -> Vec<Candidate> {
        let numbered = stakes.iter().enumerate();
        numbered.map(|(i, stake)| candidate(i, *stake, level)).collect()
    };
    let twice = [
        candidate(5, 1, level),
        candidate(4, 9, level),
        candidate(5, 2, level),
    ];
    // The largest stake whose weight still fits, and half of it.
    let most = u128::MAX / (WEIGHT_PER_UANKR * 5 / 4);
    for (list, seats, expected) in [
        (with(&[]), 4, NoWeight),
        (with(&[0, 0]), 4, NoWeight),
        (with(&[1]), 0, NoSeats),
        (twice.to_vec(), 4, Duplicate(operator(5))),
        (with(&[u128::MAX]), 4, StakeTooLarge),
        (with(&[u128::MAX; 3]), u32::MAX, StakeTooLarge),
        (with(&[most, most]), 4, StakeTooLarge),
        (with(&[most]), 4, StakeTooLarge),
        (with(&[most / 2]), 1, PowerTooLarge),
        (with(&[10u128.pow(21); 2]), 2, PowerTooLarge),
    ] {
        for draw_min_seats in [0, u32::MAX] {
            let rules = Rules {
                seats,
                draw_min_seats,
            };
            assert_eq!(elect(&list, &rules, &seed(1)).unwrap_err(), expected);
        }
    }
}
