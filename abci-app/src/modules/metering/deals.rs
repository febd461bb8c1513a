//! Deals while they live: open, top up, add a session key.

use slsbft_proto::metering::v1::MsgTopUpDealResponse;
use slsbft_store::{Order, Read, Space};
use slsbft_types::{
    Address, Amount, Coins, Ratio, Time,
    metering::{Deal, Offer, Params, Session, SessionKey},
};

use super::{
    Happened, Market, Metering, MeteringError, Notice, OpenDeal, escrow_account, events, keys,
    payouts::Payouts, queue, state,
};
use crate::{
    context::{BlockInfo, Context},
    errors::{ExecError, Fault},
    modules::ledger::Ledger,
};

impl<L: Ledger, M: Market> Metering<L, M> {
    /// Locks escrow and deposit, pins everything. Returns the deal's id.
    pub(super) fn open_deal(&self, ctx: &mut Context<'_>, msg: &OpenDeal) -> Result<u64, ExecError> {
        let params = state::params(ctx.state)?;
        let mut offer = state::offer(ctx.state, msg.offer_id)?.ok_or(MeteringError::NoOffer(msg.offer_id))?;
        takes_deal(&offer, msg, &params)?;
        if !self.market.is_open(ctx.state, &offer.provider)? {
            return Err(MeteringError::Paused(offer.id).into());
        }
        check_expiry(msg.expires_at, ctx.block.time, &params)?;
        if deals_of_consumer(ctx.state, &offer, &msg.consumer, &params)? >= params.max_deals_per_consumer {
            let most = params.max_deals_per_consumer;
            return Err(MeteringError::ConsumerLimit { id: offer.id, most }.into());
        }
        if let Some(application) = &msg.application {
            self.ledger.require_open(ctx.state, application)?;
        }
        let locked = msg
            .escrow
            .add(params.deal_deposit)
            .map_err(|_| MeteringError::Amount)?;
        self.ledger
            .transfer(ctx, &msg.consumer, &escrow_account(), &Coins::base(locked))?;

        offer.open_deals = offer.open_deals.saturating_add(1);
        state::save_offer(ctx.state, &offer);
        let deal = pin(
            msg,
            &offer,
            params,
            state::next_id(ctx.state, keys::NEXT_DEAL)?,
            ctx.block,
        );
        state::insert_deal(ctx.state, &deal);
        queue::place(ctx.state, &deal, ctx.block);
        events::deal_opened(ctx, &deal);
        self.market.noticed(ctx, &Notice::of(&deal, Happened::Opened))?;
        Ok(deal.id)
    }

    /// Adds to the escrow. What claimed vouchers are due beyond the old escrow
    /// is paid at once.
    pub(super) fn top_up(
        &self,
        ctx: &mut Context<'_>,
        consumer: &Address,
        id: u64,
        amount: Amount,
    ) -> Result<MsgTopUpDealResponse, ExecError> {
        let mut deal = running_deal(ctx, consumer, id)?;
        self.ledger
            .transfer(ctx, consumer, &escrow_account(), &Coins::base(amount))?;
        // All that was ever locked, which may be more than there is at one time.
        deal.escrow = deal
            .escrow
            .add(amount)
            .map_err(|_| MeteringError::EscrowTooLarge)?;
        let mut payouts = Payouts::default();
        let paid = payouts.settle(&mut deal)?;
        state::save_deal(ctx.state, &deal);
        events::deal_topped_up(ctx, &deal, amount, paid);
        payouts.send(&self.ledger, &self.market, ctx)?;
        Ok(MsgTopUpDealResponse {
            escrow: deal.escrow.to_string(),
            paid: paid.to_string(),
        })
    }

    pub(super) fn add_session_key(
        &self,
        ctx: &mut Context<'_>,
        consumer: &Address,
        id: u64,
        key: &SessionKey,
    ) -> Result<(), ExecError> {
        let most = state::params(ctx.state)?.max_session_keys;
        let mut deal = running_deal(ctx, consumer, id)?;
        if deal
            .sessions
            .iter()
            .any(|session| session.key.public_key == key.public_key)
        {
            return Err(MeteringError::DuplicateKey.into());
        }
        if deal.sessions.len() >= most as usize {
            return Err(MeteringError::TooManyKeys(most).into());
        }
        deal.sessions.push(Session::new(key.clone(), deal.meters.len()));
        state::save_deal(ctx.state, &deal);
        events::session_key_added(ctx, &deal, key);
        Ok(())
    }
}

/// A deal that exists. An id that was given once belongs to one that has ended.
pub(super) fn deal(state: &impl Read, id: u64) -> Result<Deal, ExecError> {
    if let Some(deal) = state::deal(state, id)? {
        return Ok(deal);
    }
    let given = id > 0 && id < state::peek_id(state, keys::NEXT_DEAL)?;
    Err(if given {
        MeteringError::Ended(id)
    } else {
        MeteringError::NoDeal(id)
    }
    .into())
}

/// A deal of this consumer that is neither closing nor expired, noticed or not.
fn running_deal(ctx: &Context<'_>, consumer: &Address, id: u64) -> Result<Deal, ExecError> {
    let deal = deal(ctx.state, id)?;
    if deal.consumer != *consumer {
        return Err(MeteringError::NotParty { id, role: "consumer" }.into());
    }
    if deal.claim_until.is_some() {
        return Err(MeteringError::Closing(id).into());
    }
    if deal.is_expired(ctx.block.time) {
        return Err(MeteringError::Expired(id).into());
    }
    Ok(deal)
}

fn takes_deal(offer: &Offer, msg: &OpenDeal, params: &Params) -> Result<(), MeteringError> {
    let id = offer.id;
    if offer.withdrawn {
        return Err(MeteringError::Withdrawn(id));
    }
    if let Some(expected) = msg.offer_version.filter(|version| *version != offer.version) {
        return Err(MeteringError::Changed {
            id,
            found: offer.version,
            expected,
        });
    }
    let most = offer.terms.max_open_deals.min(params.max_open_deals);
    if offer.open_deals >= most {
        return Err(MeteringError::OfferFull { id, most });
    }
    let least = offer.terms.min_escrow.max(params.min_escrow);
    if msg.escrow < least {
        return Err(MeteringError::EscrowTooSmall {
            found: msg.escrow,
            least,
        });
    }
    if msg.session_keys.len() > params.max_session_keys as usize {
        return Err(MeteringError::TooManyKeys(params.max_session_keys));
    }
    Ok(())
}

fn check_expiry(expires_at: Time, now: Time, params: &Params) -> Result<(), MeteringError> {
    let longest = params.max_duration_seconds;
    if expires_at <= now || expires_at > now.plus_seconds(longest) {
        return Err(MeteringError::Expiry {
            now: now.seconds,
            longest,
        });
    }
    Ok(())
}

/// How many deals a consumer has on an offer; counts no further than the limit.
fn deals_of_consumer(
    state: &impl Read,
    offer: &Offer,
    consumer: &Address,
    params: &Params,
) -> Result<u32, Fault> {
    let prefix = keys::deals_of_consumer_on(offer.id, consumer);
    let entries = state.prefix(Space::Main, &prefix, Order::Ascending);
    entries
        .take(params.max_deals_per_consumer as usize)
        .try_fold(0, |count, entry| {
            entry?;
            Ok(count + 1)
        })
}

fn pin(msg: &OpenDeal, offer: &Offer, params: Params, id: u64, block: &BlockInfo) -> Deal {
    let meters = offer.terms.meters.clone();
    let session = |key: &SessionKey| Session::new(key.clone(), meters.len());
    Deal {
        id,
        chain_id: block.chain_id.to_string(),
        offer_id: offer.id,
        provider: offer.provider,
        consumer: msg.consumer,
        application: msg.application,
        application_share: msg
            .application
            .map_or(Ratio::ZERO, |_| offer.terms.application_share),
        terms: params.terms,
        escrow: msg.escrow,
        paid: Amount::ZERO,
        deposit: params.deal_deposit,
        opened_height: block.height,
        expires_at: msg.expires_at,
        claim_until: None,
        sessions: msg.session_keys.iter().map(session).collect(),
        meters,
    }
}
