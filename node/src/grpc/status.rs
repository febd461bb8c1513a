//! Failures as gRPC statuses, and the height in a request's or answer's metadata.

use http::{HeaderMap, HeaderValue};
use slsbft_app::query::{Code, QueryError};
use tonic::Status;

use crate::comet_rpc::RpcError;

/// In a request the height to read at, in an answer the height it was read at.
pub(super) const HEIGHT: &str = "x-cosmos-block-height";

/// The height a request asks for; 0 and absence mean the latest.
pub(super) fn wanted_height(headers: &HeaderMap) -> Result<Option<u64>, Status> {
    let Some(value) = headers.get(HEIGHT) else {
        return Ok(None);
    };
    let height = value
        .to_str()
        .ok()
        .and_then(|text| text.trim().parse::<u64>().ok())
        .ok_or_else(|| {
            Status::invalid_argument(format!(
                "{HEIGHT} must be a height, a decimal number; leave it out for the latest"
            ))
        })?;
    Ok((height > 0).then_some(height))
}

/// The height in a request for a block.
pub(super) fn positive_height(height: i64) -> Result<u64, Status> {
    match u64::try_from(height) {
        Ok(height) if height > 0 => Ok(height),
        _ => Err(Status::invalid_argument("height must be greater than 0")),
    }
}

pub(super) fn set_height(headers: &mut HeaderMap, height: u64) {
    headers.insert(HEIGHT, HeaderValue::from(height));
}

/// The codes are gRPC's own numbers; the message goes without the prefix that ABCI queries need.
pub(super) fn from_query(error: QueryError) -> Status {
    if error.code == Code::Internal {
        tracing::error!(error = %error.message, "a query failed inside the node");
    }
    Status::new(tonic::Code::from_i32(error.code as i32), error.message)
}

pub(super) fn from_rpc(error: RpcError) -> Status {
    let message = error.to_string();
    match error {
        RpcError::Unreachable { .. } | RpcError::Closed => Status::unavailable(message),
        RpcError::Timeout { .. } => Status::deadline_exceeded(message),
        RpcError::TooLarge { .. } => Status::resource_exhausted(message),
        RpcError::Address { .. } | RpcError::Status { .. } | RpcError::Malformed { .. } => {
            Status::internal(message)
        }
        RpcError::Refused { message, .. } => refused(message),
    }
}

/// CometBFT has one error code for everything, so its words decide.
fn refused(message: String) -> Status {
    if message.contains("catching up") {
        Status::unavailable(message)
    } else if message.contains("not found") {
        Status::not_found(message)
    } else if message.contains("is not available") || message.contains("could not find results") {
        Status::out_of_range(message)
    } else if message.contains("must be")
        || message.contains("should be within")
        || message.contains("failed to parse")
        || message.contains("out of range")
    {
        Status::invalid_argument(message)
    } else if message.contains("disabled") {
        Status::failed_precondition(message)
    } else {
        Status::unknown(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_consensus_refuses_for_now_is_worth_another_try_and_nonsense_is_not() {
        for (words, code) in [
            (
                "endpoint is closed while node is catching up",
                tonic::Code::Unavailable,
            ),
            ("tx (00) not found", tonic::Code::NotFound),
            (
                "height 9 is not available, lowest height is 10",
                tonic::Code::OutOfRange,
            ),
            (
                "page should be within [1, 5] range, given 99",
                tonic::Code::InvalidArgument,
            ),
            (
                "transaction indexing is disabled",
                tonic::Code::FailedPrecondition,
            ),
        ] {
            assert_eq!(refused(words.into()).code(), code, "{words}");
        }
    }
}
