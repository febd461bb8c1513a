//! The distribution of power by convolution.
//!
//! The draw is the pivotal method in random order. Here it is replaced by the design of maximal entropy
//! with the same chances: independent draws, given that exactly as many as there are seats come out
//! (Hájek, 1964). Both are the same, drawing without replacement, if all are equal; else they differ a
//! little in how seats depend on each other, which `rare` measures. Powers above the floor are rounded
//! to eighths of it.

use super::{Lottery, Piece};

/// Parts of the floor that powers are rounded to.
const PARTS: f64 = 8.0;
/// Rounds of fitting the odds; each multiplies what is left of the error by a tenth or less.
const ROUNDS: usize = 4;

impl Lottery {
    /// P(the attacker's share of the power ≥ `share`).
    pub fn tail(&self, share: f64) -> f64 {
        if self.drawn == 0 || self.attacker.is_empty() {
            return self.tail_of_honest_luck(share);
        }
        let odds = self.odds();
        let (of_honest, of_attacker) = odds.split_at(self.honest.len());
        let honest = Grid::of(&self.honest, of_honest, self.drawn);
        let attacker = Grid::of(&self.attacker, of_attacker, self.drawn);
        let (mut reached, mut all) = (0.0, 0.0);
        for (seats, row) in attacker.rows.iter().enumerate() {
            let others = self.drawn - seats;
            let Some(cumulated) = honest.cumulated(others) else {
                continue;
            };
            all += row.iter().sum::<f64>() * cumulated.last().copied().unwrap_or(0.0);
            for (parts, probability) in row.iter().enumerate() {
                let power = self.certain_attacker + seats as f64 + parts as f64 / PARTS;
                // The honest power at which the attacker has just the share.
                let most = power * (1.0 - share) / share - self.certain_honest - others as f64;
                reached += probability * at_most(&cumulated, most * PARTS);
            }
        }
        if all > 0.0 { reached / all } else { 0.0 }
    }

    /// Nobody of the attacker's is drawn: only the honest power varies.
    fn tail_of_honest_luck(&self, share: f64) -> f64 {
        let most = self.certain_attacker * (1.0 - share) / share - self.certain_honest - self.drawn as f64;
        if self.drawn == 0 {
            return if most >= 0.0 { 1.0 } else { 0.0 };
        }
        let honest = Grid::of(&self.honest, &self.odds(), self.drawn);
        let Some(cumulated) = honest.cumulated(self.drawn) else {
            return 0.0;
        };
        let all = cumulated.last().copied().unwrap_or(0.0);
        if all > 0.0 {
            at_most(&cumulated, most * PARTS) / all
        } else {
            0.0
        }
    }

    /// Odds of independent draws whose conditional chances are the wanted ones: honest, then attacker.
    /// The fixed point of Chen, Dempster and Liu (1994).
    fn odds(&self) -> Vec<f64> {
        let pieces = self.honest.iter().chain(&self.attacker);
        let wanted: Vec<f64> = pieces
            .map(|piece| logit(piece.chance.clamp(1e-12, 1.0 - 1e-9)))
            .collect();
        let mut logits = wanted.clone();
        for _ in 0..ROUNDS {
            let chances: Vec<f64> = logits.iter().map(|logit| 1.0 / (1.0 + (-logit).exp())).collect();
            let conditional = conditional_chances(&chances, self.drawn);
            for ((logit_of, wanted), chance) in logits.iter_mut().zip(&wanted).zip(conditional) {
                *logit_of += wanted - logit(chance.clamp(1e-15, 1.0 - 1e-12));
            }
            centre(&mut logits, self.drawn as f64);
        }
        logits.into_iter().map(f64::exp).collect()
    }
}

fn logit(chance: f64) -> f64 {
    (chance / (1.0 - chance)).ln()
}

/// Shifts the logits until the chances add up to the number drawn: conditional chances are the same for
/// any shift, and here the condition is a likely one. Newton's steps, at most 1 each.
fn centre(logits: &mut [f64], drawn: f64) {
    for _ in 0..20 {
        let chances = logits.iter().map(|logit| 1.0 / (1.0 + (-logit).exp()));
        let (sum, slope) = chances.fold((0.0, 0.0), |(sum, slope), p| (sum + p, slope + p * (1.0 - p)));
        let step = ((drawn - sum) / f64::max(slope, 1e-9)).clamp(-1.0, 1.0);
        logits.iter_mut().for_each(|logit| *logit += step);
        if step.abs() < 1e-9 {
            break;
        }
    }
}

/// Chances of inclusion when exactly so many come out: pᵢ · P(one less of the others) / P(so many). What
/// comes before and after each piece is convolved; every term is positive, so nothing cancels.
fn conditional_chances(chances: &[f64], drawn: usize) -> Vec<f64> {
    let steps = |chances: &mut dyn Iterator<Item = &f64>| {
        let mut counts = vec![vec![1.0]];
        for chance in chances {
            let next = counts.last().map(|last| with_one_more(last, *chance, drawn));
            counts.extend(next);
        }
        counts
    };
    let before = steps(&mut chances.iter());
    let mut after = steps(&mut chances.iter().rev());
    after.reverse();
    let all = before
        .last()
        .and_then(|counts| counts.get(drawn))
        .copied()
        .unwrap_or(0.0);
    let one = |((chance, before), after): ((&f64, &Vec<f64>), &Vec<f64>)| {
        let others = before.iter().enumerate().filter_map(|(count, probability)| {
            let rest = (drawn - 1).checked_sub(count)?;
            Some(probability * after.get(rest)?)
        });
        chance * others.sum::<f64>() / all
    };
    chances
        .iter()
        .zip(&before)
        .zip(after.iter().skip(1))
        .map(one)
        .collect()
}

/// The distribution of a count, up to `most`, with one more that comes with a probability.
fn with_one_more(counts: &[f64], chance: f64, most: usize) -> Vec<f64> {
    let less = counts.iter().map(|p| p * (1.0 - chance)).chain([0.0]);
    let more = [0.0].into_iter().chain(counts.iter().map(|p| p * chance));
    less.zip(more)
        .map(|(less, more)| less + more)
        .take(most + 1)
        .collect()
}

/// P(so many drawn, so many parts of power above the floor), unconditioned: a row for each number.
struct Grid {
    rows: Vec<Vec<f64>>,
}

impl Grid {
    fn of(pieces: &[Piece], odds: &[f64], most: usize) -> Self {
        let mut grid = Self {
            rows: vec![vec![1.0]],
        };
        for (piece, odds) in pieces.iter().zip(odds) {
            let parts = ((piece.power - 1.0) * PARTS).round().max(0.0) as usize;
            grid.add(odds / (1.0 + odds), parts, most);
        }
        grid
    }

    /// One more piece that is drawn with a probability, with so many parts above the floor.
    fn add(&mut self, probability: f64, parts: usize, most: usize) {
        if self.rows.len() <= most {
            self.rows.push(Vec::new());
        }
        // From the last row on, each still unchanged when the next one takes from it.
        for to in (0..self.rows.len()).rev() {
            let (before, rest) = self.rows.split_at_mut(to);
            let Some(row) = rest.first_mut() else { continue };
            row.iter_mut().for_each(|value| *value *= 1.0 - probability);
            let Some(from) = before.last() else { continue };
            if row.len() < from.len() + parts {
                row.resize(from.len() + parts, 0.0);
            }
            for (slot, value) in row.iter_mut().skip(parts).zip(from) {
                *slot += value * probability;
            }
        }
    }

    /// P(so many drawn, at most so many parts).
    fn cumulated(&self, seats: usize) -> Option<Vec<f64>> {
        let row = self.rows.get(seats)?;
        let sums = row.iter().scan(0.0, |sum, value| {
            *sum += value;
            Some(*sum)
        });
        Some(sums.collect())
    }
}

fn at_most(cumulated: &[f64], parts: f64) -> f64 {
    // What is equal to the last digit is as much.
    let parts = parts + 1e-6;
    if parts < 0.0 {
        return 0.0;
    }
    let last = cumulated.len().saturating_sub(1);
    cumulated.get((parts as usize).min(last)).copied().unwrap_or(0.0)
}
