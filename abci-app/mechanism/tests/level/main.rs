//! Service levels over time: the figures of the rules, the clocks, and what no history can do.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod clocks;
mod properties;

use slsbft_mechanism::level::{Change, Dimension, Dimensions, Evidence, Record, Rules, RulesError};
use slsbft_types::{Ratio, Time};

type Outcomes = Dimensions<Option<Ratio>>;

const HOUR: i64 = 3600;
/// A quarter of an hour.
const EPOCH: i64 = 900;
const ONE: Option<Ratio> = Some(Ratio::ONE);
const NIL: Option<Ratio> = Some(Ratio::ZERO);
const GOOD: Outcomes = all(ONE);
const DARK: Outcomes = all(NIL);
const VOID: Outcomes = all(None);

const fn all(outcome: Option<Ratio>) -> Outcomes {
    Dimensions {
        consensus: outcome,
        endpoint: outcome,
        resource: outcome,
        consumer: outcome,
    }
}

/// A participant that lives through epochs of one length.
struct Life {
    record: Record,
    now: i64,
    epoch: i64,
    rules: Rules,
}

impl Life {
    fn new() -> Self {
        Self::with(EPOCH, Rules::default())
    }

    fn with(epoch: i64, rules: Rules) -> Self {
        let now = 1_700_000_000;
        let record = Record::default();
        Self {
            record,
            now,
            epoch,
            rules,
        }
    }

    fn live(&mut self, outcomes: &Outcomes) -> Vec<Change> {
        let started = self.now;
        self.now += self.epoch;
        let epoch = Time::from_seconds(started)..Time::from_seconds(self.now);
        self.record.record(outcomes, &epoch, &self.rules)
    }

    fn live_hours(mut self, hours: i64, outcomes: &Outcomes) -> Self {
        for _ in 0..hours * HOUR / self.epoch {
            self.live(outcomes);
        }
        self
    }

    fn level(&self) -> u64 {
        let now = Time::from_seconds(self.now);
        self.record.level(now, &self.rules).billionths()
    }

    /// Hours until a condition on the level holds, rounded up.
    fn hours_until(&mut self, outcomes: &Outcomes, holds: impl Fn(u64) -> bool) -> i64 {
        let started = self.now;
        while !holds(self.level()) {
            self.live(outcomes);
        }
        (self.now - started + HOUR - 1) / HOUR
    }
}

fn millions(level: u64) -> u64 {
    (level + 500_000) / 1_000_000
}

#[test]
fn a_newcomer_has_one_half_three_quarters_after_a_day_and_93_percent_after_a_week() {
    let newcomer = Life::new();
    assert_eq!(newcomer.level(), 500_000_000);
    let day = newcomer.live_hours(24, &GOOD);
    assert_eq!(millions(day.level()), 767);
    let week = day.live_hours(6 * 24, &GOOD);
    assert_eq!(millions(week.level()), 929);
    let steady = week.live_hours(200 * 24, &GOOD);
    assert_eq!(millions(steady.level()), 962);
}

#[test]
fn an_outage_of_everything_falls_after_263_hours_and_is_forgiven_after_449() {
    let mut life = Life::new().live_hours(200 * 24, &GOOD);
    let best = life.level();
    assert_eq!(life.hours_until(&DARK, |level| level < 350_000_000), 263);
    assert!(life.record.fallen);
    life.live(&GOOD);
    life.live(&GOOD);
    assert!(life.level() >= 350_000_000, "{}", life.level());
    let hours = life.hours_until(&GOOD, |level| level >= best / 10 * 9);
    assert_eq!(hours, 448, "after the half hour above");
    assert!(!life.record.fallen);
}

#[test]
fn a_validator_with_an_api_and_no_services_has_a_steady_735() {
    let outcomes = Outcomes {
        resource: None,
        consumer: None,
        ..GOOD
    };
    let life = Life::new().live_hours(200 * 24, &outcomes);
    // 9 / (3/.962 + 3/.962 + 3/.5)
    assert_eq!(millions(life.level()), 735);
}

#[test]
fn a_day_of_outage_of_everything_costs_less_than_a_tenth() {
    let steady = Life::new().live_hours(200 * 24, &GOOD);
    let before = steady.level();
    let after = steady.live_hours(24, &DARK).level();
    assert!(after > before * 9 / 10, "{before} to {after}");
}

#[test]
fn a_local_testnet_forgets_within_minutes() {
    let rules = Rules {
        half_life_seconds: 120,
        prior_seconds: 14,
        pause_after: 2,
        ..Rules::default()
    };
    let mut life = Life::with(20, rules);
    life.rules.check().unwrap();
    for _ in 0..60 {
        life.live(&GOOD);
    }
    assert_eq!(millions(life.level()), 964);
    assert_eq!(life.live(&DARK), []);
    assert_eq!(life.live(&DARK), [Change::Paused]);
}

#[test]
fn an_epoch_longer_than_six_hours_counts_as_six() {
    let long = |hours| Life::with(hours * HOUR, Rules::default());
    let (mut six, mut ten) = (long(6), long(10));
    six.live(&GOOD);
    ten.live(&GOOD);
    assert_eq!(six.record.evidence, ten.record.evidence);
    assert_eq!(six.record.evidence.endpoint.success, 6 * 3_600_000_000);
}

#[test]
fn half_an_outcome_gives_half_the_evidence() {
    let mut life = Life::new();
    life.live(&all(Some(Ratio::from_percent(25))));
    let quarter = Evidence {
        success: 225_000_000,
        failure: 675_000_000,
    };
    assert_eq!(life.record.evidence.resource, quarter);
}

#[test]
fn a_record_that_nobody_touches_fades_to_one_half_and_moves_no_clock() {
    let life = Life::new().live_hours(500, &DARK);
    let mut left = Record { ..life.record };
    let far = Time::from_seconds(life.now + 20_000 * HOUR);
    assert_eq!(left.level(far, &life.rules).billionths(), 500_000_000);
    let epoch = Time::from_seconds(life.now)..far;
    assert_eq!(left.record(&VOID, &epoch, &life.rules), []);
    assert_eq!(left, life.record);
}

#[test]
fn a_penalty_takes_one_good_epoch_and_no_more_than_there_is() {
    let mut life = Life::new().live_hours(24, &GOOD);
    let before = life.record;
    let epoch = Time::from_seconds(life.now - EPOCH)..Time::from_seconds(life.now);
    life.record.penalise(Dimension::Endpoint, &epoch, &life.rules);
    let lost = before.evidence.endpoint.success - life.record.evidence.endpoint.success;
    assert_eq!(lost, 900_000_000);
    assert_eq!(life.record.evidence.consensus, before.evidence.consensus);

    let mut newcomer = Record::default();
    newcomer.penalise(Dimension::Consumer, &epoch, &life.rules);
    assert_eq!(newcomer.evidence, Record::default().evidence);
}

#[test]
fn whoever_is_penalised_in_every_epoch_gains_nothing_from_good_ones() {
    let mut life = Life::new().live_hours(200 * 24, &GOOD);
    for _ in 0..4 * 168 {
        let epoch = Time::from_seconds(life.now)..Time::from_seconds(life.now + EPOCH);
        life.record.penalise(Dimension::Consensus, &epoch, &life.rules);
        life.live(&GOOD);
    }
    let scores = life.record.scores(Time::from_seconds(life.now), &life.rules);
    // A half-life later: (121 h + 10 h) / (121 h + 20 h).
    assert_eq!(millions(scores.consensus.billionths()), 929);
    assert_eq!(millions(scores.endpoint.billionths()), 962);
}

#[test]
fn rules_that_mean_nothing_are_refused() {
    let good = Rules::default();
    assert_eq!(good.check(), Ok(()));
    let refused = |change: &dyn Fn(&mut Rules)| {
        let mut rules = good;
        change(&mut rules);
        rules.check().unwrap_err()
    };
    assert_eq!(refused(&|r| r.half_life_seconds = 0), RulesError::Seconds);
    assert_eq!(refused(&|r| r.prior_seconds = u64::MAX), RulesError::Seconds);
    assert_eq!(refused(&|r| r.longest_step_seconds = 0), RulesError::Seconds);
    assert_eq!(refused(&|r| r.pause_after = 0), RulesError::Epochs);
    assert_eq!(refused(&|r| r.resume_after = 0), RulesError::Epochs);
    assert_eq!(refused(&|r| r.rearm = r.floor), RulesError::Rearm);
    let only_consumer = Dimensions {
        consumer: 1,
        ..Dimensions::default()
    };
    assert_eq!(refused(&|r| r.weights = only_consumer), RulesError::Weights);
}

/// The values were also computed apart, with fifty decimal digits.
#[test]
fn a_level_changes_only_on_purpose() {
    let mut life = Life::with(997, Rules::default());
    for i in 0..1000u64 {
        let outcome = |step: u64| {
            let x = i * step % 1_300_000_007;
            (x <= 1_000_000_000).then(|| Ratio::from_billionths(x).unwrap())
        };
        let outcomes = Dimensions {
            consensus: outcome(700_000_001),
            endpoint: outcome(100_000_007),
            resource: outcome(300_000_011),
            consumer: outcome(900_000_017),
        };
        life.live(&outcomes);
    }
    let scores = life
        .record
        .scores(Time::from_seconds(life.now + 5000), &life.rules);
    let found = [
        scores.consensus,
        scores.endpoint,
        scores.resource,
        scores.consumer,
    ];
    assert_eq!(
        found.map(Ratio::billionths),
        [542_827_982, 457_651_829, 457_040_128, 454_833_140]
    );
    assert_eq!(life.level(), 479_728_384);
    let evidence = Evidence {
        success: 251_356_853_548,
        failure: 205_980_509_376,
    };
    assert_eq!(life.record.evidence.consensus, evidence);
}
