//! Two-step proofs: key → tree root (Jellyfish Merkle tree), tree root → app hash (RFC 6962 map).

use ics23::commitment_proof::Proof;
use ics23::{CommitmentProof, ExistenceProof};
use sha2::{Digest, Sha256};

/// The one name in the map of stores whose RFC 6962 root is the app hash.
pub const MAIN_STORE: &[u8] = b"main";

/// A value, or its absence, with the two ICS23 proofs that tie it to the header's app hash.
#[derive(Debug, Clone, PartialEq)]
pub struct Proven {
    pub height: u64,
    /// `None`: `tree` proves the absence of the key.
    pub value: Option<Vec<u8>>,
    /// Key in the tree; verifies with [`tree_spec`] against the tree's root.
    pub tree: CommitmentProof,
    /// The tree's root under [`MAIN_STORE`]; verifies with `ics23::tendermint_spec` against the app hash.
    pub store: CommitmentProof,
    pub tree_root: [u8; 32],
    pub app_hash: [u8; 32],
}

/// RFC 6962 root of the map {"main": `tree_root`}, with the leaf that CometBFT's
/// `merkle.HashFromMap` uses: `0x00 ‖ len ‖ name ‖ len ‖ SHA-256(value)`.
pub fn app_hash(tree_root: [u8; 32]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update([0, MAIN_STORE.len() as u8]);
    hasher.update(MAIN_STORE);
    hasher.update([32]);
    hasher.update(Sha256::digest(tree_root));
    hasher.finalize().into()
}

/// Proves {"main": `tree_root`} against its app hash; the map has one entry, so the path is empty.
pub(crate) fn map_proof(tree_root: [u8; 32]) -> CommitmentProof {
    let exist = ExistenceProof {
        key: MAIN_STORE.to_vec(),
        value: tree_root.to_vec(),
        leaf: ics23::tendermint_spec().leaf_spec,
        path: Vec::new(),
    };
    CommitmentProof {
        proof: Some(Proof::Exist(exist)),
    }
}
