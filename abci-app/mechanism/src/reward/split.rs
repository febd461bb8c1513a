//! Proportional shares.

use slsbft_types::{Amount, AmountError, Ratio};

use super::Rules;
use crate::wide::mul_div;

/// An amount divided; together it is all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// In the order of the weights.
    pub shares: Vec<Amount>,
    /// What rounding leaves, less than one uankr per share; all of it if there is no weight. It is
    /// divided with the next amount.
    pub rest: Amount,
}

/// Divides an amount in proportion to weights, each share rounded down.
///
/// Overflows if the weights do.
pub fn split(total: Amount, weights: &[Amount]) -> Result<Split, AmountError> {
    let sum = weights
        .iter()
        .try_fold(Amount::ZERO, |sum, weight| sum.add(*weight))?;
    let mut rest = total;
    let mut shares = Vec::with_capacity(weights.len());
    for weight in weights {
        let share = mul_div(total.value(), weight.value(), sum.value());
        // None only for a sum of zero.
        let share = Amount::new(share.unwrap_or(0));
        rest = rest.sub(share)?;
        shares.push(share);
    }
    Ok(Split { shares, rest })
}

/// The weight of a stake for the part `reputation`: stake · (level − `reputation_above`), zero below.
/// It grows from nothing at the threshold: if the whole stake counted there, whoever makes a rival
/// lose the last thousandth of a level would take all of its share.
pub fn reputation(stake: Amount, level: Ratio, rules: &Rules) -> Result<Amount, AmountError> {
    let above = level
        .billionths()
        .saturating_sub(rules.reputation_above.billionths());
    Ratio::from_billionths(above).unwrap_or(Ratio::ZERO).of(stake)
}
