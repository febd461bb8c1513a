//! Queries: gRPC method paths answered from a snapshot, for ABCI queries and
//! for the node's gRPC server alike.

mod error;
pub mod page;

pub use error::{Code, QueryError};
