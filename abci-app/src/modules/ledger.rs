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

/// Moves what is staked between accounts and the pools that hold stake. Supply is conserved.
pub trait Bonding: Ledger {
    /// Moves uankr of an account, coins that vest included, into a pool. Fails with `sdk`
    /// code 5 if the balance does not cover them.
    fn delegate(
        &self,
        ctx: &mut Context<'_>,
        from: &Address,
        pool: &Address,
        amount: Amount,
    ) -> Result<(), ExecError>;

    /// Moves uankr from a pool back to whom they belong.
    fn undelegate(
        &self,
        ctx: &mut Context<'_>,
        pool: &Address,
        to: &Address,
        amount: Amount,
    ) -> Result<(), ExecError>;
}
