use super::{Change, ConsensusAddress, SetError, ValidatorSet};

/// The sets of two heights: what CometBFT's state calls `Validators` and `NextValidators`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// `V[H]`, where H is the height to be decided.
    pub current: ValidatorSet,
    /// V[H+1].
    pub next: ValidatorSet,
}

impl Rotation {
    /// At the initial height.
    pub fn genesis(validators: &[Change]) -> Result<Self, SetError> {
        let current = ValidatorSet::new(validators)?;
        let mut next = current.clone();
        next.increment(1);
        Ok(Self { current, next })
    }

    /// From H to H+1, with the validator updates that FinalizeBlock of H returns. An error is one
    /// that CometBFT would stop the node for.
    pub fn advance(self, updates: &[Change]) -> Result<Self, SetError> {
        let mut after = self.next.changed(updates)?;
        after.increment(1);
        Ok(Self {
            current: self.next,
            next: after,
        })
    }

    /// The round-0 proposer of H.
    pub fn proposer(&self) -> &ConsensusAddress {
        self.current.proposer()
    }
}
