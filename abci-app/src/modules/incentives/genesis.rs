//! Rewards in and out of a genesis document.

use slsbft_genesis::incentives::{
    Earned, Incentives as Section, IncentivesParams, Pools as SectionPools, Waiting,
};
use slsbft_mechanism::reward::{Bases, Bucket, Rollover, Rules};
use slsbft_store::{Order, Overlay, Read, Space};
use slsbft_types::Address;

use super::{
    accounts::{self, Account},
    keys, params,
    pools::{self, Pool, Pools},
};
use crate::{errors::Fault, modules::epochs};

/// Writes the section. Balances and the epoch come before it.
pub fn init(state: &mut Overlay, section: &Section) -> Result<(), Fault> {
    params::save(state, &Rules::from(&section.params));
    let pool = |waiting: &[Waiting]| Pool {
        rollover: Rollover {
            buckets: waiting
                .iter()
                .map(|waiting| Bucket {
                    opened: waiting.since,
                    amount: waiting.amount,
                })
                .collect(),
        },
        ..Pool::default()
    };
    pools::save(
        state,
        &Pools {
            held: pool(&section.pools.stake_held),
            consumed: pool(&section.pools.stake_consumed),
            provided: pool(&section.pools.service_provided),
            reputation: pool(&section.pools.reputation),
            owed: section.pools.owed,
            expired: section.pools.expired,
            ..Pools::default()
        },
    );
    let epoch = epochs::current(state)?.number;
    let mut running = Bases::default();
    for entry in &section.accounts {
        let bases = Bases {
            provider: entry.provider_base,
            consumer: entry.consumer_base,
        };
        running = accounts::sum(&running, &bases)?;
        let account = Account {
            bases,
            epoch,
            earned: entry.earned,
        };
        accounts::save(state, &entry.account, &account);
    }
    accounts::set_running(state, &running);
    Ok(())
}

/// Reads the section back.
pub fn export(state: &impl Read) -> Result<Section, Fault> {
    let pools = pools::load(state)?;
    let waiting = |pool: &Pool| {
        let buckets = pool.rollover.buckets.iter();
        let waiting = buckets.map(|bucket| Waiting {
            since: bucket.opened,
            amount: bucket.amount,
        });
        waiting.collect()
    };
    let accounts = state
        .prefix(Space::Main, keys::ACCOUNT, Order::Ascending)
        .map(|entry| {
            let (key, _) = entry?;
            let address = key.get(keys::ACCOUNT.len() + 1..).map(Address::from_bytes);
            let Some(Ok(address)) = address else {
                return Err(Fault::corrupt("what an account has earned"));
            };
            let account = accounts::account(state, &address)?;
            Ok(Earned {
                account: address,
                earned: account.earned,
                provider_base: account.bases.provider,
                consumer_base: account.bases.consumer,
            })
        })
        // Bases of which nothing was paid leave a record that says nothing.
        .filter(|entry| {
            entry.as_ref().map_or(true, |earned| {
                let sums = [earned.earned, earned.provider_base, earned.consumer_base];
                sums.iter().any(|sum| !sum.is_zero())
            })
        })
        .collect::<Result<_, Fault>>()?;
    Ok(Section {
        params: IncentivesParams::from(&params::load(state)?),
        pools: SectionPools {
            stake_held: waiting(&pools.held),
            stake_consumed: waiting(&pools.consumed),
            service_provided: waiting(&pools.provided),
            reputation: waiting(&pools.reputation),
            owed: pools.owed,
            expired: pools.expired,
        },
        accounts,
    })
}
