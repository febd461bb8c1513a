//! Where the beacon lives. The running values are epoch-local, so that empty
//! blocks stay quiet, and move into the tree at each boundary.

use slsbft_types::Address;

/// → the beacon, 32 bytes.
pub const VALUE: &[u8] = b"beacon/value";
/// ‖ operator → its VRF key, 32 bytes.
pub const VRF_KEY: &[u8] = b"beacon/vrf_key/";
/// ‖ VRF key → the operator that registered it, for ever.
const VRF_OWNER: &[u8] = b"beacon/vrf_owner/";
/// ‖ epoch → `v1.EpochSeed`.
pub const SEED: &[u8] = b"beacon/seed/";
/// Epoch-local ‖ height → `v1.Contribution`.
pub const CONTRIBUTION: &[u8] = b"beacon/contribution/";
/// Epoch-local → what the running epoch's proposals were like.
pub const PROPOSALS: &[u8] = b"beacon/proposals";

pub fn vrf_key(operator: &Address) -> Vec<u8> {
    [VRF_KEY, operator.as_bytes()].concat()
}

pub fn vrf_owner(key: &[u8]) -> Vec<u8> {
    [VRF_OWNER, key].concat()
}

pub fn seed(epoch: u64) -> Vec<u8> {
    [SEED, &epoch.to_be_bytes()].concat()
}

pub fn contribution(height: u64) -> Vec<u8> {
    [CONTRIBUTION, &height.to_be_bytes()].concat()
}
