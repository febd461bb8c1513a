//! Queries: gRPC method paths answered from a snapshot, for ABCI queries and
//! for the node's gRPC server alike.

mod error;
pub mod page;
mod route;
mod view;

pub use error::{Code, QueryError};
pub use route::{route, route_view, services};
pub use view::View;

use prost::Message;
use slsbft_types::{Address, address::VALIDATOR_PREFIX};

/// Decodes a request, answers it, encodes the answer.
pub fn answer<Q: Message + Default, A: Message>(
    request: &[u8],
    method: impl FnOnce(Q) -> Result<A, QueryError>,
) -> Result<Vec<u8>, QueryError> {
    Ok(method(Q::decode(request)?)?.encode_to_vec())
}

/// An operator's account from `ankr1…` or `ankrvaloper1…`.
pub fn operator(text: &str) -> Result<Address, QueryError> {
    Address::from_bech32_with(VALIDATOR_PREFIX, text)
        .or_else(|_| Address::from_bech32(text))
        .map_err(QueryError::invalid)
}
