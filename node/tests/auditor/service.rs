//! What auditors ask the fake node.

use slsbft_proto::service::v1::{
    QueryAssignmentRequest, QueryAssignmentResponse, QueryComputeTaskRequest, QueryComputeTaskResponse,
    QueryLevelRequest, QueryLevelResponse, QueryLevelsRequest, QueryLevelsResponse,
    QueryParamsRequest as ParamsRequest, QueryParamsResponse as ParamsResponse, QueryProviderRequest,
    QueryProviderResponse, QueryProvidersRequest, QueryProvidersResponse, QueryVerdictRequest,
    QueryVerdictResponse,
    query_server::{Query as Service, QueryServer as LevelServer},
};

use tonic::transport::server::Router;

use crate::{
    node::{Node, Services, none, serve},
    state::State,
};

/// The services as the node serves them.
pub fn add(router: Router, services: Services) -> Router {
    router.add_service(LevelServer::new(services))
}

serve!(Service {
    params(ParamsRequest) -> ParamsResponse = State::params;
    provider(QueryProviderRequest) -> QueryProviderResponse = none;
    providers(QueryProvidersRequest) -> QueryProvidersResponse = none;
    level(QueryLevelRequest) -> QueryLevelResponse = none;
    levels(QueryLevelsRequest) -> QueryLevelsResponse = none;
    assignment(QueryAssignmentRequest) -> QueryAssignmentResponse = State::assignment;
    verdict(QueryVerdictRequest) -> QueryVerdictResponse = none;
    compute_task(QueryComputeTaskRequest) -> QueryComputeTaskResponse = none;
});

impl Node {
    /// Answers nothing any more; blocks go on.
    pub fn down(&self) {
        self.state().away = true;
    }

    /// Answers again, with an empty mempool.
    pub fn up(&self) {
        let mut state = self.state();
        state.forget();
        state.away = false;
    }
}
