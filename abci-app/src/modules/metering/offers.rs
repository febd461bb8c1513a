//! Offers: create, update, withdraw.

use slsbft_types::{
    Address, Amount, Coins,
    metering::{Offer, OfferTerms, Params},
};

use super::{Market, Metering, MeteringError, escrow_account, events, keys, payouts::Payouts, state};
use crate::{
    context::Context,
    errors::{ExecError, Fault},
    modules::ledger::Ledger,
};

impl<L: Ledger, M: Market> Metering<L, M> {
    /// Returns the offer's id.
    pub(super) fn create_offer(
        &self,
        ctx: &mut Context<'_>,
        provider: &Address,
        terms: &OfferTerms,
    ) -> Result<u64, ExecError> {
        let params = state::params(ctx.state)?;
        within(terms, &params)?;
        self.ledger.transfer(
            ctx,
            provider,
            &escrow_account(),
            &Coins::base(params.offer_deposit),
        )?;
        let offer = Offer {
            id: state::next_id(ctx.state, keys::NEXT_OFFER)?,
            provider: *provider,
            terms: terms.clone(),
            version: 1,
            open_deals: 0,
            deposit: params.offer_deposit,
            withdrawn: false,
        };
        state::insert_offer(ctx.state, &offer);
        events::offer_created(ctx, &offer);
        Ok(offer.id)
    }

    /// Replaces an offer's terms; open deals keep what they pinned. Returns the
    /// new version.
    pub(super) fn update_offer(
        &self,
        ctx: &mut Context<'_>,
        provider: &Address,
        id: u64,
        terms: &OfferTerms,
    ) -> Result<u64, ExecError> {
        within(terms, &state::params(ctx.state)?)?;
        let mut offer = own_offer(ctx, provider, id)?;
        offer.terms = terms.clone();
        offer.version = offer
            .version
            .checked_add(1)
            .ok_or_else(|| Fault::Invariant(format!("versions of offer {id} are used up")))?;
        state::save_offer(ctx.state, &offer);
        events::offer_updated(ctx, &offer);
        Ok(offer.version)
    }

    /// Takes no new deals and returns the deposit; the record goes with the
    /// last deal.
    pub(super) fn withdraw_offer(
        &self,
        ctx: &mut Context<'_>,
        provider: &Address,
        id: u64,
    ) -> Result<(), ExecError> {
        let mut offer = own_offer(ctx, provider, id)?;
        let mut payouts = Payouts::default();
        payouts.add(offer.provider, offer.deposit)?;
        offer.deposit = Amount::ZERO;
        offer.withdrawn = true;
        save_or_remove(ctx, &offer);
        events::offer_withdrawn(ctx, &offer);
        payouts.send(&self.ledger, &self.market, ctx)
    }
}

/// Writes an offer, or removes it if it was withdrawn and its last deal ended.
pub(super) fn save_or_remove(ctx: &mut Context<'_>, offer: &Offer) {
    if offer.withdrawn && offer.open_deals == 0 {
        state::remove_offer(ctx.state, offer);
    } else {
        state::save_offer(ctx.state, offer);
    }
}

/// An offer that takes deals, of this provider.
fn own_offer(ctx: &Context<'_>, provider: &Address, id: u64) -> Result<Offer, ExecError> {
    let offer = state::offer(ctx.state, id)?.ok_or(MeteringError::NoOffer(id))?;
    if offer.provider != *provider {
        return Err(MeteringError::NotOfferOwner(id).into());
    }
    if offer.withdrawn {
        return Err(MeteringError::Withdrawn(id).into());
    }
    Ok(offer)
}

/// Checks terms against the chain's parameters.
fn within(terms: &OfferTerms, params: &Params) -> Result<(), MeteringError> {
    if terms.min_escrow < params.min_escrow {
        return Err(MeteringError::OfferEscrow {
            found: terms.min_escrow,
            least: params.min_escrow,
        });
    }
    if terms.max_open_deals > params.max_open_deals {
        return Err(MeteringError::OfferDeals {
            found: terms.max_open_deals,
            most: params.max_open_deals,
        });
    }
    Ok(())
}
