//! Candidates, as Cosmos shows validators.

use cosmos_sdk_proto::cosmos::staking::v1beta1::{
    BondStatus, Commission as ProtoCommission, CommissionRates, Description as ProtoDescription,
    QueryDelegatorValidatorRequest, QueryDelegatorValidatorResponse, QueryDelegatorValidatorsRequest,
    QueryDelegatorValidatorsResponse, QueryValidatorRequest, QueryValidatorResponse, QueryValidatorsRequest,
    QueryValidatorsResponse, Validator,
};
use slsbft_genesis::staking::Candidate;
use slsbft_store::Read;
use slsbft_types::PublicKey;

use super::{SPACE, account, candidate, operator};
use crate::{
    errors::Fault,
    modules::{
        consensus, record,
        staking::{keys, records::CandidateRecord, state},
    },
    query::{
        QueryError, View,
        page::{paginate, paginate_where},
    },
};

pub fn all(
    state: &View<'_, impl Read>,
    request: QueryValidatorsRequest,
) -> Result<QueryValidatorsResponse, QueryError> {
    let wanted = match request.status.as_str() {
        "" => None,
        text => Some(BondStatus::from_str_name(text).filter(|status| *status != BondStatus::Unspecified)),
    };
    if wanted == Some(None) {
        let shown: String = request.status.chars().take(40).collect();
        return Err(QueryError::invalid(format!("invalid validator status {shown}")));
    }
    // A record that cannot be read is shown, and so found to be broken.
    let is_wanted = |key: &[u8]| {
        let found = keys::one(key).and_then(|operator| status(state, &operator).ok());
        match (wanted.flatten(), found) {
            (Some(wanted), Some(found)) => wanted == found,
            _ => true,
        }
    };
    let page = request.pagination;
    let (validators, page) = paginate_where(state, SPACE, keys::CANDIDATE, page, is_wanted, |key, value| {
        let operator = keys::one(key).ok_or_else(|| Fault::corrupt("a candidate's key"))?;
        let candidate = record::decode::<CandidateRecord>(value, key)?.read(operator)?;
        shown(state, &candidate)
    })?;
    Ok(QueryValidatorsResponse {
        validators,
        pagination: Some(page),
    })
}

pub fn one(
    state: &View<'_, impl Read>,
    request: QueryValidatorRequest,
) -> Result<QueryValidatorResponse, QueryError> {
    let candidate = candidate(state, &operator(&request.validator_addr)?)?;
    Ok(QueryValidatorResponse {
        validator: Some(shown(state, &candidate)?),
    })
}

pub fn of_delegator(
    state: &View<'_, impl Read>,
    request: QueryDelegatorValidatorsRequest,
) -> Result<QueryDelegatorValidatorsResponse, QueryError> {
    let prefix = keys::delegations_of(&account("delegator", &request.delegator_addr)?);
    let (validators, page) = paginate(state, SPACE, &prefix, request.pagination, |key, _| {
        let operator = keys::one(key).ok_or_else(|| Fault::corrupt("a delegation's key"))?;
        shown(state, &candidate(state, &operator)?)
    })?;
    Ok(QueryDelegatorValidatorsResponse {
        validators,
        pagination: Some(page),
    })
}

pub fn one_of_delegator(
    state: &View<'_, impl Read>,
    request: QueryDelegatorValidatorRequest,
) -> Result<QueryDelegatorValidatorResponse, QueryError> {
    let delegator = account("delegator", &request.delegator_addr)?;
    let operator = operator(&request.validator_addr)?;
    if state::shares(state, &delegator, &operator)?.is_zero() {
        return Err(QueryError::not_found(format!(
            "delegation with delegator {} not found for validator {}",
            request.delegator_addr, request.validator_addr
        )));
    }
    Ok(QueryDelegatorValidatorResponse {
        validator: Some(shown(state, &candidate(state, &operator)?)?),
    })
}

fn status(state: &impl Read, operator: &slsbft_types::Address) -> Result<BondStatus, Fault> {
    Ok(match consensus::is_seated(state, operator)? {
        true => BondStatus::Bonded,
        false => BondStatus::Unbonded,
    })
}

fn shown(state: &View<'_, impl Read>, candidate: &Candidate) -> Result<Validator, QueryError> {
    let description = candidate.description.clone();
    let commission = candidate.commission;
    Ok(Validator {
        operator_address: candidate.operator.to_validator_bech32(),
        consensus_pubkey: Some(PublicKey::Ed25519(candidate.consensus_key.0).to_any()),
        jailed: candidate.is_jailed(),
        status: status(state, &candidate.operator)?.into(),
        tokens: candidate.pool.tokens().to_string(),
        delegator_shares: candidate.pool.shares().to_wire(),
        description: Some(ProtoDescription {
            moniker: description.moniker,
            identity: description.identity,
            website: description.website,
            security_contact: description.security_contact,
            details: description.details,
        }),
        unbonding_height: 0,
        unbonding_time: Some(slsbft_types::Time::default().into()),
        commission: Some(ProtoCommission {
            commission_rates: Some(CommissionRates {
                rate: commission.rate.to_wire(),
                max_rate: commission.max_rate.to_wire(),
                max_change_rate: commission.max_change_rate.to_wire(),
            }),
            update_time: Some(commission.updated_at.into()),
        }),
        min_self_delegation: candidate.min_self_delegation.to_string(),
        unbonding_on_hold_ref_count: 0,
        unbonding_ids: Vec::new(),
    })
}
