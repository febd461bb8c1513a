//! Money out of escrow, added up per account: a claim over a thousand deals
//! makes a handful of transfers.

use std::collections::BTreeMap;

use slsbft_types::{Address, Amount, Coins, metering::Deal};

use super::{Happened, Market, Notice, Settlement, escrow_account, sound};
use crate::{
    context::Context,
    errors::{ExecError, Fault},
    modules::{fees::TREASURY, ledger::Ledger},
};

#[derive(Debug, Default)]
#[must_use = "money that was promised is to be sent"]
pub struct Payouts {
    to: BTreeMap<Address, Amount>,
    /// By provider and consumer.
    settlements: BTreeMap<(Address, Address), Settlement>,
    notices: Vec<Notice>,
}

impl Payouts {
    pub fn add(&mut self, to: Address, amount: Amount) -> Result<(), Fault> {
        let sum = self.to.entry(to).or_default();
        *sum = sound(sum.add(amount))?;
        Ok(())
    }

    /// Pays a deal up to what is payable now and divides the difference.
    /// Returns it; zero if there is nothing new.
    pub fn settle(&mut self, deal: &mut Deal) -> Result<Amount, Fault> {
        let payable = sound(deal.payable())?;
        let paid = sound(payable.sub(deal.paid))?;
        if paid.is_zero() {
            return Ok(paid);
        }
        let before = sound(deal.split(deal.paid))?;
        let parts = sound(deal.split(payable).and_then(|after| after.since(&before)))?;
        self.add(deal.provider, parts.provider)?;
        self.add(Address::module(TREASURY), parts.treasury)?;
        if let Some(application) = deal.application {
            self.add(application, parts.application)?;
        }
        deal.paid = payable;
        self.notices.push(Notice::of(deal, Happened::Settled(paid)));
        self.note(deal, paid, parts.treasury)?;
        Ok(paid)
    }

    /// A deal has ended.
    pub fn close(&mut self, deal: &Deal, refund: Amount) {
        self.notices.push(Notice::of(deal, Happened::Closed(refund)));
    }

    /// Adds a payment to what its provider and consumer settle.
    fn note(&mut self, deal: &Deal, paid: Amount, treasury: Amount) -> Result<(), Fault> {
        let pair = (deal.provider, deal.consumer);
        let settlement = self.settlements.entry(pair).or_insert(Settlement {
            provider: deal.provider,
            consumer: deal.consumer,
            paid: Amount::ZERO,
            treasury: Amount::ZERO,
            rated: Amount::ZERO,
            good: Amount::ZERO,
        });
        settlement.paid = sound(settlement.paid.add(paid))?;
        settlement.treasury = sound(settlement.treasury.add(treasury))?;
        if let Some(rating) = deal.rating() {
            settlement.rated = sound(settlement.rated.add(paid))?;
            let good = sound(rating.of(paid))?;
            settlement.good = sound(settlement.good.add(good))?;
        }
        Ok(())
    }

    /// Makes the transfers and tells the market. The escrow account always holds
    /// enough, so a failure is the node's, not a transaction's.
    pub fn send(
        self,
        ledger: &impl Ledger,
        market: &impl Market,
        ctx: &mut Context<'_>,
    ) -> Result<(), ExecError> {
        let escrow = escrow_account();
        for (to, amount) in self.to.into_iter().filter(|(_, amount)| !amount.is_zero()) {
            ledger
                .transfer(ctx, &escrow, &to, &Coins::base(amount))
                .map_err(|error| match error {
                    ExecError::Tx(error) => {
                        Fault::Invariant(format!("payment out of escrow: {error}")).into()
                    }
                    fault => fault,
                })?;
        }
        self.settlements
            .values()
            .try_for_each(|settlement| market.settled(ctx, settlement))?;
        self.notices
            .iter()
            .try_for_each(|notice| market.noticed(ctx, notice))
    }
}
