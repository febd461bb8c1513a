//! `grpc.health.v1.Health/Check`, of the server as a whole.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use prost::Message;
use tokio::time::{Duration, timeout};
use tonic_health::pb::{HealthCheckResponse, health_check_response::ServingStatus};

use super::{Failure, connect::Connection, endpoint::Endpoint, http::ask};

const CHECK: &str = "/grpc.health.v1.Health/Check";
/// A message without content, not compressed: the service's name is empty.
const REQUEST: &[u8] = &[0, 0, 0, 0, 0];
/// Flag of compression and length.
const PREFIX: usize = 5;
/// Longest answer; a real one has seven bytes.
const MAX_ANSWER: usize = 1024;

/// Asks whether the server is serving; the latency of its answer.
pub async fn check(
    connection: Connection,
    endpoint: &Endpoint,
    patience: Duration,
) -> Result<Duration, Failure> {
    let round_trip = connection.round_trip;
    let answer = ask(connection, endpoint.protocol, request(endpoint)?, patience).await?;
    let (head, body) = answer.response.into_parts();
    if head.status != StatusCode::OK {
        return Err(Failure::Status(head.status.as_u16()));
    }
    // The head was in time; the rest of so little comes with it.
    let body = timeout(patience + round_trip, Limited::new(body, MAX_ANSWER).collect()).await;
    let body = body.map_err(|_| Failure::Timeout("end of the answer"))?;
    let body = body.map_err(|error| Failure::Answer(error.to_string()))?;
    let trailers = body.trailers().cloned();
    refused(trailers.as_ref().unwrap_or(&head.headers))?;
    let message = body.to_bytes();
    let message = message.get(PREFIX..).unwrap_or_default();
    let health = HealthCheckResponse::decode(message).map_err(|error| Failure::Answer(error.to_string()))?;
    match health.status() {
        ServingStatus::Serving => Ok(answer.latency),
        other => Err(Failure::NotServing(other.as_str_name().to_owned())),
    }
}

fn request(endpoint: &Endpoint) -> Result<Request<Full<Bytes>>, Failure> {
    Request::post(endpoint.uri(CHECK))
        .header(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"))
        .header(header::TE, HeaderValue::from_static("trailers"))
        .body(Full::from(REQUEST))
        .map_err(|error| Failure::Answer(error.to_string()))
}

/// A status other than OK, which comes last, or in the head if there is no message.
fn refused(headers: &HeaderMap) -> Result<(), Failure> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    match text("grpc-status") {
        Some("0") => Ok(()),
        None => Err(Failure::Answer("it is not gRPC's".into())),
        Some(code) => {
            let message = text("grpc-message").unwrap_or_default();
            Err(Failure::NotServing(format!("status {code} {message}")))
        }
    }
}
