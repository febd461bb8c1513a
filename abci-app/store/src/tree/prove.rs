//! ICS23 proofs at any kept height. Pages and leaves are read as they were: what is stored now,
//! under what the blocks since then have overwritten. Every node is checked against its parent,
//! from the root of that height's block down, so a proof that is returned verifies.

use ics23::commitment_proof::Proof;
use ics23::{CommitmentProof, ExistenceProof, HashOp, InnerOp, NonExistenceProof};
use rocksdb::ReadOptions;

use super::hash::{internal_prefix, leaf_hash, sha256};
use super::node::{Step, bucket_root, decode_slots, descend_bucket};
use super::{BUCKET_LEAVES, Fault, Leaf, Page, Path, Slot};
use crate::db::Column;
use crate::read::Entries;
use crate::snapshot::State;
use crate::{Order, Read, Snapshot, Space, StoreError, tree_spec};

/// The value of `key` in `snapshot`, whose block must have been written, and its proof.
pub(crate) fn prove(
    snapshot: &Snapshot,
    key: &[u8],
) -> Result<(Option<Vec<u8>>, CommitmentProof), StoreError> {
    let prover = Prover {
        snapshot,
        state: snapshot.state(),
    };
    prover.prove(key).map_err(Fault::into_error)
}

struct Prover<'a> {
    snapshot: &'a Snapshot,
    state: &'a State,
}

impl Prover<'_> {
    fn prove(&self, key: &[u8]) -> Result<(Option<Vec<u8>>, CommitmentProof), Fault> {
        let key_hash = sha256(key);
        let value = self.snapshot.get(Space::Main, key)?;
        let proof = match &value {
            Some(_) => Proof::Exist(self.existence(&key_hash, key)?),
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
        Ok(Some(self.existence(&leaf.key_hash, &key)?))
    }

    fn existence(&self, key_hash: &[u8; 32], key: &[u8]) -> Result<ExistenceProof, Fault> {
        let value = self.snapshot.get(Space::Main, key)?;
        let value = value.ok_or_else(|| Fault::Damaged("a leaf has no value".into()))?;
        let steps = self.steps(key_hash, leaf_hash(key_hash, &value))?;
        Ok(ExistenceProof {
            key: key.to_vec(),
            value,
            leaf: tree_spec().leaf_spec,
            path: steps.iter().rev().map(inner_op).collect(),
        })
    }

    /// The siblings from the root down to the leaf of `key_hash`, whose hash must be `node_hash`.
    fn steps(&self, key_hash: &[u8; 32], node_hash: [u8; 32]) -> Result<Vec<Step>, Fault> {
        let (mut steps, mut path, mut slot) = (Vec::new(), Path::ROOT, self.state.record.tree());
        while slot.leaves > BUCKET_LEAVES {
            let nibble = path.next_nibble(key_hash);
            slot = self.page(path, slot)?.descend(nibble, &mut steps);
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

    /// The page at `path` as it was: of each slot the first undo above the height, or what is there.
    fn page(&self, path: Path, expected: Slot) -> Result<Page, Fault> {
        let State {
            db, window, record, ..
        } = self.state;
        let height = record.block.height;
        let current = match db.get(Column::Tree, &path.encode())? {
            Some(bytes) => decode_slots(&bytes)?,
            None => [None; 16],
        };
        let mut slots = [None; 16];
        if window.written_above(height) {
            let mut bounds = ReadOptions::default();
            bounds.set_iterate_upper_bound([path.encode(), vec![u8::MAX; 9]].concat());
            let mut undos = db.iterate_one(Column::TreeUndo, bounds)?;
            undos.seek([path.encode().as_slice(), &height.saturating_add(1).to_be_bytes()].concat());
            while let Some(undo) = undos.value()
                && slots.contains(&None)
            {
                let older = decode_slots(undo)?;
                slots
                    .iter_mut()
                    .zip(older)
                    .for_each(|(slot, old)| *slot = slot.or(old));
                undos.next();
            }
            undos.status()?;
        }
        slots
            .iter_mut()
            .zip(current)
            .for_each(|(slot, now)| *slot = slot.or(now));
        let page = Page {
            slots: slots.map(|slot| slot.unwrap_or(Slot::EMPTY)),
        };
        match page.root() == expected {
            true => Ok(page),
            false => Err(Fault::Damaged(format!(
                "the page at {path:?} does not fit height {height}"
            ))),
        }
    }

    /// The leaves below `path` as they were: with the hashes that are stored if none has changed
    /// since, else hashed from the values of then.
    fn bucket(&self, path: Path, expected: Slot) -> Result<Vec<Leaf>, Fault> {
        let entries = self.leaves(path.lowest(), path.end().as_deref(), Order::Ascending)?;
        let found: Vec<(Leaf, Vec<u8>)> = entries
            .map(|entry| split_leaf(entry?))
            .collect::<Result<_, _>>()?;
        let mut leaves: Vec<Leaf> = found.iter().map(|(leaf, _)| *leaf).collect();
        if bucket_root(&leaves, path.depth()) == expected {
            return Ok(leaves);
        }
        for (leaf, (_, key)) in leaves.iter_mut().zip(&found) {
            let value = self.snapshot.get(Space::Main, key)?;
            let value = value.ok_or_else(|| Fault::Damaged("a leaf has no value".into()))?;
            leaf.node_hash = leaf_hash(&leaf.key_hash, &value);
        }
        match bucket_root(&leaves, path.depth()) == expected {
            true => Ok(leaves),
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
