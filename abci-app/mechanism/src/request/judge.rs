//! What the answers to a request are worth.

use std::collections::BTreeMap;

use slsbft_types::Amount;

use super::Answer;

/// What a request ended with, and how those who were asked stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    pub outcome: Result<Answer, Failure>,
    /// In the order given.
    pub standings: Vec<Standing>,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Fewer than a quorum revealed.
    Silence,
    /// A quorum revealed, and too few of them the same.
    Disagreement,
}

/// How one node stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It gave the answer.
    Agreed,
    /// It gave another than the answer.
    Outlying,
    /// It revealed nothing.
    Silent,
    /// It revealed something, and there is no answer to compare it with.
    Open,
}

/// ⌈2k/3⌉ equal answers of k nodes are the answer; of any two quorums at least a third is the same.
pub const fn quorum(asked: usize) -> usize {
    // The seats of one request are few.
    (2 * asked).div_ceil(3)
}

/// Judges what each of those who were asked revealed.
pub fn judge(revealed: &[Option<&Answer>]) -> Judgement {
    let quorum = quorum(revealed.len()).max(1);
    let mut votes: BTreeMap<&Answer, usize> = BTreeMap::new();
    for answer in revealed.iter().flatten().copied() {
        *votes.entry(answer).or_default() += 1;
    }
    let agreed = votes.iter().find(|(_, votes)| **votes >= quorum);
    let agreed = agreed.map(|(answer, _)| *answer);
    let stand = |answer: &Option<&Answer>| match (answer, agreed) {
        (None, _) => Standing::Silent,
        (Some(_), None) => Standing::Open,
        (Some(answer), Some(agreed)) if *answer == agreed => Standing::Agreed,
        (Some(_), Some(_)) => Standing::Outlying,
    };
    let outcome = match agreed {
        Some(answer) => Ok(answer.clone()),
        None if revealed.iter().flatten().count() < quorum => Err(Failure::Silence),
        None => Err(Failure::Disagreement),
    };
    Judgement {
        outcome,
        standings: revealed.iter().map(stand).collect(),
    }
}

/// What each node gets that gave the answer: the fee over all that were asked, rounded down. So nobody
/// gains by another's silence, and what is left goes back.
pub fn share(fee: Amount, asked: usize) -> Amount {
    Amount::new(fee.value().checked_div(asked as u128).unwrap_or(0))
}
