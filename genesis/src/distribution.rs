//! Rewards that candidates and their delegators are owed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use slsbft_mechanism::share::{Accrued, Dec, Holding, PerShare, RewardIndex};
use slsbft_types::{Address, Amount};

use crate::{
    error::{GenesisError, ensure},
    staking::{Staking, sorted, sum},
};

/// Module account that holds what is owed, and what has not been allocated yet.
const ACCOUNT: &str = "distribution";

/// Every list is sorted by the addresses at the head of its records.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Distribution {
    /// Who has rewards sent to another account than their own.
    #[serde(default)]
    pub withdraw_addresses: Vec<WithdrawAddress>,
    /// One for each candidate.
    #[serde(default)]
    pub validators: Vec<Validator>,
    /// One for each delegation.
    #[serde(default)]
    pub holdings: Vec<Claim>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WithdrawAddress {
    pub delegator: Address,
    pub address: Address,
}

/// What a candidate and its delegators are owed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Validator {
    pub operator: Address,
    /// uankr: all that was allocated and not paid yet.
    pub outstanding: Amount,
    /// uankr: the candidate's own part of it.
    pub commission: Amount,
    /// [`PerShare`] in hexadecimal.
    #[serde(with = "hex_bytes")]
    pub per_share: [u8; 32],
    /// [`Accrued`] in hexadecimal.
    #[serde(with = "hex_bytes")]
    pub carried: [u8; 32],
}

/// What a delegation was last paid up to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    pub delegator: Address,
    pub operator: Address,
    /// [`PerShare`] in hexadecimal.
    #[serde(with = "hex_bytes")]
    pub since: [u8; 32],
    /// [`Accrued`] in hexadecimal.
    #[serde(with = "hex_bytes")]
    pub unpaid: [u8; 32],
}

impl Validator {
    /// Of a candidate that was never owed anything.
    pub const fn new(operator: Address) -> Self {
        Self {
            operator,
            outstanding: Amount::ZERO,
            commission: Amount::ZERO,
            per_share: [0; 32],
            carried: [0; 32],
        }
    }

    pub fn index(&self) -> RewardIndex {
        RewardIndex {
            per_share: PerShare::from_be_bytes(self.per_share),
            carried: Accrued::from_be_bytes(self.carried),
        }
    }
}

impl Claim {
    pub fn holding(&self, shares: Dec) -> Holding {
        Holding {
            shares,
            since: PerShare::from_be_bytes(self.since),
            unpaid: Accrued::from_be_bytes(self.unpaid),
        }
    }
}

impl Distribution {
    pub fn account() -> Address {
        Address::module(ACCOUNT)
    }

    /// What the account must hold at least, in uankr.
    pub fn owed(&self) -> Result<Amount, GenesisError> {
        sum(self.validators.iter().map(|validator| validator.outstanding))
            .map_err(|error| GenesisError::new("validators", error))
    }

    /// Checks the section beside the candidates and delegations that it is about.
    pub fn validate(&self, staking: &Staking) -> Result<(), GenesisError> {
        sorted("withdraw_addresses", &self.withdraw_addresses, |w| w.delegator)?;
        sorted("validators", &self.validators, |v| v.operator)?;
        let candidates = staking.candidates.iter().map(|candidate| candidate.operator);
        ensure(
            self.validators.iter().map(|v| v.operator).eq(candidates),
            "validators",
            "must be the candidates of staking",
        )?;
        sorted("holdings", &self.holdings, |claim| {
            (claim.delegator, claim.operator)
        })?;
        let claims = self
            .holdings
            .iter()
            .map(|claim| (claim.delegator, claim.operator));
        ensure(
            claims.eq(staking.delegations.iter().map(|d| (d.delegator, d.operator))),
            "holdings",
            "must be the delegations of staking",
        )?;
        self.check_sums(staking)
    }

    /// All that a candidate's delegators are owed, its commission and what its index
    /// carries are exactly what is outstanding.
    fn check_sums(&self, staking: &Staking) -> Result<(), GenesisError> {
        let mut sums: BTreeMap<Address, (RewardIndex, Accrued)> = BTreeMap::new();
        for (i, validator) in self.validators.iter().enumerate() {
            let index = validator.index();
            let sum = index.carried.add(Accrued::whole(validator.commission));
            let sum = sum.map_err(|error| GenesisError::new(format!("validators[{i}].carried"), error))?;
            sums.insert(validator.operator, (index, sum));
        }
        for (i, (claim, delegation)) in self.holdings.iter().zip(&staking.delegations).enumerate() {
            let Some((index, sum)) = sums.get_mut(&claim.operator) else {
                continue;
            };
            *sum = claim
                .holding(delegation.shares)
                .owed(index)
                .and_then(|owed| sum.add(owed))
                .map_err(|error| GenesisError::new(format!("holdings[{i}]"), error))?;
        }
        for (i, validator) in self.validators.iter().enumerate() {
            let sum = sums.get(&validator.operator).map(|(_, sum)| *sum);
            ensure(
                sum == Some(Accrued::whole(validator.outstanding)),
                &format!("validators[{i}].outstanding"),
                format!(
                    "is {}, but commission, rewards and remainder add up to {}",
                    validator.outstanding,
                    sum.unwrap_or_default().to_dec()
                ),
            )?;
        }
        Ok(())
    }
}

/// 32 bytes as 64 hexadecimal digits.
mod hex_bytes {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(bytes: &[u8; 32], serializer: S) -> Result<S::Ok, S::Error> {
        let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        serializer.serialize_str(&text)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 32], D::Error> {
        let text = String::deserialize(deserializer)?;
        let digits = text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
        let error = || D::Error::custom("expected 64 hexadecimal digits");
        if !digits {
            return Err(error());
        }
        let mut bytes = [0; 32];
        for (byte, at) in bytes.iter_mut().zip((0..64).step_by(2)) {
            let pair = text.get(at..at + 2).ok_or_else(error)?;
            *byte = u8::from_str_radix(pair, 16).map_err(D::Error::custom)?;
        }
        Ok(bytes)
    }
}
