//! Balances, supply and what wallets are told about denominations.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use slsbft_types::{Address, Amount, BASE_DENOM, Coins, Denom};

use crate::error::{GenesisError, ensure};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bank {
    pub params: BankParams,
    #[serde(default)]
    pub send_enabled: Vec<SendEnabled>,
    pub balances: Vec<Balance>,
    /// Empty, or the exact sum of all balances.
    #[serde(default)]
    pub supply: Coins,
    #[serde(default)]
    pub denom_metadata: Vec<DenomMetadata>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BankParams {
    /// Whether denominations without an entry of their own can be sent.
    pub default_send_enabled: bool,
}

impl Default for BankParams {
    fn default() -> Self {
        Self {
            default_send_enabled: true,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SendEnabled {
    pub denom: Denom,
    pub enabled: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Balance {
    pub address: Address,
    pub coins: Coins,
}

/// `cosmos.bank.v1beta1.Metadata`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DenomMetadata {
    #[serde(default)]
    pub description: String,
    /// Sorted by exponent; the first is `base` with exponent 0.
    pub denom_units: Vec<DenomUnit>,
    pub base: Denom,
    /// One of `denom_units`: what wallets show amounts in.
    pub display: String,
    pub name: String,
    pub symbol: String,
    #[serde(default)]
    pub uri: String,
    #[serde(default)]
    pub uri_hash: String,
}

/// 1 `denom` = 10^`exponent` of the base.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DenomUnit {
    pub denom: String,
    pub exponent: u32,
    #[serde(default)]
    pub aliases: Vec<String>,
}

impl DenomMetadata {
    /// Of the chain's own coin.
    pub fn ankr() -> Self {
        let unit = |denom: &str, exponent| DenomUnit {
            denom: denom.into(),
            exponent,
            aliases: Vec::new(),
        };
        Self {
            description: "The coin that pays for computing and secures the chain".into(),
            denom_units: vec![unit(slsbft_types::BASE_DENOM, 0), unit("ankr", 6)],
            base: Denom::base(),
            display: "ankr".into(),
            name: "Ankr".into(),
            symbol: "ANKR".into(),
            uri: String::new(),
            uri_hash: String::new(),
        }
    }

    fn validate(&self) -> Result<(), GenesisError> {
        let first = self.denom_units.first();
        ensure(
            first.is_some_and(|unit| unit.denom == self.base.as_str() && unit.exponent == 0),
            "denom_units",
            format!("must begin with the base '{}' and exponent 0", self.base),
        )?;
        ensure(
            self.denom_units.is_sorted_by(|a, b| a.exponent < b.exponent),
            "denom_units",
            "must be sorted by exponent, without duplicates",
        )?;
        ensure(
            self.denom_units.iter().any(|unit| unit.denom == self.display),
            "display",
            format!("'{}' is not among denom_units", self.display),
        )
    }
}

impl Bank {
    /// What all balances add up to; the error's path is inside this section.
    pub fn total(&self) -> Result<BTreeMap<Denom, Amount>, GenesisError> {
        let mut total = BTreeMap::<Denom, Amount>::new();
        for (i, balance) in self.balances.iter().enumerate() {
            for (j, coin) in balance.coins.iter().enumerate() {
                let sum = total.entry(coin.denom.clone()).or_default();
                *sum = sum.add(coin.amount).map_err(|_| {
                    let path = format!("balances[{i}].coins[{j}].amount");
                    GenesisError::new(path, format!("lifts the supply of {} above 128 bits", coin.denom))
                })?;
            }
        }
        Ok(total)
    }

    /// What an account holds of the chain's own coin, in uankr.
    pub(crate) fn amount_of(&self, holder: &Address) -> Amount {
        let mut balances = self.balances.iter();
        balances
            .find(|balance| balance.address == *holder)
            .map_or(Amount::ZERO, |balance| balance.coins.amount_of(BASE_DENOM))
    }

    pub(crate) fn set_amount(&mut self, holder: &Address, amount: Amount) {
        let position = self.balances.iter().position(|b| b.address == *holder);
        let mut coins = position.map_or_else(Vec::new, |position| {
            self.balances.remove(position).coins.iter().cloned().collect()
        });
        coins.retain(|coin| coin.denom.as_str() != BASE_DENOM);
        coins.extend(Coins::base(amount).iter().cloned());
        coins.sort_by(|a, b| a.denom.cmp(&b.denom));
        let (position, address) = (position.unwrap_or(self.balances.len()), *holder);
        // Sorted, without duplicates or zeros: what `Coins` asks for.
        if let (Ok(coins), false) = (Coins::new(coins.clone()), coins.is_empty()) {
            self.balances.insert(position, Balance { address, coins });
        }
    }

    pub fn validate(&self) -> Result<(), GenesisError> {
        let mut holders = BTreeSet::new();
        for (i, balance) in self.balances.iter().enumerate() {
            let address = balance.address;
            ensure(
                holders.insert(address),
                &format!("balances[{i}].address"),
                format!("{address} is listed twice"),
            )?;
            ensure(
                !balance.coins.is_empty(),
                &format!("balances[{i}].coins"),
                "is empty; leave the entry out",
            )?;
        }
        self.validate_supply()?;
        let mut denoms = BTreeSet::new();
        for (i, entry) in self.send_enabled.iter().enumerate() {
            let path = format!("send_enabled[{i}].denom");
            ensure(
                denoms.insert(&entry.denom),
                &path,
                format!("{} is listed twice", entry.denom),
            )?;
        }
        let mut bases = BTreeSet::new();
        for (i, metadata) in self.denom_metadata.iter().enumerate() {
            let at = format!("denom_metadata[{i}]");
            metadata.validate().map_err(|e| e.within(&at))?;
            ensure(
                bases.insert(&metadata.base),
                &format!("{at}.base"),
                "is described twice",
            )?;
        }
        Ok(())
    }

    fn validate_supply(&self) -> Result<(), GenesisError> {
        let total = self.total()?;
        if self.supply.is_empty() {
            return Ok(());
        }
        for (i, coin) in self.supply.iter().enumerate() {
            let held = total.get(&coin.denom).copied().unwrap_or_default();
            ensure(
                held == coin.amount,
                &format!("supply[{i}].amount"),
                format!("is {coin}, but the balances add up to {held}{}", coin.denom),
            )?;
        }
        let missing = total
            .keys()
            .find(|denom| self.supply.amount_of(denom.as_str()).is_zero());
        match missing {
            Some(denom) => Err(GenesisError::new(
                "supply",
                format!("lacks {denom}, which balances hold"),
            )),
            None => Ok(()),
        }
    }
}
