//! How likely it is that an attacker's share of the power reaches a third: probabilities of one in a
//! thousand million, which no number of draws would show.
//!
//! - `convolve`: the whole distribution, by convolution, as if the draw had the most entropy that its
//!   chances allow (exact where all candidates below the threshold are equal)
//! - `rare`: the draw itself, by subset simulation: unbiased up to its noise, slow
//! - `lottery`: who is certain, who is drawn, with chances and powers from the chain's own election
//! - `search`: the largest share that is safe, over the ways to split it
//! - here: binomial and hypergeometric distributions

mod convolve;
mod lottery;
mod rare;
mod search;

pub use lottery::{Lottery, Piece};
pub use rare::{Effort, Rare};
pub use search::{Question, Refined, Safe, Split, most_parts};

/// P(exactly i of n) for i = 0 … n, each with probability `p`.
pub fn binomial(n: usize, p: f64) -> Vec<f64> {
    let terms = (0..=n).map(|i| (ln_choose(n, i) + power(p, i) + power(1.0 - p, n - i)).exp());
    terms.collect()
}

/// P(exactly i marked ones) for i = 0 … `drawn`, when so many are drawn of `all`, `marked` of which are.
pub fn hypergeometric(all: usize, marked: usize, drawn: usize) -> Vec<f64> {
    let term = |i: usize| {
        if i > marked || drawn - i > all - marked {
            return 0.0;
        }
        (ln_choose(marked, i) + ln_choose(all - marked, drawn - i) - ln_choose(all, drawn)).exp()
    };
    (0..=drawn).map(term).collect()
}

/// i · ln p, 0 for 0 · ln 0.
fn power(p: f64, i: usize) -> f64 {
    if i == 0 { 0.0 } else { i as f64 * p.ln() }
}

fn ln_choose(n: usize, k: usize) -> f64 {
    ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k)
}

fn ln_factorial(n: usize) -> f64 {
    (2..=n).map(|i| (i as f64).ln()).sum()
}
