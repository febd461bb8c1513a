//! A counter that anybody may raise.

use serde::{Deserialize, Serialize};
use slsbft_sdk::{Error, Event, Item, contract, env};

/// What the contract is set up with: `{"count":40}`.
#[derive(Deserialize)]
pub struct Start {
    pub count: u64,
}

/// What it can be told: `{"add":{"by":2}}`.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Execute {
    Add { by: u64 },
}

/// What it can be asked: `{"count":{}}`.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Query {
    Count {},
}

/// What it answers: `{"count":42}`.
#[derive(Debug, PartialEq, Serialize)]
pub struct Count {
    pub count: u64,
}

const COUNT: Item<u64> = Item::new("count");

fn instantiate(start: Start) -> Result<(), Error> {
    COUNT.save(&start.count);
    Ok(())
}

fn execute(msg: Execute) -> Result<Count, Error> {
    env::refuse_funds()?;
    match msg {
        Execute::Add { by } => {
            let count = COUNT.load()?.checked_add(by).ok_or("the counter is full")?;
            COUNT.save(&count);
            Event::new("counted")
                .attr("by", by)
                .attr("sender", env::sender())
                .emit();
            Ok(Count { count })
        }
    }
}

fn query(msg: Query) -> Result<Count, Error> {
    match msg {
        Query::Count {} => Ok(Count { count: COUNT.load()? }),
    }
}

contract! {
    instantiate: instantiate,
    execute: execute,
    query: query,
}

#[cfg(test)]
mod tests {
    use slsbft_sdk::mock;

    use super::*;

    #[test]
    fn it_counts_and_says_who_raised_it() {
        instantiate(Start { count: 40 }).unwrap();
        mock::from("bob", &[]);
        assert_eq!(execute(Execute::Add { by: 2 }).unwrap(), Count { count: 42 });
        assert_eq!(query(Query::Count {}).unwrap(), Count { count: 42 });
        let events = mock::with(|mock| mock.events.clone());
        assert_eq!(
            events,
            [Event::new("counted").attr("by", 2).attr("sender", "bob")]
        );
    }

    #[test]
    fn a_full_counter_says_so() {
        instantiate(Start { count: u64::MAX }).unwrap();
        let refused = execute(Execute::Add { by: 1 });
        assert_eq!(refused.unwrap_err(), Error::from("the counter is full"));
    }
}
