//! Every message the chain knows, one variant a module.

use cosmos_sdk_proto::Any;
use slsbft_types::Address;

use crate::{
    errors::{TxError, sdk},
    modules::{
        bank, beacon, contracts, distribution, hooks, incentives, metering, requests, service, slashing,
        staking,
    },
};

#[derive(Clone, Debug)]
pub enum Msg {
    Bank(bank::Msg),
    Metering(metering::Msg),
    Staking(staking::Msg),
    Distribution(distribution::Msg),
    Beacon(beacon::Msg),
    Slashing(slashing::Msg),
    Service(service::Msg),
    Incentives(incentives::Msg),
    Contracts(contracts::Msg),
    Hooks(hooks::Msg),
    Requests(requests::Msg),
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
        if let Some(msg) = staking::Msg::from_any(type_url, value) {
            return msg.map(Self::Staking);
        }
        if let Some(msg) = distribution::Msg::from_any(type_url, value) {
            return msg.map(Self::Distribution);
        }
        if let Some(msg) = beacon::Msg::from_any(type_url, value) {
            return msg.map(Self::Beacon);
        }
        if let Some(msg) = slashing::Msg::from_any(type_url, value) {
            return msg.map(Self::Slashing);
        }
        if let Some(msg) = service::Msg::from_any(type_url, value) {
            return msg.map(Self::Service);
        }
        if let Some(msg) = incentives::Msg::from_any(type_url, value) {
            return msg.map(Self::Incentives);
        }
        if let Some(msg) = contracts::Msg::from_any(type_url, value) {
            return msg.map(Self::Contracts);
        }
        if let Some(msg) = hooks::Msg::from_any(type_url, value) {
            return msg.map(Self::Hooks);
        }
        if let Some(msg) = requests::Msg::from_any(type_url, value) {
            return msg.map(Self::Requests);
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
            Self::Staking(msg) => msg.signer(),
            Self::Distribution(msg) => msg.signer(),
            Self::Beacon(msg) => msg.signer(),
            Self::Slashing(msg) => msg.signer(),
            Self::Service(msg) => msg.signer(),
            Self::Incentives(msg) => msg.signer(),
            Self::Contracts(msg) => msg.signer(),
            Self::Hooks(msg) => msg.signer(),
            Self::Requests(msg) => msg.signer(),
        }
    }

    pub fn type_url(&self) -> &'static str {
        match self {
            Self::Bank(msg) => msg.type_url(),
            Self::Metering(msg) => msg.type_url(),
            Self::Staking(msg) => msg.type_url(),
            Self::Distribution(msg) => msg.type_url(),
            Self::Beacon(msg) => msg.type_url(),
            Self::Slashing(msg) => msg.type_url(),
            Self::Service(msg) => msg.type_url(),
            Self::Incentives(msg) => msg.type_url(),
            Self::Contracts(msg) => msg.type_url(),
            Self::Hooks(msg) => msg.type_url(),
            Self::Requests(msg) => msg.type_url(),
        }
    }

    /// Gas of executing it.
    pub fn gas(&self) -> u64 {
        match self {
            Self::Bank(msg) => msg.gas(),
            Self::Metering(msg) => msg.gas(),
            Self::Staking(msg) => msg.gas(),
            Self::Distribution(msg) => msg.gas(),
            Self::Beacon(msg) => msg.gas(),
            Self::Slashing(msg) => msg.gas(),
            Self::Service(msg) => msg.gas(),
            Self::Incentives(msg) => msg.gas(),
            Self::Contracts(msg) => msg.gas(),
            Self::Hooks(msg) => msg.gas(),
            Self::Requests(msg) => msg.gas(),
        }
    }

    /// Name of its module, as events call it.
    pub fn module(&self) -> &'static str {
        match self {
            Self::Bank(_) => "bank",
            Self::Metering(_) => "metering",
            Self::Staking(_) => "staking",
            Self::Distribution(_) => "distribution",
            Self::Beacon(_) => "beacon",
            Self::Slashing(_) => "slashing",
            Self::Service(_) => "service",
            Self::Incentives(_) => "incentives",
            Self::Contracts(_) => "wasm",
            Self::Hooks(_) => "hooks",
            Self::Requests(_) => "requests",
        }
    }
}
