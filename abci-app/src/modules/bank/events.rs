//! `coin_spent`, `coin_received`, `transfer`, `burn`, as on every Cosmos chain.

use slsbft_types::{Address, Coins};

use crate::{context::Context, events::event};

/// All of a transfer: spent, received, transferred. Each text is made once,
/// since every transfer needs them.
pub fn sent(ctx: &mut Context<'_>, from: &Address, to: &Address, coins: &Coins) {
    let (from, to, amount) = (from.to_string(), to.to_string(), coins.to_string());
    let (from, to, amount) = (from.as_str(), to.as_str(), amount.as_str());
    ctx.emit(event("coin_spent").attr("spender", from).note("amount", amount));
    arrived(ctx, from, to, amount);
}

pub fn spent(ctx: &mut Context<'_>, spender: &Address, coins: &Coins) {
    ctx.emit(event("coin_spent").attr("spender", spender).note("amount", coins));
}

/// One recipient's part of what was spent before.
pub fn received(ctx: &mut Context<'_>, from: &Address, to: &Address, coins: &Coins) {
    arrived(ctx, &from.to_string(), &to.to_string(), &coins.to_string());
}

fn arrived(ctx: &mut Context<'_>, from: &str, to: &str, amount: &str) {
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
