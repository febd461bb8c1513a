//! Withdrawals, and gifts to the community pool.

use cosmos_sdk_proto::{
    Any,
    cosmos::distribution::v1beta1::{
        MsgFundCommunityPoolResponse, MsgSetWithdrawAddressResponse, MsgWithdrawDelegatorRewardResponse,
        MsgWithdrawValidatorCommissionResponse,
    },
};
use slsbft_types::{Address, Amount, Coin};

use super::{Distribution, DistributionError, Msg, Stakes, community_pool, events, state};
use crate::{
    context::Context,
    errors::ExecError,
    modules::{ledger::Ledger, record::pack},
};

impl<L: Ledger, S: Stakes> Distribution<L, S> {
    /// Executes a message; its response goes into the transaction's data.
    pub fn execute(&self, ctx: &mut Context<'_>, msg: &Msg) -> Result<Any, ExecError> {
        match msg {
            Msg::SetWithdrawAddress { delegator, address } => {
                self.ledger.require_open(ctx.state, address)?;
                state::set_withdraw_address(ctx.state, delegator, address);
                events::withdraw_address_set(ctx, delegator, address);
                Ok(pack(&MsgSetWithdrawAddressResponse {}))
            }
            Msg::WithdrawReward { delegator, operator } => {
                let amount = self.withdraw_reward(ctx, delegator, operator)?;
                // As in Cosmos, nothing is a coin of zero.
                let amount = vec![(&Coin::base(amount)).into()];
                Ok(pack(&MsgWithdrawDelegatorRewardResponse { amount }))
            }
            Msg::WithdrawCommission { operator } => {
                if state::outstanding(ctx.state, operator)?.is_none() {
                    return Err(DistributionError::UnknownValidator(*operator).into());
                }
                let amount = self.pay_commission(ctx, operator)?;
                if amount.is_zero() {
                    return Err(DistributionError::NoCommission.into());
                }
                let amount = vec![(&Coin::base(amount)).into()];
                Ok(pack(&MsgWithdrawValidatorCommissionResponse { amount }))
            }
            Msg::FundCommunityPool { depositor, amount } => {
                self.ledger.transfer(ctx, depositor, &community_pool(), amount)?;
                Ok(pack(&MsgFundCommunityPoolResponse {}))
            }
        }
    }

    fn withdraw_reward(
        &self,
        ctx: &mut Context<'_>,
        delegator: &Address,
        operator: &Address,
    ) -> Result<Amount, ExecError> {
        if self.stakes.staked(ctx.state, operator)?.is_none() {
            return Err(DistributionError::NoValidator.into());
        }
        let shares = self.stakes.shares(ctx.state, delegator, operator)?;
        let paid = self.pay_out(ctx, delegator, operator, shares)?;
        paid.ok_or_else(|| DistributionError::NoDelegation.into())
    }
}
