//! `slsbft.incentives.v1.Query`.

use slsbft_proto::incentives::v1::{
    Part, QueryEarnedRequest, QueryEarnedResponse, QueryParamsRequest, QueryParamsResponse,
    QueryPoolsRequest, QueryPoolsResponse,
};
use slsbft_store::Read;
use slsbft_types::{Address, BASE_DENOM};

use super::{Incentives, MINING_REWARDS, accounts, params, pools};
use crate::{
    errors::Fault,
    modules::ledger::Ledger,
    query::{QueryError, View, answer, operator},
};

pub const SERVICE: &str = "slsbft.incentives.v1.Query";

impl<L: Ledger> Incentives<L> {
    /// Answers one method of the service.
    pub fn query(
        &self,
        state: &View<'_, impl Read>,
        method: &str,
        request: &[u8],
    ) -> Result<Vec<u8>, QueryError> {
        match method {
            "Params" => answer(request, |_: QueryParamsRequest| {
                Ok(QueryParamsResponse {
                    params: Some(params::to_proto(&params::load(state)?)),
                })
            }),
            "Pools" => answer(request, |_: QueryPoolsRequest| self.pools(state)),
            "Earned" => answer(request, |r: QueryEarnedRequest| {
                let account = accounts::account(state, &operator(&r.account)?)?;
                Ok(QueryEarnedResponse {
                    earned: account.earned.to_string(),
                    pending_provider: account.bases.provider.to_string(),
                    pending_consumer: account.bases.consumer.to_string(),
                })
            }),
            other => Err(QueryError::unimplemented(other)),
        }
    }

    fn pools(&self, state: &View<'_, impl Read>) -> Result<QueryPoolsResponse, QueryError> {
        let pools = pools::load(state)?;
        let mining = Address::module(MINING_REWARDS);
        let remaining = self.ledger.balance(state, &mining, BASE_DENOM);
        let remaining = remaining.map_err(|error| Fault::Invariant(error.to_string()))?;
        let part = |pool: &pools::Pool| -> Result<Option<Part>, Fault> {
            Ok(Some(Part {
                released: pool.released.to_string(),
                paid: pool.paid.to_string(),
                rolled_over: accounts::sound(pool.rollover.total())?.to_string(),
            }))
        };
        Ok(QueryPoolsResponse {
            remaining: remaining.to_string(),
            epoch: pools.epoch,
            ended_at: Some(pools.ended_at.into()),
            stake_held: part(&pools.held)?,
            stake_consumed: part(&pools.consumed)?,
            service_provided: part(&pools.provided)?,
            reputation: part(&pools.reputation)?,
            expired: pools.expired.to_string(),
        })
    }
}
