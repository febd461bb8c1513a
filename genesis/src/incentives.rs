//! Mining rewards: the schedule, what rolls over, and what accounts have earned.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use slsbft_mechanism::reward::{Parts, Rules};
use slsbft_types::{Address, Amount, AmountError, Ratio, Time};

use crate::error::{GenesisError, ensure};

/// Names of the module accounts of what is not released, and of what was released and not paid.
const MINING_REWARDS: &str = "mining_rewards";
const INCENTIVES: &str = "incentives";
/// Of 365.25 days.
const YEAR_SECONDS: u64 = 31_557_600;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Incentives {
    pub params: IncentivesParams,
    #[serde(default)]
    pub pools: Pools,
    #[serde(default)]
    pub accounts: Vec<Earned>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IncentivesParams {
    /// Half of the pool is released in so long.
    pub half_life_seconds: u64,
    /// Most time that an epoch is paid for.
    pub longest_step_seconds: u64,
    /// Shares of the four parts; one together.
    pub stake_held: Ratio,
    pub stake_consumed: Ratio,
    pub service_provided: Ratio,
    pub reputation: Ratio,
    /// Rewards of a settlement are at most this part of what it burned and paid to the treasury …
    pub settlement_bound: Ratio,
    /// … and the provider's part of that, before its service level.
    pub provider_part: Ratio,
    /// What a service level has above this earns for reputation.
    pub reputation_above: Ratio,
    /// What waited so long goes to the treasury.
    pub rollover_seconds: u64,
}

/// What rolls over, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pools {
    pub stake_held: Vec<Waiting>,
    pub stake_consumed: Vec<Waiting>,
    pub service_provided: Vec<Waiting>,
    pub reputation: Vec<Waiting>,
    /// Owed to accounts, uankr; what rounding left is in it too.
    pub owed: Amount,
    /// Went to the treasury, uankr.
    pub expired: Amount,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waiting {
    pub since: Time,
    /// uankr.
    pub amount: Amount,
}

/// What an account has earned, uankr.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Earned {
    pub account: Address,
    /// In finished epochs.
    pub earned: Amount,
    /// Bases of the running one.
    pub provider_base: Amount,
    pub consumer_base: Amount,
}

impl From<&IncentivesParams> for Rules {
    fn from(params: &IncentivesParams) -> Self {
        Self {
            half_life_seconds: params.half_life_seconds,
            longest_step_seconds: params.longest_step_seconds,
            parts: Parts {
                held: params.stake_held,
                consumed: params.stake_consumed,
                provided: params.service_provided,
                reputation: params.reputation,
            },
            bound: params.settlement_bound,
            provider_part: params.provider_part,
            reputation_above: params.reputation_above,
            rollover_seconds: params.rollover_seconds,
        }
    }
}

impl From<&Rules> for IncentivesParams {
    fn from(rules: &Rules) -> Self {
        Self {
            half_life_seconds: rules.half_life_seconds,
            longest_step_seconds: rules.longest_step_seconds,
            stake_held: rules.parts.held,
            stake_consumed: rules.parts.consumed,
            service_provided: rules.parts.provided,
            reputation: rules.parts.reputation,
            settlement_bound: rules.bound,
            provider_part: rules.provider_part,
            reputation_above: rules.reputation_above,
            rollover_seconds: rules.rollover_seconds,
        }
    }
}

impl Default for IncentivesParams {
    fn default() -> Self {
        Self {
            half_life_seconds: 4 * YEAR_SECONDS,
            longest_step_seconds: 6 * 3_600,
            stake_held: Ratio::from_percent(40),
            stake_consumed: Ratio::from_percent(10),
            service_provided: Ratio::from_percent(40),
            reputation: Ratio::from_percent(10),
            settlement_bound: Ratio::from_percent(80),
            provider_part: Ratio::from_percent(80),
            reputation_above: Ratio::from_percent(80),
            rollover_seconds: YEAR_SECONDS,
        }
    }
}

impl Incentives {
    /// Account of what is not released yet.
    pub fn mining_account() -> Address {
        Address::module(MINING_REWARDS)
    }

    /// Account of what was released and is not paid.
    pub fn account() -> Address {
        Address::module(INCENTIVES)
    }

    /// What that account must hold.
    pub fn held(&self) -> Result<Amount, AmountError> {
        let Pools {
            stake_held,
            stake_consumed,
            service_provided,
            reputation,
            owed,
            ..
        } = &self.pools;
        let waiting = [stake_held, stake_consumed, service_provided, reputation];
        let amounts = waiting.into_iter().flatten().map(|waiting| waiting.amount);
        amounts.chain([*owed]).try_fold(Amount::ZERO, Amount::add)
    }

    pub fn validate(&self) -> Result<(), GenesisError> {
        let params = &self.params;
        let shares = [
            params.stake_held,
            params.stake_consumed,
            params.service_provided,
            params.reputation,
        ];
        let sum: u64 = shares.iter().map(|share| share.billionths()).sum();
        ensure(
            sum == Ratio::ONE.billionths(),
            "params",
            format!("the four parts add up to {sum}, not to 1000000000"),
        )?;
        Rules::from(params)
            .check()
            .map_err(|e| GenesisError::new("params", e))?;
        let mut known = BTreeSet::new();
        for (i, entry) in self.accounts.iter().enumerate() {
            ensure(
                known.insert(entry.account),
                &format!("accounts[{i}].account"),
                "is listed twice",
            )?;
        }
        let mut earned = self.accounts.iter().map(|entry| entry.earned);
        let earned = earned.try_fold(Amount::ZERO, Amount::add);
        let earned = earned.map_err(|e| GenesisError::new("accounts", e))?;
        ensure(
            earned <= self.pools.owed,
            "pools.owed",
            format!("is {}, accounts have earned {earned}", self.pools.owed),
        )
    }
}
