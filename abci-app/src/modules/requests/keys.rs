//! Where requests live. Numbers are big-endian; an address has its length in front.

use slsbft_types::Address;

use crate::modules::key;

/// → `v1.Params`
pub const PARAMS: &[u8] = b"requests/params";
/// → the greatest id that a request has had
pub const LAST_ID: &[u8] = b"requests/last_id";
/// ‖ id → `v1.Request`
pub const REQUEST: &[u8] = b"requests/request/";
/// ‖ id: nodes are to be drawn for it
pub const POSTED: &[u8] = b"requests/posted/";
/// ‖ height ‖ id: something happens to it by itself
pub const DUE: &[u8] = b"requests/due/";
/// ‖ poster → how many unfinished requests it has
const OPEN: &[u8] = b"requests/open/";
/// ‖ node ‖ id: it was drawn, and the request is not finished
const ASSIGNED: &[u8] = b"requests/assigned/";

// Epoch-local.

/// → `draw::Pool`
pub const EDGES: &[u8] = b"requests/edges";

pub fn request(id: u64) -> Vec<u8> {
    [REQUEST, &id.to_be_bytes()].concat()
}

pub fn posted(id: u64) -> Vec<u8> {
    [POSTED, &id.to_be_bytes()].concat()
}

pub fn due(height: u64, id: u64) -> Vec<u8> {
    [DUE, &height.to_be_bytes(), &id.to_be_bytes()].concat()
}

/// The first key of what is due after a height.
pub fn due_until(height: u64) -> Vec<u8> {
    [DUE, &height.saturating_add(1).to_be_bytes()].concat()
}

pub fn open(poster: &Address) -> Vec<u8> {
    key::with(OPEN, &[poster])
}

/// What all that a node was drawn for begins with.
pub fn assigned_to(edge: &Address) -> Vec<u8> {
    key::with(ASSIGNED, &[edge])
}

pub fn assigned(edge: &Address, id: u64) -> Vec<u8> {
    [assigned_to(edge).as_slice(), &id.to_be_bytes()].concat()
}

/// The id at the end of a key.
pub fn id_of(key: &[u8]) -> Option<u64> {
    key.last_chunk().map(|id| u64::from_be_bytes(*id))
}
