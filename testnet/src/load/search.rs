//! The search for the highest rate that a chain sustains.

/// Rates are known to within this factor.
const PRECISION: f64 = 1.08;
const STEP: f64 = 1.3;
/// Below this a chain counts as standing still.
const LOWEST: f64 = 5.0;

/// Steps up from a first guess until a rate fails, or down until one holds,
/// then halves what is between.
#[derive(Clone, Debug)]
pub struct Search {
    next: f64,
    held: Option<f64>,
    failed: Option<f64>,
}

impl Search {
    pub fn new(guess: f64) -> Self {
        Self {
            next: guess,
            held: None,
            failed: None,
        }
    }

    /// The rate to try next; `None` when the answer is precise enough.
    pub fn next(&self) -> Option<f64> {
        let found = match (self.held, self.failed) {
            // No rate between them, or none that matters.
            (Some(held), Some(failed)) => {
                failed / held <= PRECISION || self.next <= held || self.next >= failed
            }
            (None, Some(failed)) => failed <= LOWEST,
            _ => false,
        };
        (!found).then_some(self.next)
    }

    /// Learns what became of a rate.
    pub fn learn(&mut self, rate: f64, sustained: bool) {
        if sustained {
            self.held = Some(self.held.map_or(rate, |held| held.max(rate)));
        } else {
            self.failed = Some(self.failed.map_or(rate, |failed| failed.min(rate)));
        }
        let next = match (self.held, self.failed) {
            (Some(held), Some(failed)) => (held * failed).sqrt(),
            (Some(held), None) => held * STEP,
            (None, Some(failed)) => failed / STEP,
            (None, None) => return,
        };
        // Round rates read better, and no search depends on the last digits.
        let unit = if next >= 200.0 { 10.0 } else { 1.0 };
        self.next = (next / unit).round() * unit;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_search_ends_just_below_what_a_chain_can_do() {
        for limit in [7.0, 90.0, 480.0, 1_000.0, 1_510.0, 9_000.0] {
            let mut search = Search::new(1_000.0);
            let mut trials = 0;
            while let Some(rate) = search.next() {
                search.learn(rate, rate <= limit);
                trials += 1;
                assert!(trials < 30, "{limit}");
            }
            let best = search.held.unwrap_or(0.0);
            assert!(
                best <= limit && (best >= limit / 1.15 || limit < 10.0),
                "{best} for {limit}"
            );
        }
    }
}
