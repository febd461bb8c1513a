//! What a transaction must pay and where fees go: they collect in a module
//! account and are split when an epoch ends.
//!
//! Invariant: what is collected equals what is split and burned, to the last uankr.

pub mod genesis;
pub mod params;
pub mod query;

use slsbft_store::Read;
use slsbft_types::{Address, Amount, BASE_DENOM, Coins};

pub use params::Params;

use crate::{context::Context, errors::ExecError, events::event, modules::ledger::Ledger};

/// Module account that holds an epoch's fees.
pub const COLLECTOR: &str = "fee_collector";
/// Module account of the validators and their delegators.
pub const DISTRIBUTION: &str = "distribution";
/// Module account of the treasury.
pub const TREASURY: &str = "treasury";

/// Splits fees with the help of a ledger.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fees<L> {
    ledger: L,
}

impl<L: Ledger> Fees<L> {
    pub const fn new(ledger: L) -> Self {
        Self { ledger }
    }

    /// Fees of the running epoch.
    pub fn collected(&self, state: &impl Read) -> Result<Amount, ExecError> {
        self.ledger
            .balance(state, &Address::module(COLLECTOR), BASE_DENOM)
    }

    /// Splits the epoch's fees: treasury and burned parts rounded down, the rest
    /// to the validators.
    pub fn end_epoch(&self, ctx: &mut Context<'_>) -> Result<(), ExecError> {
        let collected = self.collected(ctx.state)?;
        if collected.is_zero() {
            return Ok(());
        }
        let params = Params::load(ctx.state)?;
        let exact = |result: Result<Amount, _>| result.map_err(|_| ExecError::corrupt("fee shares"));
        let burned = exact(params.burned_share.of(collected))?;
        let treasury = exact(params.treasury_share.of(collected))?;
        let validators = exact(collected.sub(burned).and_then(|rest| rest.sub(treasury)))?;

        let collector = Address::module(COLLECTOR);
        self.ledger.transfer(
            ctx,
            &collector,
            &Address::module(TREASURY),
            &Coins::base(treasury),
        )?;
        self.ledger.transfer(
            ctx,
            &collector,
            &Address::module(DISTRIBUTION),
            &Coins::base(validators),
        )?;
        self.ledger.burn(ctx, &collector, &Coins::base(burned))?;
        ctx.emit(
            event("fees_split")
                .attr("validators", validators)
                .attr("treasury", treasury)
                .attr("burned", burned),
        );
        Ok(())
    }
}
