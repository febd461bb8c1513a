//! Where slashing lives in [`Space::Main`](slsbft_store::Space).

/// [`Params`](super::Params).
pub const PARAMS: &[u8] = b"slashing/params";
/// ‖ height → the stakes that count from it on.
pub const RECORDED: &[u8] = b"slashing/recorded/";

pub fn recorded(height: u64) -> Vec<u8> {
    [RECORDED, &height.to_be_bytes()].concat()
}
