//! Balances in and out of a genesis document.

use std::collections::BTreeMap;

use cosmos_sdk_proto::cosmos::bank::v1beta1::{DenomUnit as ProtoUnit, Metadata};
use slsbft_genesis::bank::{Balance, Bank as Section, BankParams, DenomMetadata, DenomUnit, SendEnabled};
use slsbft_store::{Order, Overlay, Read, Space};
use slsbft_types::{Address, Coin, Coins, Denom};

use super::{Bank, decode_amount, keys, params, write_amount};
use crate::{
    errors::{ExecError, Fault},
    modules::{auth::Accounts, record},
};

/// Writes the section. Supply is the sum of the balances; holders without an
/// account get one, in the order of the list.
pub fn init<A: Accounts>(bank: &Bank<A>, state: &mut Overlay, section: &Section) -> Result<(), ExecError> {
    params::set_default_enabled(state, section.params.default_send_enabled);
    for entry in &section.send_enabled {
        params::set_enabled(state, entry.denom.as_str(), entry.enabled);
    }
    for metadata in &section.denom_metadata {
        record::store(state, keys::metadata(metadata.base.as_str()), &to_proto(metadata));
    }
    for balance in &section.balances {
        bank.deposit(state, &balance.address, &balance.coins)?;
    }
    let total = section.total().map_err(|e| Fault::Genesis(e.to_string()))?;
    for (denom, amount) in total {
        write_amount(state, keys::supply(denom.as_str()), amount);
    }
    Ok(())
}

/// Reads the section back.
pub fn export(state: &impl Read) -> Result<Section, Fault> {
    let mut holders: BTreeMap<Address, Vec<Coin>> = BTreeMap::new();
    for entry in state.prefix(Space::Main, keys::BALANCE, Order::Ascending) {
        let (key, value) = entry?;
        let parts = key.strip_prefix(keys::BALANCE).and_then(keys::split_balance);
        let (owner, denom) = parts.ok_or_else(|| Fault::corrupt("a balance"))?;
        holders.entry(owner).or_default().push(Coin {
            denom: read_denom(denom)?,
            amount: decode_amount(&value, &key)?,
        });
    }
    let balances = holders
        .into_iter()
        .map(|(address, coins)| {
            let coins =
                Coins::new(coins).map_err(|e| Fault::Invariant(format!("balances of {address}: {e}")))?;
            Ok(Balance { address, coins })
        })
        .collect::<Result<Vec<_>, Fault>>()?;
    let send_enabled = params::named(state)?
        .into_iter()
        .map(|entry| {
            Ok(SendEnabled {
                denom: read_denom(&entry.denom)?,
                enabled: entry.enabled,
            })
        })
        .collect::<Result<Vec<_>, Fault>>()?;
    let denom_metadata = state
        .prefix(Space::Main, keys::METADATA, Order::Ascending)
        .map(|entry| {
            let (key, value) = entry?;
            from_proto(record::decode(&value, &key)?)
        })
        .collect::<Result<Vec<_>, Fault>>()?;
    let params = BankParams {
        default_send_enabled: params::default_enabled(state)?,
    };
    Ok(Section {
        params,
        send_enabled,
        balances,
        supply: supplies(state)?,
        denom_metadata,
    })
}

fn supplies(state: &impl Read) -> Result<Coins, Fault> {
    let coins = state
        .prefix(Space::Main, keys::SUPPLY, Order::Ascending)
        .map(|entry| {
            let (key, value) = entry?;
            let denom =
                String::from_utf8_lossy(key.get(keys::SUPPLY.len()..).unwrap_or_default()).into_owned();
            Ok(Coin {
                denom: read_denom(&denom)?,
                amount: decode_amount(&value, &key)?,
            })
        })
        .collect::<Result<Vec<_>, Fault>>()?;
    Coins::new(coins).map_err(|e| Fault::Invariant(format!("supply: {e}")))
}

fn read_denom(text: &str) -> Result<Denom, Fault> {
    text.parse()
        .map_err(|_| Fault::corrupt(format!("denomination {text}")))
}

fn to_proto(metadata: &DenomMetadata) -> Metadata {
    let unit = |unit: &DenomUnit| ProtoUnit {
        denom: unit.denom.clone(),
        exponent: unit.exponent,
        aliases: unit.aliases.clone(),
    };
    Metadata {
        description: metadata.description.clone(),
        denom_units: metadata.denom_units.iter().map(unit).collect(),
        base: metadata.base.to_string(),
        display: metadata.display.clone(),
        name: metadata.name.clone(),
        symbol: metadata.symbol.clone(),
        uri: metadata.uri.clone(),
        uri_hash: metadata.uri_hash.clone(),
    }
}

fn from_proto(metadata: Metadata) -> Result<DenomMetadata, Fault> {
    let unit = |unit: ProtoUnit| DenomUnit {
        denom: unit.denom,
        exponent: unit.exponent,
        aliases: unit.aliases,
    };
    Ok(DenomMetadata {
        description: metadata.description,
        denom_units: metadata.denom_units.into_iter().map(unit).collect(),
        base: read_denom(&metadata.base)?,
        display: metadata.display,
        name: metadata.name,
        symbol: metadata.symbol,
        uri: metadata.uri,
        uri_hash: metadata.uri_hash,
    })
}
