//! What edge nodes ask the fake node.

use slsbft_proto::requests::v1::{
    QueryAssignedRequest, QueryAssignedResponse, QueryEdgesRequest, QueryEdgesResponse,
    QueryParamsRequest as ParamsRequest, QueryParamsResponse as ParamsResponse, QueryRequestRequest,
    QueryRequestResponse, QueryRequestsRequest, QueryRequestsResponse,
    query_server::{Query as Requests, QueryServer as RequestsServer},
};

use tonic::transport::server::Router;

use crate::{
    codes::Codes,
    node::{Services, none, serve},
    state::State,
};

/// The services as the node serves them.
pub fn add(router: Router, services: Services) -> Router {
    router
        .add_service(RequestsServer::new(services.clone()))
        .add_service(Codes(services))
}

serve!(Requests {
    params(ParamsRequest) -> ParamsResponse = none;
    request(QueryRequestRequest) -> QueryRequestResponse = none;
    requests(QueryRequestsRequest) -> QueryRequestsResponse = none;
    assigned(QueryAssignedRequest) -> QueryAssignedResponse = State::assigned;
    edges(QueryEdgesRequest) -> QueryEdgesResponse = none;
});
