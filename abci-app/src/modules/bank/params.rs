//! Which denominations may be sent, and how clients should show them.

use cosmos_sdk_proto::cosmos::bank::v1beta1::SendEnabled;
use slsbft_store::{Order, Overlay, Read, Space};
use slsbft_types::Coins;

use super::{errors::BankError, keys};
use crate::errors::{ExecError, Fault, TxError};

/// Refuses coins whose transfers are switched off.
pub fn require_enabled(state: &impl Read, coins: &Coins) -> Result<(), ExecError> {
    for coin in coins {
        if !is_enabled(state, coin.denom.as_str())? {
            return Err(TxError::from(BankError::SendDisabled {
                denom: coin.denom.to_string(),
            })
            .into());
        }
    }
    Ok(())
}

pub fn is_enabled(state: &impl Read, denom: &str) -> Result<bool, Fault> {
    match read_flag(state, &keys::send_enabled(denom))? {
        Some(enabled) => Ok(enabled),
        None => default_enabled(state),
    }
}

/// What holds for a denomination that is not named.
pub fn default_enabled(state: &impl Read) -> Result<bool, Fault> {
    Ok(read_flag(state, keys::DEFAULT_SEND_ENABLED)?.unwrap_or(true))
}

/// The denominations that are named.
pub fn named(state: &impl Read) -> Result<Vec<SendEnabled>, Fault> {
    let entries = state.prefix(Space::Main, keys::SEND_ENABLED, Order::Ascending);
    entries
        .map(|entry| {
            let (key, value) = entry?;
            let denom = key.get(keys::SEND_ENABLED.len()..).unwrap_or_default();
            let denom = String::from_utf8_lossy(denom).into_owned();
            Ok(SendEnabled {
                denom,
                enabled: value == [1],
            })
        })
        .collect()
}

pub fn set_default_enabled(state: &mut Overlay, enabled: bool) {
    state.set(
        Space::Main,
        keys::DEFAULT_SEND_ENABLED.to_vec(),
        vec![enabled.into()],
    );
}

pub fn set_enabled(state: &mut Overlay, denom: &str, enabled: bool) {
    state.set(Space::Main, keys::send_enabled(denom), vec![enabled.into()]);
}

fn read_flag(state: &impl Read, key: &[u8]) -> Result<Option<bool>, Fault> {
    Ok(state.get(Space::Main, key)?.map(|value| value == [1]))
}
