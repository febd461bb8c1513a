//! Signature verdicts. Good ones are remembered, so that a transaction checked
//! for the mempool is not verified again in its block.

use std::num::NonZeroUsize;

use lru::LruCache;
use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use slsbft_store::Read;
use slsbft_types::{KeyError, PublicKey};

use super::CheckedTx;
use crate::{
    errors::{Fault, TxError, sdk},
    modules::auth::Auth,
};

/// SHA-256(length of the sign bytes ‖ sign bytes ‖ public key ‖ signature).
/// Never a transaction's hash: the account number is signed but not in it.
type Proof = [u8; 32];

const SHARDS: usize = 16;

/// Verifies signatures; shared by the mempool and consensus.
pub struct Verifier {
    good: [Mutex<LruCache<Proof, ()>>; SHARDS],
}

/// What was found for a transaction's signers, in their order, under the
/// account numbers seen at that time.
#[derive(Clone, Debug, Default)]
pub struct SignatureVerdicts(Vec<(u64, Result<(), TxError>)>);

impl Verifier {
    /// Remembers about `capacity` good signatures (some 100 bytes each).
    pub fn new(capacity: usize) -> Self {
        let shard = NonZeroUsize::new(capacity / SHARDS).unwrap_or(NonZeroUsize::MIN);
        Self {
            good: std::array::from_fn(|_| Mutex::new(LruCache::new(shard))),
        }
    }

    /// Judges all signatures of a transaction with the account numbers and keys
    /// of a state. Signers without an account or key are left to [`ante`](super::ante).
    pub fn judge(
        &self,
        tx: &CheckedTx,
        chain_id: &str,
        state: &impl Read,
    ) -> Result<SignatureVerdicts, Fault> {
        let mut verdicts = Vec::with_capacity(tx.signers().len());
        for signer in tx.signers() {
            let Some(account) = Auth.get(state, &signer.address)? else {
                break;
            };
            let Some(key) = account.key.or(signer.key) else {
                break;
            };
            let verdict = self.judge_one(tx, chain_id, account.number, &key, &signer.signature);
            verdicts.push((account.number, verdict));
        }
        Ok(SignatureVerdicts(verdicts))
    }

    pub(super) fn judge_one(
        &self,
        tx: &CheckedTx,
        chain_id: &str,
        account_number: u64,
        key: &PublicKey,
        signature: &[u8],
    ) -> Result<(), TxError> {
        let message = tx.sign_bytes(chain_id, account_number);
        let proof = proof_of(&message, key, signature);
        let shard = self.good.get(usize::from(proof[0]) % SHARDS);
        if shard.is_some_and(|shard| shard.lock().get(&proof).is_some()) {
            return Ok(());
        }
        key.verify(&message, signature)
            .map_err(|e| refused(&e, chain_id, account_number))?;
        if let Some(shard) = shard {
            shard.lock().put(proof, ());
        }
        Ok(())
    }
}

impl SignatureVerdicts {
    /// The verdict on a signer, if it was made for this account number.
    pub(super) fn of(&self, signer: usize, account_number: u64) -> Option<Result<(), TxError>> {
        let (number, verdict) = self.0.get(signer)?;
        (*number == account_number).then(|| verdict.clone())
    }
}

fn proof_of(message: &[u8], key: &PublicKey, signature: &[u8]) -> Proof {
    let mut hasher = Sha256::new();
    hasher.update((message.len() as u64).to_be_bytes());
    hasher.update(message);
    hasher.update(key.as_bytes());
    hasher.update(signature);
    hasher.finalize().into()
}

fn refused(error: &KeyError, chain_id: &str, account_number: u64) -> TxError {
    sdk::unauthorized(format!(
        "signature verification failed; please verify account number ({account_number}) and chain-id ({chain_id}): ({error})"
    ))
}
