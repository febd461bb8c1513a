//! How deals end: closed by either side, expired, refunded, swept.

use slsbft_proto::metering::v1::{self, DealStatus, MsgCloseDealResponse, MsgRefundDealResponse};
use slsbft_types::{
    Address, Amount,
    metering::{Deadline, Deal},
};

use super::{
    Market, Metering, MeteringError, Vouchers,
    claim::{Claimed, settle_vouchers},
    deals::deal,
    events, offers,
    payouts::Payouts,
    queue, sound, state,
};
use crate::{
    context::Context,
    errors::{ExecError, Fault},
    modules::ledger::Ledger,
};

impl<L: Ledger, M: Market> Metering<L, M> {
    /// The provider's close claims its last vouchers and ends the deal; the
    /// consumer's opens the claim window, or ends the deal if that is over.
    pub(super) fn close_deal(
        &self,
        ctx: &mut Context<'_>,
        signer: &Address,
        id: u64,
        vouchers: &Vouchers,
    ) -> Result<MsgCloseDealResponse, ExecError> {
        let found = deal(ctx.state, id)?;
        if found.provider == *signer {
            return self.close_by_provider(ctx, signer, id, vouchers);
        }
        if found.consumer != *signer {
            return Err(MeteringError::NotParty {
                id,
                role: "provider or consumer",
            }
            .into());
        }
        if !vouchers.is_empty() {
            return Err(MeteringError::VouchersOfConsumer.into());
        }
        if found.claim_until.is_some() {
            self.end_after_window(ctx, &found)?;
            return Ok(MsgCloseDealResponse {
                status: DealStatus::Ended.into(),
                ..Default::default()
            });
        }
        let window = begin_closing(ctx, found, "consumer");
        Ok(MsgCloseDealResponse {
            status: DealStatus::Closing.into(),
            claim_until: Some(v1::Deadline::from(window)),
            results: Vec::new(),
        })
    }

    fn close_by_provider(
        &self,
        ctx: &mut Context<'_>,
        provider: &Address,
        id: u64,
        vouchers: &Vouchers,
    ) -> Result<MsgCloseDealResponse, ExecError> {
        let mut payouts = Payouts::default();
        let results = if vouchers.is_empty() {
            Vec::new()
        } else {
            let Claimed { results, .. } = settle_vouchers(ctx, provider, vouchers, &mut payouts)?;
            results
        };
        end(ctx, &deal(ctx.state, id)?, "provider", &mut payouts)?;
        payouts.send(&self.ledger, &self.market, ctx)?;
        Ok(MsgCloseDealResponse {
            status: DealStatus::Ended.into(),
            claim_until: None,
            results,
        })
    }

    /// Ends a deal whose window is over, for whoever asks; one that has expired
    /// unnoticed starts its window.
    pub(super) fn refund_deal(
        &self,
        ctx: &mut Context<'_>,
        id: u64,
    ) -> Result<MsgRefundDealResponse, ExecError> {
        let found = deal(ctx.state, id)?;
        if found.claim_until.is_some() {
            self.end_after_window(ctx, &found)?;
            return Ok(MsgRefundDealResponse {
                status: DealStatus::Ended.into(),
                claim_until: None,
            });
        }
        if !found.is_expired(ctx.block.time) {
            return Err(MeteringError::StillOpen {
                id,
                until: found.expires_at.seconds,
            }
            .into());
        }
        let window = begin_closing(ctx, found, "expired");
        Ok(MsgRefundDealResponse {
            status: DealStatus::Closing.into(),
            claim_until: Some(v1::Deadline::from(window)),
        })
    }

    /// What becomes due by itself, at most `sweep_limit` deals a block. Writes
    /// nothing when nothing is due.
    pub fn end_block(&self, ctx: &mut Context<'_>) -> Result<(), ExecError> {
        let limit = state::params(ctx.state)?.sweep_limit;
        let mut payouts = Payouts::default();
        for id in queue::due(ctx.state, ctx.block, limit as usize)? {
            let found = state::deal(ctx.state, id)?;
            let found = found.ok_or_else(|| Fault::Invariant(format!("deal {id} is queued and gone")))?;
            match found.claim_until {
                Some(window) if window.is_over(ctx.block.height, ctx.block.time) => {
                    end(ctx, &found, "window", &mut payouts)?;
                }
                None if found.is_expired(ctx.block.time) => {
                    begin_closing(ctx, found, "expired");
                }
                // The window's time has passed, its height has not.
                _ => {
                    queue::remove(ctx.state, &found);
                    queue::place(ctx.state, &found, ctx.block);
                }
            }
        }
        payouts.send(&self.ledger, &self.market, ctx)
    }

    fn end_after_window(&self, ctx: &mut Context<'_>, deal: &Deal) -> Result<(), ExecError> {
        if let Some(window) = deal
            .claim_until
            .filter(|window| !window.is_over(ctx.block.height, ctx.block.time))
        {
            let (height, time) = (window.height, window.time.seconds);
            return Err(MeteringError::WindowOpen {
                id: deal.id,
                height,
                time,
            }
            .into());
        }
        let mut payouts = Payouts::default();
        end(ctx, deal, "window", &mut payouts)?;
        payouts.send(&self.ledger, &self.market, ctx)
    }
}

/// Starts the claim window of a deal, counted from this block.
fn begin_closing(ctx: &mut Context<'_>, mut deal: Deal, reason: &str) -> Deadline {
    let window = Deadline {
        height: ctx.block.height.saturating_add(deal.terms.window_blocks),
        time: ctx.block.time.plus_seconds(deal.terms.window_seconds),
    };
    queue::remove(ctx.state, &deal);
    deal.claim_until = Some(window);
    queue::place(ctx.state, &deal, ctx.block);
    state::save_deal(ctx.state, &deal);
    events::deal_closing(ctx, &deal, window, reason);
    window
}

/// Ends a deal: the rest of the escrow and the deposit go back to the consumer,
/// and every trace but the event goes.
fn end(ctx: &mut Context<'_>, deal: &Deal, reason: &str, payouts: &mut Payouts) -> Result<(), ExecError> {
    let idle_fee = if deal.paid.is_zero() {
        deal.terms.idle_fee.min(deal.escrow)
    } else {
        Amount::ZERO
    };
    let refund = sound(deal.held().and_then(|held| held.sub(idle_fee)))?;
    payouts.add(deal.provider, idle_fee)?;
    payouts.add(deal.consumer, refund)?;
    payouts.close(deal, refund);

    state::remove_deal(ctx.state, deal);
    queue::remove(ctx.state, deal);
    let offer = state::offer(ctx.state, deal.offer_id)?;
    let mut offer = offer.ok_or_else(|| Fault::Invariant(format!("deal {} has no offer", deal.id)))?;
    offer.open_deals = offer.open_deals.saturating_sub(1);
    offers::save_or_remove(ctx, &offer);
    let due = sound(deal.due())?.floor();
    events::deal_ended(ctx, deal, due, idle_fee, refund, reason);
    Ok(())
}
