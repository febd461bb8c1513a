//! What contracts send in JSON, as the messages that everybody sends.

use cosmos_sdk_proto::{
    Any,
    cosmos::{
        bank::v1beta1::MsgSend,
        base::v1beta1::Coin as ProtoCoin,
        distribution::v1beta1::{MsgFundCommunityPool, MsgSetWithdrawAddress, MsgWithdrawDelegatorReward},
        staking::v1beta1::{MsgBeginRedelegate, MsgDelegate, MsgUndelegate},
    },
    cosmwasm::wasm::v1::{
        MsgClearAdmin, MsgExecuteContract, MsgInstantiateContract, MsgInstantiateContract2,
        MsgMigrateContract, MsgUpdateAdmin,
    },
};
use cosmwasm_std::{BankMsg, Coin, CosmosMsg, DistributionMsg, StakingMsg, WasmMsg};
use slsbft_types::{Address, Coins};

use super::errors::ContractsError;
use crate::modules::record::pack;

/// A contract's message.
pub enum Sent {
    /// One that everybody can send.
    Message(Any),
    /// Coins to destroy, for which there is none.
    Burn(Coins),
    /// What has nothing to do: no coins to anybody, which contracts may send and accounts may not.
    Nothing,
}

/// Reads a message of a contract, which is its sender.
pub fn convert(contract: &Address, message: CosmosMsg) -> Result<Sent, ContractsError> {
    let own = contract.to_string();
    let message = match message {
        CosmosMsg::Bank(BankMsg::Burn { amount }) => return Ok(Sent::Burn(burnt(&amount)?)),
        CosmosMsg::Bank(BankMsg::Send { amount, .. }) if amount.is_empty() => return Ok(Sent::Nothing),
        CosmosMsg::Bank(message) => bank(own, message)?,
        CosmosMsg::Staking(message) => staking(own, message)?,
        CosmosMsg::Distribution(message) => distribution(own, message)?,
        CosmosMsg::Wasm(message) => wasm(own, message)?,
        #[allow(deprecated, reason = "contracts older than CosmWasm 2 send it")]
        CosmosMsg::Stargate { type_url, value } => any(type_url, value.into()),
        CosmosMsg::Any(message) => any(message.type_url, message.value.into()),
        CosmosMsg::Custom(_) => return Err(unsupported("a custom message")),
        CosmosMsg::Ibc(_) | CosmosMsg::Ibc2(_) => {
            return Err(unsupported("an IBC message: this chain has no IBC channels yet"));
        }
        CosmosMsg::Gov(_) => return Err(unsupported("a governance message: this chain has no votes yet")),
        _ => return Err(unsupported("a message of a newer CosmWasm")),
    };
    Ok(Sent::Message(message))
}

fn bank(own: String, message: BankMsg) -> Result<Any, ContractsError> {
    match message {
        BankMsg::Send { to_address, amount } => Ok(pack(&MsgSend {
            from_address: own,
            to_address,
            amount: coins(amount),
        })),
        _ => Err(unsupported("a bank message of a newer CosmWasm")),
    }
}

fn staking(own: String, message: StakingMsg) -> Result<Any, ContractsError> {
    Ok(match message {
        StakingMsg::Delegate { validator, amount } => pack(&MsgDelegate {
            delegator_address: own,
            validator_address: validator,
            amount: Some(coin(amount)),
        }),
        StakingMsg::Undelegate { validator, amount } => pack(&MsgUndelegate {
            delegator_address: own,
            validator_address: validator,
            amount: Some(coin(amount)),
        }),
        StakingMsg::Redelegate {
            src_validator,
            dst_validator,
            amount,
        } => pack(&MsgBeginRedelegate {
            delegator_address: own,
            validator_src_address: src_validator,
            validator_dst_address: dst_validator,
            amount: Some(coin(amount)),
        }),
        _ => return Err(unsupported("a staking message of a newer CosmWasm")),
    })
}

fn distribution(own: String, message: DistributionMsg) -> Result<Any, ContractsError> {
    Ok(match message {
        DistributionMsg::SetWithdrawAddress { address } => pack(&MsgSetWithdrawAddress {
            delegator_address: own,
            withdraw_address: address,
        }),
        DistributionMsg::WithdrawDelegatorReward { validator } => pack(&MsgWithdrawDelegatorReward {
            delegator_address: own,
            validator_address: validator,
        }),
        DistributionMsg::FundCommunityPool { amount } => pack(&MsgFundCommunityPool {
            amount: coins(amount),
            depositor: own,
        }),
        _ => return Err(unsupported("a distribution message of a newer CosmWasm")),
    })
}

fn wasm(own: String, message: WasmMsg) -> Result<Any, ContractsError> {
    Ok(match message {
        WasmMsg::Execute {
            contract_addr,
            msg,
            funds,
        } => pack(&MsgExecuteContract {
            sender: own,
            contract: contract_addr,
            msg: msg.into(),
            funds: coins(funds),
        }),
        WasmMsg::Instantiate {
            admin,
            code_id,
            msg,
            funds,
            label,
        } => pack(&MsgInstantiateContract {
            sender: own,
            admin: admin.unwrap_or_default(),
            code_id,
            label,
            msg: msg.into(),
            funds: coins(funds),
        }),
        WasmMsg::Instantiate2 {
            admin,
            code_id,
            label,
            msg,
            funds,
            salt,
        } => pack(&MsgInstantiateContract2 {
            sender: own,
            admin: admin.unwrap_or_default(),
            code_id,
            label,
            msg: msg.into(),
            funds: coins(funds),
            salt: salt.into(),
            fix_msg: false,
        }),
        WasmMsg::Migrate {
            contract_addr,
            new_code_id,
            msg,
        } => pack(&MsgMigrateContract {
            sender: own,
            contract: contract_addr,
            code_id: new_code_id,
            msg: msg.into(),
        }),
        WasmMsg::UpdateAdmin { contract_addr, admin } => pack(&MsgUpdateAdmin {
            sender: own,
            new_admin: admin,
            contract: contract_addr,
        }),
        WasmMsg::ClearAdmin { contract_addr } => pack(&MsgClearAdmin {
            sender: own,
            contract: contract_addr,
        }),
        _ => return Err(unsupported("a wasm message of a newer CosmWasm")),
    })
}

fn any(type_url: String, value: Vec<u8>) -> Any {
    Any { type_url, value }
}

fn coin(coin: Coin) -> ProtoCoin {
    ProtoCoin {
        denom: coin.denom,
        amount: coin.amount.to_string(),
    }
}

/// Contracts give coins in any order and with nothing of some; the chain's lists are sorted.
fn coins(all: Vec<Coin>) -> Vec<ProtoCoin> {
    let mut all: Vec<ProtoCoin> = all
        .into_iter()
        .filter(|coin| !coin.amount.is_zero())
        .map(coin)
        .collect();
    all.sort_by(|a, b| a.denom.cmp(&b.denom));
    all
}

fn burnt(amount: &[Coin]) -> Result<Coins, ContractsError> {
    Coins::from_proto(&coins(amount.to_vec())).map_err(|error| ContractsError::Message(error.to_string()))
}

fn unsupported(what: &str) -> ContractsError {
    ContractsError::Unsupported(what.to_owned())
}
