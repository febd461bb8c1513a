//! `slsbft.hooks.v1` messages, checked when they are read.

use slsbft_proto::hooks::v1::{Hook, MsgSubscribe, MsgUnsubscribe};
use slsbft_types::Address;

use super::{errors::HooksError, gas, subscriptions};
use crate::{
    errors::{TxError, sdk},
    tx::decode_known,
};

const SUBSCRIBE: &str = "/slsbft.hooks.v1.MsgSubscribe";
const UNSUBSCRIBE: &str = "/slsbft.hooks.v1.MsgUnsubscribe";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Msg {
    Subscribe {
        contract: Address,
        hook: Hook,
        gas_limit: u64,
    },
    Unsubscribe {
        contract: Address,
        hook: Hook,
    },
}

impl Msg {
    /// `None` if the type is not one of hooks'.
    pub fn from_any(type_url: &str, value: &[u8]) -> Option<Result<Self, TxError>> {
        match type_url {
            SUBSCRIBE => Some(decode_known("hooks message", value).and_then(subscribe)),
            UNSUBSCRIBE => Some(decode_known("hooks message", value).and_then(unsubscribe)),
            _ => None,
        }
    }

    pub fn signer(&self) -> Address {
        let (Self::Subscribe { contract, .. } | Self::Unsubscribe { contract, .. }) = self;
        *contract
    }

    pub fn type_url(&self) -> &'static str {
        match self {
            Self::Subscribe { .. } => SUBSCRIBE,
            Self::Unsubscribe { .. } => UNSUBSCRIBE,
        }
    }

    pub fn gas(&self) -> u64 {
        gas::SUBSCRIBE
    }
}

fn subscribe(msg: MsgSubscribe) -> Result<Msg, TxError> {
    if !(gas::LEAST_LIMIT..=gas::MOST_LIMIT).contains(&msg.gas_limit) {
        return Err(HooksError::GasLimit.into());
    }
    Ok(Msg::Subscribe {
        contract: contract(&msg.contract)?,
        hook: hook(msg.hook)?,
        gas_limit: msg.gas_limit,
    })
}

fn unsubscribe(msg: MsgUnsubscribe) -> Result<Msg, TxError> {
    Ok(Msg::Unsubscribe {
        contract: contract(&msg.contract)?,
        hook: hook(msg.hook)?,
    })
}

fn contract(text: &str) -> Result<Address, TxError> {
    Address::from_bech32(text).map_err(|e| sdk::invalid_address(format!("contract: {e}")))
}

fn hook(number: i32) -> Result<Hook, TxError> {
    match Hook::try_from(number) {
        Ok(hook) if subscriptions::ALL.contains(&hook) => Ok(hook),
        _ => Err(HooksError::UnknownHook(number).into()),
    }
}
