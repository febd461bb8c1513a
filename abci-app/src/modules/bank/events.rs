//! `coin_spent`, `coin_received`, `transfer`, `burn`, as on every Cosmos chain.

use slsbft_types::{Address, Coins};

use crate::{context::Context, events::event};

pub fn spent(ctx: &mut Context<'_>, spender: &Address, coins: &Coins) {
    ctx.emit(event("coin_spent").attr("spender", spender).attr("amount", coins));
}

pub fn received(ctx: &mut Context<'_>, receiver: &Address, coins: &Coins) {
    ctx.emit(
        event("coin_received")
            .attr("receiver", receiver)
            .attr("amount", coins),
    );
}

pub fn transfer(ctx: &mut Context<'_>, from: &Address, to: &Address, coins: &Coins) {
    ctx.emit(
        event("transfer")
            .attr("recipient", to)
            .attr("sender", from)
            .attr("amount", coins),
    );
}

pub fn burned(ctx: &mut Context<'_>, burner: &Address, coins: &Coins) {
    ctx.emit(event("burn").attr("burner", burner).attr("amount", coins));
}
