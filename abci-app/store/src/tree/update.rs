//! A block's changes, applied from the leaves up: every node above a changed leaf is hashed once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rayon::prelude::*;
use rocksdb::ReadOptions;

use super::node::bucket_root;
use super::{
    BUCKET_LEAVES, Fault, Leaf, LeafChange, Node, NodeChange, Page, Path, Slot, TreeUpdate, read_page,
};
use crate::StoreError;
use crate::cache::{Cache, ENTRY_BYTES};
use crate::db::{Column, Db};

/// The latest tree, as far as it is in memory.
pub(crate) struct Tree {
    memory: Mutex<Memory>,
}

struct Memory {
    /// Of the latest written tree.
    cache: Cache<Path, Node>,
    /// The latest block's nodes, while its batch may not have been written: the cache may have
    /// dropped them meanwhile, and the database does not have them yet.
    unwritten: Option<Arc<TreeUpdate>>,
}

impl Tree {
    pub(crate) fn new(cache_bytes: usize) -> Self {
        Tree {
            memory: Mutex::new(Memory {
                cache: Cache::new(cache_bytes, cost),
                unwritten: None,
            }),
        }
    }

    /// Forgets everything, so that all is read from the database again.
    pub(crate) fn clear(&self) {
        let mut memory = self.lock();
        memory.cache.clear();
        memory.unwritten = None;
    }

    /// To be called when a block is given to the writer; the one before must be written by then.
    pub(crate) fn advance(&self, update: Arc<TreeUpdate>) {
        let mut memory = self.lock();
        for (path, change) in &update.nodes {
            match &change.new {
                Some(node) => memory.cache.put(*path, node.clone()),
                None => memory.cache.remove(path),
            };
        }
        memory.unwritten = Some(update);
    }

    /// What is at `path` in some tree of late, if it is in memory: the caller compares hashes.
    pub(super) fn peek(&self, path: &Path) -> Option<Node> {
        self.lock().cache.peek(path).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The tree under `root`, the latest, with `changes` sorted by key hash. Changes that change
    /// nothing leave no trace.
    pub(crate) fn update(&self, db: &Db, root: Slot, changes: &[LeafChange]) -> Result<TreeUpdate, Fault> {
        let mut updater = Updater {
            tree: self,
            db,
            nodes: BTreeMap::new(),
        };
        let root = updater.apply(Path::ROOT, root, changes)?;
        Ok(TreeUpdate {
            root,
            nodes: updater.nodes,
        })
    }

    /// A node that exists, from memory or the database.
    fn load(&self, db: &Db, path: Path, slot: Slot) -> Result<Node, Fault> {
        if let Some(node) = self.lock().get(&path) {
            return Ok(node);
        }
        let node = match slot.leaves > BUCKET_LEAVES {
            true => Node::Page(Arc::new(load_page(db, path, slot)?)),
            false => Node::Bucket(load_bucket(db, path, slot)?.into()),
        };
        self.lock().cache.put(path, node.clone());
        Ok(node)
    }
}

impl Memory {
    fn get(&mut self, path: &Path) -> Option<Node> {
        self.cache.get(path).cloned().or_else(|| {
            let change = self.unwritten.as_ref()?.nodes.get(path)?;
            change.new.clone()
        })
    }
}

fn cost(_: &Path, node: &Node) -> usize {
    ENTRY_BYTES
        + match node {
            Node::Page(_) => size_of::<Page>(),
            Node::Bucket(leaves) => size_of::<Leaf>() * leaves.len(),
        }
}

/// The latest page at `path`, whose hash must be that of `slot`.
pub(super) fn load_page(db: &Db, path: Path, slot: Slot) -> Result<Page, Fault> {
    match read_page(db, path, u64::MAX)? {
        Some(page) if page.root() == slot => Ok(page),
        _ => Err(Fault::Damaged(format!(
            "the page at {path:?} is missing or not what it should be"
        ))),
    }
}

pub(super) fn load_bucket(db: &Db, path: Path, slot: Slot) -> Result<Vec<Leaf>, Fault> {
    let damaged = || Fault::Damaged(format!("the leaves below {path:?} are not those they should be"));
    let mut bounds = ReadOptions::default();
    if let Some(end) = path.end() {
        bounds.set_iterate_upper_bound(end);
    }
    let mut entries = db.iterate(Column::Leaves, bounds)?;
    entries.seek(path.lowest());
    let mut leaves = Vec::with_capacity(slot.leaves as usize);
    while let Some((key_hash, entry)) = entries.item() {
        let key_hash = key_hash.try_into().map_err(|_| damaged())?;
        let node_hash = *entry.first_chunk().ok_or_else(damaged)?;
        leaves.push(Leaf { key_hash, node_hash });
        if leaves.len() as u64 > slot.leaves {
            return Err(damaged());
        }
        entries.next();
    }
    entries.status()?;
    if bucket_root(&leaves, path.depth()) == slot {
        Ok(leaves)
    } else {
        Err(damaged())
    }
}

/// Fewer changes than this are applied by one thread.
const SIDE_BY_SIDE: usize = 256;

/// A subtree's path, its root, and the changes below it.
type Below<'a> = (Path, Slot, &'a [LeafChange]);

struct Updater<'a> {
    tree: &'a Tree,
    db: &'a Db,
    nodes: BTreeMap<Path, NodeChange>,
}

impl Updater<'_> {
    /// The node at `path` after `changes`, all of them below it and sorted.
    fn apply(&mut self, path: Path, slot: Slot, changes: &[LeafChange]) -> Result<Slot, Fault> {
        if changes.is_empty() {
            return Ok(slot);
        }
        if slot.leaves <= BUCKET_LEAVES {
            let leaves = self.bucket(path, slot)?;
            let merged = merge_leaves(&leaves, changes);
            return match merged == *leaves {
                true => Ok(slot),
                false => self.build(path, None, &merged),
            };
        }
        let old = self.page(path, slot)?;
        let mut rest = changes;
        let below = path.children().zip(old.slots).map(|((nibble, child), slot)| {
            let (below, others) =
                rest.split_at(rest.partition_point(|change| path.next_nibble(&change.key_hash) <= nibble));
            rest = others;
            (child, slot, below)
        });
        let slots = if path == Path::ROOT && changes.len() >= SIDE_BY_SIDE {
            self.apply_side_by_side(below.collect())?
        } else {
            let mut slots = old.slots;
            for ((child, slot, below), new) in below.zip(&mut slots) {
                *new = self.apply(child, slot, below)?;
            }
            slots
        };
        if slots == old.slots {
            return Ok(slot);
        }
        let leaves = slots
            .iter()
            .try_fold(0u64, |sum, slot| sum.checked_add(slot.leaves));
        let leaves = leaves.ok_or_else(|| StoreError::corrupt("the tree's leaves cannot be counted"))?;
        if leaves <= BUCKET_LEAVES {
            let leaves = self.absorb(path, &slots)?;
            return self.build(path, Some(old), &leaves);
        }
        Ok(self.keep_page(path, Some(old), slots))
    }

    /// The sixteen subtrees below the root: they have no node in common.
    fn apply_side_by_side(&mut self, below: Vec<Below<'_>>) -> Result<[Slot; 16], Fault> {
        let (tree, db) = (self.tree, self.db);
        let applied = below.into_par_iter().map(|(path, slot, changes)| {
            let nodes = BTreeMap::new();
            let mut updater = Updater { tree, db, nodes };
            let slot = updater.apply(path, slot, changes)?;
            Ok((slot, updater.nodes))
        });
        let applied: Vec<_> = applied.collect::<Result<_, Fault>>()?;
        let mut slots = [Slot::EMPTY; 16];
        for (slot, (new, nodes)) in slots.iter_mut().zip(applied) {
            *slot = new;
            self.nodes.extend(nodes);
        }
        Ok(slots)
    }

    /// The node at `path` over exactly these sorted leaves; `old` is the page it replaces.
    fn build(&mut self, path: Path, old: Option<Arc<Page>>, leaves: &[Leaf]) -> Result<Slot, Fault> {
        if leaves.len() as u64 <= BUCKET_LEAVES {
            let new = (!leaves.is_empty()).then(|| Node::Bucket(leaves.into()));
            self.nodes.insert(path, NodeChange { old_page: old, new });
            return Ok(bucket_root(leaves, path.depth()));
        }
        let mut slots = [Slot::EMPTY; 16];
        let mut rest = leaves;
        for ((nibble, child), slot) in path.children().zip(&mut slots) {
            let (below, others) =
                rest.split_at(rest.partition_point(|leaf| path.next_nibble(&leaf.key_hash) <= nibble));
            if !below.is_empty() {
                *slot = self.build(child, None, below)?;
            }
            rest = others;
        }
        Ok(self.keep_page(path, old, slots))
    }

    fn keep_page(&mut self, path: Path, old_page: Option<Arc<Page>>, slots: [Slot; 16]) -> Slot {
        let page = match &old_page {
            Some(old) => old.with_slots(slots),
            None => Page::new(slots),
        };
        let root = page.root();
        self.nodes.insert(
            path,
            NodeChange {
                old_page,
                new: Some(Node::Page(Arc::new(page))),
            },
        );
        root
    }

    /// Takes the leaves out of all children of a page that becomes a bucket.
    fn absorb(&mut self, path: Path, slots: &[Slot; 16]) -> Result<Vec<Leaf>, Fault> {
        let mut leaves = Vec::new();
        for ((_, child), slot) in path.children().zip(slots) {
            match self.nodes.get(&child).and_then(|change| change.new.as_ref()) {
                Some(Node::Bucket(bucket)) => leaves.extend_from_slice(bucket),
                _ => leaves.extend_from_slice(&self.bucket(child, *slot)?),
            }
            self.nodes
                .entry(child)
                .or_insert(NodeChange {
                    old_page: None,
                    new: None,
                })
                .new = None;
        }
        Ok(leaves)
    }

    fn bucket(&self, path: Path, slot: Slot) -> Result<Arc<[Leaf]>, Fault> {
        if slot.leaves == 0 {
            return Ok(Arc::new([]));
        }
        match self.tree.load(self.db, path, slot)? {
            Node::Bucket(leaves) => Ok(leaves),
            Node::Page(_) => Err(Fault::Damaged(format!(
                "{path:?} has a page in place of a bucket"
            ))),
        }
    }

    fn page(&self, path: Path, slot: Slot) -> Result<Arc<Page>, Fault> {
        match self.tree.load(self.db, path, slot)? {
            Node::Page(page) => Ok(page),
            Node::Bucket(_) => Err(Fault::Damaged(format!(
                "{path:?} has a bucket in place of a page"
            ))),
        }
    }
}

/// Sorted `leaves` with sorted `changes`.
fn merge_leaves(leaves: &[Leaf], changes: &[LeafChange]) -> Vec<Leaf> {
    let mut merged = Vec::with_capacity(leaves.len() + changes.len());
    let mut rest = leaves;
    for change in changes {
        let (before, others) = rest.split_at(rest.partition_point(|leaf| leaf.key_hash < change.key_hash));
        merged.extend_from_slice(before);
        rest = match others.split_first() {
            Some((leaf, behind)) if leaf.key_hash == change.key_hash => behind,
            _ => others,
        };
        if let Some(node_hash) = change.node_hash {
            merged.push(Leaf {
                key_hash: change.key_hash,
                node_hash,
            });
        }
    }
    merged.extend_from_slice(rest);
    merged
}
