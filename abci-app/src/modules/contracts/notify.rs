//! What the chain itself has to say to contracts, as `hooks` passes it on.

use slsbft_store::Read;
use slsbft_types::Address;

use super::{
    Contracts, Router,
    call::{Task, on_a_layer},
    events, state,
};
use crate::{
    context::Context,
    errors::{ExecError, Fault},
    modules::{hooks::Callee, ledger::Ledger},
};

impl<L: Ledger, R: Router> Callee for Contracts<L, R> {
    fn exists(&self, state: &impl Read, contract: &Address) -> Result<bool, Fault> {
        Ok(state::find(state, contract)?.is_some())
    }

    fn notify(&self, ctx: &mut Context<'_>, contract: &Address, msg: &[u8]) -> Result<(), ExecError> {
        on_a_layer(ctx, |ctx| {
            let info = state::contract(ctx.state, contract)?;
            let hash = state::hash_of(&state::code(ctx.state, info.code_id)?)?;
            events::called(ctx, "sudo", contract);
            let response = self.run(ctx, contract, hash, &Task::Notify(msg))?;
            self.finish(ctx, contract, response).map(|_| ())
        })
    }
}
