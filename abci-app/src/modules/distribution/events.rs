//! Events, as on every Cosmos chain.

use slsbft_mechanism::share::Dec;
use slsbft_types::{Address, Amount, BASE_DENOM, Coin};

use crate::{context::Context, events::event};

fn dec_coin(amount: Amount) -> String {
    format!("{}{BASE_DENOM}", Dec::whole(amount))
}

pub fn allocated(ctx: &mut Context<'_>, operator: &Address, amount: Amount, commission: Amount) {
    let operator = operator.to_validator_bech32();
    ctx.emit(
        event("commission")
            .attr("amount", dec_coin(commission))
            .attr("validator", &operator),
    );
    ctx.emit(
        event("rewards")
            .attr("amount", dec_coin(amount))
            .attr("validator", operator),
    );
}

pub fn rewards_withdrawn(ctx: &mut Context<'_>, delegator: &Address, operator: &Address, amount: Amount) {
    ctx.emit(
        event("withdraw_rewards")
            .attr("amount", Coin::base(amount))
            .attr("validator", operator.to_validator_bech32())
            .attr("delegator", delegator),
    );
}

pub fn commission_withdrawn(ctx: &mut Context<'_>, operator: &Address, amount: Amount) {
    ctx.emit(
        event("withdraw_commission")
            .attr("amount", Coin::base(amount))
            .attr("validator", operator.to_validator_bech32()),
    );
}

pub fn withdraw_address_set(ctx: &mut Context<'_>, delegator: &Address, address: &Address) {
    ctx.emit(
        event("set_withdraw_address")
            .attr("withdraw_address", address)
            .attr("delegator", delegator),
    );
}
