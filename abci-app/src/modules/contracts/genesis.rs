//! Codes and contracts in and out of a genesis document.

use cosmos_sdk_proto::cosmwasm::wasm::v1::{
    AbsoluteTxPosition, AccessConfig, AccessType, CodeInfo, ContractCodeHistoryEntry,
    ContractCodeHistoryOperationType, ContractInfo,
};
use slsbft_genesis::contracts::{
    Access, Base64, Code, Contract, Contracts as Section, ContractsParams, HistoryEntry, Operation,
    Permission, Position,
};
use slsbft_store::{Order, Overlay, Read, Space};
use slsbft_types::Address;
use slsbft_wasm::{CodeHash, CompileError};

use super::{host, keys, params::Params, state};
use crate::{
    errors::Fault,
    machine::Runner,
    modules::{key, record},
};

pub fn init(state: &mut Overlay, runner: &Runner, section: &Section) -> Result<(), Fault> {
    let params = Params {
        upload: to_config(&section.params.code_upload_access),
        instantiate: to_type(section.params.instantiate_default_permission),
    };
    if params != Params::default() {
        params.save(state);
    }
    counter(state, keys::LAST_CODE, section.last_code);
    counter(state, keys::LAST_INSTANCE, section.last_instance);
    for code in &section.codes {
        init_code(state, runner, code)?;
    }
    for contract in &section.contracts {
        init_contract(state, contract);
    }
    Ok(())
}

fn counter(state: &mut Overlay, key: &[u8], last: u64) {
    if last > 0 {
        state.set(Space::Main, key.to_vec(), last.to_be_bytes().to_vec());
    }
}

fn init_code(state: &mut Overlay, runner: &Runner, code: &Code) -> Result<(), Fault> {
    let compiled = runner.vm.compile(&code.bytes.0);
    compiled.map_err(|error| match error {
        CompileError::Refused(refusal) => {
            Fault::Genesis(format!("app_state.contracts: code {}: {refusal}", code.code_id))
        }
        CompileError::Fault(fault) => fault.into(),
    })?;
    let hash = CodeHash::of(&code.bytes.0);
    state.set(Space::Main, keys::bytes(&hash.0), code.bytes.0.clone());
    let info = CodeInfo {
        code_hash: hash.0.to_vec(),
        creator: code.creator.to_string(),
        instantiate_config: Some(to_config(&code.instantiate)),
    };
    state::save_code(state, code.code_id, &info);
    if code.pinned {
        state.set(Space::Main, keys::pinned(code.code_id), vec![1]);
    }
    Ok(())
}

fn init_contract(state: &mut Overlay, contract: &Contract) {
    let created = to_position(contract.created);
    let info = ContractInfo {
        code_id: contract.code_id,
        creator: contract.creator.to_string(),
        admin: contract.admin.map(|admin| admin.to_string()).unwrap_or_default(),
        label: contract.label.clone(),
        created: Some(created.clone()),
        ibc_port_id: String::new(),
        extension: None,
    };
    state::save(state, &contract.address, &info);
    state::index_creator(state, &contract.creator, &created, &contract.address);
    let entries = contract.history.iter().map(|entry| ContractCodeHistoryEntry {
        operation: match entry.operation {
            Operation::Init => ContractCodeHistoryOperationType::Init,
            Operation::Migrate => ContractCodeHistoryOperationType::Migrate,
            Operation::Genesis => ContractCodeHistoryOperationType::Genesis,
        }
        .into(),
        code_id: entry.code_id,
        updated: Some(to_position(entry.updated)),
        msg: entry.msg.0.clone(),
    });
    state::restore_history(state, &contract.address, entries);
    let prefix = keys::state(&contract.address);
    for (key, value) in &contract.state {
        let key = [prefix.as_slice(), &key.0].concat();
        state.set(Space::Main, key, host::marked(&value.0));
    }
}

pub fn export(state: &impl Read) -> Result<Section, Fault> {
    let params = Params::load(state)?;
    Ok(Section {
        params: ContractsParams {
            code_upload_access: from_config(Some(&params.upload))?,
            instantiate_default_permission: from_type(params.instantiate)?,
        },
        last_code: record::load_u64(state, Space::Main, keys::LAST_CODE)?,
        last_instance: record::load_u64(state, Space::Main, keys::LAST_INSTANCE)?,
        codes: all(state, keys::CODE, |key, value| export_code(state, key, value))?,
        contracts: all(state, keys::CONTRACT, |key, value| {
            export_contract(state, key, value)
        })?,
    })
}

fn export_code(state: &impl Read, key: &[u8], value: &[u8]) -> Result<Code, Fault> {
    let id = key.try_into().map_err(|_| Fault::corrupt("a code's key"))?;
    let code_id = u64::from_be_bytes(id);
    let info: CodeInfo = record::decode(value, key)?;
    Ok(Code {
        code_id,
        creator: address(&info.creator)?,
        instantiate: from_config(info.instantiate_config.as_ref())?,
        pinned: state::is_pinned(state, code_id)?,
        bytes: Base64(state::bytes(state, &state::hash_of(&info)?)?),
    })
}

fn export_contract(state: &impl Read, key: &[u8], value: &[u8]) -> Result<Contract, Fault> {
    let address = key::one(key).ok_or_else(|| Fault::corrupt("a contract's key"))?;
    let info: ContractInfo = record::decode(value, key)?;
    let admin = Some(info.admin.as_str()).filter(|admin| !admin.is_empty());
    Ok(Contract {
        address,
        code_id: info.code_id,
        creator: self::address(&info.creator)?,
        admin: admin.map(self::address).transpose()?,
        label: info.label,
        created: from_position(info.created),
        history: all(state, &keys::history(&address), export_entry)?,
        state: all(state, &keys::state(&address), |key, value| {
            Ok((Base64(key.to_vec()), Base64(host::unmarked(value.to_vec())?)))
        })?,
    })
}

fn export_entry(key: &[u8], value: &[u8]) -> Result<HistoryEntry, Fault> {
    let entry: ContractCodeHistoryEntry = record::decode(value, key)?;
    Ok(HistoryEntry {
        operation: match entry.operation() {
            ContractCodeHistoryOperationType::Init => Operation::Init,
            ContractCodeHistoryOperationType::Migrate => Operation::Migrate,
            ContractCodeHistoryOperationType::Genesis => Operation::Genesis,
            ContractCodeHistoryOperationType::Unspecified => {
                return Err(Fault::corrupt("a contract's history"));
            }
        },
        code_id: entry.code_id,
        updated: from_position(entry.updated),
        msg: Base64(entry.msg),
    })
}

/// Everything under a prefix; `item` sees the key without it.
fn all<T>(
    state: &impl Read,
    prefix: &[u8],
    item: impl Fn(&[u8], &[u8]) -> Result<T, Fault>,
) -> Result<Vec<T>, Fault> {
    state
        .prefix(Space::Main, prefix, Order::Ascending)
        .map(|entry| {
            let (key, value) = entry?;
            item(key.strip_prefix(prefix).unwrap_or_default(), &value)
        })
        .collect()
}

fn address(text: &str) -> Result<Address, Fault> {
    Address::from_bech32(text).map_err(|_| Fault::corrupt("an address of contracts"))
}

fn to_position(at: Position) -> AbsoluteTxPosition {
    AbsoluteTxPosition {
        block_height: at.block_height,
        tx_index: at.tx_index,
    }
}

fn from_position(at: Option<AbsoluteTxPosition>) -> Position {
    let at = at.unwrap_or_default();
    Position {
        block_height: at.block_height,
        tx_index: at.tx_index,
    }
}

fn to_type(permission: Permission) -> AccessType {
    match permission {
        Permission::Nobody => AccessType::Nobody,
        Permission::Everybody => AccessType::Everybody,
        Permission::AnyOfAddresses => AccessType::AnyOfAddresses,
    }
}

fn from_type(kind: AccessType) -> Result<Permission, Fault> {
    match kind {
        AccessType::Nobody => Ok(Permission::Nobody),
        AccessType::Everybody => Ok(Permission::Everybody),
        AccessType::AnyOfAddresses => Ok(Permission::AnyOfAddresses),
        AccessType::Unspecified => Err(Fault::corrupt("a permission of contracts")),
    }
}

fn to_config(access: &Access) -> AccessConfig {
    AccessConfig {
        permission: to_type(access.permission).into(),
        addresses: access.addresses.iter().map(Address::to_string).collect(),
    }
}

fn from_config(config: Option<&AccessConfig>) -> Result<Access, Fault> {
    let config = config.ok_or_else(|| Fault::corrupt("a permission of contracts"))?;
    Ok(Access {
        permission: from_type(config.permission())?,
        addresses: config
            .addresses
            .iter()
            .map(|text| address(text))
            .collect::<Result<_, _>>()?,
    })
}
