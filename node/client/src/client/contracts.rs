//! Reading contracts and their code.

use cosmos_sdk_proto::cosmwasm::wasm::v1::{
    AccessConfig, CodeInfoResponse, ContractCodeHistoryEntry, Model, QueryAllContractStateRequest,
    QueryBuildAddressRequest, QueryCodeRequest, QueryCodeResponse, QueryCodesRequest,
    QueryContractHistoryRequest, QueryContractInfoRequest, QueryContractInfoResponse,
    QueryContractsByCodeRequest, QueryContractsByCreatorRequest, QueryRawContractStateRequest,
    QuerySmartContractStateRequest, query_client::QueryClient,
};
use prost::Message;
use slsbft_types::Address;
use tonic::{Status, client::Grpc, codec::ProstCodec, codegen::http::uri::PathAndQuery};

use super::{Client, ClientError, MAX_ANSWER_BYTES};

/// What a code is: `QueryCodeInfoResponse`, which the generated types do not have.
#[derive(Clone, PartialEq, Message)]
pub struct CodeInfo {
    #[prost(uint64, tag = "1")]
    pub code_id: u64,
    #[prost(string, tag = "2")]
    pub creator: String,
    /// SHA-256 of its bytes, as they were before they were packed.
    #[prost(bytes = "vec", tag = "3")]
    pub data_hash: Vec<u8>,
    #[prost(message, optional, tag = "4")]
    pub instantiate_permission: Option<AccessConfig>,
    /// The height from which it may be used, since nodes are given the time to compile it; 0 if it could be
    /// from the beginning. This chain's own.
    #[prost(uint64, tag = "1000")]
    pub ready_height: u64,
}

impl Client {
    /// All codes; at most 10,000.
    pub async fn codes(&self) -> Result<Vec<CodeInfoResponse>, ClientError> {
        self.every(async |pagination| {
            let request = QueryCodesRequest { pagination };
            let answer = QueryClient::new(self.channel()).codes(request).await?;
            let answer = answer.into_inner();
            Ok((answer.code_infos, answer.pagination))
        })
        .await
    }

    /// A code with its bytes.
    pub async fn code(&self, code_id: u64) -> Result<QueryCodeResponse, ClientError> {
        let mut client = QueryClient::new(self.channel()).max_decoding_message_size(MAX_ANSWER_BYTES);
        let answer = client.code(QueryCodeRequest { code_id }).await;
        Ok(answer.map_err(|s| self.failed(s))?.into_inner())
    }

    /// A code without its bytes.
    pub async fn code_info(&self, code_id: u64) -> Result<CodeInfo, ClientError> {
        let mut client = Grpc::new(self.channel());
        let ready = client.ready().await;
        ready.map_err(|error| self.failed(Status::unavailable(error.to_string())))?;
        let request = tonic::Request::new(QueryCodeRequest { code_id });
        let path = PathAndQuery::from_static("/cosmwasm.wasm.v1.Query/CodeInfo");
        let answer = client.unary(request, path, ProstCodec::default()).await;
        Ok(answer.map_err(|s| self.failed(s))?.into_inner())
    }

    pub async fn contract(&self, contract: &Address) -> Result<QueryContractInfoResponse, ClientError> {
        let address = contract.to_string();
        let request = QueryContractInfoRequest { address };
        let answer = QueryClient::new(self.channel()).contract_info(request).await;
        Ok(answer.map_err(|s| self.failed(s))?.into_inner())
    }

    /// Which code a contract ran when; at most 10,000 entries.
    pub async fn contract_history(
        &self,
        contract: &Address,
    ) -> Result<Vec<ContractCodeHistoryEntry>, ClientError> {
        self.every(async |pagination| {
            let address = contract.to_string();
            let request = QueryContractHistoryRequest { address, pagination };
            let answer = QueryClient::new(self.channel()).contract_history(request).await?;
            let answer = answer.into_inner();
            Ok((answer.entries, answer.pagination))
        })
        .await
    }

    /// Addresses of the contracts that run a code; at most 10,000.
    pub async fn contracts_by_code(&self, code_id: u64) -> Result<Vec<String>, ClientError> {
        self.every(async |pagination| {
            let request = QueryContractsByCodeRequest { code_id, pagination };
            let answer = QueryClient::new(self.channel())
                .contracts_by_code(request)
                .await?;
            let answer = answer.into_inner();
            Ok((answer.contracts, answer.pagination))
        })
        .await
    }

    /// Addresses of the contracts that somebody made; at most 10,000.
    pub async fn contracts_by_creator(&self, creator: &Address) -> Result<Vec<String>, ClientError> {
        self.every(async |pagination| {
            let creator_address = creator.to_string();
            let request = QueryContractsByCreatorRequest {
                creator_address,
                pagination,
            };
            let answer = QueryClient::new(self.channel())
                .contracts_by_creator(request)
                .await?;
            let answer = answer.into_inner();
            Ok((answer.contract_addresses, answer.pagination))
        })
        .await
    }

    /// What a contract answers to a message in JSON: JSON, too.
    pub async fn ask_contract(&self, contract: &Address, msg: Vec<u8>) -> Result<Vec<u8>, ClientError> {
        let request = QuerySmartContractStateRequest {
            address: contract.to_string(),
            query_data: msg,
        };
        let answer = QueryClient::new(self.channel())
            .smart_contract_state(request)
            .await;
        Ok(answer.map_err(|s| self.failed(s))?.into_inner().data)
    }

    /// What a contract keeps at a key; empty if nothing.
    pub async fn contract_value(&self, contract: &Address, key: Vec<u8>) -> Result<Vec<u8>, ClientError> {
        let request = QueryRawContractStateRequest {
            address: contract.to_string(),
            query_data: key,
        };
        let answer = QueryClient::new(self.channel()).raw_contract_state(request).await;
        Ok(answer.map_err(|s| self.failed(s))?.into_inner().data)
    }

    /// All that a contract keeps; at most 10,000 keys.
    pub async fn contract_state(&self, contract: &Address) -> Result<Vec<Model>, ClientError> {
        self.every(async |pagination| {
            let address = contract.to_string();
            let request = QueryAllContractStateRequest { address, pagination };
            let answer = QueryClient::new(self.channel())
                .all_contract_state(request)
                .await?;
            let answer = answer.into_inner();
            Ok((answer.models, answer.pagination))
        })
        .await
    }

    /// The address that a salt gives.
    pub async fn salted_address(
        &self,
        code_hash: &[u8],
        creator: &Address,
        salt: &[u8],
    ) -> Result<String, ClientError> {
        let request = QueryBuildAddressRequest {
            code_hash: hex::encode(code_hash),
            creator_address: creator.to_string(),
            salt: hex::encode(salt),
            init_args: Vec::new(),
        };
        let answer = QueryClient::new(self.channel()).build_address(request).await;
        Ok(answer.map_err(|s| self.failed(s))?.into_inner().address)
    }
}
