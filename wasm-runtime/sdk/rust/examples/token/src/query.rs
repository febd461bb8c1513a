//! What the token can be asked.

use std::ops::Bound;

use slsbft_sdk::{Error, Order};

use crate::{
    msg::{AllowanceOf, AllowanceTo, Answer, Query},
    state::{ALLOWANCES, ALLOWANCES_OF_SPENDERS, BALANCES, TOKEN, balance},
};

/// Entries of a page, if nothing is said, and at most.
const PAGE: u32 = 10;
const LONGEST_PAGE: u32 = 30;

pub fn query(msg: Query) -> Result<Answer, Error> {
    Ok(match msg {
        Query::Balance { address } => Answer::Balance {
            balance: balance(&address),
        },
        Query::TokenInfo {} => {
            let token = TOKEN.load()?;
            Answer::TokenInfo {
                name: token.name,
                symbol: token.symbol,
                decimals: token.decimals,
                total_supply: token.total_supply,
            }
        }
        Query::Minter {} => Answer::Minter(TOKEN.load()?.mint),
        Query::Allowance { owner, spender } => {
            let found = ALLOWANCES
                .get((&owner, &spender))
                .filter(|found| !found.expires.is_over());
            let found = found.unwrap_or_default();
            Answer::Allowance {
                allowance: found.allowance,
                expires: found.expires,
            }
        }
        Query::AllAllowances {
            owner,
            start_after,
            limit,
        } => {
            let found = ALLOWANCES.range_of(&owner, after(&start_after), Order::Ascending);
            let found = found
                .filter(|(_, found)| !found.expires.is_over())
                .take(page(limit));
            let allowances = found.map(|(spender, found)| AllowanceTo {
                spender,
                allowance: found.allowance,
                expires: found.expires,
            });
            Answer::AllAllowances {
                allowances: allowances.collect(),
            }
        }
        Query::AllSpenderAllowances {
            spender,
            start_after,
            limit,
        } => {
            let found = ALLOWANCES_OF_SPENDERS.range_of(&spender, after(&start_after), Order::Ascending);
            let found = found
                .filter(|(_, found)| !found.expires.is_over())
                .take(page(limit));
            let allowances = found.map(|(owner, found)| AllowanceOf {
                owner,
                allowance: found.allowance,
                expires: found.expires,
            });
            Answer::AllSpenderAllowances {
                allowances: allowances.collect(),
            }
        }
        Query::AllAccounts { start_after, limit } => {
            let found = BALANCES
                .range(after(&start_after), Order::Ascending)
                .take(page(limit));
            Answer::AllAccounts {
                accounts: found.map(|(owner, _)| owner).collect(),
            }
        }
    })
}

fn after(key: &Option<String>) -> (Bound<&str>, Bound<&str>) {
    let start = key.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
    (start, Bound::Unbounded)
}

fn page(limit: Option<u32>) -> usize {
    limit.unwrap_or(PAGE).min(LONGEST_PAGE) as usize
}
