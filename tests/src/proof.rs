//! Proofs of state, verified as an IBC client does.

use ics23::{
    CommitmentProof, HostFunctionsManager, commitment_proof::Proof, verify_membership, verify_non_membership,
};
use prost::Message;
use slsbft_store::tree_spec;

/// Whether two steps lead from a key, with its value or absent (empty), to the
/// app hash: the store's root in the app hash, the key in the store.
pub fn is_proven(ops: [(&str, &[u8]); 2], key: &[u8], value: &[u8], app_hash: &[u8]) -> bool {
    type Host = HostFunctionsManager;
    if ops.map(|(kind, _)| kind) != ["ics23:jmt", "ics23:simple"] {
        return false;
    }
    let [Ok(tree), Ok(store)] = ops.map(|(_, proof)| CommitmentProof::decode(proof)) else {
        return false;
    };
    let Some(Proof::Exist(exist)) = &store.proof else {
        return false;
    };
    let (root, hash) = (&exist.value, app_hash.to_vec());
    if !verify_membership::<Host>(&store, &ics23::tendermint_spec(), &hash, b"main", root) {
        return false;
    }
    if value.is_empty() {
        verify_non_membership::<Host>(&tree, &tree_spec(), root, key)
    } else {
        verify_membership::<Host>(&tree, &tree_spec(), root, key, value)
    }
}
