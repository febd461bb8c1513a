//! What must hold of rewards, by reading all of them.

use slsbft_store::Read;
use slsbft_types::BASE_DENOM;

use super::{Distribution, Stakes, account, genesis, sound, state};
use crate::{
    errors::{ExecError, Fault},
    modules::{ledger::Ledger, staking},
};

impl<L: Ledger, S: Stakes> Distribution<L, S> {
    /// Checks the invariants at the head of this module.
    pub fn check(&self, state: &impl Read) -> Result<(), ExecError> {
        let section = genesis::export(state)?;
        sound(section.validate(&staking::genesis::export(state)?))?;
        let (owed, noted) = (sound(section.owed())?, state::owed(state)?);
        let held = self.ledger.balance(state, &account(), BASE_DENOM)?;
        if owed != noted || held < owed {
            let text = format!("distribution: {owed} are outstanding, {noted} are noted, {held} are held");
            return Err(Fault::Invariant(text).into());
        }
        Ok(())
    }
}
