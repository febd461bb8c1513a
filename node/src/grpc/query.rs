//! Every method that the state machine answers: bytes in, bytes out, by path.

use bytes::Bytes;
use tonic::{Request, Response, Status, body::Body, server::Grpc};

use super::{
    codec::RawCodec,
    state::Queries,
    status::{from_query, set_height, wanted_height},
};

/// No query is longer; transactions, which may be, have a service of their own.
const MAX_QUERY_BYTES: usize = 1 << 20;

/// Answers any unary method from the state.
#[derive(Clone)]
pub(super) struct QueryService {
    queries: Queries,
    max_request: usize,
    max_answer: usize,
}

impl QueryService {
    pub(super) fn new(queries: Queries, max_request: usize, max_answer: usize) -> Self {
        Self {
            queries,
            max_request: max_request.min(MAX_QUERY_BYTES),
            max_answer,
        }
    }

    pub(super) async fn answer(self, request: http::Request<axum::body::Body>) -> http::Response<Body> {
        let path = request.uri().path().to_owned();
        let height = match wanted_height(request.headers()) {
            Ok(height) => height,
            Err(status) => return status.into_http(),
        };
        let queries = self.queries;
        let method = tower::service_fn(move |request: Request<Bytes>| {
            query(queries.clone(), path.clone(), request.into_inner(), height)
        });
        Grpc::new(RawCodec)
            .apply_max_message_size_config(Some(self.max_request), Some(self.max_answer))
            .unary(method, request)
            .await
    }
}

async fn query(
    queries: Queries,
    path: String,
    request: Bytes,
    height: Option<u64>,
) -> Result<Response<Bytes>, Status> {
    let answer = queries
        .run(move |state, interrupt| state.query(&path, &request, height, interrupt))
        .await?
        .map_err(from_query)?;
    let mut response = Response::new(Bytes::from(answer.response));
    set_height(response.metadata_mut().as_mut(), answer.height);
    Ok(response)
}
