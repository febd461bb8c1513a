//! Questions to the world outside and tasks in WebAssembly: anybody posts one, edge nodes answer it, and a contract is told.
//! `docs/contracts/requests.md` explains the rules.
//!
//! Invariants:
//! - the module's account holds the fees of all unfinished requests, to the last uankr;
//! - each request ends, whoever is silent, and its fee is paid or returned as a whole;
//! - who is asked is drawn by a beacon that nobody knew when the request was posted, from the nodes
//!   that stood before it;
//! - a block's work for requests is bounded, whatever their number.
//!
//! - `msg`: what comes in; `execute`: posting, committing, revealing
//! - `draw`: who is asked; `finish`: what becomes of a request by itself
//! - `state`, `keys`, `errors`, `events`, `genesis`, `query`

mod draw;
mod errors;
mod events;
mod execute;
mod finish;
pub mod genesis;
mod keys;
mod msg;
pub mod query;
mod state;

use slsbft_store::{Order, Read, Space};
use slsbft_types::{Address, Amount, BASE_DENOM};

pub use errors::RequestsError;
pub use msg::{MAX_ANSWER, MAX_URL, Msg};

use crate::{
    context::Context,
    errors::{ExecError, Fault},
    modules::{hooks::News, ledger::Ledger, record},
};

/// Module account of fees.
pub const REQUESTS: &str = "requests";

/// Requests in state; money moves through a ledger, and `N` knows the nodes and the contracts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Requests<L, N> {
    ledger: L,
    network: N,
}

/// What requests need of the other modules.
pub trait Network {
    /// Who can be drawn now, in an order that is the same everywhere.
    fn edges(&self, state: &impl Read) -> Result<Vec<Address>, Fault>;

    /// Whether one that could be drawn before still can.
    fn is_edge(&self, state: &impl Read, address: &Address) -> Result<bool, Fault>;

    /// The beacon after the running block's contribution.
    fn beacon(&self, state: &impl Read) -> Result<[u8; 32], Fault>;

    fn is_contract(&self, state: &impl Read, address: &Address) -> Result<bool, Fault>;

    /// Whether there is a code of this id.
    fn has_code(&self, state: &impl Read, code_id: u64) -> Result<bool, Fault>;

    /// Tells a contract how its request ended, for at most so much gas.
    fn tell(&self, ctx: &mut Context<'_>, contract: &Address, gas: u64, news: &News) -> Result<(), Fault>;

    /// A node answered a request as it should, or was silent or alone.
    fn judged(&self, ctx: &mut Context<'_>, edge: &Address, is_good: bool) -> Result<(), Fault>;
}

impl<L, N> Requests<L, N> {
    pub const fn new(ledger: L, network: N) -> Self {
        Self { ledger, network }
    }
}

impl<L: Ledger, N: Network> Requests<L, N> {
    /// Checks that the module's account holds what its records say.
    pub fn check(&self, state: &impl Read) -> Result<(), ExecError> {
        let mut sum = Amount::ZERO;
        for entry in state.prefix(Space::Main, keys::REQUEST, Order::Ascending) {
            let (key, value) = entry?;
            let request = record::decode(&value, &key)?;
            if !state::is_finished(&request) {
                let all = sum.add(state::fee_of(&request)?);
                sum = all.map_err(|e| Fault::Invariant(e.to_string()))?;
            }
        }
        let held = self.ledger.balance(state, &account(), BASE_DENOM)?;
        if held == sum {
            return Ok(());
        }
        let text = format!("the requests account holds {held}, fees add up to {sum}");
        Err(Fault::Invariant(text).into())
    }
}

/// The account that [`REQUESTS`] names.
fn account() -> Address {
    Address::module(REQUESTS)
}
