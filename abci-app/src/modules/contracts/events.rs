//! Events of contracts, as wasmd emits them.

use slsbft_types::Address;

use super::errors::ContractsError;
use crate::{
    context::Context,
    events::{EventBuilder, event},
};

/// What every event of a contract names first.
const CONTRACT: &str = "_contract_address";
/// Attributes that begin so are the chain's.
const RESERVED: char = '_';
/// A contract's own type of event has more bytes than that.
const SHORT_TYPE: usize = 2;

/// `ready` is the height from which the code may be used, told if it is not the next one.
pub fn stored<'a>(
    ctx: &mut Context<'_>,
    id: u64,
    hash: &[u8],
    ready: u64,
    capabilities: impl Iterator<Item = &'a str>,
) {
    let mut stored = event("store_code")
        .attr("code_checksum", hex::encode(hash))
        .attr("code_id", id);
    let mut capabilities = capabilities.peekable();
    if capabilities.peek().is_none() {
        stored = stored.note("required_capability", "");
    }
    for capability in capabilities {
        stored = stored.note("required_capability", capability);
    }
    if ready > ctx.block.height.saturating_add(1) {
        stored = stored.note("ready_height", ready);
    }
    ctx.emit(stored);
}

/// `what` is the entry point that ran.
pub fn called(ctx: &mut Context<'_>, what: &str, contract: &Address) {
    ctx.emit(event(what).attr(CONTRACT, contract));
}

pub fn instantiated(ctx: &mut Context<'_>, contract: &Address, code: u64) {
    let instantiated = event("instantiate").attr(CONTRACT, contract);
    ctx.emit(instantiated.attr("code_id", code));
}

pub fn migrated(ctx: &mut Context<'_>, contract: &Address, code: u64) {
    let migrated = event("migrate").attr("code_id", code);
    ctx.emit(migrated.attr(CONTRACT, contract));
}

pub fn admin_changed(ctx: &mut Context<'_>, contract: &Address, admin: &str) {
    let changed = event("update_contract_admin").attr(CONTRACT, contract);
    ctx.emit(changed.attr("new_admin_address", admin));
}

pub fn label_changed(ctx: &mut Context<'_>, contract: &Address, label: &str) {
    let changed = event("update_contract_label").attr(CONTRACT, contract);
    ctx.emit(changed.attr("new_label", label));
}

pub fn access_changed(ctx: &mut Context<'_>, code: u64, permission: &str, addresses: &[String]) {
    let mut changed = event("update_code_access_config").attr("code_permission", permission);
    if !addresses.is_empty() {
        changed = changed.attr("authorized_addresses", addresses.join(","));
    }
    ctx.emit(changed.attr("code_id", code));
}

/// What a contract returned: one event of type `wasm` for its attributes, and `wasm-…` for each of
/// its own.
pub fn returned(
    ctx: &mut Context<'_>,
    contract: &Address,
    attributes: &[cosmwasm_std::Attribute],
    events: &[cosmwasm_std::Event],
) -> Result<(), ContractsError> {
    if !attributes.is_empty() {
        let wasm = event("wasm").attr(CONTRACT, contract);
        ctx.emit(with(wasm, pairs(attributes))?);
    }
    for own in events {
        let kind = own.ty.trim();
        if kind.len() <= SHORT_TYPE {
            return Err(ContractsError::Event(format!("Event type too short: '{kind}'")));
        }
        let begun = event(&format!("wasm-{kind}")).attr(CONTRACT, contract);
        ctx.emit(with(begun, pairs(&own.attributes))?);
    }
    Ok(())
}

/// An event of a contract that still runs: `wasm` without a type, else `wasm-…`.
pub fn own(
    ctx: &mut Context<'_>,
    contract: &Address,
    kind: &str,
    attributes: &[(String, String)],
) -> Result<(), ContractsError> {
    let begun = match kind.trim() {
        "" => event("wasm"),
        kind if kind.len() <= SHORT_TYPE => {
            return Err(ContractsError::Event(format!("Event type too short: '{kind}'")));
        }
        kind => event(&format!("wasm-{kind}")),
    };
    let begun = begun.attr(CONTRACT, contract);
    let attributes = attributes
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str()));
    ctx.emit(with(begun, attributes)?);
    Ok(())
}

fn pairs(attributes: &[cosmwasm_std::Attribute]) -> impl Iterator<Item = (&str, &str)> {
    attributes
        .iter()
        .map(|attribute| (attribute.key.as_str(), attribute.value.as_str()))
}

fn with<'a>(
    mut event: EventBuilder,
    attributes: impl Iterator<Item = (&'a str, &'a str)>,
) -> Result<EventBuilder, ContractsError> {
    for (key, value) in attributes {
        let (key, value) = (key.trim(), value.trim());
        if key.is_empty() {
            return Err(ContractsError::Event(format!(
                "Empty attribute key. Value: {value}"
            )));
        }
        if key.starts_with(RESERVED) {
            return Err(ContractsError::Event(format!(
                "Attribute key starts with reserved prefix {RESERVED}: '{key}'"
            )));
        }
        event = event.attr(key, value);
    }
    Ok(event)
}
