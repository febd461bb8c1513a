//! What edge nodes ask the fake node.

use slsbft_proto::requests::v1::{
    QueryAssignedRequest, QueryAssignedResponse, QueryEdgesRequest, QueryEdgesResponse,
    QueryParamsRequest as ParamsRequest, QueryParamsResponse as ParamsResponse, QueryRequestRequest,
    QueryRequestResponse, QueryRequestsRequest, QueryRequestsResponse,
    query_server::{Query as Requests, QueryServer as RequestsServer},
};

use crate::{
    node::{Services, none, serve},
    state::State,
};

/// The service as the node serves it.
pub fn server(services: Services) -> RequestsServer<Services> {
    RequestsServer::new(services)
}

serve!(Requests {
    params(ParamsRequest) -> ParamsResponse = none;
    request(QueryRequestRequest) -> QueryRequestResponse = none;
    requests(QueryRequestsRequest) -> QueryRequestsResponse = none;
    assigned(QueryAssignedRequest) -> QueryAssignedResponse = State::assigned;
    edges(QueryEdgesRequest) -> QueryEdgesResponse = none;
});
