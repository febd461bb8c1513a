//! Where elections live in [`Space::Main`](slsbft_store::Space).

/// [`Params`](super::Params).
pub const PARAMS: &[u8] = b"election/params";
/// The candidates at the last boundary.
pub const SNAPSHOT: &[u8] = b"election/snapshot";
/// ‖ epoch → that election's standings.
pub const RESULT: &[u8] = b"election/result/";

pub fn result(epoch: u64) -> Vec<u8> {
    [RESULT, &epoch.to_be_bytes()].concat()
}
