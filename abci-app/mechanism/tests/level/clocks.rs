//! Pauses, falls, and how they end.

use slsbft_mechanism::level::{Change, Rules};
use slsbft_types::Ratio;

use crate::{DARK, GOOD, HOUR, Life, NIL, Outcomes, VOID};

#[test]
fn three_failures_of_one_service_pause_and_three_good_epochs_resume() {
    let no_api = Outcomes {
        endpoint: NIL,
        ..GOOD
    };
    let mut life = Life::new();
    assert_eq!(life.live(&no_api), []);
    assert_eq!(life.live(&no_api), []);
    assert_eq!(life.live(&no_api), [Change::Paused]);
    assert!(life.record.is_paused());
    assert_eq!(life.live(&no_api), []);
    assert_eq!(life.live(&GOOD), []);
    assert_eq!(life.live(&GOOD), []);
    assert_eq!(life.live(&GOOD), [Change::Resumed]);
    assert!(!life.record.is_paused());
}

#[test]
fn an_outcome_of_one_half_is_no_failure() {
    let half = |billionths| Outcomes {
        endpoint: Some(Ratio::from_billionths(billionths).unwrap()),
        ..GOOD
    };
    let mut life = Life::new();
    for _ in 0..5 {
        life.live(&half(500_000_000));
    }
    assert!(!life.record.is_paused());
    for _ in 0..3 {
        life.live(&half(499_999_999));
    }
    assert!(life.record.is_paused());
}

#[test]
fn void_epochs_neither_break_nor_extend_a_count_and_another_service_cannot_clear_it() {
    let no_api = Outcomes {
        endpoint: NIL,
        ..GOOD
    };
    let unheard = Outcomes {
        endpoint: None,
        ..GOOD
    };
    let mut life = Life::new();
    life.live(&no_api);
    life.live(&VOID);
    life.live(&no_api);
    for _ in 0..10 {
        assert_eq!(life.live(&unheard), []);
    }
    assert_eq!(life.live(&no_api), [Change::Paused]);
    for _ in 0..10 {
        assert_eq!(life.live(&unheard), []);
    }
    assert!(life.record.is_paused());
    life.live(&GOOD);
    life.live(&unheard);
    life.live(&GOOD);
    life.live(&VOID);
    assert_eq!(life.live(&GOOD), [Change::Resumed]);
}

#[test]
fn failures_of_different_services_do_not_add_up() {
    let mut life = Life::new();
    for _ in 0..4 {
        life.live(&Outcomes {
            endpoint: NIL,
            ..GOOD
        });
        life.live(&Outcomes {
            resource: NIL,
            ..GOOD
        });
    }
    assert!(!life.record.is_paused());
}

#[test]
fn a_pause_lasts_until_both_services_are_good_again() {
    let mut life = Life::new();
    for _ in 0..3 {
        life.live(&Outcomes {
            consumer: None,
            ..DARK
        });
    }
    for _ in 0..3 {
        assert_eq!(
            life.live(&Outcomes {
                resource: NIL,
                ..GOOD
            }),
            []
        );
    }
    assert!(life.record.is_paused());
    life.live(&GOOD);
    life.live(&GOOD);
    assert_eq!(life.live(&GOOD), [Change::Resumed]);
}

#[test]
fn a_fall_is_told_once_and_again_only_after_the_level_was_back_at_one_half() {
    let mut life = Life::with(6 * HOUR, Rules::default());
    let fall = |life: &mut Life| {
        (0..100)
            .filter(|_| life.live(&DARK).contains(&Change::Fell))
            .count()
    };
    assert_eq!(fall(&mut life), 1);
    life.hours_until(&GOOD, |level| level >= 480_000_000);
    assert_eq!(fall(&mut life), 0, "it was not back at rearm");
    let mut changes = Vec::new();
    while life.level() < 500_000_000 {
        changes = life.live(&GOOD);
    }
    assert_eq!(changes, [Change::Rearmed]);
    assert_eq!(fall(&mut life), 1);
}
