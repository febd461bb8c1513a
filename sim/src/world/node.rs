//! A node and what it does.

use slsbft_mechanism::level::{Dimensions, Record, Rules};
use slsbft_types::{Address, Amount, Ratio, Time};

/// A candidate that may be a provider too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    pub operator: Address,
    /// uankr, its own and its delegators'.
    pub stake: Amount,
    pub record: Record,
    pub jailed: bool,
}

impl Node {
    /// One that nobody has measured yet.
    pub fn new(operator: Address, stake: Amount) -> Self {
        Self {
            operator,
            stake,
            record: Record::default(),
            jailed: false,
        }
    }
}

/// What a node does in an epoch, and what is found of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conduct {
    /// Its blocks, while it is in the set: all of them or none.
    pub signs: bool,
    pub endpoint: Option<Ratio>,
    pub resource: Option<Ratio>,
    pub consumer: Option<Ratio>,
    /// As an auditor.
    pub penalised: bool,
}

impl Conduct {
    /// Everything as it should be, and nobody rates.
    pub const GOOD: Self = Self {
        signs: true,
        endpoint: Some(Ratio::ONE),
        resource: Some(Ratio::ONE),
        consumer: None,
        penalised: false,
    };

    /// Nothing works.
    pub const DARK: Self = Self {
        signs: false,
        endpoint: Some(Ratio::ZERO),
        resource: Some(Ratio::ZERO),
        consumer: None,
        penalised: false,
    };

    /// It signs, but its public services do not answer.
    pub const UNREACHABLE: Self = Self {
        signs: true,
        ..Self::DARK
    };

    pub fn outcomes(&self, in_set: bool) -> Dimensions<Option<Ratio>> {
        let signing = if self.signs { Ratio::ONE } else { Ratio::ZERO };
        Dimensions {
            consensus: in_set.then_some(signing),
            endpoint: self.endpoint,
            resource: self.resource,
            consumer: self.consumer,
        }
    }
}

/// A record after two hundred days of the same, in epochs of six hours, ended at `now`.
pub fn steady_record(outcomes: &Dimensions<Option<Ratio>>, now: Time, rules: &Rules) -> Record {
    const EPOCHS: i64 = 800;
    const SECONDS: i64 = 6 * 3600;
    let mut record = Record::default();
    for epoch in (0..EPOCHS).rev() {
        let ended = Time {
            seconds: now.seconds - epoch * SECONDS,
            nanos: 0,
        };
        let began = Time {
            seconds: ended.seconds - SECONDS,
            nanos: 0,
        };
        record.record(outcomes, &(began..ended), rules);
    }
    record
}
