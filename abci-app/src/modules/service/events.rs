//! Events.

use slsbft_types::{Address, Amount};

use crate::{context::Context, events::event};

pub fn provider_registered(ctx: &mut Context<'_>, provider: &Address, id: u32, self_stake: Amount) {
    ctx.emit(
        event("provider_registered")
            .attr("provider", provider)
            .attr("provider_id", id)
            .attr("self_stake", self_stake),
    );
}

pub fn provider_updated(ctx: &mut Context<'_>, provider: &Address, self_stake: Amount) {
    ctx.emit(
        event("provider_updated")
            .attr("provider", provider)
            .attr("self_stake", self_stake),
    );
}

/// `seconds`: when the self-stake comes free, in Unix time.
pub fn provider_deregistered(ctx: &mut Context<'_>, provider: &Address, self_stake: Amount, seconds: i64) {
    ctx.emit(
        event("provider_deregistered")
            .attr("provider", provider)
            .attr("self_stake", self_stake)
            .attr("free_at", seconds),
    );
}

pub fn auditor_set(ctx: &mut Context<'_>, operator: &Address, auditor: &Address) {
    ctx.emit(
        event("auditor_set")
            .attr("validator", operator.to_validator_bech32())
            .attr("auditor", auditor),
    );
}

/// `what` is `audit_committed` or `audit_revealed`.
pub fn audit(ctx: &mut Context<'_>, what: &str, operator: &Address, epoch: u64) {
    ctx.emit(
        event(what)
            .attr("validator", operator.to_validator_bech32())
            .attr("epoch", epoch),
    );
}

pub fn compute_committed(ctx: &mut Context<'_>, provider: &Address, epoch: u64) {
    ctx.emit(
        event("compute_committed")
            .attr("provider", provider)
            .attr("epoch", epoch),
    );
}

/// `what` is `service_paused`, `service_resumed`, `service_fell` or `service_rearmed`.
pub fn level_changed(ctx: &mut Context<'_>, what: &str, address: &Address) {
    ctx.emit(event(what).attr("address", address));
}

pub fn fall_slashed(ctx: &mut Context<'_>, address: &Address, burned: Amount) {
    ctx.emit(
        event("service_slash")
            .attr("address", address)
            .attr("burned_coins", burned),
    );
}

/// At an epoch's end.
pub fn judged(ctx: &mut Context<'_>, targets: usize, void: usize, penalised: usize) {
    ctx.emit(
        event("audits_judged")
            .note("targets", targets)
            .note("void", void)
            .note("penalised_auditors", penalised),
    );
}
