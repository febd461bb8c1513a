//! Money out of escrow, added up per account: a claim over a thousand deals
//! makes a handful of transfers.

use std::collections::BTreeMap;

use slsbft_types::{Address, Amount, Coins, metering::Deal};

use super::{escrow_account, sound};
use crate::{
    context::Context,
    errors::{ExecError, Fault},
    modules::{fees::TREASURY, ledger::Ledger},
};

#[derive(Debug, Default)]
#[must_use = "money that was promised is to be sent"]
pub struct Payouts(BTreeMap<Address, Amount>);

impl Payouts {
    pub fn add(&mut self, to: Address, amount: Amount) -> Result<(), Fault> {
        let sum = self.0.entry(to).or_default();
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
        Ok(paid)
    }

    /// Makes the transfers. The escrow account always holds enough, so a
    /// failure is the node's, not a transaction's.
    pub fn send(self, ledger: &impl Ledger, ctx: &mut Context<'_>) -> Result<(), ExecError> {
        let escrow = escrow_account();
        for (to, amount) in self.0.into_iter().filter(|(_, amount)| !amount.is_zero()) {
            ledger
                .transfer(ctx, &escrow, &to, &Coins::base(amount))
                .map_err(|error| match error {
                    ExecError::Tx(error) => {
                        Fault::Invariant(format!("payment out of escrow: {error}")).into()
                    }
                    fault => fault,
                })?;
        }
        Ok(())
    }
}
