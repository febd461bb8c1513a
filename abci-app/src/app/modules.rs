//! The modules of this chain and how they see one another: the one place where
//! they are wired.

use cosmos_sdk_proto::Any;
use slsbft_store::{Read, Snapshot};

use crate::{
    context::Context,
    errors::{ExecError, Fault},
    events::{annotate, event},
    modules::{
        auth::{self, Auth},
        bank::{self, Bank},
        consensus, epochs,
        fees::{self, Fees},
        metering::{self, Metering},
    },
    query::QueryError,
    tx::Msg,
};

pub const BANK: Bank<Auth> = Bank::new(Auth);
pub const FEES: Fees<Bank<Auth>> = Fees::new(BANK);
pub const METERING: Metering<Bank<Auth>> = Metering::new(BANK);

/// Executes the message at `index` of a transaction; its events get that index.
pub fn execute(ctx: &mut Context<'_>, msg: &Msg, index: usize) -> Result<Any, ExecError> {
    let first = ctx.events.len();
    ctx.emit(
        event("message")
            .attr("action", msg.type_url())
            .attr("sender", msg.signer())
            .attr("module", msg.module()),
    );
    let response = match msg {
        Msg::Bank(msg) => BANK.execute(ctx, msg),
        Msg::Metering(msg) => METERING.execute(ctx, msg),
    }?;
    for event in ctx.events.iter_mut().skip(first) {
        annotate(event, "msg_index", index);
    }
    Ok(response)
}

/// Reads what a transfer will read, so that it is in memory when its turn comes:
/// this may run side by side with others, a block's messages run one by one.
/// Only for the first message, since nobody pays for it: whoever sends an old
/// transaction again gets little more done than its signature.
pub fn prefetch(state: &impl Read, messages: &[Msg]) -> Result<(), Fault> {
    match messages.first() {
        Some(Msg::Bank(msg)) => BANK.prefetch(state, msg),
        Some(Msg::Metering(_)) | None => Ok(()),
    }
}

/// What happens after a block's transactions.
pub fn end_block(ctx: &mut Context<'_>) -> Result<(), ExecError> {
    METERING.end_block(ctx)?;
    if epochs::ends_with(ctx.state, ctx.block)? {
        FEES.end_epoch(ctx)?;
        consensus::fold_uptime(ctx.state)?;
        epochs::advance(ctx.state, ctx.block)?;
    }
    Ok(())
}

/// Modules with keys of their own in the main store.
pub const STORES: [&str; 6] = ["auth", "bank", "consensus", "epochs", "fees", "metering"];

type Query = fn(&Snapshot, &str, &[u8]) -> Result<Vec<u8>, QueryError>;

/// Query services and who answers them.
pub const QUERIES: [(&str, Query); 6] = [
    (auth::query::SERVICE, auth::query::query),
    (bank::query::SERVICE, bank::query::query),
    (consensus::query::SERVICE, consensus::query::query),
    (epochs::query::SERVICE, epochs::query::query),
    (fees::query::SERVICE, fees::query::query),
    (metering::query::SERVICE, metering::query::query),
];
