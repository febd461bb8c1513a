//! Queries: gRPC method paths answered from a snapshot, for ABCI queries and
//! for the node's gRPC server alike.

mod error;
pub mod page;
mod route;

pub use error::{Code, QueryError};
pub use route::{route, services};

use prost::Message;

/// Decodes a request, answers it, encodes the answer.
pub fn answer<Q: Message + Default, A: Message>(
    request: &[u8],
    method: impl FnOnce(Q) -> Result<A, QueryError>,
) -> Result<Vec<u8>, QueryError> {
    Ok(method(Q::decode(request)?)?.encode_to_vec())
}
