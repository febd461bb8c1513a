//! The draw itself in its rarest outcomes, by subset simulation (Au and Beck, 2001).
//!
//! A draw is a random order and a lot for each duel. Many independent draws are made; the tenth of them
//! with the largest share is kept, and from each go chains of draws that change a few places of the order
//! and a few lots at a time and never fall back below the worst of those kept. Each such step is a factor of a tenth. The
//! estimate's standard error, from independent runs, is told.

use rayon::prelude::*;

use super::{Lottery, Piece};
use crate::{draw::moments, random::Random};

/// How much is spent on an estimate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    /// Of a run.
    pub draws: usize,
    /// Independent ones.
    pub runs: u64,
}

impl Effort {
    /// Within a factor of three or so.
    pub const ROUGH: Self = Self { draws: 400, runs: 2 };
    /// About a fifth of the probability.
    pub const FINE: Self = Self {
        draws: 2_000,
        runs: 4,
    };
}

/// Of the draws, one in so many goes on.
const KEPT: usize = 10;
/// Changes between two draws of a chain, so that they differ.
const STEPS: usize = 8;
/// Most pairs that change places in a step, and most lots that are drawn anew.
const CHANGES: usize = 8;
/// Levels; what is rarer than 10 to their number is taken for zero.
const DEEPEST: usize = 15;

/// A probability with its standard error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rare {
    pub probability: f64,
    pub error: f64,
}

/// Somebody who duels with the one that waits.
#[derive(Clone, Copy, Debug)]
struct Duellist {
    chance: f64,
    /// Power, if it is seated.
    attacker: f64,
    honest: f64,
    /// From 0 to below 1.
    lot: f64,
}

/// A draw: the duellists in their order.
#[derive(Clone, Debug)]
struct Draw {
    order: Vec<Duellist>,
    share: f64,
}

impl Rare {
    /// P(the attacker's share of the power ≥ `share`).
    pub fn of(lottery: &Lottery, share: f64, effort: Effort, seed: u64) -> Self {
        let run = |index| {
            let random = Random::new(seed, "rare", index);
            let draws = effort.draws;
            Run {
                lottery,
                random,
                draws,
            }
            .probability(share)
        };
        let found: Vec<f64> = (0..effort.runs).into_par_iter().map(run).collect();
        let (probability, deviation) = moments(&found);
        Self {
            probability,
            error: deviation / (effort.runs as f64 - 1.0).sqrt(),
        }
    }

    /// Shares of the power in so many independent draws: what the election's own must look like.
    pub fn sample(lottery: &Lottery, seed: u64, draws: usize) -> Vec<f64> {
        let random = Random::new(seed, "sample", 0);
        let mut run = Run {
            lottery,
            random,
            draws,
        };
        (0..draws).map(|_| run.fresh().share).collect()
    }
}

struct Run<'a> {
    lottery: &'a Lottery,
    random: Random,
    draws: usize,
}

impl Run<'_> {
    fn probability(&mut self, share: f64) -> f64 {
        let mut draws: Vec<Draw> = (0..self.draws).map(|_| self.fresh()).collect();
        let mut probability = 1.0;
        for _ in 0..DEEPEST {
            draws.sort_by(|a, b| b.share.total_cmp(&a.share));
            let worst = draws.last().map_or(share, |draw| draw.share);
            let tenth = draws.get(self.draws / KEPT).map_or(share, |draw| draw.share);
            // Shares come in steps; the next level is above the last.
            let above = draws
                .iter()
                .rev()
                .map(|draw| draw.share)
                .find(|share| *share > worst);
            let least = if tenth > worst {
                tenth
            } else {
                above.unwrap_or(share)
            };
            let least = least.min(share);
            draws.retain(|draw| draw.share >= least);
            probability *= draws.len() as f64 / self.draws as f64;
            if least >= share || draws.is_empty() {
                return probability;
            }
            draws = self.grow(&draws, least);
        }
        0.0
    }

    /// Chains from each draw.
    fn grow(&mut self, seeds: &[Draw], least: f64) -> Vec<Draw> {
        let mut grown = Vec::with_capacity(self.draws);
        for (index, seed) in seeds.iter().enumerate() {
            let links = self.draws / seeds.len() + usize::from(index < self.draws % seeds.len());
            let mut draw = seed.clone();
            for _ in 0..links {
                for _ in 0..STEPS {
                    self.step(&mut draw, least);
                }
                grown.push(draw.clone());
            }
        }
        grown
    }

    fn fresh(&mut self) -> Draw {
        let honest = self.lottery.honest.iter().map(|piece| (piece, 0.0, piece.power));
        let attacker = self
            .lottery
            .attacker
            .iter()
            .map(|piece| (piece, piece.power, 0.0));
        let duellist = |(piece, attacker, honest): (&Piece, f64, f64)| Duellist {
            chance: piece.chance,
            attacker,
            honest,
            lot: 0.0,
        };
        let mut order: Vec<Duellist> = honest.chain(attacker).map(duellist).collect();
        self.random.shuffle(&mut order);
        for duellist in &mut order {
            duellist.lot = self.random.unit();
        }
        let share = self.share(&order);
        Draw { order, share }
    }

    /// Changes a few places and a few lots; takes it back if the share falls below `least`.
    fn step(&mut self, draw: &mut Draw, least: f64) {
        if draw.order.is_empty() {
            return;
        }
        let mut before = Vec::with_capacity(3 * CHANGES);
        for _ in 0..=self.random.below(CHANGES) {
            let (a, b) = (self.place(draw), self.place(draw));
            before.extend([a, b].map(|at| (at, draw.order.get(at).copied())));
            draw.order.swap(a, b);
        }
        for _ in 0..self.random.below(CHANGES + 1) {
            let at = self.place(draw);
            before.push((at, draw.order.get(at).copied()));
            if let Some(duellist) = draw.order.get_mut(at) {
                duellist.lot = self.random.unit();
            }
        }
        let share = self.share(&draw.order);
        if share >= least {
            draw.share = share;
            return;
        }
        for (at, was) in before.into_iter().rev() {
            if let (Some(duellist), Some(was)) = (draw.order.get_mut(at), was) {
                *duellist = was;
            }
        }
    }

    fn place(&mut self, draw: &Draw) -> usize {
        self.random.below(draw.order.len())
    }

    /// Duels as the election does, with chances in parts of a seat.
    fn share(&self, order: &[Duellist]) -> f64 {
        let (mut attacker, mut honest) = (0.0, 0.0);
        let mut seat = |duellist: &Duellist| {
            attacker += duellist.attacker;
            honest += duellist.honest;
        };
        let mut duellists = order.iter();
        let Some(mut waits) = duellists.next() else {
            return self.lottery.share(0.0, 0.0);
        };
        let mut chance = waits.chance;
        for next in duellists {
            let both = chance + next.chance;
            if both <= 1.0 {
                if next.lot * both >= chance {
                    waits = next;
                }
                chance = both;
            } else {
                if next.lot * (2.0 - both) < 1.0 - next.chance {
                    seat(waits);
                    waits = next;
                } else {
                    seat(next);
                }
                chance = both - 1.0;
            }
        }
        // A whole seat but for rounding, which may have given it away already.
        if chance > 0.5 {
            seat(waits);
        }
        self.lottery.share(attacker, honest)
    }
}
