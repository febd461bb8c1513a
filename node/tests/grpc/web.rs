//! Browsers: gRPC-web over HTTP/1.

use cosmos_sdk_proto::cosmos::bank::v1beta1::{QueryBalanceRequest, QueryBalanceResponse};
use prost::Message;
use reqwest::{Method, StatusCode};

use crate::support::{BALANCE, HEIGHT, Node};

fn frame(message: &impl Message) -> Vec<u8> {
    let body = message.encode_to_vec();
    [&[0], (body.len() as u32).to_be_bytes().as_slice(), &body].concat()
}

/// Splits a gRPC-web answer into its message and its trailers.
fn unframe(bytes: &[u8]) -> (Vec<u8>, String) {
    let mut message = Vec::new();
    let mut trailers = String::new();
    let mut rest = bytes;
    while let Some((head, after)) = rest.split_at_checked(5) {
        let length = u32::from_be_bytes(head[1..].try_into().unwrap()) as usize;
        let (body, after) = after.split_at(length);
        match head[0] {
            0x80 => trailers = String::from_utf8(body.to_vec()).unwrap(),
            _ => message = body.to_vec(),
        }
        rest = after;
    }
    (message, trailers)
}

async fn post(node: &Node, path: &str, origin: &str) -> reqwest::Response {
    let request = QueryBalanceRequest {
        address: "ankr1x".to_owned(),
        denom: "uankr".to_owned(),
    };
    reqwest::Client::new()
        .post(node.url(path))
        .header("content-type", "application/grpc-web+proto")
        .header("x-grpc-web", "1")
        .header("origin", origin)
        .header(HEIGHT, "9")
        .body(frame(&request))
        .send()
        .await
        .unwrap()
}

#[tokio::test]
async fn a_browser_queries_over_http_1_and_may_read_status_and_height() {
    let node = Node::start().await;
    let response = post(&node, BALANCE, "https://wallet.example").await;
    assert_eq!(
        (response.status(), response.version()),
        (StatusCode::OK, reqwest::Version::HTTP_11)
    );
    let headers = response.headers().clone();
    assert_eq!(headers["access-control-allow-origin"], "*");
    let exposed = headers["access-control-expose-headers"].to_str().unwrap();
    assert!(
        exposed.contains("grpc-status") && exposed.contains(HEIGHT),
        "{exposed}"
    );
    assert_eq!(headers[HEIGHT], "9");

    let (message, trailers) = unframe(&response.bytes().await.unwrap());
    let answer = QueryBalanceResponse::decode(message.as_slice()).unwrap();
    assert_eq!(answer.balance.unwrap().amount, "90");
    assert!(trailers.contains("grpc-status:0"), "{trailers}");
}

#[tokio::test]
async fn a_browser_sees_why_a_query_failed() {
    let node = Node::start().await;
    let response = post(
        &node,
        "/cosmos.bank.v1beta1.Query/Nothing",
        "https://wallet.example",
    )
    .await;
    assert_eq!(response.headers()["grpc-status"], "12");
}

#[tokio::test]
async fn a_preflight_allows_grpc_webs_headers() {
    let node = Node::start().await;
    let response = reqwest::Client::new()
        .request(Method::OPTIONS, node.url(BALANCE))
        .header("origin", "https://wallet.example")
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "content-type,x-grpc-web,x-user-agent",
        )
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["access-control-allow-headers"], "*");
    assert_eq!(response.headers()["access-control-allow-methods"], "POST");
}

#[tokio::test]
async fn only_configured_origins_are_allowed() {
    let node = Node::with(|config| config.web_origins = vec!["https://wallet.example".to_owned()]).await;
    let allowed = post(&node, BALANCE, "https://wallet.example").await;
    assert_eq!(
        allowed.headers()["access-control-allow-origin"],
        "https://wallet.example"
    );
    let other = post(&node, BALANCE, "https://other.example").await;
    assert!(!other.headers().contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn what_is_neither_grpc_nor_grpc_web_is_a_bad_request() {
    let node = Node::start().await;
    assert_eq!(
        reqwest::get(node.url("/")).await.unwrap().status(),
        StatusCode::BAD_REQUEST
    );
    let put = reqwest::Client::new()
        .put(node.url(BALANCE))
        .header("content-type", "application/grpc-web");
    assert_eq!(put.send().await.unwrap().status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn without_web_only_http_2_is_spoken() {
    let node = Node::with(|config| config.web = false).await;
    assert!(reqwest::get(node.url("/")).await.is_err());
    assert!(
        crate::support::call(&node.channel().await, BALANCE, bytes::Bytes::new())
            .await
            .is_ok()
    );
}
