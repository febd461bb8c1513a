//! What service levels and incentives make of the market that `metering` runs.

use slsbft_store::Read;
use slsbft_types::Address;

use super::modules::INCENTIVES;
use crate::{
    context::Context,
    errors::{ExecError, Fault},
    modules::{
        metering::{self, Settlement},
        service::{self, Rating},
    },
};

/// Hears of offers and payments.
#[derive(Clone, Copy, Debug, Default)]
pub struct Market;

impl metering::Market for Market {
    fn is_open(&self, state: &impl Read, provider: &Address) -> Result<bool, Fault> {
        Ok(!service::is_paused(state, provider)?)
    }

    fn settled(&self, ctx: &mut Context<'_>, settlement: &Settlement) -> Result<(), ExecError> {
        let Settlement {
            provider,
            consumer,
            treasury,
            rated,
            good,
            ..
        } = *settlement;
        if !rated.is_zero() {
            let rating = Rating {
                provider,
                consumer,
                paid: rated,
                good,
            };
            service::hear(ctx.state, &rating)?;
        }
        let level = service::level(ctx.state, &provider, ctx.block.time)?;
        INCENTIVES.earn(ctx, [&provider, &consumer], treasury, level)
    }
}
