//! What an election comes to for the attacker.

use rayon::prelude::*;
use slsbft_mechanism::election::{Candidate, Election, ElectionError, Rules, Standing, base_power, elect};

use crate::{
    population::{Side, number, side},
    random,
};

/// The main chain's.
pub const RULES: Rules = Rules {
    seats: 100,
    draw_min_seats: 64,
};

/// The attacker's share of the power.
pub fn attacker_share(election: &Election) -> f64 {
    let power = |of: fn(&Standing) -> bool| -> f64 {
        let held = election.standings.iter().filter(|standing| of(standing));
        held.map(|standing| standing.power as f64).sum()
    };
    power(|standing| side(&standing.operator) == Side::Attacker) / power(|_| true)
}

/// Expected power before it is raised by up to a thousandth: exact, from the chances.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Expected {
    /// In units of power.
    pub attacker: f64,
    pub total: f64,
}

impl Expected {
    pub fn of(candidates: &[Candidate], rules: &Rules) -> Result<Self, ElectionError> {
        // Chances are those of any seed.
        let election = elect(candidates, rules, &[0; 32])?;
        let mut expected = Self {
            attacker: 0.0,
            total: 0.0,
        };
        for standing in &election.standings {
            let base = base_power(standing.weight, election.threshold.as_ref())?;
            let power = number(standing.chance) * base as f64;
            expected.total += power;
            if side(&standing.operator) == Side::Attacker {
                expected.attacker += power;
            }
        }
        Ok(expected)
    }

    /// The ratio of the expectations, which is not exactly the expectation of the ratio.
    pub fn share(&self) -> f64 {
        self.attacker / self.total
    }
}

/// The attacker's share of the power in so many elections, each with a seed of its own.
pub fn shares(
    candidates: &[Candidate],
    rules: &Rules,
    seed: u64,
    stream: &str,
    draws: u64,
) -> Result<Vec<f64>, ElectionError> {
    let one = |index| {
        let election = elect(candidates, rules, &random::seed(seed, stream, index))?;
        Ok(attacker_share(&election))
    };
    (0..draws).into_par_iter().map(one).collect()
}

/// Mean and standard deviation.
pub fn moments(values: &[f64]) -> (f64, f64) {
    let count = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (mean, (squares / count).sqrt())
}

/// The value below which a part of the values lies; 0 of none.
pub fn quantile(values: &[f64], part: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1);
    let at = (part * last as f64).round() as usize;
    sorted.get(at.min(last)).copied().unwrap_or(0.0)
}
