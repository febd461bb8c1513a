//! Who may do something with a code.

use cosmos_sdk_proto::cosmwasm::wasm::v1::{AccessConfig, AccessType};
use slsbft_types::Address;

use super::errors::ContractsError;

/// Most addresses of one configuration.
const MOST_ADDRESSES: usize = 64;

pub fn allows(config: &AccessConfig, who: &Address) -> bool {
    match config.permission() {
        AccessType::Everybody => true,
        AccessType::AnyOfAddresses => config.addresses.contains(&who.to_string()),
        AccessType::Nobody | AccessType::Unspecified => false,
    }
}

/// What a permission means for somebody's code.
pub fn with(permission: AccessType, creator: &Address) -> AccessConfig {
    let addresses = match permission {
        AccessType::AnyOfAddresses => vec![creator.to_string()],
        AccessType::Everybody | AccessType::Nobody | AccessType::Unspecified => Vec::new(),
    };
    AccessConfig {
        permission: permission.into(),
        addresses,
    }
}

/// Checks a configuration as a message brings it.
pub fn check(config: &AccessConfig) -> Result<(), ContractsError> {
    let invalid = |text: &str| Err(ContractsError::Invalid(format!("instantiate permission: {text}")));
    match (
        AccessType::try_from(config.permission),
        config.addresses.as_slice(),
    ) {
        (Ok(AccessType::Everybody | AccessType::Nobody), []) => Ok(()),
        (Ok(AccessType::AnyOfAddresses), []) => invalid("needs at least one address"),
        (Ok(AccessType::AnyOfAddresses), all) if all.len() > MOST_ADDRESSES => {
            invalid("has too many addresses")
        }
        (Ok(AccessType::AnyOfAddresses), all) => {
            for (index, text) in all.iter().enumerate() {
                if Address::from_bech32(text).is_err() {
                    return invalid("has an address that is none of this chain");
                }
                if all.iter().take(index).any(|other| other == text) {
                    return invalid("names an address twice");
                }
            }
            Ok(())
        }
        (Ok(AccessType::Everybody | AccessType::Nobody), _) => invalid("takes no addresses of its kind"),
        _ => invalid("is Everybody, Nobody or AnyOfAddresses"),
    }
}

/// Whether everybody whom `inner` allows is allowed by `outer` too.
pub fn is_within(inner: &AccessConfig, outer: &AccessConfig) -> bool {
    match (inner.permission(), outer.permission()) {
        (AccessType::Nobody, _) | (_, AccessType::Everybody) => true,
        (AccessType::AnyOfAddresses, AccessType::AnyOfAddresses) => inner
            .addresses
            .iter()
            .all(|address| outer.addresses.contains(address)),
        _ => false,
    }
}
