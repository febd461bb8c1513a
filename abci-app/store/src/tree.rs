//! The Merkle tree over the main space, kept by `jmt`.

use std::collections::BTreeMap;

use ics23::CommitmentProof;
use jmt::storage::{HasPreimage, LeafNode, Node, NodeKey, TreeReader};
use jmt::{JellyfishMerkleTree, KeyHash, OwnedValue, Version};
use sha2::{Digest, Sha256};

use crate::block::BlockRecord;
use crate::db::{Column, Db};
use crate::{Read, Snapshot, Space, StoreError};

/// Root of the tree without leaves.
pub(crate) const EMPTY_ROOT: [u8; 32] = *b"SPARSE_MERKLE_PLACEHOLDER_HASH__";

/// What a block does to the tree.
pub(crate) struct TreeUpdate {
    pub(crate) root: [u8; 32],
    pub(crate) version: u64,
    /// Entries of [`Column::Tree`].
    pub(crate) nodes: Vec<(Vec<u8>, Vec<u8>)>,
}

/// The tree of `base` with `writes`, each of which changes something.
pub(crate) fn update<'a>(
    db: &Db,
    base: &BlockRecord,
    writes: impl Iterator<Item = (&'a Vec<u8>, &'a Option<Vec<u8>>)>,
) -> Result<TreeUpdate, StoreError> {
    let writes: BTreeMap<[u8; 32], Option<OwnedValue>> =
        writes.map(|(key, value)| (Sha256::digest(key).into(), value.clone())).collect();
    if writes.is_empty() {
        return Ok(TreeUpdate { root: base.tree_root, version: base.tree_version, nodes: Vec::new() });
    }
    let reader = NodeReader { db, snapshot: None };
    let tree = JellyfishMerkleTree::<_, Sha256>::new(&reader);
    if base.tree_version > 0 && tree.get_root_hash(base.tree_version).map_err(fault)?.0 != base.tree_root {
        return Err(StoreError::corrupt("the tree's root is not that of the latest block"));
    }
    let version = base.tree_version + 1;
    let writes = writes.into_iter().map(|(hash, value)| (KeyHash(hash), value));
    let (root, update) = tree.put_value_set(writes, version).map_err(fault)?;
    let nodes = update.node_batch.nodes().iter().map(|(key, node)| Ok((encode(key)?, encode(node)?)));
    Ok(TreeUpdate { root: root.0, version, nodes: nodes.collect::<Result<_, StoreError>>()? })
}

/// The value of `key` in `snapshot` and its proof against that state's tree root.
pub(crate) fn prove(snapshot: &Snapshot, key: &[u8]) -> Result<(Option<Vec<u8>>, CommitmentProof), StoreError> {
    let reader = NodeReader { db: &snapshot.state().db, snapshot: Some(snapshot) };
    let tree = JellyfishMerkleTree::<_, Sha256>::new(&reader);
    tree.get_with_ics23_proof(key.to_vec(), snapshot.state().record.tree_version).map_err(fault)
}

struct NodeReader<'a> {
    db: &'a Db,
    snapshot: Option<&'a Snapshot>,
}

impl TreeReader for NodeReader<'_> {
    fn get_node_option(&self, node_key: &NodeKey) -> Result<Option<Node>, anyhow::Error> {
        match self.db.get(Column::Tree, &encode(node_key)?)? {
            Some(bytes) => Ok(Some(borsh::from_slice(&bytes)?)),
            None => Ok(None),
        }
    }

    fn get_value_option(&self, _: Version, key_hash: KeyHash) -> Result<Option<OwnedValue>, anyhow::Error> {
        let (Some(key), Some(snapshot)) = (self.preimage(key_hash)?, self.snapshot) else { return Ok(None) };
        Ok(snapshot.get(Space::Main, &key)?)
    }

    fn get_rightmost_leaf(&self) -> Result<Option<(NodeKey, LeafNode)>, anyhow::Error> {
        Ok(None)
    }
}

impl HasPreimage for NodeReader<'_> {
    fn preimage(&self, key_hash: KeyHash) -> Result<Option<Vec<u8>>, anyhow::Error> {
        Ok(preimage(self.db, &key_hash.0)?)
    }
}

/// The key with this hash, if it is alive or was within the heights that can be proven.
fn preimage(db: &Db, hash: &[u8; 32]) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(db.get(Column::Preimages, hash)?.and_then(|entry| entry.get(8..).map(<[u8]>::to_vec)))
}

fn encode(value: &impl borsh::BorshSerialize) -> Result<Vec<u8>, StoreError> {
    borsh::to_vec(value).map_err(|error| StoreError::io("encoding a tree node", &error))
}

fn fault(error: anyhow::Error) -> StoreError {
    error.downcast().unwrap_or_else(|error| StoreError::corrupt(format!("the tree: {error}")))
}

