//! Who there is: stakes of the usual shapes, addresses, and the two sides.

use slsbft_mechanism::election::Candidate;
use slsbft_types::{Address, Amount, Ratio, UANKR_PER_ANKR};

/// All stake together: two fifths of the supply.
pub const STAKED: Amount = Amount::new(4_000_000_000 * UANKR_PER_ANKR);

/// How unequal stakes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stakes {
    /// The i-th has 1/i.
    Zipf,
    /// Pareto's law with exponent 1.5, at the middles of equal parts of its distribution function.
    Pareto,
    Equal,
    /// Evenly spread from nine to eleven tenths of the mean: what equal stakes look like in life.
    Similar,
}

impl Stakes {
    /// The shapes that scenarios go through.
    pub const ALL: [Self; 3] = [Self::Zipf, Self::Pareto, Self::Equal];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Zipf => "Zipf",
            Self::Pareto => "Pareto",
            Self::Equal => "equal",
            Self::Similar => "similar",
        }
    }

    /// Parts of 1, in falling order.
    pub fn shares(self, nodes: usize) -> Vec<f64> {
        let size = |index: usize| {
            let rank = index as f64;
            match self {
                Self::Zipf => 1.0 / (rank + 1.0),
                Self::Pareto => (nodes as f64 / (rank + 0.5)).powf(1.0 / 1.5),
                Self::Equal => 1.0,
                Self::Similar => 1.1 - 0.2 * (rank + 0.5) / nodes as f64,
            }
        };
        let sizes: Vec<f64> = (0..nodes).map(size).collect();
        let total: f64 = sizes.iter().sum();
        sizes.into_iter().map(|size| size / total).collect()
    }
}

/// Whom an operator belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    Honest,
    Attacker,
}

const ATTACKER: u8 = 0xaa;

/// The operator of a side with a number. Addresses need not look random: the draw hashes them.
pub fn operator(side: Side, number: usize) -> Address {
    let mut bytes = [0; 20];
    if side == Side::Attacker {
        bytes.fill(ATTACKER);
    }
    let tail = (number as u32).to_be_bytes();
    for (to, from) in bytes.iter_mut().skip(16).zip(tail) {
        *to = from;
    }
    // Twenty bytes always are an address.
    Address::from_bytes(&bytes).unwrap_or_else(|_| Address::module(""))
}

pub fn side(operator: &Address) -> Side {
    match operator.as_bytes().first() {
        Some(&ATTACKER) => Side::Attacker,
        _ => Side::Honest,
    }
}

/// A part of all stake.
pub fn amount(share: f64) -> Amount {
    Amount::new((STAKED.value() as f64 * share) as u128)
}

/// A ratio from 0 to 1; beyond them it is the nearer of the two.
pub fn ratio(value: f64) -> Ratio {
    let parts = (value.clamp(0.0, 1.0) * 1e9).round() as u64;
    Ratio::from_billionths(parts).unwrap_or(Ratio::ONE)
}

pub fn number(ratio: Ratio) -> f64 {
    ratio.billionths() as f64 / 1e9
}

/// What a level multiplies a stake by, as the election does.
pub fn multiplier(level: f64) -> f64 {
    0.5 + 1.5 * level
}

/// An attacker among honest candidates: shares of the stake, and a level for each side.
#[derive(Clone, Debug)]
pub struct Field {
    /// Of all honest stake.
    pub honest: Vec<f64>,
    /// Of all the attacker's stake.
    pub parts: Vec<f64>,
    /// The attacker's share of all stake.
    pub share: f64,
    pub honest_level: Ratio,
    pub level: Ratio,
}

impl Field {
    /// Equal levels, so that weight is stake.
    pub fn new(stakes: Stakes, nodes: usize, share: f64, parts: usize) -> Self {
        Self {
            honest: stakes.shares(nodes),
            parts: vec![1.0 / parts.max(1) as f64; parts],
            share,
            honest_level: Ratio::ONE,
            level: Ratio::ONE,
        }
    }

    pub fn candidates(&self) -> Vec<Candidate> {
        let of = |side, shares: &[f64], whole: f64, level| -> Vec<Candidate> {
            let numbered = shares.iter().enumerate();
            let candidate = |(index, share): (usize, &f64)| Candidate {
                operator: operator(side, index),
                stake: amount(share * whole),
                level,
            };
            numbered.map(candidate).collect()
        };
        let mut all = of(Side::Honest, &self.honest, 1.0 - self.share, self.honest_level);
        all.extend(of(Side::Attacker, &self.parts, self.share, self.level));
        all
    }
}
