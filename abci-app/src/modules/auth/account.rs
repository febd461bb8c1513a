//! The account record, in state and as Cosmos clients know it.

use cosmos_sdk_proto::{
    Any,
    cosmos::{
        auth::v1beta1::{BaseAccount, ModuleAccount},
        vesting::v1beta1::{BaseVestingAccount, ContinuousVestingAccount},
    },
};
use prost::{Message, Name};
use slsbft_store::{Overlay, Read, Space};
use slsbft_types::{Address, Amount, Coins, PublicKey, Time};

use super::keys;
use crate::{errors::Fault, modules::record};

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub number: u64,
    pub sequence: u64,
    /// Known from the account's first transaction on.
    pub key: Option<PublicKey>,
    pub kind: Kind,
}

/// What sort of account it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    Base,
    /// Belongs to the chain; no key signs for it.
    Module {
        name: String,
        permissions: Vec<String>,
    },
    /// Coins that unlock evenly, second by second, between start and end.
    ContinuousVesting {
        original: Coins,
        start: i64,
        end: i64,
    },
}

impl Account {
    /// Whether it belongs to the chain itself.
    pub fn is_module(&self) -> bool {
        matches!(self.kind, Kind::Module { .. })
    }

    /// Still locked at a time: `original · (end − now) / (end − start)`, rounded up.
    pub fn locked(&self, denom: &str, now: Time) -> Amount {
        let Kind::ContinuousVesting { original, start, end } = &self.kind else {
            return Amount::ZERO;
        };
        let total = original.amount_of(denom).value();
        let length = u128::try_from(end.saturating_sub(*start)).unwrap_or(0);
        let left = u128::try_from(end.saturating_sub(now.seconds))
            .unwrap_or(0)
            .min(length);
        if length == 0 {
            return Amount::ZERO;
        }
        // Whole and rest apart: the product of an amount and seconds may overflow.
        let (whole, rest) = (total / length, total % length);
        Amount::new(whole * left + (rest * left).div_ceil(length))
    }

    /// The account as `cosmos.auth.v1beta1.Query/Account` returns it.
    pub fn to_any(&self, address: &Address) -> Any {
        let base = self.to_base(address);
        match &self.kind {
            Kind::Base => pack(&base),
            Kind::Module { name, permissions } => pack(&ModuleAccount {
                base_account: Some(base),
                name: name.clone(),
                permissions: permissions.clone(),
            }),
            Kind::ContinuousVesting { original, start, end } => pack(&ContinuousVestingAccount {
                base_vesting_account: Some(BaseVestingAccount {
                    base_account: Some(base),
                    original_vesting: original.to_proto(),
                    end_time: *end,
                    ..Default::default()
                }),
                start_time: *start,
            }),
        }
    }

    pub fn to_base(&self, address: &Address) -> BaseAccount {
        BaseAccount {
            address: address.to_string(),
            pub_key: self.key.as_ref().map(PublicKey::to_any),
            account_number: self.number,
            sequence: self.sequence,
        }
    }
}

fn pack<M: Message + Name>(message: &M) -> Any {
    Any {
        type_url: format!("/{}", M::full_name()),
        value: message.encode_to_vec(),
    }
}

/// The stored form. The address is in the key.
#[derive(Clone, PartialEq, Message)]
struct Record {
    #[prost(uint64, tag = "1")]
    number: u64,
    #[prost(uint64, tag = "2")]
    sequence: u64,
    #[prost(bytes = "vec", tag = "3")]
    secp256k1: Vec<u8>,
    #[prost(bytes = "vec", tag = "4")]
    ed25519: Vec<u8>,
    #[prost(message, optional, tag = "5")]
    module: Option<ModuleRecord>,
    #[prost(message, optional, tag = "6")]
    vesting: Option<VestingRecord>,
    /// So that the record of account 0 is not empty, which no stored value may be.
    #[prost(bool, tag = "7")]
    exists: bool,
}

#[derive(Clone, PartialEq, Message)]
struct ModuleRecord {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, repeated, tag = "2")]
    permissions: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
struct VestingRecord {
    #[prost(string, tag = "1")]
    original: String,
    #[prost(int64, tag = "2")]
    start: i64,
    #[prost(int64, tag = "3")]
    end: i64,
}

/// Reads an account.
pub fn load(state: &impl Read, address: &Address) -> Result<Option<Account>, Fault> {
    let key = keys::account(address);
    record::load::<Record>(state, Space::Main, &key)?
        .map(|record| from_record(record, &key))
        .transpose()
}

/// Decodes an account that was read under `key`.
pub fn decode(bytes: &[u8], key: &[u8]) -> Result<Account, Fault> {
    from_record(record::decode(bytes, key)?, key)
}

/// Writes an account.
pub fn save(state: &mut Overlay, address: &Address, account: &Account) {
    let mut record = Record {
        number: account.number,
        sequence: account.sequence,
        exists: true,
        ..Default::default()
    };
    match &account.key {
        Some(PublicKey::Secp256k1(key)) => record.secp256k1 = key.to_vec(),
        Some(PublicKey::Ed25519(key)) => record.ed25519 = key.to_vec(),
        None => {}
    }
    match &account.kind {
        Kind::Base => {}
        Kind::Module { name, permissions } => {
            record.module = Some(ModuleRecord {
                name: name.clone(),
                permissions: permissions.clone(),
            });
        }
        Kind::ContinuousVesting { original, start, end } => {
            record.vesting = Some(VestingRecord {
                original: original.to_string(),
                start: *start,
                end: *end,
            });
        }
    }
    record::store(state, keys::account(address), &record);
}

fn from_record(record: Record, key: &[u8]) -> Result<Account, Fault> {
    let corrupt = || Fault::corrupt(String::from_utf8_lossy(key));
    let public_key = if !record.secp256k1.is_empty() {
        Some(PublicKey::Secp256k1(
            record.secp256k1.try_into().map_err(|_| corrupt())?,
        ))
    } else if !record.ed25519.is_empty() {
        Some(PublicKey::Ed25519(
            record.ed25519.try_into().map_err(|_| corrupt())?,
        ))
    } else {
        None
    };
    let kind = match (record.module, record.vesting) {
        (Some(module), _) => Kind::Module {
            name: module.name,
            permissions: module.permissions,
        },
        (None, Some(vesting)) => Kind::ContinuousVesting {
            original: vesting.original.parse().map_err(|_| corrupt())?,
            start: vesting.start,
            end: vesting.end,
        },
        (None, None) => Kind::Base,
    };
    Ok(Account {
        number: record.number,
        sequence: record.sequence,
        key: public_key,
        kind,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vesting_coins_unlock_evenly_and_never_early() {
        let account = Account {
            number: 0,
            sequence: 0,
            key: None,
            kind: Kind::ContinuousVesting {
                original: "10uankr".parse().unwrap(),
                start: 100,
                end: 103,
            },
        };
        let locked: Vec<u128> = [0, 100, 101, 102, 103, 999]
            .map(|now| account.locked("uankr", Time::from_seconds(now)).value())
            .to_vec();
        assert_eq!(locked, [10, 10, 7, 4, 0, 0]);
        assert_eq!(account.locked("other", Time::default()), Amount::ZERO);
    }
}
