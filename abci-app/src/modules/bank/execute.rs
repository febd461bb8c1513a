//! Moving money.

use cosmos_sdk_proto::{
    Any,
    cosmos::bank::v1beta1::{MsgMultiSendResponse, MsgSendResponse},
};
use slsbft_store::{Overlay, Read};
use slsbft_types::{Address, Amount, BASE_DENOM, Coin, Coins, Time};

use super::{Bank, Msg, balance, errors::BankError, events, keys, params, read_amount, supply, write_amount};
use crate::{
    context::Context,
    errors::{ExecError, Fault, TxError},
    modules::{
        auth::Accounts,
        ledger::{Bonding, Ledger},
        record::pack,
    },
};

impl<A: Accounts> Bank<A> {
    /// Executes a message; its response goes into the transaction's data.
    pub fn execute(&self, ctx: &mut Context<'_>, msg: &Msg) -> Result<Any, ExecError> {
        match msg {
            Msg::Send { from, to, amount } => {
                params::require_enabled(ctx.state, amount)?;
                self.open(ctx.state, to)?;
                self.withdraw(ctx.state, from, amount, ctx.block.time)?;
                add(ctx.state, to, amount)?;
                events::sent(ctx, from, to, amount);
                Ok(pack(&MsgSendResponse {}))
            }
            Msg::MultiSend {
                from,
                amount,
                outputs,
            } => {
                params::require_enabled(ctx.state, amount)?;
                self.multi_send(ctx, from, amount, outputs)?;
                Ok(pack(&MsgMultiSendResponse {}))
            }
        }
    }

    /// Reads the recipient that [`execute`](Self::execute) will pay.
    pub fn prefetch(&self, state: &impl Read, msg: &Msg) -> Result<(), Fault> {
        if let Msg::Send { to, .. } = msg {
            self.accounts.is_module(state, to)?;
            balance(state, to, BASE_DENOM)?;
        }
        Ok(())
    }

    fn multi_send(
        &self,
        ctx: &mut Context<'_>,
        from: &Address,
        amount: &Coins,
        outputs: &[(Address, Coins)],
    ) -> Result<(), ExecError> {
        self.withdraw(ctx.state, from, amount, ctx.block.time)?;
        events::spent(ctx, from, amount);
        for (to, coins) in outputs {
            self.open(ctx.state, to)?;
            add(ctx.state, to, coins)?;
            events::received(ctx, from, to, coins);
        }
        Ok(())
    }

    /// Makes a recipient's account if there is none; refuses one that only the
    /// chain itself may pay to.
    fn open(&self, state: &mut Overlay, to: &Address) -> Result<(), ExecError> {
        if self.accounts.ensure(state, to)? {
            return Err(TxError::from(BankError::Blocked(*to)).into());
        }
        Ok(())
    }

    /// Takes coins that the owner can spend now, without an event.
    pub fn withdraw(
        &self,
        state: &mut Overlay,
        from: &Address,
        coins: &Coins,
        now: Time,
    ) -> Result<(), ExecError> {
        for coin in coins {
            let locked = self.accounts.locked(state, from, coin.denom.as_str(), now)?;
            take(state, from, coin, locked)?;
        }
        Ok(())
    }

    /// Gives coins to an account, which is made if it does not exist.
    pub fn deposit(&self, state: &mut Overlay, to: &Address, coins: &Coins) -> Result<(), ExecError> {
        self.accounts.ensure(state, to)?;
        add(state, to, coins)
    }

    /// What an account could spend now.
    pub fn spendable(
        &self,
        state: &impl Read,
        owner: &Address,
        denom: &str,
        now: Time,
    ) -> Result<Amount, ExecError> {
        Ok(balance(state, owner, denom)?.saturating_sub(self.accounts.locked(state, owner, denom, now)?))
    }
}

impl<A: Accounts> Ledger for Bank<A> {
    fn transfer(
        &self,
        ctx: &mut Context<'_>,
        from: &Address,
        to: &Address,
        coins: &Coins,
    ) -> Result<(), ExecError> {
        if coins.is_empty() {
            return Ok(());
        }
        self.withdraw(ctx.state, from, coins, ctx.block.time)?;
        self.deposit(ctx.state, to, coins)?;
        events::sent(ctx, from, to, coins);
        Ok(())
    }

    fn burn(&self, ctx: &mut Context<'_>, from: &Address, coins: &Coins) -> Result<(), ExecError> {
        if coins.is_empty() {
            return Ok(());
        }
        self.withdraw(ctx.state, from, coins, ctx.block.time)?;
        for Coin { denom, amount } in coins {
            let rest = supply(ctx.state, denom.as_str())?.sub(*amount);
            let rest = rest.map_err(|_| ExecError::corrupt(format!("supply of {denom}")))?;
            write_amount(ctx.state, keys::supply(denom.as_str()), rest);
        }
        events::spent(ctx, from, coins);
        events::burned(ctx, from, coins);
        Ok(())
    }

    fn require_open(&self, state: &impl Read, to: &Address) -> Result<(), ExecError> {
        if self.accounts.is_module(state, to)? {
            return Err(TxError::from(BankError::Blocked(*to)).into());
        }
        Ok(())
    }

    fn balance(&self, state: &impl Read, owner: &Address, denom: &str) -> Result<Amount, ExecError> {
        Ok(balance(state, owner, denom)?)
    }
}

impl<A: Accounts> Bonding for Bank<A> {
    fn delegate(
        &self,
        ctx: &mut Context<'_>,
        from: &Address,
        pool: &Address,
        amount: Amount,
    ) -> Result<(), ExecError> {
        take(ctx.state, from, &Coin::base(amount), Amount::ZERO)?;
        self.accounts
            .track_delegation(ctx.state, from, amount, ctx.block.time)?;
        self.arrive(ctx, from, pool, amount)
    }

    fn undelegate(
        &self,
        ctx: &mut Context<'_>,
        pool: &Address,
        to: &Address,
        amount: Amount,
    ) -> Result<(), ExecError> {
        take(ctx.state, pool, &Coin::base(amount), Amount::ZERO)?;
        self.accounts.track_undelegation(ctx.state, to, amount)?;
        self.arrive(ctx, pool, to, amount)
    }
}

impl<A: Accounts> Bank<A> {
    /// The second half of a move that is no transfer, as Cosmos tells it.
    fn arrive(
        &self,
        ctx: &mut Context<'_>,
        from: &Address,
        to: &Address,
        amount: Amount,
    ) -> Result<(), ExecError> {
        let coins = Coins::base(amount);
        self.deposit(ctx.state, to, &coins)?;
        events::spent(ctx, from, &coins);
        events::arrived(ctx, to, &coins);
        Ok(())
    }
}

/// Takes a coin from an owner who cannot spend the `locked` part of what is
/// held of it, without an event: what fees are paid with.
pub fn take(state: &mut Overlay, from: &Address, coin: &Coin, locked: Amount) -> Result<(), ExecError> {
    let Coin { denom, amount } = coin;
    let key = keys::balance(from, denom.as_str());
    let held = read_amount(state, &key)?;
    let spendable = held.saturating_sub(locked);
    if spendable < *amount {
        let error = BankError::Insufficient {
            denom: denom.to_string(),
            spendable,
            needed: *amount,
        };
        return Err(TxError::from(error).into());
    }
    write_amount(state, key, held.saturating_sub(*amount));
    Ok(())
}

/// Adds coins to the balances of an account that exists.
fn add(state: &mut Overlay, to: &Address, coins: &Coins) -> Result<(), ExecError> {
    for Coin { denom, amount } in coins {
        let key = keys::balance(to, denom.as_str());
        let held = read_amount(state, &key)?;
        write_amount(state, key, grown(held, *amount)?);
    }
    Ok(())
}

/// A balance never exceeds the supply, so this cannot overflow unless state is broken.
fn grown(held: Amount, by: Amount) -> Result<Amount, ExecError> {
    held.add(by)
        .map_err(|_| ExecError::corrupt("a balance above all supply"))
}
