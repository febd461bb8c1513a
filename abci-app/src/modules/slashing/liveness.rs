//! What is judged at an epoch's end: who missed most of its blocks, and who
//! forged a proposer's name.

use std::collections::BTreeSet;

use slsbft_mechanism::election::neglectful;
use slsbft_types::{Address, Ratio};

use super::{Params, Slashing, Stakes, events};
use crate::{
    context::Context,
    errors::ExecError,
    modules::{
        consensus::{self, Seat},
        epochs,
    },
};

/// For a forged name, as long as for downtime.
const FORGED: &str = "forged_proposer";
const MISSED: &str = "missing_signature";

impl<S: Stakes> Slashing<S> {
    /// Judges the running epoch at its last block. `forgers` named another than
    /// themselves as proposer of a block that round 0 decided.
    pub fn judge_epoch(&self, ctx: &mut Context<'_>, forgers: &[Address]) -> Result<(), ExecError> {
        let params = Params::load(ctx.state)?;
        let epoch = epochs::current(ctx.state)?;
        let length = ctx
            .block
            .height
            .saturating_sub(epoch.first_height)
            .saturating_add(1);
        for operator in self.absent(ctx, &params, length)? {
            self.punish_absence(ctx, &params, &operator)?;
        }
        let until = ctx.block.time.plus_seconds(params.downtime_jail_seconds);
        for operator in forgers {
            if self.may_be_jailed(ctx, operator)? {
                self.stakes.jail(ctx, operator, until)?;
                events::slashed(ctx, operator, FORGED, Default::default(), true);
            }
        }
        Ok(())
    }

    /// Who missed most of an epoch of `length` blocks, but not more power than may be jailed at once.
    fn absent(
        &self,
        ctx: &Context<'_>,
        params: &Params,
        length: u64,
    ) -> Result<BTreeSet<Address>, ExecError> {
        let seats = consensus::seats(ctx.state)?;
        let power = |seat: &Seat| u128::from(seat.power.unsigned_abs());
        let mut absent = Vec::new();
        for (address, uptime) in consensus::running_uptimes(ctx.state)? {
            let was_there = uptime.present.saturating_mul(2) >= length;
            if was_there
                && falls_short(uptime.signed, uptime.present, params.min_signed)
                && let Some(operator) = self.stakes.operator_of(ctx.state, &address)?
                && self.may_be_jailed(ctx, &operator)?
            {
                // Whoever has left the set since takes no power with it.
                let seat = seats.iter().find(|seat| seat.operator == operator);
                absent.push((operator, seat.map_or(0, power)));
            }
        }
        let total = seats.iter().map(power).sum();
        Ok(neglectful(absent, total, params.max_absent))
    }

    fn punish_absence(
        &self,
        ctx: &mut Context<'_>,
        params: &Params,
        operator: &Address,
    ) -> Result<(), ExecError> {
        let burned = self.slash(ctx, operator, ctx.block.height, params.downtime_fraction, MISSED)?;
        let until = ctx.block.time.plus_seconds(params.downtime_jail_seconds);
        self.stakes.jail(ctx, operator, until)?;
        events::slashed(ctx, operator, MISSED, burned, true);
        Ok(())
    }

    fn may_be_jailed(&self, ctx: &Context<'_>, operator: &Address) -> Result<bool, ExecError> {
        let standing = self.stakes.standing(ctx.state, operator)?;
        Ok(standing.is_some_and(|standing| !standing.jailed && !standing.tombstoned))
    }
}

/// Whether `signed` of `present` is below a ratio, exactly.
fn falls_short(signed: u64, present: u64, least: Ratio) -> bool {
    let one = u128::from(Ratio::ONE.billionths());
    u128::from(signed) * one < u128::from(present) * u128::from(least.billionths())
}
