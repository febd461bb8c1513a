//! ICS23 proofs at any height that can be proven. Pages and leaves are read as they were. Every node
//! is checked against its parent, from the root of that height's block down, and the value against
//! its leaf, so a proof that is returned verifies.

use std::sync::Arc;

use ics23::commitment_proof::Proof;
use ics23::{CommitmentProof, ExistenceProof, HashOp, InnerOp, NonExistenceProof};

use super::hash::{internal_prefix, leaf_hash, sha256};
use super::node::{Step, bucket_root, descend_bucket};
use super::{BUCKET_LEAVES, Fault, Leaf, Node, Path, Slot, Tree, read_page};
use crate::db::Column;
use crate::read::Entries;
use crate::snapshot::State;
use crate::{Order, Read, Snapshot, Space, StoreError, tree_spec};

/// The value of `key` in `snapshot`, whose block must have been written, and its proof.
pub(crate) fn prove(
    snapshot: &Snapshot,
    tree: &Tree,
    key: &[u8],
) -> Result<(Option<Vec<u8>>, CommitmentProof), StoreError> {
    let prover = Prover {
        tree,
        snapshot,
        state: snapshot.state(),
    };
    prover.prove(key).map_err(Fault::into_error)
}

struct Prover<'a> {
    /// Nodes that are in memory save reading them; their hashes tell whether they are of this height.
    tree: &'a Tree,
    snapshot: &'a Snapshot,
    state: &'a State,
}

impl Prover<'_> {
    fn prove(&self, key: &[u8]) -> Result<(Option<Vec<u8>>, CommitmentProof), Fault> {
        let key_hash = sha256(key);
        let value = self.snapshot.get(Space::Main, key)?;
        let proof = match &value {
            Some(value) => Proof::Exist(self.existence(&key_hash, key.to_vec(), value.clone())?),
            None => Proof::Nonexist(NonExistenceProof {
                key: key.to_vec(),
                left: self.neighbour(&[], Some(&key_hash), Order::Descending)?,
                right: self.neighbour(&key_hash, None, Order::Ascending)?,
            }),
        };
        Ok((value, CommitmentProof { proof: Some(proof) }))
    }

    /// The proof of the first leaf of a range of key hashes, if it has one.
    fn neighbour(
        &self,
        start: &[u8],
        end: Option<&[u8; 32]>,
        order: Order,
    ) -> Result<Option<ExistenceProof>, Fault> {
        let Some(entry) = self.leaves(start, end.map(<[u8; 32]>::as_slice), order)?.next() else {
            return Ok(None);
        };
        let (leaf, key) = split_leaf(entry?)?;
        let value = self.value(&key)?;
        Ok(Some(self.existence(&leaf.key_hash, key, value)?))
    }

    fn existence(&self, key_hash: &[u8; 32], key: Vec<u8>, value: Vec<u8>) -> Result<ExistenceProof, Fault> {
        let steps = self.steps(key_hash, leaf_hash(key_hash, &value))?;
        Ok(ExistenceProof {
            key,
            value,
            leaf: tree_spec().leaf_spec,
            path: steps.iter().rev().map(inner_op).collect(),
        })
    }

    /// The value of a key that is there.
    fn value(&self, key: &[u8]) -> Result<Vec<u8>, Fault> {
        let value = self.snapshot.get(Space::Main, key)?;
        value.ok_or_else(|| Fault::Damaged("a leaf has no value".into()))
    }

    /// The siblings from the root down to the leaf of `key_hash`, whose hash must be `node_hash`.
    fn steps(&self, key_hash: &[u8; 32], node_hash: [u8; 32]) -> Result<Vec<Step>, Fault> {
        let (mut steps, mut path, mut slot) = (Vec::new(), Path::ROOT, self.state.record.tree());
        while slot.leaves > BUCKET_LEAVES {
            let nibble = path.next_nibble(key_hash);
            slot = self.descend(path, slot, nibble, &mut steps)?;
            path = path.child(nibble);
        }
        let leaves = self.bucket(path, slot)?;
        let leaf = leaves.iter().find(|leaf| leaf.key_hash == *key_hash);
        if leaf.is_none_or(|leaf| leaf.node_hash != node_hash) {
            let detail = format!("a leaf below {path:?} is missing or has another value");
            return Err(Fault::Damaged(detail));
        }
        descend_bucket(&leaves, path.depth(), key_hash, &mut steps);
        Ok(steps)
    }

    /// Goes down the page that was at `path`.
    fn descend(&self, path: Path, expected: Slot, nibble: u8, steps: &mut Vec<Step>) -> Result<Slot, Fault> {
        if let Some(Node::Page(page)) = self.tree.peek(&path)
            && let Some(slot) = page.descend(expected, nibble, steps)
        {
            return Ok(slot);
        }
        let State { db, record, .. } = self.state;
        let height = record.block.height;
        let page = read_page(db, path, height)?;
        page.and_then(|page| page.descend(expected, nibble, steps))
            .ok_or_else(|| Fault::Damaged(format!("the page at {path:?} does not fit height {height}")))
    }

    /// The leaves below `path` as they were: with the hashes that are stored if none has changed
    /// since, else hashed from the values of then.
    fn bucket(&self, path: Path, expected: Slot) -> Result<Arc<[Leaf]>, Fault> {
        if let Some(Node::Bucket(leaves)) = self.tree.peek(&path)
            && bucket_root(&leaves, path.depth()) == expected
        {
            return Ok(leaves);
        }
        let entries = self.leaves(path.lowest(), path.end().as_deref(), Order::Ascending)?;
        let found: Vec<(Leaf, Vec<u8>)> = entries
            .map(|entry| split_leaf(entry?))
            .collect::<Result<_, _>>()?;
        let mut leaves: Vec<Leaf> = found.iter().map(|(leaf, _)| *leaf).collect();
        if bucket_root(&leaves, path.depth()) == expected {
            return Ok(leaves.into());
        }
        for (leaf, (_, key)) in leaves.iter_mut().zip(&found) {
            leaf.node_hash = leaf_hash(&leaf.key_hash, &self.value(key)?);
        }
        match bucket_root(&leaves, path.depth()) == expected {
            true => Ok(leaves.into()),
            false => Err(Fault::Damaged(format!(
                "the leaves below {path:?} do not fit their height"
            ))),
        }
    }

    fn leaves(&self, start: &[u8], end: Option<&[u8]>, order: Order) -> Result<Entries<'_>, Fault> {
        Ok(self
            .snapshot
            .versioned(Column::Leaves, Column::LeafUndo, start, end, order)?)
    }
}

/// The leaf and the key of an entry of [`Column::Leaves`].
fn split_leaf((key_hash, entry): (Vec<u8>, Vec<u8>)) -> Result<(Leaf, Vec<u8>), Fault> {
    let malformed = || Fault::Damaged("a leaf is malformed".into());
    let key_hash = key_hash.try_into().map_err(|_| malformed())?;
    let (node_hash, key) = entry.split_first_chunk().ok_or_else(malformed)?;
    Ok((
        Leaf {
            key_hash,
            node_hash: *node_hash,
        },
        key.to_vec(),
    ))
}

fn inner_op(step: &Step) -> InnerOp {
    let mut prefix = internal_prefix().to_vec();
    let mut suffix = Vec::new();
    if step.leaf_is_right {
        &mut prefix
    } else {
        &mut suffix
    }
    .extend(step.sibling);
    InnerOp {
        hash: HashOp::Sha256.into(),
        prefix,
        suffix,
    }
}
