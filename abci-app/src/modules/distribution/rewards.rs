//! Rewards in, and what staking calls before and after shares change.

use slsbft_mechanism::share::{Dec, Holding};
use slsbft_store::Overlay;
use slsbft_types::{Address, Amount, Coins};

use super::{
    Distribution, Stakes, account, community_pool, events, sound,
    state::{self, Outstanding},
};
use crate::{
    context::Context,
    errors::{ExecError, Fault},
    modules::{ledger::Ledger, staking::Rewards},
};

impl<L: Ledger, S: Stakes> Distribution<L, S> {
    /// Gives a part of what is undistributed to a candidate: its commission first, rounded
    /// down, then its delegators by shares. Of a candidate without shares, or none, it goes
    /// to the community pool. More than there is undistributed is a fault.
    pub fn allocate(
        &self,
        ctx: &mut Context<'_>,
        operator: &Address,
        amount: Amount,
    ) -> Result<(), ExecError> {
        if amount.is_zero() {
            return Ok(());
        }
        let free = self.undistributed(ctx.state)?;
        if amount > free {
            let text = format!("{amount}uankr for {operator} of {free}uankr that are undistributed");
            return Err(Fault::Invariant(text).into());
        }
        let staked = self.stakes.staked(ctx.state, operator)?;
        let Some(staked) = staked.filter(|staked| !staked.shares.is_zero()) else {
            return self.send(ctx, &community_pool(), amount);
        };
        let commission = sound(staked.commission.of(amount))?;
        let mut record = state::outstanding(ctx.state, operator)?.unwrap_or_default();
        sound(record.index.add(sound(amount.sub(commission))?, staked.shares))?;
        record.total = sound(record.total.add(amount))?;
        record.commission = sound(record.commission.add(commission))?;
        state::save_outstanding(ctx.state, operator, &record);
        state::owe(ctx.state, amount)?;
        events::allocated(ctx, operator, amount, commission);
        Ok(())
    }

    /// Pays a delegation what it has earned with its shares, and says how much that is; a
    /// fraction of 1 uankr stays. `None` if it has not begun.
    pub(super) fn pay_out(
        &self,
        ctx: &mut Context<'_>,
        delegator: &Address,
        operator: &Address,
        shares: Dec,
    ) -> Result<Option<Amount>, ExecError> {
        let Some(mut holding) = state::holding(ctx.state, delegator, operator, shares)? else {
            return Ok(None);
        };
        let mut record = existing(ctx, operator)?;
        let paid = sound(holding.withdraw(&record.index))?;
        state::save_holding(ctx.state, delegator, operator, &holding);
        if !paid.is_zero() {
            record.total = sound(record.total.sub(paid))?;
            state::save_outstanding(ctx.state, operator, &record);
            state::pay(ctx.state, paid)?;
            let to = state::withdraw_address(ctx.state, delegator)?;
            self.send(ctx, &to, paid)?;
        }
        events::rewards_withdrawn(ctx, delegator, operator, paid);
        Ok(Some(paid))
    }

    /// Pays a candidate its commission; nothing if there is none.
    pub(super) fn pay_commission(
        &self,
        ctx: &mut Context<'_>,
        operator: &Address,
    ) -> Result<Amount, ExecError> {
        let mut record = existing(ctx, operator)?;
        let paid = std::mem::take(&mut record.commission);
        if paid.is_zero() {
            return Ok(paid);
        }
        record.total = sound(record.total.sub(paid))?;
        state::save_outstanding(ctx.state, operator, &record);
        state::pay(ctx.state, paid)?;
        let to = state::withdraw_address(ctx.state, operator)?;
        self.send(ctx, &to, paid)?;
        events::commission_withdrawn(ctx, operator, paid);
        Ok(paid)
    }

    /// What is owed is there: a transfer that fails is the node's fault.
    fn send(&self, ctx: &mut Context<'_>, to: &Address, amount: Amount) -> Result<(), ExecError> {
        let sent = self.ledger.transfer(ctx, &account(), to, &Coins::base(amount));
        sent.map_err(|error| match error {
            ExecError::Tx(error) => Fault::Invariant(format!("distribution: {error}")).into(),
            fault => fault,
        })
    }
}

fn existing(ctx: &Context<'_>, operator: &Address) -> Result<Outstanding, Fault> {
    state::outstanding(ctx.state, operator)?
        .ok_or_else(|| Fault::corrupt(format!("rewards of candidate {operator}")))
}

impl<L: Ledger, S: Stakes> Rewards for Distribution<L, S> {
    fn begin(&self, state: &mut Overlay, operator: &Address) {
        state::save_outstanding(state, operator, &Outstanding::default());
    }

    fn settle(
        &self,
        ctx: &mut Context<'_>,
        delegator: &Address,
        operator: &Address,
        shares: Dec,
    ) -> Result<(), ExecError> {
        if self.pay_out(ctx, delegator, operator, shares)?.is_none() {
            let holding = Holding {
                since: existing(ctx, operator)?.index.per_share,
                ..Holding::default()
            };
            state::save_holding(ctx.state, delegator, operator, &holding);
        }
        Ok(())
    }

    fn end(&self, state: &mut Overlay, delegator: &Address, operator: &Address) -> Result<(), Fault> {
        let Some(holding) = state::holding(state, delegator, operator, Dec::ZERO)? else {
            return Ok(());
        };
        if let Some(mut record) = state::outstanding(state, operator)? {
            sound(record.index.give_back(holding.unpaid))?;
            state::save_outstanding(state, operator, &record);
        }
        state::remove_holding(state, delegator, operator);
        Ok(())
    }

    fn close(&self, ctx: &mut Context<'_>, operator: &Address) -> Result<(), ExecError> {
        if state::outstanding(ctx.state, operator)?.is_none() {
            return Ok(());
        }
        self.pay_commission(ctx, operator)?;
        let dust = existing(ctx, operator)?.total;
        if !dust.is_zero() {
            state::pay(ctx.state, dust)?;
            self.send(ctx, &community_pool(), dust)?;
        }
        state::remove_outstanding(ctx.state, operator);
        Ok(())
    }
}
