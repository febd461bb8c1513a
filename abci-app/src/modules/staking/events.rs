//! Events, as on every Cosmos chain; `rotate_consensus_key` is this chain's own.

use slsbft_genesis::staking::{Candidate, Slash};
use slsbft_mechanism::share::Dec;
use slsbft_types::{Address, Amount, Coin, Time};

use crate::{context::Context, events::event};

fn coin(amount: Amount) -> Coin {
    Coin::base(amount)
}

pub fn created(ctx: &mut Context<'_>, operator: &Address, stake: Amount) {
    ctx.emit(
        event("create_validator")
            .attr("validator", operator.to_validator_bech32())
            .attr("amount", coin(stake)),
    );
}

pub fn edited(ctx: &mut Context<'_>, candidate: &Candidate) {
    ctx.emit(
        event("edit_validator")
            .attr("validator", candidate.operator.to_validator_bech32())
            .attr("commission_rate", candidate.commission.rate)
            .attr("min_self_delegation", candidate.min_self_delegation),
    );
}

/// `consensus` is the address of the new key.
pub fn key_rotated(ctx: &mut Context<'_>, operator: &Address, consensus: &Address) {
    ctx.emit(
        event("rotate_consensus_key")
            .attr("validator", operator.to_validator_bech32())
            .attr("address", consensus.to_consensus_bech32()),
    );
}

pub fn delegated(
    ctx: &mut Context<'_>,
    delegator: &Address,
    operator: &Address,
    amount: Amount,
    new_shares: Dec,
) {
    ctx.emit(
        event("delegate")
            .attr("validator", operator.to_validator_bech32())
            .attr("delegator", delegator)
            .attr("amount", coin(amount))
            .attr("new_shares", new_shares),
    );
}

pub fn unbonding(
    ctx: &mut Context<'_>,
    delegator: &Address,
    operator: &Address,
    amount: Amount,
    until: Time,
) {
    ctx.emit(
        event("unbond")
            .attr("validator", operator.to_validator_bech32())
            .attr("delegator", delegator)
            .attr("amount", coin(amount))
            .attr("completion_time", until.to_rfc3339()),
    );
}

pub fn unbonding_cancelled(
    ctx: &mut Context<'_>,
    delegator: &Address,
    operator: &Address,
    amount: Amount,
    height: u64,
) {
    ctx.emit(
        event("cancel_unbonding_delegation")
            .attr("amount", coin(amount))
            .attr("validator", operator.to_validator_bech32())
            .attr("delegator", delegator)
            .attr("creation_height", height),
    );
}

pub fn redelegated(
    ctx: &mut Context<'_>,
    delegator: &Address,
    [source, destination]: [&Address; 2],
    amount: Amount,
    until: Time,
) {
    ctx.emit(
        event("redelegate")
            .attr("source_validator", source.to_validator_bech32())
            .attr("destination_validator", destination.to_validator_bech32())
            .attr("delegator", delegator)
            .attr("amount", coin(amount))
            .attr("completion_time", until.to_rfc3339()),
    );
}

pub fn unbonded(ctx: &mut Context<'_>, delegator: &Address, operator: &Address, amount: Amount) {
    ctx.emit(
        event("complete_unbonding")
            .attr("amount", coin(amount))
            .attr("validator", operator.to_validator_bech32())
            .attr("delegator", delegator),
    );
}

pub fn redelegation_completed(
    ctx: &mut Context<'_>,
    delegator: &Address,
    [source, destination]: [&Address; 2],
    amount: Amount,
) {
    ctx.emit(
        event("complete_redelegation")
            .attr("amount", coin(amount))
            .attr("delegator", delegator)
            .attr("source_validator", source.to_validator_bech32())
            .attr("destination_validator", destination.to_validator_bech32()),
    );
}

/// `address` is that of the consensus key, as in Cosmos; `owed` is what stake that has left
/// will lose of it.
pub fn slashed(ctx: &mut Context<'_>, candidate: &Candidate, slash: &Slash) {
    ctx.emit(
        event("slash")
            .attr(
                "address",
                candidate.consensus_key.consensus_address().to_consensus_bech32(),
            )
            .attr("validator", slash.operator.to_validator_bech32())
            .attr("reason", &slash.reason)
            .attr("burned_coins", coin(slash.burned))
            .attr("owed_coins", coin(slash.owed)),
    );
}

/// The candidate's own delegation alone was slashed.
pub fn self_slashed(ctx: &mut Context<'_>, candidate: &Candidate, burned: Amount) {
    ctx.emit(
        event("slash")
            .attr(
                "address",
                candidate.consensus_key.consensus_address().to_consensus_bech32(),
            )
            .attr("validator", candidate.operator.to_validator_bech32())
            .attr("reason", "self_stake")
            .attr("burned_coins", coin(burned)),
    );
}
