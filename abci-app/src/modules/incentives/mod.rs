//! Mining rewards: released by block time, in four parts: for stake held, for deals
//! paid, for services provided, for stake with a high service level.
//!
//! Invariants: one account holds what is not released yet, another exactly what was
//! released and not paid: what rolls over and what is owed; both rewards of a
//! settlement together are below what it cost, so nobody gains by paying itself.
//!
//! - `accounts`: what is earned by settlements, known when their epoch has ended
//! - `pools`: what was released, rolls over and is owed
//! - `epoch`: an epoch's end
//! - `msg`, `params`, `keys`, `errors`, `genesis`, `query`

mod accounts;
mod epoch;
mod errors;
pub mod genesis;
mod keys;
mod msg;
mod params;
mod pools;
pub mod query;

use cosmos_sdk_proto::Any;
use slsbft_mechanism::reward::Bases;
use slsbft_proto::incentives::v1::MsgWithdrawIncentivesResponse;
use slsbft_store::Read;
use slsbft_types::{Address, Amount, BASE_DENOM, Coins, Ratio};

use accounts::sound;
pub use epoch::Held;
pub use errors::IncentivesError;
pub use msg::Msg;

use crate::{
    context::Context,
    errors::{ExecError, Fault},
    events::event,
    modules::{ledger::Ledger, record::pack},
};

/// Module account of what is not released yet: 40 % of the first supply.
pub const MINING_REWARDS: &str = "mining_rewards";
/// Module account of what was released and is not paid.
pub const INCENTIVES: &str = "incentives";

/// Rewards in state; money moves through a ledger.
#[derive(Clone, Copy, Debug, Default)]
pub struct Incentives<L> {
    ledger: L,
}

impl<L: Ledger> Incentives<L> {
    pub const fn new(ledger: L) -> Self {
        Self { ledger }
    }

    /// Takes in a settlement: `cost` is what it burned and paid to the treasury.
    pub fn earn(
        &self,
        ctx: &mut Context<'_>,
        [provider, consumer]: [&Address; 2],
        cost: Amount,
        level: Ratio,
    ) -> Result<(), ExecError> {
        let bases = sound(Bases::of(cost, level, &params::load(ctx.state)?))?;
        if accounts::is_zero(&bases) {
            return Ok(());
        }
        let all = accounts::sum(&accounts::running(ctx.state)?, &bases)?;
        accounts::set_running(ctx.state, &all);
        let of_provider = Bases {
            consumer: Amount::ZERO,
            ..bases
        };
        let of_consumer = Bases {
            provider: Amount::ZERO,
            ..bases
        };
        for (address, bases) in [(provider, of_provider), (consumer, of_consumer)] {
            let mut account = accounts::account(ctx.state, address)?;
            account.bases = accounts::sum(&account.bases, &bases)?;
            accounts::save(ctx.state, address, &account);
        }
        Ok(())
    }

    /// Executes a message; its response goes into the transaction's data.
    pub fn execute(&self, ctx: &mut Context<'_>, msg: &Msg) -> Result<Any, ExecError> {
        let Msg::Withdraw { account: address } = msg;
        let mut account = accounts::account(ctx.state, address)?;
        let amount = std::mem::take(&mut account.earned);
        if amount.is_zero() {
            return Err(IncentivesError::NothingEarned.into());
        }
        accounts::save(ctx.state, address, &account);
        pools::pay(ctx.state, amount)?;
        self.send(ctx, INCENTIVES, address, amount)?;
        ctx.emit(
            event("withdraw_incentives")
                .attr("account", address)
                .attr("amount", format!("{amount}{BASE_DENOM}")),
        );
        Ok(pack(&MsgWithdrawIncentivesResponse {
            amount: amount.to_string(),
        }))
    }

    /// Checks that the account holds what rolls over and is owed.
    pub fn check(&self, state: &impl Read) -> Result<(), ExecError> {
        let pools = pools::load(state)?;
        let mut sum = pools.owed;
        for part in [&pools.held, &pools.consumed, &pools.provided, &pools.reputation] {
            sum = sound(sum.add(sound(part.rollover.total())?))?;
        }
        let account = Address::module(INCENTIVES);
        let held = self.ledger.balance(state, &account, BASE_DENOM)?;
        if held == sum {
            return Ok(());
        }
        let text = format!("the incentives account holds {held}, its pools say {sum}");
        Err(Fault::Invariant(text).into())
    }

    /// The account always holds what is sent, so a failure is the node's.
    fn send(&self, ctx: &mut Context<'_>, from: &str, to: &Address, amount: Amount) -> Result<(), ExecError> {
        let sent = self
            .ledger
            .transfer(ctx, &Address::module(from), to, &Coins::base(amount));
        sent.map_err(|error| match error {
            ExecError::Tx(error) => Fault::Invariant(format!("incentives: {error}")).into(),
            fault => fault,
        })
    }
}
