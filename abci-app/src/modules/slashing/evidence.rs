//! Double signing and light-client attacks, which CometBFT has proven.

use slsbft_types::Time;
use tendermint_proto::v0_38::abci::{Misbehavior, MisbehaviorType};

use super::{Params, Slashing, Stakes, events, recorded};
use crate::{context::Context, errors::ExecError, modules::consensus::ConsensusAddress};

impl<S: Stakes> Slashing<S> {
    /// Slashes and tombstones whom a block's evidence convicts. Evidence against
    /// an unknown or tombstoned validator, or too old, changes nothing.
    pub fn punish(&self, ctx: &mut Context<'_>, misbehavior: &[Misbehavior]) -> Result<(), ExecError> {
        for evidence in misbehavior {
            self.punish_one(ctx, evidence)?;
        }
        Ok(())
    }

    fn punish_one(&self, ctx: &mut Context<'_>, evidence: &Misbehavior) -> Result<(), ExecError> {
        let reason = match MisbehaviorType::try_from(evidence.r#type) {
            Ok(MisbehaviorType::DuplicateVote) => "double_sign",
            Ok(MisbehaviorType::LightClientAttack) => "light_client_attack",
            Ok(MisbehaviorType::Unknown) | Err(_) => return Ok(()),
        };
        let address = evidence.validator.as_ref().map(|validator| &validator.address);
        let Some(Ok(address)) = address.map(|bytes| ConsensusAddress::try_from(bytes.as_ref())) else {
            return Ok(());
        };
        let height = u64::try_from(evidence.height).unwrap_or(0);
        let time = evidence.time.as_ref().and_then(|time| Time::try_from(time).ok());
        if !recorded::counts(ctx.state, ctx.block, height, time.unwrap_or_default())? {
            return Ok(());
        }
        let Some(operator) = self.stakes.operator_of(ctx.state, &address)? else {
            return Ok(());
        };
        let standing = self.stakes.standing(ctx.state, &operator)?;
        if standing.is_none_or(|standing| standing.tombstoned) {
            return Ok(());
        }
        let fraction = Params::load(ctx.state)?.double_sign_fraction;
        let burned = self.slash(ctx, &operator, height, fraction, reason)?;
        self.stakes.tombstone(ctx, &operator)?;
        events::slashed(ctx, &operator, reason, burned, true);
        tracing::warn!(validator = %operator.to_validator_bech32(), height, reason, "tombstoned");
        Ok(())
    }
}
