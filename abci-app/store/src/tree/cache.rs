//! The nodes of the latest written tree that were used last, within a bound in bytes.

use lru::LruCache;

use super::{Leaf, Node, Page, Path};

/// The map's own cost of an entry, estimated: two links, key, value, reference counts, allocator.
const ENTRY_BYTES: usize = 160;

pub(super) struct NodeCache {
    nodes: LruCache<Path, Node>,
    bytes: usize,
    limit: usize,
}

impl NodeCache {
    pub(super) fn new(limit: usize) -> Self {
        NodeCache {
            nodes: LruCache::unbounded(),
            bytes: 0,
            limit,
        }
    }

    pub(super) fn get(&mut self, path: &Path) -> Option<Node> {
        self.nodes.get(path).cloned()
    }

    /// The same, without counting as a use.
    pub(super) fn peek(&self, path: &Path) -> Option<Node> {
        self.nodes.peek(path).cloned()
    }

    pub(super) fn clear(&mut self) {
        self.nodes.clear();
        self.bytes = 0;
    }

    pub(super) fn put(&mut self, path: Path, node: Node) {
        self.bytes += cost(&node);
        if let Some(old) = self.nodes.put(path, node) {
            self.bytes -= cost(&old);
        }
        while self.bytes > self.limit {
            let Some((_, evicted)) = self.nodes.pop_lru() else {
                break;
            };
            self.bytes -= cost(&evicted);
        }
    }

    pub(super) fn remove(&mut self, path: &Path) {
        if let Some(old) = self.nodes.pop(path) {
            self.bytes -= cost(&old);
        }
    }
}

fn cost(node: &Node) -> usize {
    ENTRY_BYTES
        + match node {
            Node::Page(_) => size_of::<Page>(),
            Node::Bucket(leaves) => size_of::<Leaf>() * leaves.len(),
        }
}
