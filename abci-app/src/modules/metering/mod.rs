//! Metering and payment: providers offer, consumers lock funds in deals and
//! sign vouchers for what they used, providers claim. `docs/protocol/metering.md`
//! explains the rules.
//!
//! Invariants, after every message and block:
//! - the escrow account holds Σ over deals of (escrow − paid + deposit) plus
//!   the deposits of offers, to the last uankr ([`Metering::check`]);
//! - a deal has paid exactly the smaller of its due, rounded down once, and
//!   its escrow; so nothing is owed when it ends, and a replay pays nothing;
//! - sequences and counters of a session never fall, ids are never reused;
//! - every deal is in exactly one queue, so each one ends even if its provider
//!   and its consumer are silent for ever.
//!
//! Rooms:
//! - `msg`: what comes in, checked; `verify`: signatures of vouchers
//! - `offers`, `deals`, `claim`, `close`: what it does; `payouts`: money out of escrow
//! - `keys`, `state`, `queue`: where it lives
//! - `gas`, `errors`, `events`, `genesis`, `query`

mod claim;
mod close;
mod deals;
mod errors;
mod events;
mod gas;
pub mod genesis;
mod keys;
mod msg;
mod offers;
mod payouts;
pub mod query;
mod queue;
mod state;
mod verify;

use cosmos_sdk_proto::Any;
use prost::Message;
use slsbft_proto::metering::v1;
use slsbft_store::Read;
use slsbft_types::{Address, Amount, AmountError, BASE_DENOM, metering::Deal};

pub use errors::MeteringError;
pub use msg::{MAX_VOUCHERS, Msg, OpenDeal};
pub use verify::{Vouchers, verify_vouchers};

use crate::{
    context::Context,
    errors::{ExecError, Fault},
    modules::ledger::Ledger,
};

/// Module account of escrows and deposits.
pub const ESCROW: &str = "metering";

/// Offers and deals in state; money moves through a ledger, and a market hears
/// of what was paid.
#[derive(Clone, Copy, Debug, Default)]
pub struct Metering<L, M = ()> {
    ledger: L,
    market: M,
}

/// What others make of offers and payments.
pub trait Market {
    /// Whether a provider takes new deals.
    fn is_open(&self, state: &impl Read, provider: &Address) -> Result<bool, Fault>;

    /// What happened to a deal.
    fn noticed(&self, ctx: &mut Context<'_>, notice: &Notice) -> Result<(), ExecError>;

    /// A payment out of escrow, made in the running block.
    fn settled(&self, ctx: &mut Context<'_>, settlement: &Settlement) -> Result<(), ExecError>;
}

/// What one consumer paid one provider, over all of a message's deals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settlement {
    pub provider: Address,
    pub consumer: Address,
    /// uankr.
    pub paid: Amount,
    /// The treasury's part of it.
    pub treasury: Amount,
    /// What of it was paid in deals with a rating …
    pub rated: Amount,
    /// … and that times the rating, from 0 for the worst to the same for the best.
    pub good: Amount,
}

/// A deal, after something happened to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notice {
    pub what: Happened,
    pub deal: u64,
    pub offer: u64,
    pub provider: Address,
    pub consumer: Address,
    pub application: Option<Address>,
    /// Everything that was ever put in, uankr.
    pub escrow: Amount,
    /// Everything that was paid out of it, uankr.
    pub paid: Amount,
}

/// What happened to a deal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happened {
    Opened,
    /// It paid so much.
    Settled(Amount),
    /// It ended, and so much went back to the consumer.
    Closed(Amount),
}

impl Notice {
    fn of(deal: &Deal, what: Happened) -> Self {
        Self {
            what,
            deal: deal.id,
            offer: deal.offer_id,
            provider: deal.provider,
            consumer: deal.consumer,
            application: deal.application,
            escrow: deal.escrow,
            paid: deal.paid,
        }
    }
}

/// Nobody is closed out and nobody listens.
impl Market for () {
    fn is_open(&self, _: &impl Read, _: &Address) -> Result<bool, Fault> {
        Ok(true)
    }

    fn noticed(&self, _: &mut Context<'_>, _: &Notice) -> Result<(), ExecError> {
        Ok(())
    }

    fn settled(&self, _: &mut Context<'_>, _: &Settlement) -> Result<(), ExecError> {
        Ok(())
    }
}

impl<L: Ledger> Metering<L> {
    pub const fn new(ledger: L) -> Self {
        Self { ledger, market: () }
    }
}

impl<L: Ledger, M: Market> Metering<L, M> {
    pub const fn with_market(ledger: L, market: M) -> Self {
        Self { ledger, market }
    }

    /// Executes a message; its response goes into the transaction's data.
    pub fn execute(&self, ctx: &mut Context<'_>, msg: &Msg) -> Result<Any, ExecError> {
        match msg {
            Msg::CreateOffer { provider, terms } => {
                let offer_id = self.create_offer(ctx, provider, terms)?;
                Ok(response(
                    "MsgCreateOfferResponse",
                    &v1::MsgCreateOfferResponse { offer_id },
                ))
            }
            Msg::UpdateOffer {
                provider,
                offer_id,
                terms,
            } => {
                let version = self.update_offer(ctx, provider, *offer_id, terms)?;
                Ok(response(
                    "MsgUpdateOfferResponse",
                    &v1::MsgUpdateOfferResponse { version },
                ))
            }
            Msg::WithdrawOffer { provider, offer_id } => {
                self.withdraw_offer(ctx, provider, *offer_id)?;
                Ok(response(
                    "MsgWithdrawOfferResponse",
                    &v1::MsgWithdrawOfferResponse {},
                ))
            }
            Msg::OpenDeal(open) => {
                let deal_id = self.open_deal(ctx, open)?;
                Ok(response(
                    "MsgOpenDealResponse",
                    &v1::MsgOpenDealResponse { deal_id },
                ))
            }
            Msg::TopUpDeal {
                consumer,
                deal_id,
                amount,
            } => {
                let answer = self.top_up(ctx, consumer, *deal_id, *amount)?;
                Ok(response("MsgTopUpDealResponse", &answer))
            }
            Msg::AddSessionKey {
                consumer,
                deal_id,
                key,
            } => {
                self.add_session_key(ctx, consumer, *deal_id, key)?;
                Ok(response(
                    "MsgAddSessionKeyResponse",
                    &v1::MsgAddSessionKeyResponse {},
                ))
            }
            Msg::CloseDeal {
                signer,
                deal_id,
                vouchers,
            } => {
                let answer = self.close_deal(ctx, signer, *deal_id, vouchers)?;
                Ok(response("MsgCloseDealResponse", &answer))
            }
            Msg::RefundDeal { deal_id, .. } => {
                let answer = self.refund_deal(ctx, *deal_id)?;
                Ok(response("MsgRefundDealResponse", &answer))
            }
            Msg::Claim { provider, vouchers } => {
                let answer = self.claim(ctx, provider, vouchers)?;
                Ok(response("MsgClaimResponse", &answer))
            }
        }
    }

    /// Checks that the escrow account holds what offers and deals say, by
    /// reading all of them.
    pub fn check(&self, state: &impl Read) -> Result<(), ExecError> {
        let mut sum = Amount::ZERO;
        for offer in state::all_offers(state) {
            sum = sound(sum.add(offer?.deposit))?;
        }
        for deal in state::all_deals(state) {
            let deal = deal?;
            if deal.paid != sound(deal.payable())? {
                return Err(Fault::Invariant(format!("deal {} has paid {}", deal.id, deal.paid)).into());
            }
            sum = sound(deal.held().and_then(|held| sum.add(held)))?;
        }
        let held = self.ledger.balance(state, &escrow_account(), BASE_DENOM)?;
        if held != sum {
            let text = format!("the escrow account holds {held}, offers and deals need {sum}");
            return Err(Fault::Invariant(text).into());
        }
        Ok(())
    }
}

/// The account that [`ESCROW`] names.
pub fn escrow_account() -> Address {
    Address::module(ESCROW)
}

/// Arithmetic on stored amounts, which cannot overflow: they are parts of the supply.
fn sound<T>(result: Result<T, AmountError>) -> Result<T, Fault> {
    result.map_err(|error| Fault::Invariant(format!("metering: {error}")))
}

fn response(name: &str, message: &impl Message) -> Any {
    Any {
        type_url: format!("{}{name}", msg::PACKAGE),
        value: message.encode_to_vec(),
    }
}
