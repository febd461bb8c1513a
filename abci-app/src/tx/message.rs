//! Every message the chain knows, one variant a module.

use cosmos_sdk_proto::Any;
use slsbft_types::Address;

use crate::{
    errors::{TxError, sdk},
    modules::{bank, beacon, metering},
};

#[derive(Clone, Debug)]
pub enum Msg {
    Bank(bank::Msg),
    Metering(metering::Msg),
}

impl Msg {
    /// Reads and checks a message.
    pub fn from_any(any: &Any) -> Result<Self, TxError> {
        let (type_url, value) = (any.type_url.as_str(), any.value.as_slice());
        if let Some(msg) = bank::Msg::from_any(type_url, value) {
            return msg.map(Self::Bank);
        }
        if let Some(msg) = metering::Msg::from_any(type_url, value) {
            return msg.map(Self::Metering);
        }
        if type_url == beacon::MSG_TYPE_URL {
            return Err(sdk::tx_decode(
                "MsgBeacon belongs to block proposers and cannot be sent",
            ));
        }
        let shown: String = type_url.chars().take(80).collect();
        Err(sdk::tx_decode(format!("unknown message type {shown}")))
    }

    /// Who must sign.
    pub fn signer(&self) -> Address {
        match self {
            Self::Bank(msg) => msg.signer(),
            Self::Metering(msg) => msg.signer(),
        }
    }

    pub fn type_url(&self) -> &'static str {
        match self {
            Self::Bank(msg) => msg.type_url(),
            Self::Metering(msg) => msg.type_url(),
        }
    }

    /// Gas of executing it.
    pub fn gas(&self) -> u64 {
        match self {
            Self::Bank(msg) => msg.gas(),
            Self::Metering(msg) => msg.gas(),
        }
    }

    /// Name of its module, as events call it.
    pub fn module(&self) -> &'static str {
        match self {
            Self::Bank(_) => "bank",
            Self::Metering(_) => "metering",
        }
    }
}
