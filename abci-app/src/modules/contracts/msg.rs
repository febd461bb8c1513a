//! `cosmwasm.wasm.v1` messages, checked when they are read.

use cosmos_sdk_proto::{
    cosmos::base::v1beta1::Coin,
    cosmwasm::wasm::v1::{
        AccessConfig, MsgClearAdmin, MsgExecuteContract, MsgInstantiateContract, MsgInstantiateContract2,
        MsgMigrateContract, MsgStoreCode, MsgUpdateAdmin, MsgUpdateContractLabel, MsgUpdateInstantiateConfig,
    },
};
use serde::de::IgnoredAny;
use slsbft_types::{Address, Coins};

use super::{access, errors::ContractsError, gas, upload::Upload};
use crate::{
    errors::{TxError, sdk},
    tx::decode_known,
};

const STORE_CODE: &str = "/cosmwasm.wasm.v1.MsgStoreCode";
const INSTANTIATE: &str = "/cosmwasm.wasm.v1.MsgInstantiateContract";
const INSTANTIATE2: &str = "/cosmwasm.wasm.v1.MsgInstantiateContract2";
const EXECUTE: &str = "/cosmwasm.wasm.v1.MsgExecuteContract";
const MIGRATE: &str = "/cosmwasm.wasm.v1.MsgMigrateContract";
const UPDATE_ADMIN: &str = "/cosmwasm.wasm.v1.MsgUpdateAdmin";
const CLEAR_ADMIN: &str = "/cosmwasm.wasm.v1.MsgClearAdmin";
const UPDATE_LABEL: &str = "/cosmwasm.wasm.v1.MsgUpdateContractLabel";
const UPDATE_ACCESS: &str = "/cosmwasm.wasm.v1.MsgUpdateInstantiateConfig";

/// Longest label in bytes, and longest salt.
const MAX_LABEL: usize = 128;
const MAX_SALT: usize = 64;
/// Longest message to a contract in bytes.
const MAX_MSG: usize = 1 << 20;

/// A contract to make.
#[derive(Clone, Debug, PartialEq)]
pub struct Instantiation {
    pub creator: Address,
    pub admin: Option<Address>,
    pub code: u64,
    pub label: String,
    pub msg: Vec<u8>,
    pub funds: Coins,
    pub place: Place,
}

/// Where a contract's address comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    Numbered,
    Salted { salt: Vec<u8>, with_msg: bool },
}

#[derive(Clone, Debug, PartialEq)]
pub enum Msg {
    StoreCode {
        sender: Address,
        code: Upload,
        access: Option<AccessConfig>,
    },
    Instantiate(Instantiation),
    Execute {
        sender: Address,
        contract: Address,
        msg: Vec<u8>,
        funds: Coins,
    },
    Migrate {
        sender: Address,
        contract: Address,
        code: u64,
        msg: Vec<u8>,
    },
    /// `None` leaves the contract without one, for ever.
    SetAdmin {
        sender: Address,
        contract: Address,
        admin: Option<Address>,
    },
    SetLabel {
        sender: Address,
        contract: Address,
        label: String,
    },
    SetAccess {
        sender: Address,
        code: u64,
        access: AccessConfig,
    },
}

impl Msg {
    /// `None` if the type is not one of contracts'.
    pub fn from_any(type_url: &str, value: &[u8]) -> Option<Result<Self, TxError>> {
        let read = match type_url {
            STORE_CODE => decode(value).and_then(store_code),
            INSTANTIATE => decode(value).and_then(instantiate),
            INSTANTIATE2 => decode(value).and_then(instantiate2),
            EXECUTE => decode(value).and_then(execute),
            MIGRATE => decode(value).and_then(migrate),
            UPDATE_ADMIN => decode(value).and_then(update_admin),
            CLEAR_ADMIN => decode(value).and_then(clear_admin),
            UPDATE_LABEL => decode(value).and_then(update_label),
            UPDATE_ACCESS => decode(value).and_then(update_access),
            _ => return None,
        };
        Some(read)
    }

    pub fn signer(&self) -> Address {
        match self {
            Self::StoreCode { sender, .. }
            | Self::Execute { sender, .. }
            | Self::Migrate { sender, .. }
            | Self::SetAdmin { sender, .. }
            | Self::SetLabel { sender, .. }
            | Self::SetAccess { sender, .. } => *sender,
            Self::Instantiate(instantiation) => instantiation.creator,
        }
    }

    pub fn type_url(&self) -> &'static str {
        match self {
            Self::StoreCode { .. } => STORE_CODE,
            Self::Instantiate(instantiation) => match instantiation.place {
                Place::Numbered => INSTANTIATE,
                Place::Salted { .. } => INSTANTIATE2,
            },
            Self::Execute { .. } => EXECUTE,
            Self::Migrate { .. } => MIGRATE,
            Self::SetAdmin { admin: Some(_), .. } => UPDATE_ADMIN,
            Self::SetAdmin { admin: None, .. } => CLEAR_ADMIN,
            Self::SetLabel { .. } => UPDATE_LABEL,
            Self::SetAccess { .. } => UPDATE_ACCESS,
        }
    }

    /// Without what the contract uses when it runs.
    pub fn gas(&self) -> u64 {
        match self {
            Self::StoreCode { code, .. } => {
                gas::STORE_CODE.saturating_add(gas::PER_CODE_BYTE.saturating_mul(code.len()))
            }
            Self::Instantiate(_) => gas::INSTANTIATE,
            Self::Execute { .. } | Self::Migrate { .. } => gas::EXECUTE,
            Self::SetAdmin { .. } | Self::SetLabel { .. } | Self::SetAccess { .. } => gas::ADMINISTER,
        }
    }
}

fn store_code(msg: MsgStoreCode) -> Result<Msg, TxError> {
    if let Some(access) = &msg.instantiate_permission {
        access::check(access)?;
    }
    Ok(Msg::StoreCode {
        sender: address("sender", &msg.sender)?,
        code: Upload::read(msg.wasm_byte_code)?,
        access: msg.instantiate_permission,
    })
}

fn instantiate(msg: MsgInstantiateContract) -> Result<Msg, TxError> {
    Ok(Msg::Instantiate(Instantiation {
        creator: address("sender", &msg.sender)?,
        admin: optional("admin", &msg.admin)?,
        code: code_id(msg.code_id)?,
        label: label(msg.label)?,
        msg: json(msg.msg)?,
        funds: funds(&msg.funds)?,
        place: Place::Numbered,
    }))
}

fn instantiate2(msg: MsgInstantiateContract2) -> Result<Msg, TxError> {
    if msg.salt.is_empty() {
        return Err(ContractsError::Empty("salt").into());
    }
    if msg.salt.len() > MAX_SALT {
        return Err(ContractsError::Limit(format!("salt has more than {MAX_SALT} bytes")).into());
    }
    Ok(Msg::Instantiate(Instantiation {
        creator: address("sender", &msg.sender)?,
        admin: optional("admin", &msg.admin)?,
        code: code_id(msg.code_id)?,
        label: label(msg.label)?,
        msg: json(msg.msg)?,
        funds: funds(&msg.funds)?,
        place: Place::Salted {
            salt: msg.salt,
            with_msg: msg.fix_msg,
        },
    }))
}

fn execute(msg: MsgExecuteContract) -> Result<Msg, TxError> {
    Ok(Msg::Execute {
        sender: address("sender", &msg.sender)?,
        contract: address("contract", &msg.contract)?,
        msg: json(msg.msg)?,
        funds: funds(&msg.funds)?,
    })
}

fn migrate(msg: MsgMigrateContract) -> Result<Msg, TxError> {
    Ok(Msg::Migrate {
        sender: address("sender", &msg.sender)?,
        contract: address("contract", &msg.contract)?,
        code: code_id(msg.code_id)?,
        msg: json(msg.msg)?,
    })
}

fn update_admin(msg: MsgUpdateAdmin) -> Result<Msg, TxError> {
    if msg.sender == msg.new_admin {
        return Err(ContractsError::Invalid("new admin is the same as the old".into()).into());
    }
    Ok(Msg::SetAdmin {
        sender: address("sender", &msg.sender)?,
        contract: address("contract", &msg.contract)?,
        admin: Some(address("new_admin", &msg.new_admin)?),
    })
}

fn clear_admin(msg: MsgClearAdmin) -> Result<Msg, TxError> {
    Ok(Msg::SetAdmin {
        sender: address("sender", &msg.sender)?,
        contract: address("contract", &msg.contract)?,
        admin: None,
    })
}

fn update_label(msg: MsgUpdateContractLabel) -> Result<Msg, TxError> {
    Ok(Msg::SetLabel {
        sender: address("sender", &msg.sender)?,
        contract: address("contract", &msg.contract)?,
        label: label(msg.new_label)?,
    })
}

fn update_access(msg: MsgUpdateInstantiateConfig) -> Result<Msg, TxError> {
    let access = msg.new_instantiate_permission;
    let access = access.ok_or(ContractsError::Empty("instantiate permission"))?;
    access::check(&access)?;
    Ok(Msg::SetAccess {
        sender: address("sender", &msg.sender)?,
        code: code_id(msg.code_id)?,
        access,
    })
}

fn decode<M: prost::Message + Default>(value: &[u8]) -> Result<M, TxError> {
    decode_known("wasm message", value)
}

fn address(field: &str, text: &str) -> Result<Address, TxError> {
    Address::from_bech32(text).map_err(|e| sdk::invalid_address(format!("{field}: {e}")))
}

fn optional(field: &str, text: &str) -> Result<Option<Address>, TxError> {
    match text {
        "" => Ok(None),
        text => address(field, text).map(Some),
    }
}

fn code_id(id: u64) -> Result<u64, TxError> {
    match id {
        0 => Err(ContractsError::Empty("code id").into()),
        id => Ok(id),
    }
}

/// A label that can be shown.
pub fn label(label: String) -> Result<String, TxError> {
    if label.is_empty() {
        return Err(ContractsError::Empty("label").into());
    }
    if label.len() > MAX_LABEL {
        return Err(ContractsError::Limit(format!("label has more than {MAX_LABEL} bytes")).into());
    }
    if label.trim() != label || label.chars().any(char::is_control) {
        let text = "label must not begin or end with spaces, nor have control characters";
        return Err(ContractsError::Invalid(text.into()).into());
    }
    Ok(label)
}

/// A message that is JSON, which every contract's is.
pub fn json(msg: Vec<u8>) -> Result<Vec<u8>, TxError> {
    if msg.len() > MAX_MSG {
        return Err(ContractsError::Limit(format!("msg has more than {MAX_MSG} bytes")).into());
    }
    match serde_json::from_slice::<IgnoredAny>(&msg) {
        Ok(_) => Ok(msg),
        Err(error) => Err(ContractsError::Invalid(format!("msg is no JSON: {error}")).into()),
    }
}

fn funds(coins: &[Coin]) -> Result<Coins, TxError> {
    Coins::from_proto(coins).map_err(|e| sdk::invalid_coins(e.to_string()))
}
