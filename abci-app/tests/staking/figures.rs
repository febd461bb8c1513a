//! What the chain says of accounts, read from its records, to be held against the model.

use std::collections::BTreeMap;

use num_rational::BigRational;
use slsbft_app::modules::{distribution, staking};
use slsbft_genesis::staking::{Staking, UnbondingEntry};
use slsbft_mechanism::share::{Accrued, Dec};
use slsbft_types::Address;

use crate::{
    model::{Q, q},
    world::*,
};

pub fn exact(dec: Dec) -> Q {
    let units: BigRational = dec.to_wire().parse().expect("a number");
    units / q(1_000_000_000_000_000_000)
}

pub fn number_of(address: &Address) -> u8 {
    address.as_bytes()[0]
}

pub fn section(world: &World) -> Staking {
    staking::genesis::export(&world.state).expect("readable")
}

/// Shares of a delegation, before what it owes.
pub fn shares(world: &World, delegator: u8, operator: u8) -> Dec {
    let pair = (account(delegator), account(operator));
    let section = section(world);
    let mut delegations = section.delegations.iter();
    delegations
        .find(|d| (d.delegator, d.operator) == pair)
        .map_or(Dec::ZERO, |d| d.shares)
}

/// What is on its way from a candidate, since a height.
pub fn entry(world: &World, delegator: u8, operator: u8, height: u64) -> Option<UnbondingEntry> {
    let pair = (account(delegator), account(operator));
    let unbondings = section(world).unbondings.into_iter();
    unbondings
        .filter(|u| (u.delegator, u.operator) == pair)
        .flat_map(|u| u.entries)
        .find(|e| e.term.created_height == height)
}

/// What an account is owed in rewards, exactly, with commission.
pub fn owed(world: &World, number: u8) -> Q {
    let section = distribution::genesis::export(&world.state).expect("readable");
    let indexes: BTreeMap<_, _> = section
        .validators
        .iter()
        .map(|v| (v.operator, v.index()))
        .collect();
    let mut owed = Accrued::ZERO;
    for claim in section
        .holdings
        .iter()
        .filter(|claim| claim.delegator == account(number))
    {
        let shares = shares(world, number, number_of(&claim.operator));
        let more = claim.holding(shares).owed(&indexes[&claim.operator]).unwrap();
        owed = owed.add(more).unwrap();
    }
    let own = section.validators.iter().find(|v| v.operator == account(number));
    let commission = own.map_or(0, |validator| validator.commission.value());
    exact(owed.to_dec()) + q(commission)
}

/// What an account has, but for rewards.
pub fn held(world: &World, number: u8) -> Q {
    let section = section(world);
    let mut sum = q(world.purse(number));
    for delegation in section
        .delegations
        .iter()
        .filter(|d| d.delegator == account(number))
    {
        let candidate = section
            .candidates
            .iter()
            .find(|c| c.operator == delegation.operator);
        let worth = candidate.unwrap().pool.tokens_for(delegation.shares).unwrap();
        sum += q(worth.value());
    }
    for unbonding in section
        .unbondings
        .iter()
        .filter(|u| u.delegator == account(number))
    {
        let entries = unbonding.entries.iter();
        sum += q(entries.map(|entry| entry.balance.value()).sum());
    }
    sum
}
