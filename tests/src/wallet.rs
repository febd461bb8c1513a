//! An account that signs transactions and counts its own sequence.

use cosmos_sdk_proto::{
    Any,
    cosmos::{bank::v1beta1::MsgSend, base::v1beta1::Coin},
};
use slsbft_client::{KeyKind, SignedTx, SignerData, SigningKey, TxBuilder};
use slsbft_types::{Address, BASE_DENOM};

use crate::chain::CHAIN_ID;

/// Fee of a transaction of the least size: 200,000 gas at 25 uankr.
pub const FLAT_FEE: u128 = 5_000_000;

pub struct Wallet {
    pub key: SigningKey,
    pub number: u64,
    pub sequence: u64,
}

impl Wallet {
    /// The same key for the same seed, always.
    pub fn new(kind: KeyKind, seed: u8, number: u64) -> Self {
        let key = SigningKey::from_secret(kind, &[seed; 32]).expect("any such secret is a key");
        Self {
            key,
            number,
            sequence: 0,
        }
    }

    pub fn address(&self) -> Address {
        self.key.address()
    }

    pub fn data(&self) -> SignerData {
        SignerData::of(&self.key, self.number, self.sequence)
    }

    /// Signs with the next sequence.
    pub fn sign(&mut self, tx: &TxBuilder) -> SignedTx {
        let signed = self.sign_only(tx);
        self.sequence += 1;
        signed
    }

    /// Signs without counting on.
    pub fn sign_only(&self, tx: &TxBuilder) -> SignedTx {
        tx.sign(CHAIN_ID, &self.key, self.number, self.sequence)
            .expect("a well-formed transaction")
    }

    /// Signs a packed message with enough gas for most.
    pub fn send_message(&mut self, message: Any) -> SignedTx {
        self.sign(&TxBuilder::new().any(message).gas(1_000_000))
    }

    pub fn send(&mut self, to: &Address, amount: u128) -> SignedTx {
        let tx = TxBuilder::of(&transfer(&self.address(), to, amount));
        self.sign(&tx)
    }
}

pub fn transfer(from: &Address, to: &Address, amount: u128) -> MsgSend {
    MsgSend {
        from_address: from.to_string(),
        to_address: to.to_string(),
        amount: vec![Coin {
            denom: BASE_DENOM.into(),
            amount: amount.to_string(),
        }],
    }
}
