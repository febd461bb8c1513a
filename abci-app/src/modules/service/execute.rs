//! Executing messages.

use cosmos_sdk_proto::Any;
use slsbft_proto::service::v1::{
    MsgCommitAuditResponse, MsgCommitComputeResponse, MsgDeregisterProviderResponse, MsgRevealAuditResponse,
    MsgSetAuditorResponse, MsgUpdateProviderResponse,
};

use super::{Msg, Service, Validators, compute};
use crate::{
    context::Context,
    errors::ExecError,
    modules::{ledger::Ledger, record::pack},
};

impl<L: Ledger, V: Validators> Service<L, V> {
    /// Executes a message; its response goes into the transaction's data.
    pub fn execute(&self, ctx: &mut Context<'_>, msg: &Msg) -> Result<Any, ExecError> {
        match msg {
            Msg::Register {
                provider,
                profile,
                self_stake,
            } => Ok(pack(&self.register(ctx, provider, profile, *self_stake)?)),
            Msg::Update {
                provider,
                profile,
                add_self_stake,
            } => {
                self.update(ctx, provider, profile, *add_self_stake)?;
                Ok(pack(&MsgUpdateProviderResponse {}))
            }
            Msg::Deregister { provider } => {
                self.deregister(ctx, provider)?;
                Ok(pack(&MsgDeregisterProviderResponse {}))
            }
            Msg::SetAuditor { operator, auditor } => {
                self.set_auditor(ctx, operator, auditor.as_ref())?;
                Ok(pack(&MsgSetAuditorResponse {}))
            }
            Msg::Commit {
                auditor,
                epoch,
                digest,
            } => {
                self.commit(ctx, auditor, *epoch, *digest)?;
                Ok(pack(&MsgCommitAuditResponse {}))
            }
            Msg::Reveal {
                auditor,
                epoch,
                salt,
                report,
            } => {
                self.reveal(ctx, auditor, *epoch, salt, report)?;
                Ok(pack(&MsgRevealAuditResponse {}))
            }
            Msg::CommitCompute {
                provider,
                epoch,
                root,
            } => {
                compute::commit(ctx, provider, *epoch, root)?;
                Ok(pack(&MsgCommitComputeResponse {}))
            }
        }
    }
}
