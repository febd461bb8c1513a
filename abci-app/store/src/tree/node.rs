//! Pages and buckets: what they hold, how they hash, how pages are stored.

use std::sync::Arc;

use super::hash::{EMPTY_ROOT, internal_hash};
use super::path::bit;
use crate::StoreError;

/// A subtree as its parent sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) hash: [u8; 32],
    /// How many leaves are below.
    pub(crate) leaves: u64,
}

impl Slot {
    pub(crate) const EMPTY: Slot = Slot {
        hash: EMPTY_ROOT,
        leaves: 0,
    };

    fn join(left: Slot, right: Slot) -> Slot {
        match (left.leaves, right.leaves) {
            (0, 0 | 1) => right,
            (1, 0) => left,
            // Damaged counts are found by comparison with the parent's, so they need not be exact.
            (below, beside) => Slot {
                hash: internal_hash(&left.hash, &right.hash),
                leaves: below.saturating_add(beside),
            },
        }
    }
}

/// One of the sides of a node on the way to a leaf: the other side's hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) sibling: [u8; 32],
    pub(crate) leaf_is_right: bool,
}

/// Four levels of the tree: the sixteen subtrees below them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) slots: [Slot; 16],
}

impl Page {
    pub(crate) fn root(&self) -> Slot {
        fold(&self.slots)
    }

    /// Goes down to the slot of `nibble`, noting the siblings; stops above it at a single leaf.
    pub(crate) fn descend(&self, nibble: u8, steps: &mut Vec<Step>) -> Slot {
        let mut slots = self.slots.as_slice();
        let mut here = fold(slots);
        for bit in [8, 4, 2, 1] {
            if here.leaves <= 1 {
                break;
            }
            let (left, right) = slots.split_at(slots.len() / 2);
            let leaf_is_right = nibble & bit != 0;
            let (side, other) = if leaf_is_right {
                (right, left)
            } else {
                (left, right)
            };
            steps.push(Step {
                sibling: fold(other).hash,
                leaf_is_right,
            });
            (slots, here) = (side, fold(side));
        }
        here
    }
}

fn fold(slots: &[Slot]) -> Slot {
    match slots {
        [] => Slot::EMPTY,
        [slot] => *slot,
        _ => {
            let (left, right) = slots.split_at(slots.len() / 2);
            Slot::join(fold(left), fold(right))
        }
    }
}

/// The slots that `wanted` chooses: a bit mask (the lowest for the first slot), then of each the
/// hash and the number of leaves, all big-endian.
pub(crate) fn encode_slots(slots: &[Slot; 16], wanted: impl Fn(usize, &Slot) -> bool) -> Vec<u8> {
    let mut mask = 0u16;
    let mut out = Vec::with_capacity(2 + 16 * 40);
    out.extend([0, 0]);
    for (index, slot) in slots
        .iter()
        .enumerate()
        .filter(|(index, slot)| wanted(*index, slot))
    {
        mask |= 1 << index;
        out.extend(slot.hash);
        out.extend(slot.leaves.to_be_bytes());
    }
    if let Some(head) = out.first_chunk_mut() {
        *head = mask.to_be_bytes();
    }
    out
}

/// What `encode_slots` wrote: `None` for slots it left out.
pub(crate) fn decode_slots(bytes: &[u8]) -> Result<[Option<Slot>; 16], StoreError> {
    let malformed = || StoreError::corrupt("a tree page is malformed");
    let (mask, mut rest) = bytes.split_first_chunk().ok_or_else(malformed)?;
    let mask = u16::from_be_bytes(*mask);
    let mut slots = [None; 16];
    for (index, slot) in slots.iter_mut().enumerate() {
        if mask & (1 << index) != 0 {
            let (hash, tail) = rest.split_first_chunk().ok_or_else(malformed)?;
            let (leaves, tail) = tail.split_first_chunk().ok_or_else(malformed)?;
            *slot = Some(Slot {
                hash: *hash,
                leaves: u64::from_be_bytes(*leaves),
            });
            rest = tail;
        }
    }
    if rest.is_empty() {
        Ok(slots)
    } else {
        Err(malformed())
    }
}

/// A leaf in a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Leaf {
    pub(crate) key_hash: [u8; 32],
    pub(crate) node_hash: [u8; 32],
}

/// The subtree of sorted `leaves` that share their first `depth` bits.
pub(crate) fn bucket_root(leaves: &[Leaf], depth: usize) -> Slot {
    match leaves {
        [] => Slot::EMPTY,
        [leaf] => Slot {
            hash: leaf.node_hash,
            leaves: 1,
        },
        _ => {
            let (left, right) = leaves.split_at(leaves.partition_point(|leaf| !bit(&leaf.key_hash, depth)));
            Slot::join(bucket_root(left, depth + 1), bucket_root(right, depth + 1))
        }
    }
}

/// Goes down a bucket to the leaf of `key_hash`, noting the siblings.
pub(crate) fn descend_bucket(
    mut leaves: &[Leaf],
    mut depth: usize,
    key_hash: &[u8; 32],
    steps: &mut Vec<Step>,
) {
    while leaves.len() > 1 {
        let (left, right) = leaves.split_at(leaves.partition_point(|leaf| !bit(&leaf.key_hash, depth)));
        let leaf_is_right = bit(key_hash, depth);
        let (side, other) = if leaf_is_right {
            (right, left)
        } else {
            (left, right)
        };
        depth += 1;
        steps.push(Step {
            sibling: bucket_root(other, depth).hash,
            leaf_is_right,
        });
        leaves = side;
    }
}

/// What is at a path.
#[derive(Debug, Clone)]
pub(crate) enum Node {
    Page(Arc<Page>),
    Bucket(Arc<[Leaf]>),
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn pages_decode_to_what_was_encoded_and_nothing_malformed_panics(
            leaves in proptest::array::uniform16(0u64..3), bytes in proptest::collection::vec(any::<u8>(), 0..100),
        ) {
            let slots = leaves.map(|leaves| Slot { hash: [leaves as u8; 32], leaves });
            let decoded = decode_slots(&encode_slots(&slots, |_, slot| slot.leaves > 0)).unwrap();
            prop_assert_eq!(decoded, slots.map(|slot| (slot.leaves > 0).then_some(slot)));
            let _ = decode_slots(&bytes);
        }
    }

    #[test]
    fn key_hashes_that_differ_in_the_last_bit_only_still_make_a_tree() {
        let key_hash = [7; 32];
        let mut other = key_hash;
        other[31] ^= 1;
        let leaves = [
            Leaf {
                key_hash: other,
                node_hash: [1; 32],
            },
            Leaf {
                key_hash,
                node_hash: [2; 32],
            },
        ];
        let root = bucket_root(&leaves, 0);
        let mut steps = Vec::new();
        descend_bucket(&leaves, 0, &key_hash, &mut steps);
        assert_eq!((root.leaves, steps.len()), (2, 256));
        assert_eq!(
            steps[255],
            Step {
                sibling: [1; 32],
                leaf_is_right: true
            }
        );
        let climbed = steps
            .iter()
            .rev()
            .fold([2; 32], |hash, step| match step.leaf_is_right {
                true => internal_hash(&step.sibling, &hash),
                false => internal_hash(&hash, &step.sibling),
            });
        assert_eq!(climbed, root.hash);
    }
}
