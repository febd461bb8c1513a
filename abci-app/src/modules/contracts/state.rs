//! Codes and contracts in state.

use cosmos_sdk_proto::cosmwasm::wasm::v1::{
    AbsoluteTxPosition, CodeInfo, ContractCodeHistoryEntry, ContractCodeHistoryOperationType as Operation,
    ContractInfo,
};
use slsbft_store::{Order, Overlay, Read, Space};
use slsbft_types::Address;
use slsbft_wasm::CodeHash;

use super::{errors::ContractsError, keys};
use crate::{
    context::Context,
    errors::{ExecError, Fault},
    modules::record,
};

/// Something that is there by its key alone.
const THERE: &[u8] = &[1];

pub fn code(state: &impl Read, id: u64) -> Result<CodeInfo, ExecError> {
    let found = record::load(state, Space::Main, &keys::code(id))?;
    found.ok_or_else(|| ContractsError::NoSuchCode(id).into())
}

/// Whether there is a code of this id.
pub fn has_code(state: &impl Read, id: u64) -> Result<bool, Fault> {
    Ok(state.contains(Space::Main, &keys::code(id))?)
}

/// A code's name.
pub fn hash_of(code: &CodeInfo) -> Result<CodeHash, Fault> {
    let hash = code.code_hash.as_slice().try_into();
    Ok(CodeHash(hash.map_err(|_| Fault::corrupt("a code's hash"))?))
}

/// The bytes of a code.
pub fn bytes(state: &impl Read, hash: &CodeHash) -> Result<Vec<u8>, Fault> {
    let bytes = state.get(Space::Main, &keys::bytes(&hash.0))?;
    bytes.ok_or_else(|| Fault::corrupt(format!("code {hash}")))
}

/// Whether the bytes of a code are there.
pub fn has_bytes(state: &impl Read, hash: &CodeHash) -> Result<bool, Fault> {
    Ok(state.contains(Space::Main, &keys::bytes(&hash.0))?)
}

/// Keeps a code under the next id. The same bytes are kept once.
pub fn add_code(state: &mut Overlay, bytes: Vec<u8>, info: &CodeInfo) -> Result<u64, Fault> {
    let id = next(state, keys::LAST_CODE)?;
    let key = keys::bytes(&info.code_hash);
    if !state.contains(Space::Main, &key)? {
        state.set(Space::Main, key, bytes);
    }
    record::store(state, keys::code(id), info);
    Ok(id)
}

pub fn save_code(state: &mut Overlay, id: u64, info: &CodeInfo) {
    record::store(state, keys::code(id), info);
}

pub fn is_pinned(state: &impl Read, id: u64) -> Result<bool, Fault> {
    Ok(state.contains(Space::Main, &keys::pinned(id))?)
}

/// The next number of a counter, from 1.
pub fn next(state: &mut Overlay, counter: &[u8]) -> Result<u64, Fault> {
    let last = record::load_u64(state, Space::Main, counter)?;
    let next = last.checked_add(1);
    let next = next.ok_or_else(|| Fault::Invariant("numbers of contracts are used up".into()))?;
    state.set(Space::Main, counter.to_vec(), next.to_be_bytes().to_vec());
    Ok(next)
}

pub fn find(state: &impl Read, address: &Address) -> Result<Option<ContractInfo>, Fault> {
    record::load(state, Space::Main, &keys::contract(address))
}

pub fn contract(state: &impl Read, address: &Address) -> Result<ContractInfo, ExecError> {
    let found = find(state, address)?;
    found.ok_or_else(|| ContractsError::NoSuchContract(address.to_string()).into())
}

pub fn save(state: &mut Overlay, address: &Address, info: &ContractInfo) {
    record::store(state, keys::contract(address), info);
}

/// Where the running transaction is.
pub fn position(ctx: &Context<'_>) -> AbsoluteTxPosition {
    AbsoluteTxPosition {
        block_height: ctx.block.height,
        tx_index: ctx
            .machine
            .position
            .as_ref()
            .map_or(0, |position| position.index.into()),
    }
}

/// Notes which code a contract runs from now on; the first entry is that of its beginning.
pub fn note(
    ctx: &mut Context<'_>,
    address: &Address,
    operation: Operation,
    code_id: u64,
    msg: Vec<u8>,
) -> Result<(), Fault> {
    let updated = position(ctx);
    let past = last_entry(ctx.state, address)?;
    if let Some((_, entry)) = &past {
        let at = entry.updated.clone().unwrap_or_default();
        ctx.state
            .delete(Space::Main, &indexed(keys::by_code(entry.code_id), &at, address));
    }
    let number = past.map_or(0, |(number, _)| number.saturating_add(1));
    let entry = ContractCodeHistoryEntry {
        operation: operation.into(),
        code_id,
        updated: Some(updated.clone()),
        msg,
    };
    record::store(ctx.state, entry_key(address, number), &entry);
    let by_code = indexed(keys::by_code(code_id), &updated, address);
    ctx.state.set(Space::Main, by_code, THERE.to_vec());
    Ok(())
}

/// Writes a history as it was, and the index of the code that it ends with.
pub fn restore_history(
    state: &mut Overlay,
    address: &Address,
    entries: impl Iterator<Item = ContractCodeHistoryEntry>,
) {
    let mut last = None;
    for (number, entry) in (0..).zip(entries) {
        record::store(state, entry_key(address, number), &entry);
        last = Some((entry.code_id, entry.updated.clone().unwrap_or_default()));
    }
    if let Some((code_id, updated)) = last {
        let by_code = indexed(keys::by_code(code_id), &updated, address);
        state.set(Space::Main, by_code, THERE.to_vec());
    }
}

/// Makes a contract findable by its creator.
pub fn index_creator(
    state: &mut Overlay,
    creator: &Address,
    created: &AbsoluteTxPosition,
    address: &Address,
) {
    let key = indexed(keys::by_creator(creator), created, address);
    state.set(Space::Main, key, THERE.to_vec());
}

/// The contract that a key of one of the two indices names.
pub fn indexed_address(key: &[u8]) -> Option<Address> {
    // Height and transaction come first.
    Address::from_bytes(key.get(16..)?).ok()
}

fn indexed(mut prefix: Vec<u8>, at: &AbsoluteTxPosition, address: &Address) -> Vec<u8> {
    prefix.extend_from_slice(&at.block_height.to_be_bytes());
    prefix.extend_from_slice(&at.tx_index.to_be_bytes());
    prefix.extend_from_slice(address.as_bytes());
    prefix
}

fn entry_key(address: &Address, number: u64) -> Vec<u8> {
    [keys::history(address).as_slice(), &number.to_be_bytes()].concat()
}

fn last_entry(
    state: &impl Read,
    address: &Address,
) -> Result<Option<(u64, ContractCodeHistoryEntry)>, Fault> {
    let prefix = keys::history(address);
    let Some(entry) = state.prefix(Space::Main, &prefix, Order::Descending).next() else {
        return Ok(None);
    };
    let (key, value) = entry?;
    let number = key
        .strip_prefix(prefix.as_slice())
        .and_then(|rest| rest.try_into().ok());
    let number = number
        .map(u64::from_be_bytes)
        .ok_or_else(|| Fault::corrupt("a contract's history"))?;
    Ok(Some((number, record::decode(&value, &key)?)))
}
