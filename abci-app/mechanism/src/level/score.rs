//! From evidence to scores and their mean.

use slsbft_types::Ratio;

use super::{Dimensions, Evidence, Rules};
use crate::halving;

/// What the unmeasured score.
const PRIOR: Ratio = Ratio::from_percent(50);
/// Fixed point of the inverse of a score. A weight below 2³² times this stays below 2¹²², so four of
/// them add up within 128 bits.
const SCALE: u128 = 1_000_000_000_000_000_000_000_000_000;

/// The scores as they count: `consumer` from the others' mean, and at most that.
pub(super) fn scores(evidence: &Dimensions<Evidence>, rules: &Rules) -> Dimensions<Ratio> {
    let mut scores = Dimensions {
        consensus: score(evidence.consensus, PRIOR, rules),
        endpoint: score(evidence.endpoint, PRIOR, rules),
        resource: score(evidence.resource, PRIOR, rules),
        consumer: Ratio::ZERO,
    };
    let weights = Dimensions {
        consumer: 0,
        ..rules.weights
    };
    let others = harmonic_mean(&scores, &weights);
    scores.consumer = score(evidence.consumer, others, rules).min(others);
    scores
}

/// (success + κ·p) / (success + failure + κ), rounded down; the prior p where there is neither
/// evidence nor κ.
fn score(evidence: Evidence, prior: Ratio, rules: &Rules) -> Ratio {
    let kappa = u128::from(halving::micros(rules.prior_seconds));
    let (success, failure) = (u128::from(evidence.success), u128::from(evidence.failure));
    let one = u128::from(Ratio::ONE.billionths());
    // Below 2⁶⁴ · 2³⁰ · 2.
    let good = success * one + kappa * u128::from(prior.billionths());
    good.checked_div(success + failure + kappa).map_or(prior, ratio)
}

/// Σ weights / Σ (weight / score), rounded down. Zero if a score with a weight is zero, or if there
/// are no weights.
pub(super) fn harmonic_mean(scores: &Dimensions<Ratio>, weights: &Dimensions<u32>) -> Ratio {
    let terms = [
        (weights.consensus, scores.consensus),
        (weights.endpoint, scores.endpoint),
        (weights.resource, scores.resource),
        (weights.consumer, scores.consumer),
    ];
    let mut total = 0;
    let mut inverse = 0;
    for (weight, score) in terms.into_iter().filter(|(weight, _)| *weight > 0) {
        let weight = u128::from(weight) * SCALE;
        // Rounded down, so that the mean of equal scores is that score.
        let Some(term) = weight.checked_div(score.billionths().into()) else {
            return Ratio::ZERO;
        };
        total += weight;
        inverse += term;
    }
    u128::checked_div(total, inverse).map_or(Ratio::ZERO, ratio)
}

fn ratio(billionths: u128) -> Ratio {
    // A mean or quotient of parts of a whole: above one only by an error, and then it is one.
    let parts = u64::try_from(billionths).unwrap_or(u64::MAX);
    Ratio::from_billionths(parts).unwrap_or(Ratio::ONE)
}
