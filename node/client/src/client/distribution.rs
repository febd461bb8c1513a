//! Reading rewards. Amounts are decimals of uankr in Cosmos's form over the wire: in
//! units of 10⁻¹⁸, see `slsbft_mechanism::share::Dec`.

use cosmos_sdk_proto::cosmos::{
    base::v1beta1::DecCoin,
    distribution::v1beta1::{
        DelegationDelegatorReward, Params, QueryCommunityPoolRequest, QueryDelegationRewardsRequest,
        QueryDelegationTotalRewardsRequest, QueryDelegatorWithdrawAddressRequest, QueryParamsRequest,
        QueryValidatorCommissionRequest, QueryValidatorOutstandingRewardsRequest,
        QueryValidatorSlashesRequest, ValidatorSlashEvent, query_client::QueryClient,
    },
};
use slsbft_types::Address;
use tonic::transport::Channel;

use super::{Client, ClientError};

/// What a delegator can withdraw.
#[derive(Clone, Debug, PartialEq)]
pub struct Rewards {
    /// By validator.
    pub rewards: Vec<DelegationDelegatorReward>,
    pub total: Vec<DecCoin>,
}

impl Client {
    fn distribution(&self) -> QueryClient<Channel> {
        QueryClient::new(self.channel())
    }

    pub async fn distribution_params(&self) -> Result<Params, ClientError> {
        let answer = self.distribution().params(QueryParamsRequest {}).await;
        let answer = answer.map_err(|s| self.failed(s))?.into_inner();
        answer.params.ok_or_else(|| self.without("parameters"))
    }

    /// What a delegator can withdraw from all validators.
    pub async fn rewards(&self, delegator: &Address) -> Result<Rewards, ClientError> {
        let request = QueryDelegationTotalRewardsRequest {
            delegator_address: delegator.to_string(),
        };
        let answer = self.distribution().delegation_total_rewards(request).await;
        let answer = answer.map_err(|s| self.failed(s))?.into_inner();
        Ok(Rewards {
            rewards: answer.rewards,
            total: answer.total,
        })
    }

    /// What a delegator can withdraw from one validator.
    pub async fn rewards_from(
        &self,
        delegator: &Address,
        operator: &Address,
    ) -> Result<Vec<DecCoin>, ClientError> {
        let request = QueryDelegationRewardsRequest {
            delegator_address: delegator.to_string(),
            validator_address: operator.to_validator_bech32(),
        };
        let answer = self.distribution().delegation_rewards(request).await;
        Ok(answer.map_err(|s| self.failed(s))?.into_inner().rewards)
    }

    /// What a validator can withdraw of its commission.
    pub async fn commission(&self, operator: &Address) -> Result<Vec<DecCoin>, ClientError> {
        let request = QueryValidatorCommissionRequest {
            validator_address: operator.to_validator_bech32(),
        };
        let answer = self.distribution().validator_commission(request).await;
        let answer = answer.map_err(|s| self.failed(s))?.into_inner();
        Ok(answer.commission.unwrap_or_default().commission)
    }

    /// What a validator and its delegators together have not withdrawn.
    pub async fn outstanding_rewards(&self, operator: &Address) -> Result<Vec<DecCoin>, ClientError> {
        let request = QueryValidatorOutstandingRewardsRequest {
            validator_address: operator.to_validator_bech32(),
        };
        let answer = self.distribution().validator_outstanding_rewards(request).await;
        let answer = answer.map_err(|s| self.failed(s))?.into_inner();
        Ok(answer.rewards.unwrap_or_default().rewards)
    }

    /// Where a delegator's rewards go.
    pub async fn withdraw_address(&self, delegator: &Address) -> Result<String, ClientError> {
        let request = QueryDelegatorWithdrawAddressRequest {
            delegator_address: delegator.to_string(),
        };
        let answer = self.distribution().delegator_withdraw_address(request).await;
        Ok(answer.map_err(|s| self.failed(s))?.into_inner().withdraw_address)
    }

    /// How often and how much a validator was slashed, oldest first; at most 10,000.
    pub async fn slashes(&self, operator: &Address) -> Result<Vec<ValidatorSlashEvent>, ClientError> {
        self.every(async |pagination| {
            let request = QueryValidatorSlashesRequest {
                validator_address: operator.to_validator_bech32(),
                starting_height: 0,
                ending_height: u64::MAX,
                pagination,
            };
            let answer = self.distribution().validator_slashes(request).await?.into_inner();
            Ok((answer.slashes, answer.pagination))
        })
        .await
    }

    /// What the chain may spend for all.
    pub async fn community_pool(&self) -> Result<Vec<DecCoin>, ClientError> {
        let answer = self
            .distribution()
            .community_pool(QueryCommunityPoolRequest {})
            .await;
        Ok(answer.map_err(|s| self.failed(s))?.into_inner().pool)
    }
}
