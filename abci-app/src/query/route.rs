//! From a gRPC method path to the module that answers it.

use slsbft_store::{Read, Snapshot};

use super::{QueryError, View};
use crate::app::{queries, simulate};

/// Method path of transaction simulation.
const SIMULATE: &str = "/cosmos.tx.v1beta1.Service/Simulate";

/// Names of the query services answered from state.
pub fn services() -> impl Iterator<Item = &'static str> {
    queries::<Snapshot>().into_iter().map(|(service, _)| service)
}

/// Answers a method, given by its path (`/package.Service/Method`), with an
/// encoded request and answer.
pub fn route(state: &Snapshot, path: &str, request: &[u8]) -> Result<Vec<u8>, QueryError> {
    if path == SIMULATE {
        return super::answer(request, |request| simulate(state, request));
    }
    route_view(&state.into(), path, request)
}

/// The same without simulation, also within a block.
pub fn route_view<S: Read>(view: &View<'_, S>, path: &str, request: &[u8]) -> Result<Vec<u8>, QueryError> {
    let (service, method) = path
        .strip_prefix('/')
        .and_then(|path| path.split_once('/'))
        .ok_or_else(|| QueryError::unimplemented(path))?;
    let answer = queries::<S>()
        .into_iter()
        .find(|(name, _)| *name == service)
        .map(|(_, answer)| answer);
    answer.ok_or_else(|| QueryError::unimplemented(path))?(view, method, request)
}
