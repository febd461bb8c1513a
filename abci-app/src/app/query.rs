//! The query connection: who we are, and queries by gRPC path or store key.

use std::sync::Arc;

use prost::Message;
use slsbft_store::{MAIN_STORE, MAX_KEY_LEN, Reader, Snapshot};
use slsbft_wasm::{Interrupt, Vm};
use tendermint_proto::v0_38::{
    abci::{RequestInfo, RequestQuery, ResponseInfo, ResponseQuery},
    crypto::{ProofOp, ProofOps},
};

use super::{APP_VERSION, modules};
use crate::{
    abci::{Query, Snapshots},
    errors::Fault,
    machine::Runner,
    query::{Code, QueryError, route},
};

/// Answers from snapshots; never holds up consensus.
pub struct QueryService {
    reader: Reader,
    vm: Arc<Vm>,
}

impl QueryService {
    pub fn new(reader: Reader, vm: Arc<Vm>) -> Self {
        Self { reader, vm }
    }

    /// Answers a method from a state, see [`route`]. Contracts that are asked for it end when the
    /// interrupt is raised.
    pub fn route(
        &self,
        state: &Snapshot,
        path: &str,
        request: &[u8],
        interrupt: &Interrupt,
    ) -> Result<Vec<u8>, QueryError> {
        let runner = Runner::of_query(self.vm.clone(), interrupt.clone());
        route(state, &runner, path, request)
    }

    /// Answers an ABCI query. Contracts that are asked for it end when the interrupt is raised.
    pub fn abci_query(&self, request: &RequestQuery, interrupt: &Interrupt) -> ResponseQuery {
        self.answer(request, interrupt)
            .unwrap_or_else(|error| failed(&error, self.reader.latest().height()))
    }

    /// The state of a height; 0 is the latest.
    pub fn snapshot(&self, height: u64) -> Result<Snapshot, QueryError> {
        if height == 0 {
            Ok(self.reader.latest())
        } else {
            Ok(self.reader.at(height)?)
        }
    }

    fn answer(&self, request: &RequestQuery, interrupt: &Interrupt) -> Result<ResponseQuery, QueryError> {
        let height = u64::try_from(request.height).map_err(|_| QueryError::invalid("negative height"))?;
        let path: Vec<&str> = request.path.trim_start_matches('/').split('/').take(4).collect();
        match path.as_slice() {
            ["store", store, "key"] => self.store_key(store, request, height),
            ["app", "version"] => Ok(ResponseQuery {
                value: env!("CARGO_PKG_VERSION").into(),
                height: self.reader.latest().height() as i64,
                ..Default::default()
            }),
            ["p2p", "filter", ..] => Ok(ResponseQuery::default()),
            _ => {
                let state = self.snapshot(height)?;
                let value = self.route(&state, &request.path, &request.data, interrupt)?;
                Ok(ResponseQuery {
                    value: value.into(),
                    height: state.height() as i64,
                    ..Default::default()
                })
            }
        }
    }

    /// A value with its proof in two steps: the key in the tree, the tree in
    /// the app hash of the next header. `/store/main/key` takes whole keys,
    /// `/store/<module>/key` keys without the module's prefix. The answer repeats
    /// the key as it was asked for, the proof has the whole one.
    fn store_key(
        &self,
        store: &str,
        request: &RequestQuery,
        height: u64,
    ) -> Result<ResponseQuery, QueryError> {
        let key = if store.as_bytes() == MAIN_STORE {
            request.data.to_vec()
        } else if modules::STORES.contains(&store) {
            [store.as_bytes(), b"/", &request.data].concat()
        } else {
            let shown: String = store.chars().take(50).collect();
            return Err(QueryError::new(Code::Unknown, format!("no such store: {shown}")));
        };
        if key.len() > MAX_KEY_LEN {
            return Err(QueryError::invalid(format!(
                "a key has at most {MAX_KEY_LEN} bytes"
            )));
        }
        let state = self.snapshot(height)?;
        let answer = ResponseQuery {
            key: request.data.clone(),
            height: state.height() as i64,
            ..Default::default()
        };
        if !request.prove {
            use slsbft_store::{Read, Space};
            let value = state.get(Space::Main, &key)?.unwrap_or_default().into();
            return Ok(ResponseQuery { value, ..answer });
        }
        let proven = self.reader.prove(state.height(), &key)?;
        let op = |r#type: &str, key: &[u8], data: Vec<u8>| ProofOp {
            r#type: r#type.into(),
            key: key.to_vec(),
            data,
        };
        let ops = vec![
            op("ics23:jmt", &key, proven.tree.encode_to_vec()),
            op("ics23:simple", MAIN_STORE, proven.store.encode_to_vec()),
        ];
        let value = proven.value.unwrap_or_default().into();
        Ok(ResponseQuery {
            value,
            proof_ops: Some(ProofOps { ops }),
            ..answer
        })
    }
}

impl Query for QueryService {
    fn info(&self, _: RequestInfo) -> Result<ResponseInfo, Fault> {
        let state = self.reader.latest();
        let committed = state.height() > 0;
        Ok(ResponseInfo {
            data: "slsbft".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            app_version: APP_VERSION,
            last_block_height: i64::try_from(state.height()).unwrap_or(i64::MAX),
            last_block_app_hash: if committed {
                state.app_hash().to_vec().into()
            } else {
                Default::default()
            },
        })
    }

    fn query(&self, request: RequestQuery) -> Result<ResponseQuery, Fault> {
        Ok(self.abci_query(&request, &Interrupt::default()))
    }
}

impl Snapshots for QueryService {}

/// As Cosmos SDK answers: the gRPC status in words, then those of an error of
/// codespace `sdk`. Clients match on both.
fn failed(error: &QueryError, height: u64) -> ResponseQuery {
    let (code, words) = match error.code {
        Code::NotFound => (22, "key not found"),
        Code::InvalidArgument => (18, "invalid request"),
        Code::OutOfRange => (26, "invalid height"),
        Code::Unimplemented | Code::Unknown => (6, "unknown request"),
        Code::Internal | Code::Unavailable => (35, "internal logic error"),
    };
    ResponseQuery {
        code,
        codespace: "sdk".into(),
        log: format!("{error}: {words}"),
        height: i64::try_from(height).unwrap_or(i64::MAX),
        ..Default::default()
    }
}
