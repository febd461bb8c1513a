//! What service levels and incentives make of the market that `metering` runs.

use std::collections::BTreeMap;

use slsbft_store::Read;
use slsbft_types::Address;

use super::modules::INCENTIVES;
use crate::{
    context::Context,
    errors::{ExecError, Fault},
    modules::{
        hooks::{self, News},
        metering::{self, Happened, Notice, Settlement},
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

    fn noticed(&self, ctx: &mut Context<'_>, notice: &Notice) -> Result<(), ExecError> {
        let application = notice.application.map(|application| (application, "application"));
        let parties: BTreeMap<_, _> = application
            .into_iter()
            .chain([(notice.provider, "provider"), (notice.consumer, "consumer")])
            .collect();
        Ok(hooks::tell(ctx.state, &parties, || news(notice))?)
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

/// What contracts are told of a deal.
fn news(notice: &Notice) -> News {
    let mut deal = hooks::Deal {
        deal: notice.deal,
        offer: notice.offer,
        provider: notice.provider.to_string(),
        consumer: notice.consumer.to_string(),
        application: notice.application.map(|application| application.to_string()),
        escrow: notice.escrow.to_string(),
        paid: notice.paid.to_string(),
        ..Default::default()
    };
    match notice.what {
        Happened::Opened => News::DealOpened(deal),
        Happened::Settled(paid) => {
            deal.amount = Some(paid.to_string());
            News::DealSettled(deal)
        }
        Happened::Closed(refund) => {
            deal.amount = Some(refund.to_string());
            News::DealClosed(deal)
        }
    }
}
