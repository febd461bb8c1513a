//! Accounts and the rules of signing.

use std::collections::BTreeSet;

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use slsbft_types::{
    Address, Amount, BASE_DENOM, Coins, PublicKey,
    key::{ED25519_TYPE_URL, SECP256K1_TYPE_URL},
};

use crate::error::{GenesisError, ensure, ensure_countable};

/// Accounts that belong to the chain itself; it makes those that are not listed.
pub const MODULES: [&str; 10] = [
    "fee_collector",
    "distribution",
    "treasury",
    "metering",
    "bonded_tokens_pool",
    "not_bonded_tokens_pool",
    "service",
    "incentives",
    "mining_rewards",
    "requests",
];

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Auth {
    pub params: AuthParams,
    pub accounts: Vec<Account>,
}

/// As in Cosmos SDK's `auth`; costs are in gas.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthParams {
    pub max_memo_characters: u64,
    pub tx_sig_limit: u64,
}

impl Default for AuthParams {
    fn default() -> Self {
        Self {
            max_memo_characters: 256,
            tx_sig_limit: 7,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Account {
    Base(BaseAccount),
    /// Owned by a module; no key signs for it.
    Module(ModuleAccount),
    /// Released evenly from start to end.
    ContinuousVesting(ContinuousVestingAccount),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BaseAccount {
    pub address: Address,
    pub account_number: u64,
    #[serde(default)]
    pub sequence: u64,
    /// Known once the account has signed.
    #[serde(default, with = "public_key", skip_serializing_if = "Option::is_none")]
    pub pub_key: Option<PublicKey>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModuleAccount {
    pub name: String,
    /// [`Address::module`] of the name.
    pub address: Address,
    pub account_number: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContinuousVestingAccount {
    pub address: Address,
    pub account_number: u64,
    #[serde(default)]
    pub sequence: u64,
    #[serde(default, with = "public_key", skip_serializing_if = "Option::is_none")]
    pub pub_key: Option<PublicKey>,
    /// Locked at `start`, free at `end`.
    pub original_vesting: Coins,
    /// Unix seconds.
    pub start: i64,
    /// Unix seconds, after `start`.
    pub end: i64,
    /// uankr that were delegated while they vested; at most those of `original_vesting`.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub delegated_vesting: Amount,
    /// uankr that were delegated beside them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub delegated_free: Amount,
}

fn is_zero(amount: &Amount) -> bool {
    amount.is_zero()
}

impl Account {
    pub fn address(&self) -> Address {
        match self {
            Self::Base(account) => account.address,
            Self::Module(account) => account.address,
            Self::ContinuousVesting(account) => account.address,
        }
    }

    pub fn number(&self) -> u64 {
        match self {
            Self::Base(account) => account.account_number,
            Self::Module(account) => account.account_number,
            Self::ContinuousVesting(account) => account.account_number,
        }
    }

    fn sequence(&self) -> u64 {
        match self {
            Self::Base(account) => account.sequence,
            Self::Module(_) => 0,
            Self::ContinuousVesting(account) => account.sequence,
        }
    }

    fn validate(&self) -> Result<(), GenesisError> {
        ensure_countable(self.number(), "account_number")?;
        ensure_countable(self.sequence(), "sequence")?;
        let address = self.address();
        let module = MODULES.into_iter().find(|name| Address::module(name) == address);
        if let (Some(name), Self::Base(_) | Self::ContinuousVesting(_)) = (module, self) {
            return Err(GenesisError::new(
                "address",
                format!("{address} belongs to module '{name}'; list it as a module account"),
            ));
        }
        match self {
            Self::Base(account) => {
                validate_key(account.pub_key, account.address).map_err(|e| e.within("base"))
            }
            Self::Module(account) => ensure(
                account.address == Address::module(&account.name),
                "module.address",
                format!("is not the address of module '{}'", account.name),
            ),
            Self::ContinuousVesting(account) => {
                account.validate().map_err(|e| e.within("continuous_vesting"))
            }
        }
    }
}

impl ContinuousVestingAccount {
    fn validate(&self) -> Result<(), GenesisError> {
        validate_key(self.pub_key, self.address)?;
        ensure(
            !self.original_vesting.is_empty(),
            "original_vesting",
            "is empty; use a base account",
        )?;
        ensure(self.start >= 0, "start", "is before 1970")?;
        ensure(self.end > self.start, "end", "must be after start")?;
        let vesting = self.original_vesting.amount_of(BASE_DENOM);
        ensure(
            self.delegated_vesting <= vesting,
            "delegated_vesting",
            format!("is above original_vesting ({vesting}{BASE_DENOM})"),
        )
    }
}

fn validate_key(key: Option<PublicKey>, address: Address) -> Result<(), GenesisError> {
    ensure(
        key.is_none_or(|key| key.address() == address),
        "pub_key",
        format!("does not belong to {address}"),
    )
}

impl Auth {
    pub fn validate(&self) -> Result<(), GenesisError> {
        ensure(
            self.params.tx_sig_limit > 0,
            "params.tx_sig_limit",
            "must be positive",
        )?;
        let (mut addresses, mut numbers) = (BTreeSet::new(), BTreeSet::new());
        for (i, account) in self.accounts.iter().enumerate() {
            let at = format!("accounts[{i}]");
            account.validate().map_err(|e| e.within(&at))?;
            let address = account.address();
            ensure(
                addresses.insert(address),
                &at,
                format!("{address} is listed twice"),
            )?;
            let number = account.number();
            ensure(
                numbers.insert(number),
                &at,
                format!("account number {number} is given twice"),
            )?;
        }
        Ok(())
    }
}

/// `{"@type": type URL, "key": base64}`, as Cosmos writes public keys.
mod public_key {
    use super::*;

    #[derive(Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct TypedKey {
        #[serde(rename = "@type")]
        type_url: String,
        key: String,
    }

    pub fn serialize<S: Serializer>(key: &Option<PublicKey>, serializer: S) -> Result<S::Ok, S::Error> {
        let typed = key.map(|key| {
            let type_url = match key {
                PublicKey::Secp256k1(_) => SECP256K1_TYPE_URL,
                PublicKey::Ed25519(_) => ED25519_TYPE_URL,
            };
            TypedKey {
                type_url: type_url.into(),
                key: BASE64_STANDARD.encode(key.as_bytes()),
            }
        });
        typed.serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<PublicKey>, D::Error> {
        let Some(typed) = Option::<TypedKey>::deserialize(deserializer)? else {
            return Ok(None);
        };
        let bytes = BASE64_STANDARD.decode(&typed.key).map_err(D::Error::custom)?;
        let key = match typed.type_url.as_str() {
            SECP256K1_TYPE_URL => bytes.as_slice().try_into().map(PublicKey::Secp256k1),
            ED25519_TYPE_URL => bytes.as_slice().try_into().map(PublicKey::Ed25519),
            other => return Err(D::Error::custom(format!("unsupported key type '{other}'"))),
        };
        key.map(Some)
            .map_err(|_| D::Error::custom(format!("{} bytes are no such key", bytes.len())))
    }
}
