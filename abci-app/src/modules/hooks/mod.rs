//! The chain's calls of contracts. A contract subscribes to what it wants to hear of; what happens is
//! put into its inbox, and at the end of blocks the chain calls it, at the contract's own expense.
//! `docs/contracts/hooks.md` explains the rules.
//!
//! Invariants:
//! - whatever a called contract does, the block goes on: its failure undoes what it did and is paid;
//! - the calls of a block use no more than [`gas::BLOCK`], and contracts take turns;
//! - a contract that cannot pay is not called, and no longer subscribed.
//!
//! - `msg`: subscribing; `subscriptions`: who is; `epoch`: telling all of them that an epoch is over
//! - `news`: what they are told; `inbox`: where it waits; `call`: how it is told
//! - `keys`, `gas`, `errors`, `genesis`, `query`

mod call;
mod epoch;
mod errors;
mod gas;
pub mod genesis;
mod inbox;
mod keys;
mod msg;
mod news;
pub mod query;
mod subscriptions;

use std::collections::BTreeMap;

use cosmos_sdk_proto::Any;
use slsbft_proto::hooks::v1::{MsgSubscribeResponse, MsgUnsubscribeResponse};
use slsbft_store::{Overlay, Read};
use slsbft_types::Address;

pub use gas::{LEAST_LIMIT, MOST_LIMIT};
pub use msg::Msg;
pub use news::{Answered, Deal, News};

use crate::{
    context::Context,
    errors::{ExecError, Fault},
    modules::{ledger::Ledger, record::pack},
};

/// Length of the address of a key. Those of contracts are longer.
const KEY_ADDRESS: usize = 20;

/// Contracts, as the chain calls them.
pub trait Callee {
    fn exists(&self, state: &impl Read, contract: &Address) -> Result<bool, Fault>;

    /// Passes the chain's own message; what it does is kept only if it succeeds.
    ///
    /// # Errors
    /// As the contract's.
    fn notify(&self, ctx: &mut Context<'_>, contract: &Address, msg: &[u8]) -> Result<(), ExecError>;
}

/// Subscriptions and inboxes in state.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hooks<L, C> {
    ledger: L,
    contracts: C,
}

impl<L: Ledger, C: Callee> Hooks<L, C> {
    pub const fn new(ledger: L, contracts: C) -> Self {
        Self { ledger, contracts }
    }

    /// Executes a message and packs its response.
    pub fn execute(&self, ctx: &mut Context<'_>, msg: &Msg) -> Result<Any, ExecError> {
        match *msg {
            Msg::Subscribe {
                contract,
                hook,
                gas_limit,
            } => {
                if !self.contracts.exists(ctx.state, &contract)? {
                    return Err(errors::HooksError::NoContract(contract.to_string()).into());
                }
                subscriptions::set(ctx.state, &contract, hook, gas_limit)?;
                Ok(pack(&MsgSubscribeResponse {}))
            }
            Msg::Unsubscribe { contract, hook } => {
                if !subscriptions::remove(ctx.state, &contract, hook)? {
                    return Err(errors::HooksError::NotSubscribed.into());
                }
                Ok(pack(&MsgUnsubscribeResponse {}))
            }
        }
    }
}

/// Puts news into the inbox of a contract that asked for them, to be told with at most so much gas.
pub fn tell_one(state: &mut Overlay, contract: &Address, gas_limit: u64, news: &News) -> Result<(), Fault> {
    inbox::push(state, contract, news.hook(), gas_limit, news.to_json()?)
}

/// Puts news of a deal into the inboxes of those of its parties that are subscribed. An account that
/// is several of them hears it once.
pub fn tell(
    state: &mut Overlay,
    parties: &BTreeMap<Address, &'static str>,
    news: impl Fn() -> News,
) -> Result<(), Fault> {
    // Accounts with keys have short addresses: most deals need no look into the state.
    for (party, role) in parties
        .iter()
        .filter(|(party, _)| party.as_bytes().len() > KEY_ADDRESS)
    {
        let news = news().in_role(role);
        if let Some(gas_limit) = subscriptions::find(state, party, news.hook())? {
            inbox::push(state, party, news.hook(), gas_limit, news.to_json()?)?;
        }
    }
    Ok(())
}
