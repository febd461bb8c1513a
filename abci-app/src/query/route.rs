//! From a gRPC method path to the module that answers it.

use slsbft_store::Snapshot;

use super::QueryError;
use crate::app::{QUERIES, simulate};

/// Method path of transaction simulation.
const SIMULATE: &str = "/cosmos.tx.v1beta1.Service/Simulate";

/// Names of the query services answered from state.
pub fn services() -> impl Iterator<Item = &'static str> {
    QUERIES.iter().map(|(service, _)| *service)
}

/// Answers a method, given by its path (`/package.Service/Method`), with an
/// encoded request and answer.
pub fn route(state: &Snapshot, path: &str, request: &[u8]) -> Result<Vec<u8>, QueryError> {
    if path == SIMULATE {
        return super::answer(request, |request| simulate(state, request));
    }
    let (service, method) = path
        .strip_prefix('/')
        .and_then(|path| path.split_once('/'))
        .ok_or_else(|| QueryError::unimplemented(path))?;
    let answer = QUERIES
        .iter()
        .find(|(name, _)| *name == service)
        .map(|(_, answer)| answer);
    answer.ok_or_else(|| QueryError::unimplemented(path))?(state, method, request)
}
