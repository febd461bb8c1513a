//! The narrow view of `bank` that other modules get.

use slsbft_store::Read;
use slsbft_types::{Address, Amount, Coins};

use crate::{context::Context, errors::ExecError};

/// Moves money. Transfers between accounts conserve supply; only `burn` and
/// `mint` change it.
pub trait Ledger {
    /// Moves coins and emits the usual bank events. Fails with `sdk` code 5 if
    /// the spendable balance does not cover them. A new recipient gets an account.
    fn transfer(
        &self,
        ctx: &mut Context<'_>,
        from: &Address,
        to: &Address,
        coins: &Coins,
    ) -> Result<(), ExecError>;

    /// Destroys coins of an account.
    fn burn(&self, ctx: &mut Context<'_>, from: &Address, coins: &Coins) -> Result<(), ExecError>;

    /// Fails with `sdk` code 4 if only the chain itself may pay to this account.
    fn require_open(&self, state: &impl Read, to: &Address) -> Result<(), ExecError>;

    /// Whole balance of a denomination, locked vesting coins included.
    fn balance(&self, state: &impl Read, owner: &Address, denom: &str) -> Result<Amount, ExecError>;
}
