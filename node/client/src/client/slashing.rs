//! Reading who signed, and who is jailed.

use cosmos_sdk_proto::cosmos::slashing::v1beta1::{
    Params, QueryParamsRequest, QuerySigningInfoRequest, QuerySigningInfosRequest, ValidatorSigningInfo,
    query_client::QueryClient,
};
use slsbft_types::Address;

use super::{Client, ClientError};

impl Client {
    pub async fn slashing_params(&self) -> Result<Params, ClientError> {
        let answer = QueryClient::new(self.channel())
            .params(QueryParamsRequest {})
            .await;
        let answer = answer.map_err(|s| self.failed(s))?.into_inner();
        answer.params.ok_or_else(|| self.without("parameters"))
    }

    /// Of the consensus key with this address.
    pub async fn signing_info(&self, consensus: &Address) -> Result<ValidatorSigningInfo, ClientError> {
        let request = QuerySigningInfoRequest {
            cons_address: consensus.to_consensus_bech32(),
        };
        let answer = QueryClient::new(self.channel()).signing_info(request).await;
        let answer = answer.map_err(|s| self.failed(s))?.into_inner();
        answer
            .val_signing_info
            .ok_or_else(|| self.without("signing information"))
    }

    /// Of all validators; at most 10,000.
    pub async fn signing_infos(&self) -> Result<Vec<ValidatorSigningInfo>, ClientError> {
        self.every(async |pagination| {
            let request = QuerySigningInfosRequest { pagination };
            let answer = QueryClient::new(self.channel()).signing_infos(request).await?;
            let answer = answer.into_inner();
            Ok((answer.info, answer.pagination))
        })
        .await
    }
}
