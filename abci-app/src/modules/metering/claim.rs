//! Claims: vouchers in, one verdict each, one payment per deal.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use slsbft_proto::metering::v1::{ClaimResult, ClaimVerdict, MsgClaimResponse, SignedVoucher};
use slsbft_types::{
    Address, Amount,
    metering::{Deal, Voucher, deal::ApplyError},
};

use super::{Market, Metering, Vouchers, events, payouts::Payouts, sound, state};
use crate::{
    context::{BlockInfo, Context},
    errors::{ExecError, Fault},
    modules::ledger::Ledger,
};

/// What a batch of vouchers came to, before the money is sent.
pub(super) struct Claimed {
    pub results: Vec<ClaimResult>,
    pub paid: Amount,
}

/// Deals that a batch looked at; `None` does not exist.
type Touched = BTreeMap<u64, Option<Deal>>;

impl<L: Ledger, M: Market> Metering<L, M> {
    pub(super) fn claim(
        &self,
        ctx: &mut Context<'_>,
        provider: &Address,
        vouchers: &Vouchers,
    ) -> Result<MsgClaimResponse, ExecError> {
        let mut payouts = Payouts::default();
        let Claimed { results, paid } = settle_vouchers(ctx, provider, vouchers, &mut payouts)?;
        payouts.send(&self.ledger, &self.market, ctx)?;
        Ok(MsgClaimResponse {
            results,
            paid: paid.to_string(),
        })
    }
}

/// Applies vouchers in their order, then settles each deal once: what a deal
/// pays depends only on where its counters end.
pub(super) fn settle_vouchers(
    ctx: &mut Context<'_>,
    provider: &Address,
    vouchers: &Vouchers,
    payouts: &mut Payouts,
) -> Result<Claimed, ExecError> {
    let mut touched = Touched::new();
    let mut changed = BTreeSet::new();
    let mut results = Vec::with_capacity(vouchers.len());
    for (signed, genuine) in vouchers.judged() {
        let (deal_id, verdict) = judge(ctx, provider, signed, genuine, &mut touched)?;
        if verdict == ClaimVerdict::Accepted {
            changed.insert(deal_id);
        }
        results.push(ClaimResult {
            verdict: verdict.into(),
            deal_id,
        });
    }
    let mut paid = Amount::ZERO;
    for id in &changed {
        if let Some(Some(deal)) = touched.get_mut(id) {
            paid = sound(paid.add(payouts.settle(deal)?))?;
            state::save_deal(ctx.state, deal);
        }
    }
    let accepted = results
        .iter()
        .filter(|result| result.verdict() == ClaimVerdict::Accepted)
        .count();
    let deals: Vec<u64> = changed.into_iter().collect();
    let refused = results.len() - accepted;
    events::claim(
        ctx,
        &events::ClaimFigures {
            provider,
            accepted,
            refused,
            deals: &deals,
            paid,
        },
    );
    Ok(Claimed { results, paid })
}

fn judge(
    ctx: &Context<'_>,
    provider: &Address,
    signed: &SignedVoucher,
    genuine: bool,
    touched: &mut Touched,
) -> Result<(u64, ClaimVerdict), Fault> {
    let Ok(voucher) = Voucher::decode(signed) else {
        return Ok((0, ClaimVerdict::Malformed));
    };
    let id = voucher.deal_id;
    if !genuine {
        return Ok((id, ClaimVerdict::BadSignature));
    }
    let of_this_chain = voucher.chain_id == *ctx.block.chain_id;
    let deal = match touched.entry(id) {
        Entry::Occupied(seen) => seen.into_mut(),
        Entry::Vacant(new) => new.insert(state::deal(ctx.state, id)?),
    };
    let verdict = match deal {
        // What was signed before the chain went on under another id stays good.
        Some(deal) if of_this_chain || voucher.chain_id == deal.chain_id => {
            apply(deal, provider, &voucher, ctx.block)
        }
        None if of_this_chain => ClaimVerdict::UnknownDeal,
        Some(_) | None => ClaimVerdict::WrongChain,
    };
    Ok((id, verdict))
}

fn apply(deal: &mut Deal, provider: &Address, voucher: &Voucher, block: &BlockInfo) -> ClaimVerdict {
    if deal.provider != *provider {
        return ClaimVerdict::NotProvider;
    }
    // An expired deal still takes claims: its window starts when somebody notices.
    if deal
        .claim_until
        .is_some_and(|window| window.is_over(block.height, block.time))
    {
        return ClaimVerdict::WindowOver;
    }
    match deal.apply(voucher) {
        Ok(()) => ClaimVerdict::Accepted,
        Err(ApplyError::UnknownSession) => ClaimVerdict::UnknownSession,
        Err(ApplyError::Counters { .. } | ApplyError::Overflow) => ClaimVerdict::Malformed,
        Err(ApplyError::Stale { .. }) => ClaimVerdict::Stale,
        Err(ApplyError::CounterFell(_)) => ClaimVerdict::CounterFell,
    }
}
