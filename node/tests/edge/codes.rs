//! `cosmwasm.wasm.v1.Query/Code` of the fake node, by hand, since there is no generated server.

use std::{
    convert::Infallible,
    task::{Context, Poll},
};

use cosmos_sdk_proto::cosmwasm::wasm::v1::{QueryCodeRequest, QueryCodeResponse};
use tonic::{
    Request, Response, Status,
    body::Body,
    codec::ProstCodec,
    codegen::{BoxFuture, Service, http},
    server::{Grpc, NamedService, UnaryService},
};

use crate::node::Services;

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
        assert_eq!(request.uri().path(), "/cosmwasm.wasm.v1.Query/Code");
        let method = Code(self.0.clone());
        Box::pin(async move { Ok(Grpc::new(ProstCodec::default()).unary(method, request).await) })
    }
}

struct Code(Services);

impl UnaryService<QueryCodeRequest> for Code {
    type Response = QueryCodeResponse;
    type Future = BoxFuture<Response<Self::Response>, Status>;

    fn call(&mut self, request: Request<QueryCodeRequest>) -> Self::Future {
        let found = self.0.0.lock().unwrap().code(request.into_inner());
        Box::pin(async move { found.map(Response::new) })
    }
}
