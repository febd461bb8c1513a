//! Reading validators, delegations and what is on its way back.

use cosmos_sdk_proto::cosmos::staking::v1beta1::{
    DelegationResponse, Params, Pool, QueryDelegationRequest, QueryDelegatorDelegationsRequest,
    QueryDelegatorUnbondingDelegationsRequest, QueryParamsRequest, QueryPoolRequest,
    QueryRedelegationsRequest, QueryUnbondingDelegationRequest, QueryValidatorDelegationsRequest,
    QueryValidatorRequest, QueryValidatorUnbondingDelegationsRequest, QueryValidatorsRequest,
    RedelegationResponse, UnbondingDelegation, Validator, query_client::QueryClient,
};
use slsbft_types::Address;
use tonic::transport::Channel;

use super::{Client, ClientError};

impl Client {
    fn staking(&self) -> QueryClient<Channel> {
        QueryClient::new(self.channel())
    }

    pub async fn staking_params(&self) -> Result<Params, ClientError> {
        let answer = self.staking().params(QueryParamsRequest {}).await;
        let answer = answer.map_err(|s| self.failed(s))?.into_inner();
        answer.params.ok_or_else(|| self.without("parameters"))
    }

    /// All stake with candidates, and all that is on its way back.
    pub async fn staking_pool(&self) -> Result<Pool, ClientError> {
        let answer = self.staking().pool(QueryPoolRequest {}).await;
        let answer = answer.map_err(|s| self.failed(s))?.into_inner();
        answer.pool.ok_or_else(|| self.without("a pool"))
    }

    pub async fn validator(&self, operator: &Address) -> Result<Validator, ClientError> {
        let request = QueryValidatorRequest {
            validator_addr: operator.to_validator_bech32(),
        };
        let answer = self.staking().validator(request).await;
        let answer = answer.map_err(|s| self.failed(s))?.into_inner();
        answer.validator.ok_or_else(|| self.without("a validator"))
    }

    /// All validators, or those of a status such as `BOND_STATUS_BONDED`; at most 10,000.
    pub async fn validators(&self, status: Option<&str>) -> Result<Vec<Validator>, ClientError> {
        let status = status.unwrap_or_default();
        self.every(async |pagination| {
            let status = status.to_owned();
            let request = QueryValidatorsRequest { status, pagination };
            let answer = self.staking().validators(request).await?.into_inner();
            Ok((answer.validators, answer.pagination))
        })
        .await
    }

    /// What a delegator has with one validator.
    pub async fn delegation(
        &self,
        delegator: &Address,
        operator: &Address,
    ) -> Result<DelegationResponse, ClientError> {
        let request = QueryDelegationRequest {
            delegator_addr: delegator.to_string(),
            validator_addr: operator.to_validator_bech32(),
        };
        let answer = self.staking().delegation(request).await;
        let answer = answer.map_err(|s| self.failed(s))?.into_inner();
        answer
            .delegation_response
            .ok_or_else(|| self.without("a delegation"))
    }

    /// What a delegator has with all validators; at most 10,000.
    pub async fn delegations(&self, delegator: &Address) -> Result<Vec<DelegationResponse>, ClientError> {
        self.every(async |pagination| {
            let delegator_addr = delegator.to_string();
            let request = QueryDelegatorDelegationsRequest {
                delegator_addr,
                pagination,
            };
            let answer = self.staking().delegator_delegations(request).await?.into_inner();
            Ok((answer.delegation_responses, answer.pagination))
        })
        .await
    }

    /// What all delegators have with a validator; at most 10,000.
    pub async fn delegations_to(&self, operator: &Address) -> Result<Vec<DelegationResponse>, ClientError> {
        self.every(async |pagination| {
            let validator_addr = operator.to_validator_bech32();
            let request = QueryValidatorDelegationsRequest {
                validator_addr,
                pagination,
            };
            let answer = self.staking().validator_delegations(request).await?.into_inner();
            Ok((answer.delegation_responses, answer.pagination))
        })
        .await
    }

    /// What comes back to a delegator from one validator.
    pub async fn unbonding(
        &self,
        delegator: &Address,
        operator: &Address,
    ) -> Result<UnbondingDelegation, ClientError> {
        let request = QueryUnbondingDelegationRequest {
            delegator_addr: delegator.to_string(),
            validator_addr: operator.to_validator_bech32(),
        };
        let answer = self.staking().unbonding_delegation(request).await;
        let answer = answer.map_err(|s| self.failed(s))?.into_inner();
        answer
            .unbond
            .ok_or_else(|| self.without("an unbonding delegation"))
    }

    /// What comes back to a delegator from all validators; at most 10,000.
    pub async fn unbondings(&self, delegator: &Address) -> Result<Vec<UnbondingDelegation>, ClientError> {
        self.every(async |pagination| {
            let delegator_addr = delegator.to_string();
            let request = QueryDelegatorUnbondingDelegationsRequest {
                delegator_addr,
                pagination,
            };
            let answer = self.staking().delegator_unbonding_delegations(request).await?;
            let answer = answer.into_inner();
            Ok((answer.unbonding_responses, answer.pagination))
        })
        .await
    }

    /// What comes back from a validator to all delegators; at most 10,000.
    pub async fn unbondings_from(&self, operator: &Address) -> Result<Vec<UnbondingDelegation>, ClientError> {
        self.every(async |pagination| {
            let validator_addr = operator.to_validator_bech32();
            let request = QueryValidatorUnbondingDelegationsRequest {
                validator_addr,
                pagination,
            };
            let answer = self.staking().validator_unbonding_delegations(request).await?;
            let answer = answer.into_inner();
            Ok((answer.unbonding_responses, answer.pagination))
        })
        .await
    }

    /// Stake of a delegator that still answers for the validator it came from; at most 10,000.
    pub async fn redelegations(&self, delegator: &Address) -> Result<Vec<RedelegationResponse>, ClientError> {
        self.every(async |pagination| {
            let request = QueryRedelegationsRequest {
                delegator_addr: delegator.to_string(),
                pagination,
                ..QueryRedelegationsRequest::default()
            };
            let answer = self.staking().redelegations(request).await?.into_inner();
            Ok((answer.redelegation_responses, answer.pagination))
        })
        .await
    }
}
