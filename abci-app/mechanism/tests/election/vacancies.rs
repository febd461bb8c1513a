use std::collections::BTreeMap;

use proptest::prelude::*;
use slsbft_mechanism::election::{FEWEST_SEATS, Loss, Seat, vacate};

use crate::operator;

/// Seats with these powers; the operators are numbered.
fn seats(powers: &[u64]) -> Vec<Seat> {
    let numbered = powers.iter().enumerate();
    numbered
        .map(|(i, power)| Seat {
            operator: operator(i),
            power: *power,
        })
        .collect()
}

fn lost(jailed: &[usize], tombstoned: &[usize]) -> BTreeMap<slsbft_types::Address, Loss> {
    let jailed = jailed.iter().map(|i| (operator(*i), Loss::Jailed));
    let tombstoned = tombstoned.iter().map(|i| (operator(*i), Loss::Tombstoned));
    jailed.chain(tombstoned).collect()
}

fn powers(seats: &[Seat]) -> Vec<u64> {
    seats.iter().map(|seat| seat.power).collect()
}

#[test]
fn jailed_and_tombstoned_leave_their_seats_empty_and_the_others_stay_in_order() {
    let left = vacate(&seats(&[9, 2, 7, 7, 5, 1, 3]), &lost(&[0, 6], &[2]));
    assert_eq!(powers(&left), [2, 7, 5, 1]);
    let nobody = vacate(&seats(&[3, 1]), &lost(&[], &[]));
    assert_eq!(powers(&nobody), [3, 1]);
}

#[test]
fn of_the_jailed_the_most_powerful_stay_where_fewer_than_four_seats_would_be_taken() {
    let left = vacate(&seats(&[9, 2, 8, 7, 5]), &lost(&[0, 1, 2, 3], &[]));
    assert_eq!(powers(&left), [9, 8, 7, 5]);
    let three = vacate(&seats(&[1, 2, 3]), &lost(&[0, 1, 2], &[]));
    assert_eq!(powers(&three), [1, 2, 3], "no more than there were");
}

#[test]
fn of_equally_powerful_jailed_the_lower_operator_stays() {
    let left = vacate(&seats(&[5, 5, 5, 1, 1, 1]), &lost(&[0, 1, 2], &[]));
    assert_eq!(left.len(), 4);
    assert_eq!(left[0].operator, (0..3).map(operator).min().unwrap());
}

#[test]
fn the_tombstoned_go_even_where_few_are_left_but_never_all() {
    let one = vacate(&seats(&[1, 8, 9, 7]), &lost(&[], &[1, 2, 3]));
    assert_eq!(powers(&one), [1]);
    let jailed = vacate(&seats(&[1, 8, 9, 7]), &lost(&[0], &[1, 2, 3]));
    assert_eq!(powers(&jailed), [1], "a jailed one rather than a tombstoned one");
    let all = vacate(&seats(&[1, 8, 9, 7]), &lost(&[], &[0, 1, 2, 3]));
    assert_eq!(powers(&all), [9]);
}

#[test]
fn who_lost_eligibility_without_a_seat_changes_nothing() {
    let left = vacate(&seats(&[4, 3, 2, 1]), &lost(&[7], &[8]));
    assert_eq!(powers(&left), [4, 3, 2, 1]);
}

proptest! {
    #[test]
    fn healthy_seats_stay_tombstoned_go_and_the_floor_holds(
        list in prop::collection::vec((1..5u64, 0..3u8), 1..20),
    ) {
        let seats = seats(&list.iter().map(|(power, _)| *power).collect::<Vec<_>>());
        let of = |kind| list.iter().enumerate().filter(move |(_, (_, k))| *k == kind).map(|(i, _)| i);
        let (jailed, tombstoned): (Vec<_>, Vec<_>) = (of(1).collect(), of(2).collect());
        let left = vacate(&seats, &lost(&jailed, &tombstoned));

        let healthy = of(0).count();
        let floor = FEWEST_SEATS.min(seats.len());
        let expected = if healthy >= floor { healthy } else { floor.min(healthy + jailed.len()).max(1) };
        prop_assert_eq!(left.len(), expected);
        let stays = |i: usize| left.iter().any(|seat| seat.operator == operator(i));
        prop_assert!(of(0).all(stays));
        let all_tombstoned = tombstoned.len() == seats.len();
        prop_assert_eq!(of(2).filter(|i| stays(*i)).count(), usize::from(all_tombstoned));
    }
}
