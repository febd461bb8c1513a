//! Compute proofs: how much, what is sampled, and what a root binds.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use proptest::prelude::*;
use sha2::{Digest, Sha256};
use slsbft_mechanism::compute::{
    MOST_SEGMENTS, SAMPLES, Tree, Work, delivered, path_length, root_of, segments,
};
use slsbft_types::Address;

fn work(provider: u8, segments: u32) -> Work {
    Work {
        seed: [1; 32],
        provider: Address::from_bytes(&[provider; 20]).unwrap(),
        segments,
    }
}

fn digests(number: u32) -> Vec<[u8; 32]> {
    (0..number).map(|n| work(1, number).input(n)).collect()
}

#[test]
fn work_grows_with_the_cores_up_to_a_bound() {
    assert_eq!(segments(0, 100), 0);
    assert_eq!(segments(4_000, 0), 0);
    assert_eq!(segments(4_000, 100), 400);
    assert_eq!(segments(1, 100), 1, "a part of a segment is one");
    assert_eq!(segments(u64::MAX, u32::MAX), MOST_SEGMENTS);
}

#[test]
fn no_two_providers_epochs_or_segments_begin_with_the_same() {
    let this = work(1, 9);
    let other_epoch = Work {
        seed: [2; 32],
        ..this
    };
    let inputs = [
        this.input(0),
        this.input(1),
        work(2, 9).input(0),
        other_epoch.input(0),
    ];
    for (n, input) in inputs.iter().enumerate() {
        assert!(!inputs[n + 1..].contains(input));
    }
    // As `Work::input` describes it.
    let told: [u8; 32] = Sha256::digest(
        [
            b"slsbft/compute/input/1".as_slice(),
            &[1; 32],
            &[20],
            &[1; 20],
            &[0, 0, 0, 1],
        ]
        .concat(),
    )
    .into();
    assert_eq!(this.input(1), told);
}

#[test]
fn every_segment_is_sampled_as_often_as_any_other() {
    let work = work(1, 24);
    let mut often = [0; 24];
    for n in 0..3_000u32 {
        let beacon: [u8; 32] = Sha256::digest(n.to_be_bytes()).into();
        for segment in work.samples(&beacon) {
            often[segment as usize] += 1;
        }
    }
    // Each is in a third of the samples: 1,000 ± 26 times.
    assert!(often.iter().all(|n| (870..1_130).contains(n)), "{often:?}");
}

#[test]
fn what_was_delivered_is_the_part_of_the_samples_that_was_right() {
    assert_eq!(delivered(0, 8), 0);
    assert_eq!(delivered(7, 8), 875);
    assert_eq!(delivered(8, 8), 1000);
    assert_eq!(delivered(9, 8), 1000);
}

#[test]
fn the_tree_is_that_of_rfc_6962() {
    // The Merkle tree hash of the 32-byte leaves 00…, 01…, 02…, computed by hand.
    let hash = |parts: &[&[u8]]| -> [u8; 32] { Sha256::digest(parts.concat()).into() };
    let leaf = |n: u8| hash(&[&[0], &[n; 32]]);
    let left = hash(&[&[1], &leaf(0), &leaf(1)]);
    let root = hash(&[&[1], &left, &leaf(2)]);
    let tree = Tree::new(vec![[0; 32], [1; 32], [2; 32]]);
    assert_eq!(tree.root(), Some(root));
    assert_eq!(tree.path(1), [leaf(0), leaf(2)]);
    assert_eq!(tree.path(2), [left]);
    assert_eq!(Tree::new(vec![]).root(), None);
}

proptest! {
    #[test]
    fn samples_are_different_segments_in_order_and_as_many_as_there_can_be(
        segments in 0u32..=MOST_SEGMENTS,
        beacon: [u8; 32],
    ) {
        let work = work(1, segments);
        let samples = work.samples(&beacon);
        prop_assert_eq!(samples.len() as u32, segments.min(SAMPLES));
        prop_assert!(samples.is_sorted_by(|a, b| a < b));
        prop_assert!(samples.iter().all(|sample| *sample < segments));
    }

    #[test]
    fn a_root_binds_every_digest_to_its_place(
        (number, segment) in (1u32..70).prop_flat_map(|number| (Just(number), 0..number)),
        other: prop::sample::Index,
    ) {
        let digests = digests(number);
        let tree = Tree::new(digests.clone());
        let root = tree.root();
        let (digest, path) = (tree.digest(segment).unwrap(), tree.path(segment));
        prop_assert_eq!(digest, digests[segment as usize]);
        prop_assert_eq!(Some(path.len()), path_length(segment, number));
        prop_assert_eq!(root_of(&digest, segment, number, &path), root);

        let elsewhere = other.index(number as usize) as u32;
        if elsewhere != segment {
            prop_assert_ne!(root_of(&digest, elsewhere, number, &path), root);
        }
        prop_assert_ne!(root_of(&[0; 32], segment, number, &path), root);
        for at in 0..path.len() {
            let mut forged = path.clone();
            forged[at][31] ^= 1;
            prop_assert_ne!(root_of(&digest, segment, number, &forged), root);
        }
        prop_assert_eq!(root_of(&digest, number, number, &path), None);
        let longer = [path, vec![[0; 32]]].concat();
        prop_assert_eq!(root_of(&digest, segment, number, &longer), None);
    }
}
