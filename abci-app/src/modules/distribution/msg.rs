//! `cosmos.distribution.v1beta1` messages, checked when they are read.

use cosmos_sdk_proto::cosmos::distribution::v1beta1::{
    MsgFundCommunityPool, MsgSetWithdrawAddress, MsgWithdrawDelegatorReward, MsgWithdrawValidatorCommission,
};
use slsbft_types::{Address, Coins, address::VALIDATOR_PREFIX};

use super::gas;
use crate::{
    errors::{TxError, sdk},
    tx::decode_known,
};

const SET_WITHDRAW_ADDRESS: &str = "/cosmos.distribution.v1beta1.MsgSetWithdrawAddress";
const WITHDRAW_REWARD: &str = "/cosmos.distribution.v1beta1.MsgWithdrawDelegatorReward";
const WITHDRAW_COMMISSION: &str = "/cosmos.distribution.v1beta1.MsgWithdrawValidatorCommission";
const FUND_COMMUNITY_POOL: &str = "/cosmos.distribution.v1beta1.MsgFundCommunityPool";

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Msg {
    SetWithdrawAddress { delegator: Address, address: Address },
    WithdrawReward { delegator: Address, operator: Address },
    WithdrawCommission { operator: Address },
    FundCommunityPool { depositor: Address, amount: Coins },
}

impl Msg {
    /// `None` if the type is not one of distribution's.
    pub fn from_any(type_url: &str, value: &[u8]) -> Option<Result<Self, TxError>> {
        let read = match type_url {
            SET_WITHDRAW_ADDRESS => decode(value).and_then(set_withdraw_address),
            WITHDRAW_REWARD => decode(value).and_then(withdraw_reward),
            WITHDRAW_COMMISSION => decode(value).and_then(withdraw_commission),
            FUND_COMMUNITY_POOL => decode(value).and_then(fund_community_pool),
            _ => return None,
        };
        Some(read)
    }

    pub fn signer(&self) -> Address {
        match self {
            Self::SetWithdrawAddress { delegator, .. } | Self::WithdrawReward { delegator, .. } => *delegator,
            Self::WithdrawCommission { operator } => *operator,
            Self::FundCommunityPool { depositor, .. } => *depositor,
        }
    }

    pub fn type_url(&self) -> &'static str {
        match self {
            Self::SetWithdrawAddress { .. } => SET_WITHDRAW_ADDRESS,
            Self::WithdrawReward { .. } => WITHDRAW_REWARD,
            Self::WithdrawCommission { .. } => WITHDRAW_COMMISSION,
            Self::FundCommunityPool { .. } => FUND_COMMUNITY_POOL,
        }
    }

    pub fn gas(&self) -> u64 {
        match self {
            Self::SetWithdrawAddress { .. } => gas::SET_WITHDRAW_ADDRESS,
            Self::WithdrawReward { .. } => gas::WITHDRAW_REWARD,
            Self::WithdrawCommission { .. } => gas::WITHDRAW_COMMISSION,
            Self::FundCommunityPool { amount, .. } => gas::FUND_COMMUNITY_POOL * amount.iter().len() as u64,
        }
    }
}

fn set_withdraw_address(msg: MsgSetWithdrawAddress) -> Result<Msg, TxError> {
    Ok(Msg::SetWithdrawAddress {
        delegator: account("delegator_address", &msg.delegator_address)?,
        address: account("withdraw_address", &msg.withdraw_address)?,
    })
}

fn withdraw_reward(msg: MsgWithdrawDelegatorReward) -> Result<Msg, TxError> {
    Ok(Msg::WithdrawReward {
        delegator: account("delegator_address", &msg.delegator_address)?,
        operator: operator(&msg.validator_address)?,
    })
}

fn withdraw_commission(msg: MsgWithdrawValidatorCommission) -> Result<Msg, TxError> {
    Ok(Msg::WithdrawCommission {
        operator: operator(&msg.validator_address)?,
    })
}

fn fund_community_pool(msg: MsgFundCommunityPool) -> Result<Msg, TxError> {
    let amount = Coins::from_proto(&msg.amount).map_err(|e| sdk::invalid_coins(e.to_string()))?;
    if amount.is_empty() {
        return Err(sdk::invalid_coins("amount is empty; give at least one coin"));
    }
    Ok(Msg::FundCommunityPool {
        depositor: account("depositor", &msg.depositor)?,
        amount,
    })
}

fn decode<M: prost::Message + Default>(value: &[u8]) -> Result<M, TxError> {
    decode_known("distribution message", value)
}

fn account(field: &str, text: &str) -> Result<Address, TxError> {
    Address::from_bech32(text).map_err(|e| sdk::invalid_address(format!("{field}: {e}")))
}

fn operator(text: &str) -> Result<Address, TxError> {
    Address::from_bech32_with(VALIDATOR_PREFIX, text)
        .map_err(|e| sdk::invalid_address(format!("validator_address: {e}")))
}
