//! Events, as Cosmos SDK emits them.

use slsbft_types::{Address, Amount};

use crate::{context::Context, events::event};

/// `reason` is `double_sign`, `light_client_attack`, `missing_signature` or `forged_proposer`.
pub fn slashed(ctx: &mut Context<'_>, operator: &Address, reason: &str, burned: Amount, jailed: bool) {
    let mut slash = event("slash")
        .attr("validator", operator.to_validator_bech32())
        .attr("reason", reason)
        .attr("burned_coins", burned);
    if jailed {
        slash = slash.attr("jailed", operator.to_validator_bech32());
    }
    ctx.emit(slash);
}
