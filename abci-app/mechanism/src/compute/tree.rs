//! The tree of RFC 6962: SHA-256 of a zero and a digest is a leaf, of a one and two nodes the node
//! above them; the last node of a level that has no neighbour goes up as it is.

use sha2::{Digest, Sha256};

type Hash = [u8; 32];

/// A tree over the digests of all segments.
#[derive(Clone, Debug)]
pub struct Tree {
    digests: Vec<Hash>,
    /// From the leaves to the root; none if there are no digests.
    levels: Vec<Vec<Hash>>,
}

impl Tree {
    pub fn new(digests: Vec<Hash>) -> Self {
        let mut levels = Vec::new();
        let mut level: Vec<Hash> = digests.iter().map(leaf).collect();
        while level.len() > 1 {
            let above = level.chunks(2).map(|nodes| match nodes {
                [left, right] => node(left, right),
                _ => nodes.first().copied().unwrap_or_default(),
            });
            let above = above.collect();
            levels.push(std::mem::replace(&mut level, above));
        }
        levels.push(level);
        Self { digests, levels }
    }

    /// What is committed to; of no digests there is none.
    pub fn root(&self) -> Option<Hash> {
        self.levels.last()?.first().copied()
    }

    /// The digest of a segment.
    pub fn digest(&self, segment: u32) -> Option<Hash> {
        self.digests.get(segment as usize).copied()
    }

    /// The neighbours on the way from a segment to the root, [`path_length`] of them.
    pub fn path(&self, segment: u32) -> Vec<Hash> {
        let mut place = segment as usize;
        let mut path = Vec::new();
        for level in &self.levels {
            path.extend(level.get(place ^ 1));
            place /= 2;
        }
        path
    }
}

/// The root of the tree of so many segments in which a segment with this digest has this path; `None` if
/// no segment of such a tree has a path of that length.
pub fn root_of(digest: &Hash, segment: u32, segments: u32, path: &[Hash]) -> Option<Hash> {
    if path.len() != path_length(segment, segments)? {
        return None;
    }
    let mut rest = path.iter();
    let mut hash = leaf(digest);
    for (place, last) in levels(segment, segments) {
        if place % 2 == 1 {
            hash = node(rest.next()?, &hash);
        } else if place < last {
            hash = node(&hash, rest.next()?);
        }
    }
    Some(hash)
}

/// How many neighbours a segment of so many has on its way to the root; `None` if there is no such
/// segment.
pub fn path_length(segment: u32, segments: u32) -> Option<usize> {
    if segment >= segments {
        return None;
    }
    let has_neighbour = |(place, last): &(u32, u32)| place % 2 == 1 || place < last;
    Some(levels(segment, segments).filter(has_neighbour).count())
}

/// On each level below the root: where the way goes through, and where the level ends.
fn levels(segment: u32, segments: u32) -> impl Iterator<Item = (u32, u32)> {
    let leaves = (segment, segments.saturating_sub(1));
    std::iter::successors(Some(leaves), |(place, last)| Some((place / 2, last / 2)))
        .take_while(|(_, last)| *last > 0)
}

fn leaf(digest: &Hash) -> Hash {
    Sha256::new_with_prefix([0])
        .chain_update(digest)
        .finalize()
        .into()
}

fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new_with_prefix([1])
        .chain_update(left)
        .chain_update(right)
        .finalize()
        .into()
}
