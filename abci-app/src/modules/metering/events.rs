//! Events. Those of a deal name deal, offer, provider, consumer and application
//! together, since indexes join conditions only within one event.

use slsbft_types::{
    Address, Amount,
    metering::{Deadline, Deal, Offer, SessionKey},
};

use crate::{
    context::Context,
    events::{EventBuilder, event},
};

/// A claim names its deals if there are at most so many: a claim over thousands
/// shall not make thousands of index entries.
const MOST_NAMED: usize = 16;

/// What a claim came to.
pub struct ClaimFigures<'a> {
    pub provider: &'a Address,
    pub accepted: usize,
    pub refused: usize,
    /// Deals with an accepted voucher.
    pub deals: &'a [u64],
    pub paid: Amount,
}

fn of_offer(kind: &str, offer: &Offer) -> EventBuilder {
    event(kind)
        .attr("offer_id", offer.id)
        .attr("provider", offer.provider)
        .attr("version", offer.version)
}

fn of_deal(kind: &str, deal: &Deal) -> EventBuilder {
    let event = event(kind)
        .attr("deal_id", deal.id)
        .attr("offer_id", deal.offer_id)
        .attr("provider", deal.provider)
        .attr("consumer", deal.consumer);
    match deal.application {
        Some(application) => event.attr("application", application),
        None => event,
    }
}

pub fn offer_created(ctx: &mut Context<'_>, offer: &Offer) {
    ctx.emit(of_offer("offer_created", offer).attr("deposit", offer.deposit));
}

pub fn offer_updated(ctx: &mut Context<'_>, offer: &Offer) {
    ctx.emit(of_offer("offer_updated", offer));
}

pub fn offer_withdrawn(ctx: &mut Context<'_>, offer: &Offer) {
    ctx.emit(of_offer("offer_withdrawn", offer).attr("open_deals", offer.open_deals));
}

pub fn deal_opened(ctx: &mut Context<'_>, deal: &Deal) {
    ctx.emit(
        of_deal("deal_opened", deal)
            .attr("escrow", deal.escrow)
            .attr("deposit", deal.deposit)
            .attr("expires_at", deal.expires_at.seconds),
    );
}

/// `paid` is what became payable at once.
pub fn deal_topped_up(ctx: &mut Context<'_>, deal: &Deal, amount: Amount, paid: Amount) {
    ctx.emit(
        of_deal("deal_topped_up", deal)
            .attr("amount", amount)
            .attr("escrow", deal.escrow)
            .attr("paid", paid),
    );
}

pub fn session_key_added(ctx: &mut Context<'_>, deal: &Deal, key: &SessionKey) {
    let key: String = key.public_key.iter().map(|byte| format!("{byte:02x}")).collect();
    ctx.emit(of_deal("session_key_added", deal).attr("session_key", key));
}

/// `reason` is `consumer` or `expired`.
pub fn deal_closing(ctx: &mut Context<'_>, deal: &Deal, window: Deadline, reason: &str) {
    ctx.emit(
        of_deal("deal_closing", deal)
            .attr("reason", reason)
            .attr("claim_until_height", window.height)
            .attr("claim_until_time", window.time.seconds),
    );
}

/// The last that is heard of a deal: all of its figures. `reason` is `provider`
/// or `window`.
pub fn deal_ended(
    ctx: &mut Context<'_>,
    deal: &Deal,
    due: Amount,
    idle_fee: Amount,
    refund: Amount,
    reason: &str,
) {
    ctx.emit(
        of_deal("deal_ended", deal)
            .attr("reason", reason)
            .attr("escrow", deal.escrow)
            .attr("due", due)
            .attr("paid", deal.paid)
            .attr("idle_fee", idle_fee)
            .attr("deposit", deal.deposit)
            .attr("refund", refund),
    );
}

pub fn claim(ctx: &mut Context<'_>, figures: &ClaimFigures<'_>) {
    let mut event = event("claim")
        .attr("provider", figures.provider)
        .attr("accepted", figures.accepted)
        .attr("refused", figures.refused)
        .attr("deals", figures.deals.len())
        .attr("paid", figures.paid);
    if figures.deals.len() <= MOST_NAMED {
        event = figures
            .deals
            .iter()
            .fold(event, |event, id| event.attr("deal_id", id));
    }
    ctx.emit(event);
}
