//! The account record, in state and as Cosmos clients know it.

use cosmos_sdk_proto::{
    Any,
    cosmos::{
        auth::v1beta1::{BaseAccount, ModuleAccount},
        vesting::v1beta1::{BaseVestingAccount, ContinuousVestingAccount},
    },
};
use prost::Message;
use slsbft_store::{Overlay, Read, Space};
use slsbft_types::{Address, Amount, AmountError, BASE_DENOM, Coins, PublicKey, Time, vesting::vesting};

use super::keys;
use crate::{
    errors::Fault,
    modules::record::{self, pack},
};

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
    ContinuousVesting(Vesting),
}

/// Coins that unlock evenly, second by second, between start and end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vesting {
    pub original: Coins,
    /// Unix seconds.
    pub start: i64,
    /// Unix seconds.
    pub end: i64,
    /// What is delegated, in uankr, as in Cosmos: first of what was still vesting, so that
    /// it does not hold back coins that are free …
    pub delegated_vesting: Amount,
    /// … then of what was free.
    pub delegated_free: Amount,
}

impl Vesting {
    /// Coins that vest still, delegated or not.
    fn unripe(&self, denom: &str, now: Time) -> Amount {
        vesting(self.original.amount_of(denom), self.start, self.end, now)
    }
}

impl Account {
    /// Whether it belongs to the chain itself.
    pub fn is_module(&self) -> bool {
        matches!(self.kind, Kind::Module { .. })
    }

    /// Coins that cannot be spent at a time: what is still vesting, less what of it is
    /// delegated and so not in the balance.
    pub fn locked(&self, denom: &str, now: Time) -> Amount {
        let Kind::ContinuousVesting(vesting) = &self.kind else {
            return Amount::ZERO;
        };
        let delegated = match denom {
            BASE_DENOM => vesting.delegated_vesting,
            _ => Amount::ZERO,
        };
        vesting.unripe(denom, now).saturating_sub(delegated)
    }

    /// Notes that `amount` uankr are delegated from now on: coins that vest go first.
    pub fn track_delegation(&mut self, amount: Amount, now: Time) -> Result<(), AmountError> {
        let locked = self.locked(BASE_DENOM, now);
        if let Kind::ContinuousVesting(vesting) = &mut self.kind {
            let locked = locked.min(amount);
            vesting.delegated_vesting = vesting.delegated_vesting.add(locked)?;
            vesting.delegated_free = vesting.delegated_free.add(amount.sub(locked)?)?;
        }
        Ok(())
    }

    /// Notes that `amount` uankr came back: free coins come first. What was slashed never
    /// does, and stays noted.
    pub fn track_undelegation(&mut self, amount: Amount) {
        if let Kind::ContinuousVesting(vesting) = &mut self.kind {
            let rest = amount.saturating_sub(vesting.delegated_free);
            vesting.delegated_free = vesting.delegated_free.saturating_sub(amount);
            vesting.delegated_vesting = vesting.delegated_vesting.saturating_sub(rest);
        }
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
            Kind::ContinuousVesting(vesting) => pack(&ContinuousVestingAccount {
                base_vesting_account: Some(BaseVestingAccount {
                    base_account: Some(base),
                    original_vesting: vesting.original.to_proto(),
                    delegated_free: Coins::base(vesting.delegated_free).to_proto(),
                    delegated_vesting: Coins::base(vesting.delegated_vesting).to_proto(),
                    end_time: vesting.end,
                }),
                start_time: vesting.start,
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
    /// Amounts; empty is zero.
    #[prost(string, tag = "4")]
    delegated_vesting: String,
    #[prost(string, tag = "5")]
    delegated_free: String,
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
        Kind::ContinuousVesting(vesting) => {
            let text = |amount: Amount| match amount.is_zero() {
                true => String::new(),
                false => amount.to_string(),
            };
            record.vesting = Some(VestingRecord {
                original: vesting.original.to_string(),
                start: vesting.start,
                end: vesting.end,
                delegated_vesting: text(vesting.delegated_vesting),
                delegated_free: text(vesting.delegated_free),
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
        (None, Some(vesting)) => {
            let amount = |text: String| match text.as_str() {
                "" => Ok(Amount::ZERO),
                text => text.parse().map_err(|_| corrupt()),
            };
            Kind::ContinuousVesting(Vesting {
                original: vesting.original.parse().map_err(|_| corrupt())?,
                start: vesting.start,
                end: vesting.end,
                delegated_vesting: amount(vesting.delegated_vesting)?,
                delegated_free: amount(vesting.delegated_free)?,
            })
        }
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

    fn vesting_account() -> Account {
        Account {
            number: 0,
            sequence: 0,
            key: None,
            kind: Kind::ContinuousVesting(Vesting {
                original: "10uankr".parse().unwrap(),
                start: 100,
                end: 110,
                delegated_vesting: Amount::ZERO,
                delegated_free: Amount::ZERO,
            }),
        }
    }

    fn delegated(account: &Account) -> (u128, u128) {
        match &account.kind {
            Kind::ContinuousVesting(v) => (v.delegated_vesting.value(), v.delegated_free.value()),
            _ => (0, 0),
        }
    }

    #[test]
    fn only_the_vesting_denomination_is_locked() {
        let account = vesting_account();
        assert_eq!(account.locked("uankr", Time::from_seconds(104)), Amount::new(6));
        assert_eq!(account.locked("other", Time::default()), Amount::ZERO);
    }

    #[test]
    fn coins_that_vest_are_delegated_first_and_come_back_last() {
        let mut account = vesting_account();
        let now = Time::from_seconds(104);
        account.track_delegation(Amount::new(4), now).unwrap();
        assert_eq!(delegated(&account), (4, 0));
        assert_eq!(account.locked("uankr", now), Amount::new(2));
        account.track_delegation(Amount::new(5), now).unwrap();
        assert_eq!(delegated(&account), (6, 3));
        assert_eq!(account.locked("uankr", now), Amount::ZERO);
        account.track_undelegation(Amount::new(4));
        assert_eq!(delegated(&account), (5, 0));
        // 1 of 5 was slashed.
        account.track_undelegation(Amount::new(4));
        assert_eq!(delegated(&account), (1, 0));
    }
}
