//! Pages and buckets: what they hold, how they hash, how pages are stored.

use std::sync::Arc;

use super::hash::{EMPTY_ROOT, internal_hash};
use super::path::bit;
use crate::StoreError;

/// So often only a page's changed slots are written before all of them are again: an entry less to
/// read against bytes saved in writing.
const MAX_PARTS: u8 = 15;

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
    /// How many blocks have written a part of it since one wrote it whole.
    pub(crate) parts: u8,
}

impl Page {
    /// A page that has not been written yet.
    pub(crate) fn new(slots: [Slot; 16]) -> Page {
        Page { slots, parts: 0 }
    }

    /// What this page becomes in the next block that changes it.
    pub(crate) fn with_slots(&self, slots: [Slot; 16]) -> Page {
        let parts = if self.parts < MAX_PARTS { self.parts + 1 } else { 0 };
        Page { slots, parts }
    }

    pub(crate) fn root(&self) -> Slot {
        fold(&self.slots)
    }

    /// Goes down to the slot of `nibble`, noting the siblings; stops above it at a single leaf.
    /// `None` if the page's root is not `expected`.
    pub(crate) fn descend(&self, expected: Slot, nibble: u8, steps: &mut Vec<Step>) -> Option<Slot> {
        let eight: [Slot; 8] = join_pairs(&self.slots);
        let four: [Slot; 4] = join_pairs(&eight);
        let two: [Slot; 2] = join_pairs(&four);
        let [mut here] = join_pairs(&two);
        if here != expected {
            return None;
        }
        for (shift, level) in [(3, two.as_slice()), (2, &four), (1, &eight), (0, &self.slots)] {
            if here.leaves <= 1 {
                break;
            }
            let index = usize::from(nibble >> shift);
            steps.push(Step {
                sibling: level.get(index ^ 1)?.hash,
                leaf_is_right: index % 2 == 1,
            });
            here = *level.get(index)?;
        }
        Some(here)
    }
}

fn join_pairs<const N: usize>(below: &[Slot]) -> [Slot; N] {
    let mut pairs = below.chunks_exact(2);
    std::array::from_fn(|_| match pairs.next() {
        Some([left, right]) => Slot::join(*left, *right),
        _ => Slot::EMPTY,
    })
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

/// What is stored of a page at one height.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PageEntry {
    /// Whether slots that are not there are empty, or as they were before.
    pub(crate) whole: bool,
    pub(crate) slots: [Option<Slot>; 16],
}

/// Appends an entry: 1 if it is whole, else 0; a bit mask of the slots that follow (the lowest bit
/// for the first slot); of each the hash and the number of leaves, all big-endian.
fn encode_entry(whole: bool, slots: &[Slot; 16], wanted: impl Fn(usize, &Slot) -> bool, out: &mut Vec<u8>) {
    let start = out.len();
    out.extend([u8::from(whole), 0, 0]);
    let mut mask = 0u16;
    for (index, slot) in slots
        .iter()
        .enumerate()
        .filter(|(index, slot)| wanted(*index, slot))
    {
        mask |= 1 << index;
        out.extend(slot.hash);
        out.extend(slot.leaves.to_be_bytes());
    }
    if let Some(place) = out.get_mut(start + 1..start + 3) {
        place.copy_from_slice(&mask.to_be_bytes());
    }
}

/// What a block stores of `page`, which was `old` before it.
pub(crate) fn encode_page(page: &Page, old: Option<&Page>, out: &mut Vec<u8>) {
    match old.filter(|_| page.parts > 0) {
        Some(old) => encode_entry(
            false,
            &page.slots,
            |index, slot| old.slots.get(index) != Some(slot),
            out,
        ),
        None => encode_entry(true, &page.slots, |_, slot| slot.leaves > 0, out),
    }
}

/// What a block stores in place of a page that it made a bucket of.
pub(crate) fn encode_no_page(out: &mut Vec<u8>) {
    encode_entry(true, &[Slot::EMPTY; 16], |_, _| false, out);
}

/// Whether an entry stands alone, so that no older one of its page matters to it.
pub(crate) fn is_whole(entry: &[u8]) -> bool {
    entry.first() == Some(&1)
}

pub(crate) fn decode_entry(bytes: &[u8]) -> Result<PageEntry, StoreError> {
    let malformed = || StoreError::corrupt("a tree page is malformed");
    let (whole, bytes) = bytes
        .split_first()
        .filter(|(whole, _)| **whole <= 1)
        .ok_or_else(malformed)?;
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
    if !rest.is_empty() {
        return Err(malformed());
    }
    Ok(PageEntry {
        whole: *whole == 1,
        slots,
    })
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
            before in proptest::array::uniform16(0u64..3), after in proptest::array::uniform16(0u64..3),
            bytes in proptest::collection::vec(any::<u8>(), 0..100),
        ) {
            let slots = |leaves: [u64; 16]| leaves.map(|leaves| match leaves {
                0 => Slot::EMPTY,
                _ => Slot { hash: [leaves as u8; 32], leaves },
            });
            let old = Page::new(slots(before));
            let new = old.with_slots(slots(after));
            let decoded = |page: &Page, old: Option<&Page>| {
                let mut entry = Vec::new();
                encode_page(page, old, &mut entry);
                prop_assert_eq!(is_whole(&entry), decode_entry(&entry).unwrap().whole);
                Ok(decode_entry(&entry).unwrap())
            };
            let whole = decoded(&old, None)?;
            prop_assert!(whole.whole);
            prop_assert_eq!(whole.slots.map(|slot| slot.unwrap_or(Slot::EMPTY)), old.slots);
            let part = decoded(&new, Some(&old))?;
            prop_assert!(!part.whole);
            for (index, slot) in part.slots.iter().enumerate() {
                prop_assert_eq!(slot.unwrap_or(old.slots[index]), new.slots[index]);
                prop_assert_eq!(slot.is_some(), old.slots[index] != new.slots[index]);
            }
            let _ = decode_entry(&bytes);
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
