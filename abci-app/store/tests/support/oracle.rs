//! `jmt` in memory: what roots and proofs must be.

use std::collections::BTreeMap;

use jmt::storage::{HasPreimage, LeafNode, Node, NodeKey, TreeReader};
use jmt::{JellyfishMerkleTree, KeyHash, OwnedValue, Version};
use sha2::{Digest, Sha256};

#[derive(Default)]
pub struct Oracle {
    nodes: BTreeMap<NodeKey, Node>,
    values: BTreeMap<[u8; 32], BTreeMap<Version, Option<OwnedValue>>>,
    preimages: BTreeMap<[u8; 32], Vec<u8>>,
}

impl Oracle {
    /// Writes one version and returns its root. Versions count from 1, without gaps.
    pub fn put(&mut self, version: Version, writes: &BTreeMap<Vec<u8>, Option<Vec<u8>>>) -> [u8; 32] {
        let hashed = writes
            .iter()
            .map(|(key, value)| (KeyHash(Sha256::digest(key).into()), value.clone()));
        let (root, update) = JellyfishMerkleTree::<_, Sha256>::new(self)
            .put_value_set(hashed, version)
            .unwrap();
        self.nodes.extend(update.node_batch.nodes().clone());
        for ((version, hash), value) in update.node_batch.values() {
            self.values
                .entry(hash.0)
                .or_default()
                .insert(*version, value.clone());
        }
        for key in writes.keys() {
            self.preimages.insert(Sha256::digest(key).into(), key.clone());
        }
        root.0
    }

    pub fn prove(&self, version: Version, key: &[u8]) -> (Option<Vec<u8>>, ics23::CommitmentProof) {
        JellyfishMerkleTree::<_, Sha256>::new(self)
            .get_with_ics23_proof(key.to_vec(), version)
            .unwrap()
    }
}

type Result<T> = std::result::Result<T, anyhow::Error>;

impl TreeReader for Oracle {
    fn get_node_option(&self, key: &NodeKey) -> Result<Option<Node>> {
        Ok(self.nodes.get(key).cloned())
    }

    fn get_value_option(&self, version: Version, hash: KeyHash) -> Result<Option<OwnedValue>> {
        let versions = self.values.get(&hash.0);
        Ok(versions
            .and_then(|versions| versions.range(..=version).next_back())
            .and_then(|(_, value)| value.clone()))
    }

    fn get_rightmost_leaf(&self) -> Result<Option<(NodeKey, LeafNode)>> {
        Ok(None)
    }
}

impl HasPreimage for Oracle {
    fn preimage(&self, hash: KeyHash) -> Result<Option<Vec<u8>>> {
        Ok(self.preimages.get(&hash.0).cloned())
    }
}
