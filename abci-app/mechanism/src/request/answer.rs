//! What an edge node commits to and reveals.

use sha2::{Digest, Sha256};
use slsbft_types::Address;

/// Domain of commitments.
const DOMAIN: &[u8] = b"slsbft/request/answer/1";

/// What a node says to a request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// The text found.
    Found(String),
    /// The URL gave no such answer: nobody there, an error, no JSON, nothing at the path.
    Unavailable,
    /// The task that was to be run failed, with these words.
    Failed(String),
}

impl Answer {
    /// What a node commits to before it may reveal: SHA-256 of `"slsbft/request/answer/1"` ‖ length of
    /// the chain id (8 bytes, big-endian) ‖ chain id ‖ request (8) ‖ length of the node's address (1) ‖
    /// address ‖ salt (32) ‖ 1 and the text, 0, or 2 and the words of a failure. The address keeps others from copying it, the salt
    /// from guessing the answer.
    pub fn commitment(&self, chain_id: &str, request: u64, edge: &Address, salt: &[u8; 32]) -> [u8; 32] {
        let address = edge.as_bytes();
        let (kind, text) = match self {
            Self::Found(text) => (1, text.as_str()),
            Self::Unavailable => (0, ""),
            Self::Failed(words) => (2, words.as_str()),
        };
        Sha256::new_with_prefix(DOMAIN)
            .chain_update((chain_id.len() as u64).to_be_bytes())
            .chain_update(chain_id)
            .chain_update(request.to_be_bytes())
            .chain_update([address.len() as u8])
            .chain_update(address)
            .chain_update(salt)
            .chain_update([kind])
            .chain_update(text)
            .finalize()
            .into()
    }
}
