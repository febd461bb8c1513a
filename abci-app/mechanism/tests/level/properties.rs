//! What holds whatever happened.

use proptest::{collection::vec, prelude::*};
use slsbft_mechanism::level::{Dimension, Dimensions, Evidence, Record, Rules};
use slsbft_types::{Ratio, Time};

use crate::{NIL, ONE, Outcomes};

fn outcome() -> impl Strategy<Value = Option<Ratio>> {
    let any = (0u64..=1_000_000_000).prop_map(|x| Some(Ratio::from_billionths(x).unwrap()));
    prop_oneof![Just(None), Just(NIL), Just(ONE), any]
}

fn outcomes() -> impl Strategy<Value = Outcomes> {
    (outcome(), outcome(), outcome(), outcome()).prop_map(|(consensus, endpoint, resource, consumer)| {
        Dimensions {
            consensus,
            endpoint,
            resource,
            consumer,
        }
    })
}

/// Epochs: their outcomes and lengths in milliseconds.
fn history() -> impl Strategy<Value = Vec<(Outcomes, u64)>> {
    vec((outcomes(), 1u64..30_000_000), 1..40)
}

fn live(history: &[(Outcomes, u64)]) -> (Record, Time) {
    let mut record = Record::default();
    let mut now = 1_700_000_000_000u64;
    let time = |ms: u64| Time {
        seconds: (ms / 1000) as i64,
        nanos: (ms % 1000) as u32 * 1_000_000,
    };
    for (outcomes, length) in history {
        record.record(outcomes, &(time(now)..time(now + length)), &Rules::default());
        now += length;
    }
    (record, time(now))
}

fn level_of(history: &[(Outcomes, u64)]) -> Ratio {
    let (record, now) = live(history);
    record.level(now, &Rules::default())
}

/// A penalty of an epoch without length takes nothing, but writes.
fn write(record: &mut Record, now: Time) {
    record.penalise(Dimension::Consumer, &(now..now), &Rules::default());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_better_outcome_never_lowers_a_level(
        history in history(), at in any::<prop::sample::Index>(), dimension in 0..4, better in 0u64..=1_000_000_000,
    ) {
        let mut improved = history.clone();
        let outcomes = &mut improved[at.index(history.len())].0;
        let outcome = match dimension {
            0 => &mut outcomes.consensus,
            1 => &mut outcomes.endpoint,
            2 => &mut outcomes.resource,
            _ => &mut outcomes.consumer,
        };
        *outcome = outcome.map(|x| x.max(Ratio::from_billionths(better).unwrap()));
        prop_assert!(level_of(&improved) >= level_of(&history));
    }

    #[test]
    fn ratings_never_raise_a_level(history in history()) {
        // Signing is measured in each, so that both records are written at the same moments.
        let rated: Vec<_> = history
            .into_iter()
            .map(|(outcomes, length)| (Outcomes { consensus: outcomes.consensus.or(ONE), ..outcomes }, length))
            .collect();
        let unrated: Vec<_> =
            rated.iter().map(|(outcomes, length)| (Outcomes { consumer: None, ..*outcomes }, *length)).collect();
        prop_assert!(level_of(&rated) <= level_of(&unrated));
    }

    #[test]
    fn a_level_lies_between_its_lowest_and_its_highest_score(history in history()) {
        let (record, now) = live(&history);
        let scores = record.scores(now, &Rules::default());
        let each = [scores.consensus, scores.endpoint, scores.resource, scores.consumer];
        let level = record.level(now, &Rules::default());
        prop_assert!(each.iter().min().unwrap() <= &level && &level <= each.iter().max().unwrap());
        prop_assert!(scores.consumer <= scores.consensus.max(scores.endpoint).max(scores.resource));
    }

    #[test]
    fn at_most_one_count_of_a_clock_runs_and_a_pause_has_its_reason(history in history()) {
        let (record, _) = live(&history);
        for clock in [record.endpoint, record.resource] {
            prop_assert!(clock.failed_in_a_row == 0 || clock.good_in_a_row == 0);
            prop_assert!(!(clock.paused && clock.good_in_a_row >= 3));
            prop_assert!(clock.paused || clock.failed_in_a_row < 3);
        }
    }

    #[test]
    fn fading_in_steps_loses_less_than_a_microsecond_each(
        history in history(), pauses in vec(1u64..10_000_000, 1..20),
    ) {
        let (record, now) = live(&history);
        let mut later = now;
        let mut stepped = record;
        for seconds in &pauses {
            later = later.plus_seconds(*seconds);
            write(&mut stepped, later);
        }
        let mut once = record;
        write(&mut once, later);
        let steps = pauses.len() as u64;
        for (a, b) in [
            (stepped.evidence.endpoint.success, once.evidence.endpoint.success),
            (stepped.evidence.resource.failure, once.evidence.resource.failure),
        ] {
            prop_assert!(a.abs_diff(b) <= steps, "{a} and {b} after {steps}");
        }
    }

    #[test]
    fn no_values_of_records_rules_and_times_overflow(
        parts in prop::array::uniform8(prop_oneof![any::<u64>(), Just(0), Just(1), Just(u64::MAX)]),
        seconds in prop::array::uniform3(prop_oneof![any::<u64>(), Just(0), Just(1), Just(u64::MAX)]),
        weights in prop::array::uniform4(prop_oneof![any::<u32>(), Just(0), Just(u32::MAX)]),
        times in prop::array::uniform3(prop_oneof![any::<i64>(), Just(i64::MIN), Just(i64::MAX), Just(0)]),
        outcomes in outcomes(),
    ) {
        let [a, b, c, d, e, f, g, h] = parts;
        let evidence = |success, failure| Evidence { success, failure };
        let mut record = Record {
            evidence: Dimensions {
                consensus: evidence(a, b),
                endpoint: evidence(c, d),
                resource: evidence(e, f),
                consumer: evidence(g, h),
            },
            updated: Time::from_seconds(times[0]),
            ..Record::default()
        };
        let rules = Rules {
            half_life_seconds: seconds[0],
            prior_seconds: seconds[1],
            longest_step_seconds: seconds[2],
            weights: Dimensions {
                consensus: weights[0],
                endpoint: weights[1],
                resource: weights[2],
                consumer: weights[3],
            },
            ..Rules::default()
        };
        let epoch = Time::from_seconds(times[1])..Time::from_seconds(times[2]);
        record.record(&outcomes, &epoch, &rules);
        record.penalise(Dimension::Consensus, &epoch, &rules);
        prop_assert!(record.level(epoch.start, &rules) <= Ratio::ONE);
    }
}
