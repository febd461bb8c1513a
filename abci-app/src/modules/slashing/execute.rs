//! Letting a validator out.

use cosmos_sdk_proto::{Any, cosmos::slashing::v1beta1::MsgUnjailResponse};

use super::{Msg, Slashing, SlashingError, Stakes};
use crate::{context::Context, errors::ExecError, modules::record::pack};

impl<S: Stakes> Slashing<S> {
    pub fn execute(&self, ctx: &mut Context<'_>, msg: &Msg) -> Result<Any, ExecError> {
        let Msg::Unjail { operator } = msg;
        let standing = self.stakes.standing(ctx.state, operator)?;
        let standing = standing.ok_or(SlashingError::NoValidator)?;
        if standing.tombstoned {
            return Err(SlashingError::Tombstoned.into());
        }
        if !standing.jailed {
            return Err(SlashingError::NotJailed.into());
        }
        if !standing.has_self_stake {
            return Err(SlashingError::SelfDelegationTooLow.into());
        }
        if ctx.block.time < standing.jailed_until {
            return Err(SlashingError::StillJailed(standing.jailed_until.seconds).into());
        }
        self.stakes.unjail(ctx, operator)?;
        Ok(pack(&MsgUnjailResponse {}))
    }
}
