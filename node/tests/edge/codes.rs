//! `Code` and `CodeInfo` of `cosmwasm.wasm.v1.Query` of the fake node, by hand, since there is no generated server.

use std::{
    convert::Infallible,
    task::{Context, Poll},
};

use cosmos_sdk_proto::cosmwasm::wasm::v1::QueryCodeRequest;
use tonic::{
    Request, Response, Status,
    body::Body,
    codec::ProstCodec,
    codegen::{BoxFuture, Service, http},
    server::{Grpc, NamedService, UnaryService},
};

use crate::{node::Services, state::State};

#[derive(Clone)]
pub struct Codes(pub Services);

impl NamedService for Codes {
    const NAME: &'static str = "cosmwasm.wasm.v1.Query";
}

impl Service<http::Request<Body>> for Codes {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Self::Error>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let services = self.0.clone();
        Box::pin(async move {
            let answer = match request.uri().path() {
                "/cosmwasm.wasm.v1.Query/Code" => {
                    let method = Asked(services, State::code);
                    Grpc::new(ProstCodec::default()).unary(method, request).await
                }
                path => {
                    assert_eq!(path, "/cosmwasm.wasm.v1.Query/CodeInfo");
                    let method = Asked(services, State::code_info);
                    Grpc::new(ProstCodec::default()).unary(method, request).await
                }
            };
            Ok(answer)
        })
    }
}

/// A method, and its handler on the state.
struct Asked<B>(Services, fn(&mut State, QueryCodeRequest) -> Result<B, Status>);

impl<B: Send + 'static> UnaryService<QueryCodeRequest> for Asked<B> {
    type Response = B;
    type Future = BoxFuture<Response<B>, Status>;

    fn call(&mut self, request: Request<QueryCodeRequest>) -> Self::Future {
        let found = self.1(&mut self.0.0.lock().unwrap(), request.into_inner());
        Box::pin(async move { found.map(Response::new) })
    }
}
