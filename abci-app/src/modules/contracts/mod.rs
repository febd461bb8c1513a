//! WebAssembly contracts: `cosmwasm.wasm.v1`.
//!
//! Invariants: a code never changes; a contract's address is given once; a contract writes only
//! below its own prefix and speaks to other modules only as itself; what a failed message wrote is
//! undone, what it ran is paid for.
//!
//! - `msg`, `upload`: the messages, checked; `execute`: what they do
//! - `compiling`: from which height a code may be used
//! - `call`: running an entry point; `notify`: the chain's own messages; `host`: the state that it sees; `ask`: its questions
//! - `dispatch`, `convert`: the messages that it returns
//! - `state`, `keys`, `address`, `access`: codes and contracts
//! - `gas`, `params`, `events`, `errors`, `genesis`, `query`

mod access;
pub mod address;
mod ask;
mod call;
pub mod compiling;
mod convert;
mod dispatch;
mod errors;
mod events;
mod execute;
mod gas;
pub mod genesis;
mod host;
mod keys;
mod msg;
mod notify;
pub mod params;
pub mod query;
mod state;
mod upload;

use cosmos_sdk_proto::Any;

pub use msg::Msg;
pub use state::{has_code, is_pinned};

use crate::{context::Context, errors::ExecError, modules::auth::Auth};

/// How contracts' messages reach the other modules.
pub trait Router {
    /// Executes a message that `sender`, and nobody else, must sign.
    ///
    /// # Errors
    /// As that message's module, or `sdk` codes 2 to 7 if it is none.
    fn route(
        &self,
        ctx: &mut Context<'_>,
        sender: &slsbft_types::Address,
        message: &Any,
    ) -> Result<Any, ExecError>;
}

/// The contracts in state.
#[derive(Clone, Copy, Debug, Default)]
pub struct Contracts<L, R> {
    accounts: Auth,
    ledger: L,
    router: R,
}

impl<L, R> Contracts<L, R> {
    pub const fn new(ledger: L, router: R) -> Self {
        Self {
            accounts: Auth,
            ledger,
            router,
        }
    }
}
