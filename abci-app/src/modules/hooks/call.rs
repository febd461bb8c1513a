//! Calling contracts, at their expense.

use slsbft_types::{Address, Amount, Coins};

use super::{
    Callee, Hooks, epoch, gas,
    inbox::{self, Turn},
    subscriptions,
};
use crate::{
    context::Context,
    errors::ExecError,
    events::event,
    machine::Machine,
    modules::{
        fees::{COLLECTOR, Params},
        ledger::Ledger,
    },
};

/// What a call that nobody pays takes from the block's calls.
const DROPPED: u64 = 20_000;

impl<L: Ledger, C: Callee> Hooks<L, C> {
    /// Calls contracts whose turn it is, until the block's gas for that is used up.
    pub fn end_block(&self, ctx: &mut Context<'_>) -> Result<(), ExecError> {
        epoch::go_on(ctx.state)?;
        let mut left = gas::BLOCK;
        while let Some(turn) = inbox::peek(ctx.state)? {
            if turn.waiting.gas_limit > left {
                break;
            }
            inbox::take(ctx.state, &turn)?;
            let used = self.call(ctx, &turn)?;
            left = left.saturating_sub(used);
        }
        Ok(())
    }

    /// The epoch is over: those who asked for it will be told.
    pub fn end_epoch(&self, ctx: &mut Context<'_>, epoch: u64) -> Result<(), ExecError> {
        Ok(epoch::begin(ctx.state, epoch)?)
    }

    /// Makes one call. Returns the gas it used.
    fn call(&self, ctx: &mut Context<'_>, turn: &Turn) -> Result<u64, ExecError> {
        let Turn {
            contract, waiting, ..
        } = turn;
        let price = Params::load(ctx.state)?.min_gas_price;
        let cost = |gas: u64| Coins::base(Amount::new(u128::from(gas) * u128::from(price)));
        let collector = Address::module(COLLECTOR);
        let limit = waiting.gas_limit;
        // The whole limit first: the contract may spend what it has.
        match self.ledger.transfer(ctx, contract, &collector, &cost(limit)) {
            Ok(()) => {}
            Err(ExecError::Tx(_)) => return self.drop(ctx, turn),
            Err(fault) => return Err(fault),
        }
        let (used, result) = self.run(ctx, turn)?;
        let rest = cost(limit.saturating_sub(used));
        if !rest.is_empty() {
            self.ledger.transfer(ctx, &collector, contract, &rest)?;
        }
        let mut called = event("hook")
            .attr("_contract_address", contract)
            .attr("hook", waiting.hook().as_str_name())
            .note("gas_used", used);
        if let Err(reason) = result {
            called = called.note("error", reason);
        }
        ctx.emit(called);
        Ok(used)
    }

    /// Passes the message; what comes of it is the contract's business.
    fn run(&self, ctx: &mut Context<'_>, turn: &Turn) -> Result<(u64, Result<(), String>), ExecError> {
        let budget = turn.waiting.gas_limit.saturating_sub(gas::CALL);
        let mut machine = Machine::new(ctx.machine.runner.clone(), budget, None);
        let mut inner = Context {
            state: &mut *ctx.state,
            block: ctx.block,
            events: &mut *ctx.events,
            machine: &mut machine,
        };
        let result = match self
            .contracts
            .notify(&mut inner, &turn.contract, &turn.waiting.msg)
        {
            Ok(()) => Ok(()),
            Err(ExecError::Tx(error)) => Err(error.to_string()),
            Err(fault) => return Err(fault),
        };
        Ok((gas::CALL.saturating_add(machine.gas_used()), result))
    }

    /// A contract that cannot pay is not called, and not asked again.
    fn drop(&self, ctx: &mut Context<'_>, turn: &Turn) -> Result<u64, ExecError> {
        let Turn {
            contract, waiting, ..
        } = turn;
        let hook = waiting.hook();
        let reason = match subscriptions::remove(ctx.state, contract, hook)? {
            true => "the contract cannot pay for the call; it is no longer subscribed",
            false => "the contract cannot pay for the call",
        };
        ctx.emit(
            event("hook_dropped")
                .attr("_contract_address", contract)
                .attr("hook", hook.as_str_name())
                .note("reason", reason),
        );
        Ok(DROPPED)
    }
}
