//! `coin_spent`, `coin_received`, `transfer`, `burn`, as on every Cosmos chain.

use slsbft_types::{Address, Coins};
use tendermint_proto::v0_38::abci::Event;

use crate::{context::Context, events::event};

/// All of a transfer: spent, received, transferred. Each text is made once,
/// since every transfer needs them.
pub fn sent(ctx: &mut Context<'_>, from: &Address, to: &Address, coins: &Coins) {
    let (from, to, amount) = (from.to_string(), to.to_string(), coins.to_string());
    let (from, to, amount) = (from.as_str(), to.as_str(), amount.as_str());
    ctx.emit(event("coin_spent").attr("spender", from).note("amount", amount));
    transferred(ctx, from, to, amount);
}

pub fn spent(ctx: &mut Context<'_>, spender: &Address, coins: &Coins) {
    ctx.emit(event("coin_spent").attr("spender", spender).note("amount", coins));
}

/// A transaction's fee on its way to the module that collects it. Read, not searched
/// for: a search for somebody's transfers should not find each of its transactions.
pub fn fee_paid(payer: &Address, collector: &Address, fee: &Coins) -> [Event; 3] {
    let (from, to, amount) = (payer.to_string(), collector.to_string(), fee.to_string());
    let (from, to, amount) = (from.as_str(), to.as_str(), amount.as_str());
    [
        event("coin_spent")
            .note("spender", from)
            .note("amount", amount)
            .into(),
        event("coin_received")
            .note("receiver", to)
            .note("amount", amount)
            .into(),
        event("transfer")
            .note("recipient", to)
            .note("sender", from)
            .note("amount", amount)
            .into(),
    ]
}

/// One recipient's part of what was spent before.
pub fn received(ctx: &mut Context<'_>, from: &Address, to: &Address, coins: &Coins) {
    transferred(ctx, &from.to_string(), &to.to_string(), &coins.to_string());
}

/// What is moved into a pool or out of it without a transfer.
pub fn arrived(ctx: &mut Context<'_>, receiver: &Address, coins: &Coins) {
    ctx.emit(
        event("coin_received")
            .attr("receiver", receiver)
            .attr("amount", coins),
    );
}

fn transferred(ctx: &mut Context<'_>, from: &str, to: &str, amount: &str) {
    ctx.emit(event("coin_received").attr("receiver", to).note("amount", amount));
    ctx.emit(
        event("transfer")
            .attr("recipient", to)
            .attr("sender", from)
            .attr("amount", amount),
    );
}

pub fn burned(ctx: &mut Context<'_>, burner: &Address, coins: &Coins) {
    ctx.emit(event("burn").attr("burner", burner).attr("amount", coins));
}
