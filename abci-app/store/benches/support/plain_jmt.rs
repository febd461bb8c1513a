//! The reference: `jmt` as it comes, its nodes and values in RocksDB with default options, one
//! batch a block, log without fsync.

use std::path::Path;

use jmt::storage::{LeafNode, Node, NodeKey, TreeReader};
use jmt::{JellyfishMerkleTree, KeyHash, OwnedValue, Version};
use sha2::{Digest, Sha256};

pub struct PlainJmt {
    db: rocksdb::DB,
    version: Version,
}

type Result<T> = std::result::Result<T, anyhow::Error>;

impl PlainJmt {
    pub fn open(path: &Path) -> Self {
        PlainJmt {
            db: rocksdb::DB::open_default(path).unwrap(),
            version: 0,
        }
    }

    pub fn commit(&mut self, writes: &[(Vec<u8>, Vec<u8>)]) -> [u8; 32] {
        self.version += 1;
        let hashed = writes
            .iter()
            .map(|(key, value)| (KeyHash(Sha256::digest(key).into()), Some(value.clone())));
        let tree = JellyfishMerkleTree::<_, Sha256>::new(self);
        let (root, update) = tree.put_value_set(hashed, self.version).unwrap();
        let mut batch = rocksdb::WriteBatch::default();
        for (key, node) in update.node_batch.nodes() {
            batch.put(borsh::to_vec(key).unwrap(), borsh::to_vec(node).unwrap());
        }
        for ((version, hash), value) in update.node_batch.values() {
            let key = [b"v", &hash.0[..], &version.to_be_bytes()].concat();
            batch.put(key, borsh::to_vec(value).unwrap());
        }
        self.db.write(batch).unwrap();
        root.0
    }
}

impl TreeReader for PlainJmt {
    fn get_node_option(&self, key: &NodeKey) -> Result<Option<Node>> {
        let bytes = self.db.get_pinned(borsh::to_vec(key)?)?;
        Ok(bytes.map(|bytes| borsh::from_slice(&bytes)).transpose()?)
    }

    fn get_value_option(&self, _: Version, _: KeyHash) -> Result<Option<OwnedValue>> {
        Ok(None)
    }

    fn get_rightmost_leaf(&self) -> Result<Option<(NodeKey, LeafNode)>> {
        Ok(None)
    }
}
