//! `slsbft.metering.v1` messages, checked when they are read: addresses are
//! addresses, amounts amounts, and every list has its bound.

use prost::Message;
use slsbft_proto::metering::v1;
use slsbft_types::{
    Address, Amount, Time,
    metering::{OfferTerms, RecordError, SessionKey, params::MOST_SESSION_KEYS},
};

use super::{Vouchers, gas};
use crate::{
    errors::{TxError, sdk},
    tx::decode_known,
};

pub const PACKAGE: &str = "/slsbft.metering.v1.";
/// Most vouchers of a message.
pub const MAX_VOUCHERS: usize = 5_000;

const CREATE_OFFER: &str = "/slsbft.metering.v1.MsgCreateOffer";
const UPDATE_OFFER: &str = "/slsbft.metering.v1.MsgUpdateOffer";
const WITHDRAW_OFFER: &str = "/slsbft.metering.v1.MsgWithdrawOffer";
const OPEN_DEAL: &str = "/slsbft.metering.v1.MsgOpenDeal";
const TOP_UP_DEAL: &str = "/slsbft.metering.v1.MsgTopUpDeal";
const ADD_SESSION_KEY: &str = "/slsbft.metering.v1.MsgAddSessionKey";
const CLOSE_DEAL: &str = "/slsbft.metering.v1.MsgCloseDeal";
const REFUND_DEAL: &str = "/slsbft.metering.v1.MsgRefundDeal";
const CLAIM: &str = "/slsbft.metering.v1.MsgClaim";

#[derive(Clone, Debug)]
pub enum Msg {
    CreateOffer {
        provider: Address,
        terms: OfferTerms,
    },
    UpdateOffer {
        provider: Address,
        offer_id: u64,
        terms: OfferTerms,
    },
    WithdrawOffer {
        provider: Address,
        offer_id: u64,
    },
    OpenDeal(OpenDeal),
    TopUpDeal {
        consumer: Address,
        deal_id: u64,
        amount: Amount,
    },
    AddSessionKey {
        consumer: Address,
        deal_id: u64,
        key: SessionKey,
    },
    CloseDeal {
        signer: Address,
        deal_id: u64,
        vouchers: Vouchers,
    },
    RefundDeal {
        signer: Address,
        deal_id: u64,
    },
    Claim {
        provider: Address,
        vouchers: Vouchers,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub struct OpenDeal {
    pub consumer: Address,
    pub offer_id: u64,
    /// The only version that the consumer agrees to; `None`: any.
    pub offer_version: Option<u64>,
    /// In uankr, without the deposit.
    pub escrow: Amount,
    pub session_keys: Vec<SessionKey>,
    pub application: Option<Address>,
    pub expires_at: Time,
}

impl Msg {
    /// `None` if the type is not one of metering's.
    pub fn from_any(type_url: &str, value: &[u8]) -> Option<Result<Self, TxError>> {
        let read = match type_url {
            CREATE_OFFER => decode(value).and_then(create_offer),
            UPDATE_OFFER => decode(value).and_then(update_offer),
            WITHDRAW_OFFER => decode(value).and_then(withdraw_offer),
            OPEN_DEAL => decode(value).and_then(open_deal),
            TOP_UP_DEAL => decode(value).and_then(top_up_deal),
            ADD_SESSION_KEY => decode(value).and_then(add_session_key),
            CLOSE_DEAL => decode(value).and_then(close_deal),
            REFUND_DEAL => decode(value).and_then(refund_deal),
            CLAIM => decode(value).and_then(claim),
            _ => return None,
        };
        Some(read)
    }

    pub fn signer(&self) -> Address {
        match self {
            Self::CreateOffer { provider, .. }
            | Self::UpdateOffer { provider, .. }
            | Self::WithdrawOffer { provider, .. }
            | Self::Claim { provider, .. } => *provider,
            Self::OpenDeal(OpenDeal { consumer, .. })
            | Self::TopUpDeal { consumer, .. }
            | Self::AddSessionKey { consumer, .. } => *consumer,
            Self::CloseDeal { signer, .. } | Self::RefundDeal { signer, .. } => *signer,
        }
    }

    pub fn type_url(&self) -> &'static str {
        match self {
            Self::CreateOffer { .. } => CREATE_OFFER,
            Self::UpdateOffer { .. } => UPDATE_OFFER,
            Self::WithdrawOffer { .. } => WITHDRAW_OFFER,
            Self::OpenDeal(_) => OPEN_DEAL,
            Self::TopUpDeal { .. } => TOP_UP_DEAL,
            Self::AddSessionKey { .. } => ADD_SESSION_KEY,
            Self::CloseDeal { .. } => CLOSE_DEAL,
            Self::RefundDeal { .. } => REFUND_DEAL,
            Self::Claim { .. } => CLAIM,
        }
    }

    pub fn gas(&self) -> u64 {
        match self {
            Self::CreateOffer { .. } => gas::CREATE_OFFER,
            Self::UpdateOffer { .. } => gas::UPDATE_OFFER,
            Self::WithdrawOffer { .. } => gas::WITHDRAW_OFFER,
            Self::OpenDeal(open) => gas::OPEN_DEAL + gas::PER_SESSION_KEY * open.session_keys.len() as u64,
            Self::TopUpDeal { .. } => gas::TOP_UP_DEAL,
            Self::AddSessionKey { .. } => gas::ADD_SESSION_KEY + gas::PER_SESSION_KEY,
            Self::CloseDeal { vouchers, .. } => gas::CLOSE_DEAL + gas::PER_VOUCHER * vouchers.len() as u64,
            Self::RefundDeal { .. } => gas::REFUND_DEAL,
            Self::Claim { vouchers, .. } => gas::CLAIM + gas::PER_VOUCHER * vouchers.len() as u64,
        }
    }

    /// The vouchers whose signatures executing this verifies, unless
    /// [`Vouchers::verify`] was called before.
    pub fn vouchers(&self) -> Option<&Vouchers> {
        match self {
            Self::CloseDeal { vouchers, .. } | Self::Claim { vouchers, .. } => Some(vouchers),
            _ => None,
        }
    }
}

fn create_offer(msg: v1::MsgCreateOffer) -> Result<Msg, TxError> {
    let provider = address("provider", &msg.provider)?;
    Ok(Msg::CreateOffer {
        provider,
        terms: offer_terms(msg)?,
    })
}

fn update_offer(msg: v1::MsgUpdateOffer) -> Result<Msg, TxError> {
    let (provider, offer_id) = (address("provider", &msg.provider)?, msg.offer_id);
    Ok(Msg::UpdateOffer {
        provider,
        offer_id,
        terms: offer_terms(msg)?,
    })
}

fn withdraw_offer(msg: v1::MsgWithdrawOffer) -> Result<Msg, TxError> {
    Ok(Msg::WithdrawOffer {
        provider: address("provider", &msg.provider)?,
        offer_id: msg.offer_id,
    })
}

fn open_deal(msg: v1::MsgOpenDeal) -> Result<Msg, TxError> {
    let keys = msg.session_keys;
    if keys.len() > MOST_SESSION_KEYS as usize {
        return Err(sdk::invalid_request(format!(
            "a deal has at most {MOST_SESSION_KEYS} session keys"
        )));
    }
    let session_keys = keys.into_iter().map(session_key).collect::<Result<Vec<_>, _>>()?;
    for (position, key) in session_keys.iter().enumerate() {
        if session_keys
            .iter()
            .take(position)
            .any(|earlier| earlier.public_key == key.public_key)
        {
            return Err(sdk::invalid_request("a session key is there twice"));
        }
    }
    let application = match msg.application.as_str() {
        "" => None,
        text => Some(address("application", text)?),
    };
    let expires_at = msg
        .expires_at
        .ok_or_else(|| sdk::invalid_request("expires_at is missing"))?;
    Ok(Msg::OpenDeal(OpenDeal {
        consumer: address("consumer", &msg.consumer)?,
        offer_id: msg.offer_id,
        offer_version: (msg.offer_version > 0).then_some(msg.offer_version),
        escrow: amount("escrow", &msg.escrow)?,
        session_keys,
        application,
        expires_at: Time::try_from(&expires_at)
            .map_err(|e| sdk::invalid_request(format!("expires_at: {e}")))?,
    }))
}

fn top_up_deal(msg: v1::MsgTopUpDeal) -> Result<Msg, TxError> {
    let amount = amount("amount", &msg.amount)?;
    if amount.is_zero() {
        return Err(sdk::invalid_coins("amount is zero; top up at least 1 uankr"));
    }
    Ok(Msg::TopUpDeal {
        consumer: address("consumer", &msg.consumer)?,
        deal_id: msg.deal_id,
        amount,
    })
}

fn add_session_key(msg: v1::MsgAddSessionKey) -> Result<Msg, TxError> {
    let key = msg
        .session_key
        .ok_or_else(|| sdk::invalid_request("session_key is missing"))?;
    Ok(Msg::AddSessionKey {
        consumer: address("consumer", &msg.consumer)?,
        deal_id: msg.deal_id,
        key: session_key(key)?,
    })
}

fn close_deal(msg: v1::MsgCloseDeal) -> Result<Msg, TxError> {
    let signer = address("signer", &msg.signer)?;
    Ok(Msg::CloseDeal {
        signer,
        deal_id: msg.deal_id,
        vouchers: vouchers(msg.vouchers)?,
    })
}

fn refund_deal(msg: v1::MsgRefundDeal) -> Result<Msg, TxError> {
    Ok(Msg::RefundDeal {
        signer: address("signer", &msg.signer)?,
        deal_id: msg.deal_id,
    })
}

fn claim(msg: v1::MsgClaim) -> Result<Msg, TxError> {
    if msg.vouchers.is_empty() {
        return Err(sdk::invalid_request("a claim has at least one voucher"));
    }
    Ok(Msg::Claim {
        provider: address("provider", &msg.provider)?,
        vouchers: vouchers(msg.vouchers)?,
    })
}

fn decode<M: Message + Default>(value: &[u8]) -> Result<M, TxError> {
    decode_known("metering message", value)
}

fn address(field: &str, text: &str) -> Result<Address, TxError> {
    Address::from_bech32(text).map_err(|e| sdk::invalid_address(format!("{field}: {e}")))
}

fn amount(field: &str, text: &str) -> Result<Amount, TxError> {
    text.parse()
        .map_err(|e| sdk::invalid_coins(format!("{field}: {e}")))
}

fn offer_terms<M>(msg: M) -> Result<OfferTerms, TxError>
where
    OfferTerms: TryFrom<M, Error = RecordError>,
{
    let terms = OfferTerms::try_from(msg).map_err(|e| sdk::invalid_request(format!("offer: {e}")))?;
    terms
        .check()
        .map_err(|e| sdk::invalid_request(format!("offer: {e}")))?;
    Ok(terms)
}

fn session_key(key: v1::SessionKey) -> Result<SessionKey, TxError> {
    let key = SessionKey::try_from(key).map_err(|e| sdk::invalid_request(format!("session key: {e}")))?;
    if !key.is_point() {
        return Err(sdk::invalid_pub_key(
            "session key is no ed25519 public key; nothing could be signed with it",
        ));
    }
    Ok(key)
}

fn vouchers(vouchers: Vec<v1::SignedVoucher>) -> Result<Vouchers, TxError> {
    if vouchers.len() > MAX_VOUCHERS {
        let found = vouchers.len();
        return Err(sdk::invalid_request(format!(
            "{found} vouchers; send at most {MAX_VOUCHERS} in a message"
        )));
    }
    Ok(Vouchers::new(vouchers))
}
