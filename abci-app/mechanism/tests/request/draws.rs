use std::collections::BTreeSet;

use proptest::prelude::*;
use slsbft_mechanism::request::draw;

proptest! {
    #[test]
    fn nobody_is_drawn_twice_and_nobody_who_is_not_there(
        beacon: [u8; 32], request: u64, number in 0usize..200, most in 0usize..30
    ) {
        let drawn = draw(&beacon, request, number, most);
        prop_assert_eq!(drawn.len(), most.min(number));
        prop_assert!(drawn.iter().all(|place| *place < number));
        prop_assert_eq!(drawn.iter().collect::<BTreeSet<_>>().len(), drawn.len());
        // More of the same draw go on where fewer stop.
        prop_assert!(draw(&beacon, request, number, most + 5).starts_with(&drawn));
    }
}

/// 3 of 10 in 20,000 draws: each 6,000 times, with a standard deviation of 65.
#[test]
fn all_are_drawn_as_often() {
    let mut times = [0u32; 10];
    for request in 0..20_000 {
        for place in draw(&[7; 32], request, 10, 3) {
            if let Some(times) = times.get_mut(place) {
                *times += 1;
            }
        }
    }
    assert!(times.iter().all(|times| times.abs_diff(6_000) < 325), "{times:?}");
}
