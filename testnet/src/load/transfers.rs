//! Signed transfers of many senders, made before the first is sent.

use std::thread;

use cosmos_sdk_proto::cosmos::bank::v1beta1::MsgSend;
use sha2::{Digest, Sha256};
use slsbft_client::{KeyKind, SigningKey, TxBuilder};
use slsbft_types::{Address, Amount, Coins};

use crate::error::{Error, Result};

/// What the flat fee pays for: no transfer costs more gas.
const GAS: u64 = 200_000;

/// Accounts that are in the genesis with their index as account number.
pub struct Senders(Vec<SigningKey>);

impl Senders {
    /// The same keys each time: they are worth nothing outside a load test.
    pub fn new(count: usize) -> Result<Self> {
        let key = |i: usize| {
            let secret = Sha256::digest(format!("slsbft load sender {i}"));
            SigningKey::from_secret(KeyKind::Secp256k1, &secret).map_err(|e| Error::Usage(e.to_string()))
        };
        (0..count).map(key).collect::<Result<_>>().map(Self)
    }

    pub fn addresses(&self) -> Vec<Address> {
        self.0.iter().map(SigningKey::address).collect()
    }

    /// `count` transfers, the senders in turn, each to another of them.
    pub fn sign(&self, chain_id: &str, count: usize) -> Result<Vec<Vec<u8>>> {
        let workers = thread::available_parallelism().map_or(1, usize::from);
        let share = count.div_ceil(workers).max(1);
        let starts = (0..count).step_by(share);
        thread::scope(|scope| {
            let parts: Vec<_> = starts
                .map(|start| {
                    let end = (start + share).min(count);
                    scope.spawn(move || (start..end).map(|i| self.transfer(chain_id, i)).collect())
                })
                .collect();
            let mut txs = Vec::with_capacity(count);
            for part in parts {
                let signed: Result<Vec<Vec<u8>>> = part
                    .join()
                    .map_err(|_| Error::Usage("signing failed; this is a bug".into()))?;
                txs.extend(signed?);
            }
            Ok(txs)
        })
    }

    fn transfer(&self, chain_id: &str, i: usize) -> Result<Vec<u8>> {
        let senders = self.0.len();
        let (number, sequence) = (i % senders, i / senders);
        // A stride that is no divisor of usual counts, so that pairs differ from round to round.
        let to = (number + 1 + sequence * 7) % senders;
        let (Some(from), Some(to)) = (self.0.get(number), self.0.get(to)) else {
            return Err(Error::Usage("load needs at least one sender".into()));
        };
        let message = MsgSend {
            from_address: from.address().to_string(),
            to_address: to.address().to_string(),
            amount: Coins::base(Amount::new(1)).to_proto(),
        };
        let signed = TxBuilder::of(&message)
            .gas(GAS)
            .sign(chain_id, from, number as u64, sequence as u64);
        signed
            .map(|tx| tx.bytes().to_vec())
            .map_err(|e| Error::Usage(e.to_string()))
    }
}

/// As many bytes, in the only form that CometBFT's kvstore takes: `key=value`,
/// all different and hard to compress.
pub fn kvstore(count: usize, bytes: usize) -> Vec<Vec<u8>> {
    let tx = |i: usize| {
        let mut tx = format!("{i:016x}=").into_bytes();
        let mut block = Sha256::digest(i.to_be_bytes());
        while tx.len() < bytes {
            tx.extend(
                block
                    .iter()
                    .flat_map(|byte| [b'a' + (byte >> 4), b'a' + (byte & 15)]),
            );
            block = Sha256::digest(block);
        }
        tx.truncate(bytes);
        tx
    };
    (0..count).map(tx).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn reference_transactions_differ_have_the_size_and_exactly_one_equals_sign() {
        let txs = kvstore(100, 311);
        assert!(
            txs.iter()
                .all(|tx| tx.len() == 311 && tx.iter().filter(|b| **b == b'=').count() == 1)
        );
        assert_eq!(txs.iter().collect::<BTreeSet<_>>().len(), 100);
    }

    #[test]
    fn each_sender_signs_its_sequences_in_order() {
        let senders = Senders::new(3).unwrap();
        let txs = senders.sign("slsbft-load-test-1", 7).unwrap();
        assert_eq!(txs.len(), 7);
        assert_eq!(txs.iter().collect::<BTreeSet<_>>().len(), 7);
        assert_eq!(txs[4], senders.transfer("slsbft-load-test-1", 4).unwrap());
    }
}
