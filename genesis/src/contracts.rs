//! Codes, and contracts with their state.

use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use slsbft_types::Address;

use crate::error::{GenesisError, ensure};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contracts {
    #[serde(default)]
    pub params: ContractsParams,
    /// The greatest id that a code has had.
    #[serde(default)]
    pub last_code: u64,
    /// How many contracts have been made without a salt.
    #[serde(default)]
    pub last_instance: u64,
    #[serde(default)]
    pub codes: Vec<Code>,
    #[serde(default)]
    pub contracts: Vec<Contract>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContractsParams {
    /// Who may upload code.
    pub code_upload_access: Access,
    /// Who may make contracts of a code whose uploader does not say.
    pub instantiate_default_permission: Permission,
}

impl Default for ContractsParams {
    fn default() -> Self {
        Self {
            code_upload_access: Access {
                permission: Permission::Everybody,
                addresses: Vec::new(),
            },
            instantiate_default_permission: Permission::Everybody,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Permission {
    Nobody,
    Everybody,
    AnyOfAddresses,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Access {
    pub permission: Permission,
    #[serde(default)]
    pub addresses: Vec<Address>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Code {
    pub code_id: u64,
    pub creator: Address,
    pub instantiate: Access,
    #[serde(default)]
    pub pinned: bool,
    /// The module.
    pub bytes: Base64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contract {
    pub address: Address,
    pub code_id: u64,
    pub creator: Address,
    pub admin: Option<Address>,
    pub label: String,
    pub created: Position,
    /// Which code it ran when, the first entry that of its beginning.
    pub history: Vec<HistoryEntry>,
    /// Keys with their values, ascending.
    pub state: Vec<(Base64, Base64)>,
}

/// Where a transaction was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    pub block_height: u64,
    pub tx_index: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HistoryEntry {
    pub operation: Operation,
    pub code_id: u64,
    pub updated: Position,
    pub msg: Base64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Operation {
    Init,
    Migrate,
    Genesis,
}

/// Bytes, in JSON in base64.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Base64(pub Vec<u8>);

impl Serialize for Base64 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64_STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Base64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = BASE64_STANDARD.decode(String::deserialize(deserializer)?);
        bytes
            .map(Self)
            .map_err(|error| D::Error::custom(format!("expected base64: {error}")))
    }
}

impl Contracts {
    /// Of all contracts.
    pub fn addresses(&self) -> BTreeSet<Address> {
        self.contracts.iter().map(|contract| contract.address).collect()
    }

    pub fn validate(&self) -> Result<(), GenesisError> {
        check_access("params.code_upload_access", &self.params.code_upload_access)?;
        let mut codes = BTreeSet::new();
        for (i, code) in self.codes.iter().enumerate() {
            let path = format!("codes[{i}]");
            let id = code.code_id;
            let known = id > 0 && id <= self.last_code;
            ensure(known, &format!("{path}.code_id"), "is not from 1 to last_code")?;
            ensure(codes.insert(id), &format!("{path}.code_id"), "is there twice")?;
            ensure(!code.bytes.0.is_empty(), &format!("{path}.bytes"), "is empty")?;
            check_access(&format!("{path}.instantiate"), &code.instantiate)?;
        }
        let mut addresses = BTreeSet::new();
        for (i, contract) in self.contracts.iter().enumerate() {
            let fresh = addresses.insert(contract.address);
            ensure(fresh, &format!("contracts[{i}].address"), "is there twice")?;
            contract
                .validate(&codes)
                .map_err(|e| e.within(&format!("contracts[{i}]")))?;
        }
        Ok(())
    }
}

impl Contract {
    fn validate(&self, codes: &BTreeSet<u64>) -> Result<(), GenesisError> {
        ensure(codes.contains(&self.code_id), "code_id", "is not among codes")?;
        ensure(!self.label.is_empty(), "label", "is empty")?;
        let last = self.history.last().map(|entry| entry.code_id);
        ensure(
            last == Some(self.code_id),
            "history",
            "does not end with the contract's code",
        )?;
        let ascending = self
            .state
            .iter()
            .zip(self.state.iter().skip(1))
            .all(|((a, _), (b, _))| a < b);
        ensure(ascending, "state", "is not in strictly ascending order of keys")
    }
}

fn check_access(path: &str, access: &Access) -> Result<(), GenesisError> {
    let mut times: BTreeMap<&Address, usize> = BTreeMap::new();
    for address in &access.addresses {
        *times.entry(address).or_default() += 1;
    }
    ensure(times.values().all(|n| *n == 1), path, "names an address twice")?;
    let named = !access.addresses.is_empty();
    let any = access.permission == Permission::AnyOfAddresses;
    ensure(
        named == any,
        path,
        "has addresses if and only if its permission is AnyOfAddresses",
    )
}
