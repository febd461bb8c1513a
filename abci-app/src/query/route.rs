//! From a gRPC method path to the module that answers it.

use slsbft_store::{Read, Snapshot};

use super::{QueryError, View};
use crate::{
    app::{queries, simulate},
    machine::{Budget, POINTS_PER_GAS, Runner},
};

/// Method path of transaction simulation.
const SIMULATE: &str = "/cosmos.tx.v1beta1.Service/Simulate";

/// Gas of a query from outside: a few seconds of reading or computing.
const MAX_GAS: u64 = 3_000_000_000;

/// Names of the query services answered from state.
pub fn services() -> impl Iterator<Item = &'static str> {
    queries::<Snapshot>().into_iter().map(|(service, _)| service)
}

/// Answers a method, given by its path (`/package.Service/Method`), with an
/// encoded request and answer.
pub fn route(state: &Snapshot, runner: &Runner, path: &str, request: &[u8]) -> Result<Vec<u8>, QueryError> {
    if path == SIMULATE {
        return super::answer(request, |request| simulate(state, runner, request));
    }
    let budget = Budget::new(MAX_GAS * POINTS_PER_GAS);
    route_view(&View::of(state, runner, &budget), path, request)
}

/// The same for any state, without simulation.
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
