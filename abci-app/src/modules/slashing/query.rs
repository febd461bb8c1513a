//! `cosmos.slashing.v1beta1.Query`.

use cosmos_sdk_proto::cosmos::slashing::v1beta1::{
    Params as ProtoParams, QueryParamsRequest, QueryParamsResponse, QuerySigningInfoRequest,
    QuerySigningInfoResponse, QuerySigningInfosRequest, QuerySigningInfosResponse, ValidatorSigningInfo,
};
use slsbft_store::Read;
use slsbft_types::{Address, Ratio, address::CONSENSUS_PREFIX};
use tendermint_proto::google::protobuf::{Duration, Timestamp};

use super::{Params, Slashing, Stakes};
use crate::{
    errors::Fault,
    modules::{
        consensus::{self, ConsensusAddress, Uptime},
        epochs,
    },
    query::{QueryError, View, answer, page::paginate_list},
};

pub const SERVICE: &str = "cosmos.slashing.v1beta1.Query";

impl<S: Stakes> Slashing<S> {
    /// Answers one method of the service.
    pub fn query(
        &self,
        state: &View<'_, impl Read>,
        method: &str,
        request: &[u8],
    ) -> Result<Vec<u8>, QueryError> {
        match method {
            "Params" => answer(request, |_: QueryParamsRequest| params(state)),
            "SigningInfo" => answer(request, |r| self.signing_info(state, &r)),
            "SigningInfos" => answer(request, |r| self.signing_infos(state, r)),
            other => Err(QueryError::unimplemented(other)),
        }
    }

    fn signing_info(
        &self,
        state: &View<'_, impl Read>,
        request: &QuerySigningInfoRequest,
    ) -> Result<QuerySigningInfoResponse, QueryError> {
        let address = Address::from_bech32_with(CONSENSUS_PREFIX, &request.cons_address);
        let address = address.map_err(QueryError::invalid)?;
        let bytes = ConsensusAddress::try_from(address.as_bytes());
        let unknown = || {
            QueryError::not_found(format!(
                "SigningInfo not found for validator {}",
                request.cons_address
            ))
        };
        let bytes = bytes.map_err(|_| unknown())?;
        self.stakes.operator_of(state, &bytes)?.ok_or_else(unknown)?;
        let uptime = consensus::running_uptimes(state)?.remove(&bytes);
        Ok(QuerySigningInfoResponse {
            val_signing_info: Some(self.info(state, &bytes, uptime.unwrap_or_default())?),
        })
    }

    /// Of the validators that sign in the running epoch.
    fn signing_infos(
        &self,
        state: &View<'_, impl Read>,
        request: QuerySigningInfosRequest,
    ) -> Result<QuerySigningInfosResponse, QueryError> {
        let uptimes: Vec<_> = consensus::running_uptimes(state)?.into_iter().collect();
        let (page, pagination) = paginate_list(uptimes, request.pagination)?;
        let info = page
            .into_iter()
            .map(|(address, uptime)| self.info(state, &address, uptime));
        Ok(QuerySigningInfosResponse {
            info: info.collect::<Result<_, _>>()?,
            pagination: Some(pagination),
        })
    }

    /// The window is the running epoch.
    fn info(
        &self,
        state: &View<'_, impl Read>,
        address: &ConsensusAddress,
        uptime: Uptime,
    ) -> Result<ValidatorSigningInfo, Fault> {
        let operator = self.stakes.operator_of(state, address)?;
        let standing = match operator {
            Some(operator) => self.stakes.standing(state, &operator)?,
            None => None,
        };
        let bech32 = Address::from_bytes(address).map(|address| address.to_consensus_bech32());
        let until = standing.map(|standing| standing.jailed_until).unwrap_or_default();
        Ok(ValidatorSigningInfo {
            address: bech32.unwrap_or_default(),
            start_height: signed_number(epochs::current(state)?.first_height),
            index_offset: signed_number(uptime.present),
            jailed_until: Some(Timestamp {
                seconds: until.seconds,
                nanos: until.nanos.cast_signed(),
            }),
            tombstoned: standing.is_some_and(|standing| standing.tombstoned),
            missed_blocks_counter: signed_number(uptime.present.saturating_sub(uptime.signed)),
        })
    }
}

fn params(state: &impl Read) -> Result<QueryParamsResponse, QueryError> {
    let params = Params::load(state)?;
    Ok(QueryParamsResponse {
        params: Some(ProtoParams {
            signed_blocks_window: signed_number(epochs::params(state)?.blocks_per_epoch),
            min_signed_per_window: dec(params.min_signed),
            downtime_jail_duration: Some(Duration {
                seconds: signed_number(params.downtime_jail_seconds),
                nanos: 0,
            }),
            slash_fraction_double_sign: dec(params.double_sign_fraction),
            slash_fraction_downtime: dec(params.downtime_fraction),
        }),
    })
}

/// As Cosmos SDK writes a decimal into bytes: its 10¹⁸-fold in digits.
fn dec(ratio: Ratio) -> Vec<u8> {
    (u128::from(ratio.billionths()) * 1_000_000_000)
        .to_string()
        .into_bytes()
}

fn signed_number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
