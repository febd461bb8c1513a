//! The largest share of the weight that is safe, whatever it is split into.

use slsbft_mechanism::election::{ElectionError, Rules};
use slsbft_types::UANKR_PER_ANKR;

use super::{Effort, Lottery, Rare};
use crate::population::{Field, STAKED, Stakes};

/// How an attacker divides its weight: some of it in parts that have a seat for certain, the rest in
/// equal parts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Split {
    /// Of its weight.
    pub certain: f64,
    pub parts: usize,
}

/// Parts of the weight that are in certain seats, of the splits that are tried …
const CERTAIN: [f64; 4] = [0.0, 0.25, 0.5, 0.75];
/// … and how many parts the rest is in, if it suffices for so many.
const PARTS: [usize; 4] = [1, 40, 400, 2_000];

/// ANKR that a candidate must hold itself.
const SELF_STAKE: f64 = 100_000.0;

/// So many candidates can be made of a share of all stake.
pub fn most_parts(share: f64) -> usize {
    let staked = STAKED.value() as f64 / UANKR_PER_ANKR as f64;
    ((share * staked / SELF_STAKE) as usize).max(1)
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Question {
    pub stakes: Stakes,
    pub honest: usize,
    pub rules: Rules,
    /// Of the power, that must not be reached.
    pub share: f64,
    /// In an epoch.
    pub probability: f64,
}

/// The largest safe share of the weight by convolution, and the split that makes it no larger.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Safe {
    pub weight: f64,
    pub split: Split,
}

/// The largest safe share of the weight by the draw itself, with the probability found there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Refined {
    pub safe: Safe,
    /// The largest safe share by convolution: of a draw with the same chances and the most entropy.
    pub by_convolution: f64,
    pub rare: Rare,
}

impl Question {
    /// How many parts of a split are certain of a seat, and how many small ones there are: as many as it
    /// asks for and self-stake allows.
    pub fn pieces(&self, weight: f64, split: Split) -> (usize, usize) {
        // A part of an n-th of all weight reaches the threshold for certain.
        let seats = f64::from(self.rules.seats);
        let certain = (weight * split.certain * seats).floor();
        let rest = f64::max(weight - certain / seats, 0.0);
        (certain as usize, split.parts.min(most_parts(rest)))
    }

    /// The lottery against an attacker with a share of the weight.
    pub fn lottery(&self, weight: f64, split: Split) -> Result<Lottery, ElectionError> {
        let (certain, small) = self.pieces(weight, split);
        let of_certain = (certain as f64 / f64::from(self.rules.seats) / weight).min(1.0);
        let mut parts = vec![of_certain / certain.max(1) as f64; certain];
        parts.extend(vec![(1.0 - of_certain) / small as f64; small]);
        let field = Field {
            parts,
            ..Field::new(self.stakes, self.honest, weight, 0)
        };
        Lottery::of(&field.candidates(), &self.rules)
    }

    /// By convolution and halving, to a thousandth; all splits at each step.
    pub fn answer(&self) -> Result<Safe, ElectionError> {
        let split = |certain: f64| PARTS.into_iter().map(move |parts| Split { certain, parts });
        let mut splits: Vec<Split> = CERTAIN.into_iter().flat_map(split).collect();
        let (mut low, mut high) = (0.0, 0.4);
        let mut worst = Split {
            certain: 0.0,
            parts: 1,
        };
        while high - low > 0.001 {
            let middle = f64::midpoint(low, high);
            let mut broken = None;
            for (index, split) in splits.iter().enumerate() {
                if self.tail(middle, *split)? >= self.probability {
                    broken = Some((index, *split));
                    break;
                }
            }
            match broken {
                Some((index, split)) => {
                    // What broke it is likely to do so again: it is tried first.
                    splits.swap(0, index);
                    worst = split;
                    high = middle;
                }
                None => low = middle,
            }
        }
        Ok(Safe {
            weight: low,
            split: worst,
        })
    }

    /// By the draw itself. The convolution does not see how seats depend on each other, so it only
    /// says from where to halve down and which splits to try: its worst for each part in certain seats.
    /// A rough estimate halves; a finer one lowers the answer until it agrees.
    pub fn refined(&self, seed: u64) -> Result<Refined, ElectionError> {
        const PRECISION: f64 = 0.002;
        let mut safe = self.answer()?;
        let by_convolution = safe.weight;
        let splits = self.worst_splits(&safe)?;
        let (mut low, mut high) = (0.0, safe.weight + 2.0 * PRECISION);
        while high - low > PRECISION {
            safe.weight = f64::midpoint(low, high);
            if self.worst_by_draws(&mut safe, &splits, seed)? >= self.probability {
                high = safe.weight;
            } else {
                low = safe.weight;
            }
        }
        safe.weight = low;
        loop {
            let lottery = self.lottery(safe.weight, safe.split)?;
            let rare = Rare::of(&lottery, self.share, Effort::FINE, seed);
            if rare.probability <= self.probability || safe.weight <= PRECISION {
                return Ok(Refined {
                    safe,
                    by_convolution,
                    rare,
                });
            }
            safe.weight -= PRECISION / 2.0;
        }
    }

    fn worst_splits(&self, safe: &Safe) -> Result<Vec<Split>, ElectionError> {
        let mut splits = vec![safe.split];
        for certain in CERTAIN {
            let split = self.worst_by_convolution(safe.weight, certain)?;
            if !splits.contains(&split) {
                splits.push(split);
            }
        }
        Ok(splits)
    }

    /// The largest probability among the splits; the split that has it becomes the answer's.
    fn worst_by_draws(&self, safe: &mut Safe, splits: &[Split], seed: u64) -> Result<f64, ElectionError> {
        let mut most = 0.0;
        for split in splits {
            let lottery = self.lottery(safe.weight, *split)?;
            let rare = Rare::of(&lottery, self.share, Effort::ROUGH, seed).probability;
            if rare > most {
                most = rare;
                safe.split = *split;
            }
        }
        Ok(most)
    }

    fn tail(&self, weight: f64, split: Split) -> Result<f64, ElectionError> {
        Ok(self.lottery(weight, split)?.tail(self.share))
    }

    fn worst_by_convolution(&self, weight: f64, certain: f64) -> Result<Split, ElectionError> {
        let mut worst = (0.0, Split { certain, parts: 1 });
        for parts in PARTS {
            let split = Split { certain, parts };
            let tail = self.tail(weight, split)?;
            if tail > worst.0 {
                worst = (tail, split);
            }
        }
        Ok(worst.1)
    }
}
