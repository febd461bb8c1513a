//! Records as protobuf: the form in state, in queries and in proofs is one.

use cosmos_sdk_proto::Timestamp;
use slsbft_proto::metering::v1;

use super::{Deadline, Deal, Meter, Offer, OfferTerms, Params, Session, SessionKey, Terms};
use crate::{Address, AddressError, Amount, AmountError, Ratio, Time, ratio::RatioError, time::TimeError};

/// Why a protobuf message is no record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    #[error(transparent)]
    Address(#[from] AddressError),
    #[error(transparent)]
    Amount(#[from] AmountError),
    #[error(transparent)]
    Ratio(#[from] RatioError),
    #[error(transparent)]
    Time(#[from] TimeError),
    #[error("session key must be 32 bytes of ed25519, found {0}")]
    SessionKey(usize),
    #[error("'{0}' is missing")]
    Missing(&'static str),
}

impl From<&Meter> for v1::Meter {
    fn from(meter: &Meter) -> Self {
        Self {
            unit: meter.unit.clone(),
            price: meter.price,
            scale: meter.scale,
        }
    }
}

impl From<v1::Meter> for Meter {
    fn from(meter: v1::Meter) -> Self {
        Self {
            unit: meter.unit,
            price: meter.price,
            scale: meter.scale,
        }
    }
}

fn meters(meters: Vec<v1::Meter>) -> Vec<Meter> {
    meters.into_iter().map(Meter::from).collect()
}

impl From<&Offer> for v1::Offer {
    fn from(offer: &Offer) -> Self {
        Self {
            id: offer.id,
            provider: offer.provider.to_string(),
            meters: offer.terms.meters.iter().map(v1::Meter::from).collect(),
            min_escrow: offer.terms.min_escrow.to_string(),
            max_open_deals: offer.terms.max_open_deals,
            endpoint: offer.terms.endpoint.clone(),
            tags: offer.terms.tags.clone(),
            application_share: offer.terms.application_share.billionths(),
            version: offer.version,
            open_deals: offer.open_deals,
            deposit: offer.deposit.to_string(),
            withdrawn: offer.withdrawn,
        }
    }
}

impl TryFrom<v1::Offer> for Offer {
    type Error = RecordError;

    fn try_from(offer: v1::Offer) -> Result<Self, RecordError> {
        Ok(Self {
            id: offer.id,
            provider: offer.provider.parse()?,
            terms: OfferTerms {
                meters: meters(offer.meters),
                min_escrow: offer.min_escrow.parse()?,
                max_open_deals: offer.max_open_deals,
                endpoint: offer.endpoint,
                tags: offer.tags,
                application_share: Ratio::from_billionths(offer.application_share)?,
            },
            version: offer.version,
            open_deals: offer.open_deals,
            deposit: offer.deposit.parse()?,
            withdrawn: offer.withdrawn,
        })
    }
}

macro_rules! offer_terms_of {
    ($($message:ident),*) => {$(
        impl TryFrom<v1::$message> for OfferTerms {
            type Error = RecordError;

            fn try_from(message: v1::$message) -> Result<Self, RecordError> {
                Ok(Self {
                    meters: meters(message.meters),
                    min_escrow: message.min_escrow.parse()?,
                    max_open_deals: message.max_open_deals,
                    endpoint: message.endpoint,
                    tags: message.tags,
                    application_share: Ratio::from_billionths(message.application_share)?,
                })
            }
        }
    )*};
}

offer_terms_of!(MsgCreateOffer, MsgUpdateOffer);

impl From<&SessionKey> for v1::SessionKey {
    fn from(key: &SessionKey) -> Self {
        Self {
            public_key: key.public_key.to_vec().into(),
            spending_cap: key.spending_cap.unwrap_or(Amount::ZERO).to_string(),
        }
    }
}

impl TryFrom<v1::SessionKey> for SessionKey {
    type Error = RecordError;

    fn try_from(key: v1::SessionKey) -> Result<Self, RecordError> {
        let public_key = key.public_key.as_ref();
        let public_key = public_key
            .try_into()
            .map_err(|_| RecordError::SessionKey(public_key.len()))?;
        let cap = if key.spending_cap.is_empty() {
            Amount::ZERO
        } else {
            key.spending_cap.parse()?
        };
        Ok(Self {
            public_key,
            spending_cap: (!cap.is_zero()).then_some(cap),
        })
    }
}

impl From<&Session> for v1::Session {
    fn from(session: &Session) -> Self {
        Self {
            key: Some(v1::SessionKey::from(&session.key)),
            sequence: session.sequence,
            counters: session.counters.clone(),
            rating: session.rating,
        }
    }
}

impl TryFrom<v1::Session> for Session {
    type Error = RecordError;

    fn try_from(session: v1::Session) -> Result<Self, RecordError> {
        Ok(Self {
            key: session
                .key
                .ok_or(RecordError::Missing("session.key"))?
                .try_into()?,
            sequence: session.sequence,
            counters: session.counters,
            rating: session.rating,
        })
    }
}

impl From<&Terms> for v1::DealTerms {
    fn from(terms: &Terms) -> Self {
        Self {
            platform_share: terms.platform_share.billionths(),
            provider_part: terms.provider_part.billionths(),
            application_part: terms.application_part.billionths(),
            window_blocks: terms.window_blocks,
            window_seconds: terms.window_seconds,
            idle_fee: terms.idle_fee.to_string(),
        }
    }
}

impl TryFrom<v1::DealTerms> for Terms {
    type Error = RecordError;

    fn try_from(terms: v1::DealTerms) -> Result<Self, RecordError> {
        Ok(Self {
            platform_share: Ratio::from_billionths(terms.platform_share)?,
            provider_part: Ratio::from_billionths(terms.provider_part)?,
            application_part: Ratio::from_billionths(terms.application_part)?,
            window_blocks: terms.window_blocks,
            window_seconds: terms.window_seconds,
            idle_fee: terms.idle_fee.parse()?,
        })
    }
}

impl From<Deadline> for v1::Deadline {
    fn from(deadline: Deadline) -> Self {
        Self {
            height: deadline.height,
            time: Some(deadline.time.into()),
        }
    }
}

impl TryFrom<v1::Deadline> for Deadline {
    type Error = RecordError;

    fn try_from(deadline: v1::Deadline) -> Result<Self, RecordError> {
        Ok(Self {
            height: deadline.height,
            time: time(deadline.time, "deadline.time")?,
        })
    }
}

fn time(time: Option<Timestamp>, field: &'static str) -> Result<Time, RecordError> {
    Ok(Time::try_from(&time.ok_or(RecordError::Missing(field))?)?)
}

impl Deal {
    pub fn status(&self) -> v1::DealStatus {
        if self.claim_until.is_some() {
            v1::DealStatus::Closing
        } else {
            v1::DealStatus::Open
        }
    }
}

impl From<&Deal> for v1::Deal {
    fn from(deal: &Deal) -> Self {
        Self {
            id: deal.id,
            offer_id: deal.offer_id,
            provider: deal.provider.to_string(),
            consumer: deal.consumer.to_string(),
            application: deal
                .application
                .map(|address| address.to_string())
                .unwrap_or_default(),
            meters: deal.meters.iter().map(v1::Meter::from).collect(),
            application_share: deal.application_share.billionths(),
            terms: Some(v1::DealTerms::from(&deal.terms)),
            escrow: deal.escrow.to_string(),
            paid: deal.paid.to_string(),
            deposit: deal.deposit.to_string(),
            opened_height: deal.opened_height,
            expires_at: Some(deal.expires_at.into()),
            status: deal.status().into(),
            claim_until: deal.claim_until.map(v1::Deadline::from),
            sessions: deal.sessions.iter().map(v1::Session::from).collect(),
            // Cannot fail in a deal that took only vouchers it could add up.
            due: deal.due().map(|due| due.floor().to_string()).unwrap_or_default(),
            chain_id: deal.chain_id.clone(),
        }
    }
}

impl TryFrom<v1::Deal> for Deal {
    type Error = RecordError;

    fn try_from(deal: v1::Deal) -> Result<Self, RecordError> {
        let application: Option<Address> = if deal.application.is_empty() {
            None
        } else {
            Some(deal.application.parse()?)
        };
        Ok(Self {
            id: deal.id,
            chain_id: deal.chain_id,
            offer_id: deal.offer_id,
            provider: deal.provider.parse()?,
            consumer: deal.consumer.parse()?,
            application,
            meters: meters(deal.meters),
            application_share: Ratio::from_billionths(deal.application_share)?,
            terms: deal.terms.ok_or(RecordError::Missing("terms"))?.try_into()?,
            escrow: deal.escrow.parse()?,
            paid: deal.paid.parse()?,
            deposit: deal.deposit.parse()?,
            opened_height: deal.opened_height,
            expires_at: time(deal.expires_at, "expires_at")?,
            claim_until: deal.claim_until.map(Deadline::try_from).transpose()?,
            sessions: deal
                .sessions
                .into_iter()
                .map(Session::try_from)
                .collect::<Result<_, _>>()?,
        })
    }
}

impl From<&Params> for v1::Params {
    fn from(params: &Params) -> Self {
        Self {
            min_escrow: params.min_escrow.to_string(),
            deal_deposit: params.deal_deposit.to_string(),
            offer_deposit: params.offer_deposit.to_string(),
            idle_fee: params.terms.idle_fee.to_string(),
            max_open_deals: params.max_open_deals,
            max_deals_per_consumer: params.max_deals_per_consumer,
            max_session_keys: params.max_session_keys,
            max_duration_seconds: params.max_duration_seconds,
            window_blocks: params.terms.window_blocks,
            window_seconds: params.terms.window_seconds,
            platform_share: params.terms.platform_share.billionths(),
            provider_part: params.terms.provider_part.billionths(),
            application_part: params.terms.application_part.billionths(),
            sweep_limit: params.sweep_limit,
        }
    }
}

impl TryFrom<v1::Params> for Params {
    type Error = RecordError;

    fn try_from(params: v1::Params) -> Result<Self, RecordError> {
        Ok(Self {
            min_escrow: params.min_escrow.parse()?,
            deal_deposit: params.deal_deposit.parse()?,
            offer_deposit: params.offer_deposit.parse()?,
            max_open_deals: params.max_open_deals,
            max_deals_per_consumer: params.max_deals_per_consumer,
            max_session_keys: params.max_session_keys,
            max_duration_seconds: params.max_duration_seconds,
            sweep_limit: params.sweep_limit,
            terms: Terms {
                platform_share: Ratio::from_billionths(params.platform_share)?,
                provider_part: Ratio::from_billionths(params.provider_part)?,
                application_part: Ratio::from_billionths(params.application_part)?,
                window_blocks: params.window_blocks,
                window_seconds: params.window_seconds,
                idle_fee: params.idle_fee.parse()?,
            },
        })
    }
}
