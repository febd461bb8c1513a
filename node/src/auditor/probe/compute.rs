//! What a target shows of its computing: the digests of the sampled segments, as it committed to them.

use std::collections::BTreeMap;

use http_body_util::BodyExt;
use slsbft_mechanism::compute::{Work, path_length, root_of};
use tokio::time::{Duration, Instant, timeout_at};

use super::http::Answer;

/// Where providers that prove computing show parts of it; see `docs/auditing.md`.
pub const PATH: &str = "/.well-known/slsbft/compute";
/// Longest that an answer's body takes.
const LONGEST: Duration = Duration::from_secs(5);
const HASH: usize = 32;

type Hash = [u8; HASH];

/// What is asked of a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    pub epoch: u64,
    pub work: Work,
    /// What it committed to.
    pub root: Hash,
    /// The segments that are asked for, ascending.
    pub samples: Vec<u32>,
}

impl Challenge {
    /// The path of the request, with its query.
    pub(super) fn path(&self) -> String {
        let samples: Vec<String> = self.samples.iter().map(u32::to_string).collect();
        format!("{PATH}?epoch={}&segments={}", self.epoch, samples.join(","))
    }

    /// Reads an answer: the digests that are under the root, by segment. One of another length has
    /// none.
    pub(super) async fn read(&self, mut answer: Answer) -> BTreeMap<u32, Hash> {
        let length = self.length();
        let body = answer.response.body_mut();
        let deadline = Instant::now() + LONGEST;
        let mut bytes = Vec::with_capacity(length);
        while bytes.len() <= length {
            let Ok(Some(Ok(frame))) = timeout_at(deadline, body.frame()).await else {
                break;
            };
            bytes.extend_from_slice(&frame.into_data().unwrap_or_default());
        }
        if bytes.len() == length {
            self.shown(&bytes)
        } else {
            BTreeMap::new()
        }
    }

    /// Bytes of a right answer: a digest and its path for each sample.
    fn length(&self) -> usize {
        let paths = self
            .samples
            .iter()
            .filter_map(|sample| path_length(*sample, self.work.segments));
        paths.map(|path| (path + 1) * HASH).sum()
    }

    fn shown(&self, bytes: &[u8]) -> BTreeMap<u32, Hash> {
        let (mut hashes, _) = bytes.as_chunks::<HASH>();
        let mut shown = BTreeMap::new();
        for sample in &self.samples {
            let Some(length) = path_length(*sample, self.work.segments) else {
                continue;
            };
            let Some((digest, rest)) = hashes.split_first() else {
                break;
            };
            let Some((path, rest)) = rest.split_at_checked(length) else {
                break;
            };
            hashes = rest;
            if root_of(digest, *sample, self.work.segments, path) == Some(self.root) {
                shown.insert(*sample, *digest);
            }
        }
        shown
    }
}
