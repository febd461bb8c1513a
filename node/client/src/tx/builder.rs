//! From messages to signed bytes: [`TxBuilder`] → [`UnsignedTx`] → [`SignedTx`].

use cosmos_sdk_proto::{
    Any,
    cosmos::tx::{
        signing::v1beta1::SignMode,
        v1beta1::{AuthInfo, ModeInfo, SignerInfo, TxBody, TxRaw, mode_info},
    },
};
use prost::{Message, Name};
use slsbft_types::tx::direct_sign_bytes;

use super::{Fee, SignedTx, SignerData, TxBuildError};
use crate::keys::SigningKey;

/// Collects what a transaction says; cheap to clone for a retry with another
/// sequence.
#[derive(Clone, Debug, Default)]
pub struct TxBuilder {
    messages: Vec<Any>,
    memo: String,
    timeout_height: u64,
    fee: Fee,
}

impl TxBuilder {
    pub fn new() -> Self {
        Self::default()
    }

    /// A transaction with one message.
    pub fn of<M: Message + Name>(message: &M) -> Self {
        Self::new().message(message)
    }

    /// Adds a message; all of a transaction's messages succeed, or none.
    pub fn message<M: Message + Name>(self, message: &M) -> Self {
        self.any(Any {
            type_url: M::type_url(),
            value: message.encode_to_vec(),
        })
    }

    /// Adds a message that is already packed.
    pub fn any(mut self, message: Any) -> Self {
        self.messages.push(message);
        self
    }

    /// A note that everyone can read, at most 256 bytes by default.
    pub fn memo(mut self, memo: impl Into<String>) -> Self {
        self.memo = memo.into();
        self
    }

    /// The transaction is void after this height; 0 means never.
    pub fn timeout_height(mut self, height: u64) -> Self {
        self.timeout_height = height;
        self
    }

    pub fn fee(mut self, fee: Fee) -> Self {
        self.fee = fee;
        self
    }

    /// The usual fee for a gas limit.
    pub fn gas(self, gas_limit: u64) -> Self {
        self.fee(Fee::for_gas(gas_limit))
    }

    pub fn messages(&self) -> &[Any] {
        &self.messages
    }

    /// Fixes everything that is signed. Signers stand in the order in which the
    /// messages first name them; a fee payer that signs no message comes last.
    pub fn unsigned(&self, chain_id: &str, signers: &[SignerData]) -> Result<UnsignedTx, TxBuildError> {
        if self.messages.is_empty() {
            return Err(TxBuildError::NoMessages);
        }
        if signers.is_empty() {
            return Err(TxBuildError::NoSigners);
        }
        Ok(UnsignedTx {
            body: self.body().encode_to_vec(),
            auth_info: auth_info(signers, Some(&self.fee), SignMode::Direct).encode_to_vec(),
            chain_id: chain_id.to_owned(),
            signers: signers.to_vec(),
        })
    }

    /// Signs with one key, which is the usual case.
    pub fn sign(
        &self,
        chain_id: &str,
        key: &SigningKey,
        account_number: u64,
        sequence: u64,
    ) -> Result<SignedTx, TxBuildError> {
        self.unsigned(chain_id, &[SignerData::of(key, account_number, sequence)])?
            .sign(&[key])
    }

    /// The form in which `Simulate` takes a transaction: no fee, an unspecified
    /// sign mode and an empty signature for each signer.
    pub fn for_simulation(&self, signers: &[SignerData]) -> Vec<u8> {
        TxRaw {
            body_bytes: self.body().encode_to_vec(),
            auth_info_bytes: auth_info(signers, None, SignMode::Unspecified).encode_to_vec(),
            signatures: vec![Vec::new(); signers.len()],
        }
        .encode_to_vec()
    }

    fn body(&self) -> TxBody {
        TxBody {
            messages: self.messages.clone(),
            memo: self.memo.clone(),
            timeout_height: self.timeout_height,
            ..TxBody::default()
        }
    }
}

fn auth_info(signers: &[SignerData], fee: Option<&Fee>, mode: SignMode) -> AuthInfo {
    let signer_infos = signers
        .iter()
        .map(|signer| SignerInfo {
            public_key: Some(signer.public_key.to_any()),
            mode_info: Some(ModeInfo {
                sum: Some(mode_info::Sum::Single(mode_info::Single { mode: mode.into() })),
            }),
            sequence: signer.sequence,
        })
        .collect();
    let fee = Some(fee.map(Fee::to_proto).unwrap_or_default());
    AuthInfo {
        signer_infos,
        fee,
        ..AuthInfo::default()
    }
}

/// A transaction of which only the signatures are missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsignedTx {
    pub body: Vec<u8>,
    pub auth_info: Vec<u8>,
    pub chain_id: String,
    pub signers: Vec<SignerData>,
}

impl UnsignedTx {
    /// Signs with every signer's key; the keys may come in any order.
    pub fn sign(&self, keys: &[&SigningKey]) -> Result<SignedTx, TxBuildError> {
        if let Some(foreign) = keys.iter().find(|key| self.signer_of(key).is_none()) {
            return Err(TxBuildError::ForeignKey(foreign.address()));
        }
        let signatures: Vec<_> = self
            .signers
            .iter()
            .filter_map(|signer| keys.iter().find(|key| key.public_key() == signer.public_key))
            .filter_map(|key| self.signature(key).ok())
            .collect();
        self.assemble(signatures)
    }

    /// One signer's signature, for signers that sit in different places.
    pub fn signature(&self, key: &SigningKey) -> Result<[u8; 64], TxBuildError> {
        let signer = self
            .signer_of(key)
            .ok_or_else(|| TxBuildError::ForeignKey(key.address()))?;
        let bytes = direct_sign_bytes(&self.body, &self.auth_info, &self.chain_id, signer.account_number);
        Ok(key.sign(&bytes))
    }

    /// Puts signatures, in the order of the signers, beside what they sign.
    pub fn assemble(&self, signatures: Vec<[u8; 64]>) -> Result<SignedTx, TxBuildError> {
        let (expected, found) = (self.signers.len(), signatures.len());
        if expected != found {
            return Err(TxBuildError::Signatures { expected, found });
        }
        let raw = TxRaw {
            body_bytes: self.body.clone(),
            auth_info_bytes: self.auth_info.clone(),
            signatures: signatures.iter().map(|signature| signature.to_vec()).collect(),
        };
        Ok(SignedTx::from_bytes(raw.encode_to_vec()))
    }

    fn signer_of(&self, key: &SigningKey) -> Option<&SignerData> {
        self.signers
            .iter()
            .find(|signer| signer.public_key == key.public_key())
    }
}

#[cfg(test)]
mod tests {
    use cosmos_sdk_proto::cosmos::bank::v1beta1::MsgSend;

    use super::*;
    use crate::keys::KeyKind;

    fn builder() -> TxBuilder {
        TxBuilder::of(&MsgSend::default())
            .memo("hello")
            .timeout_height(9)
            .gas(1)
    }

    #[test]
    fn every_signature_covers_the_chain_the_account_and_the_whole_transaction() {
        let keys = [
            SigningKey::generate(KeyKind::Secp256k1),
            SigningKey::generate(KeyKind::Ed25519),
        ];
        let signers = [SignerData::of(&keys[0], 4, 7), SignerData::of(&keys[1], 5, 0)];
        let unsigned = builder().unsigned("slsbft-test-1", &signers).unwrap();
        // The order of the keys does not matter, that of the signers does.
        let signed = unsigned.sign(&[&keys[1], &keys[0]]).unwrap();
        let raw = TxRaw::decode(signed.bytes()).unwrap();
        for ((key, signer), signature) in keys.iter().zip(&signers).zip(&raw.signatures) {
            let number = signer.account_number;
            let sign = |chain: &str, n| direct_sign_bytes(&raw.body_bytes, &raw.auth_info_bytes, chain, n);
            key.public_key()
                .verify(&sign("slsbft-test-1", number), signature)
                .unwrap();
            assert!(
                key.public_key()
                    .verify(&sign("slsbft-1", number), signature)
                    .is_err()
            );
            assert!(
                key.public_key()
                    .verify(&sign("slsbft-test-1", number + 1), signature)
                    .is_err()
            );
        }
        let info = AuthInfo::decode(raw.auth_info_bytes.as_slice()).unwrap();
        let fee = info.fee.unwrap();
        assert_eq!(
            (fee.gas_limit, fee.amount[0].amount.as_str()),
            (200_000, "5000000")
        );
        let body = TxBody::decode(raw.body_bytes.as_slice()).unwrap();
        assert_eq!(body.messages[0].type_url, "/cosmos.bank.v1beta1.MsgSend");
        assert_eq!((body.memo.as_str(), body.timeout_height), ("hello", 9));
    }

    #[test]
    fn a_transaction_without_message_signer_or_all_its_keys_is_not_made() {
        let keys = [
            SigningKey::generate(KeyKind::Secp256k1),
            SigningKey::generate(KeyKind::Secp256k1),
        ];
        let signers = [SignerData::of(&keys[0], 0, 0), SignerData::of(&keys[1], 1, 0)];
        assert_eq!(
            TxBuilder::new().unsigned("x", &signers).unwrap_err(),
            TxBuildError::NoMessages
        );
        assert_eq!(builder().unsigned("x", &[]).unwrap_err(), TxBuildError::NoSigners);
        let unsigned = builder().unsigned("x", &signers).unwrap();
        assert_eq!(
            unsigned.sign(&[&keys[0]]).unwrap_err(),
            TxBuildError::Signatures {
                expected: 2,
                found: 1
            }
        );
        let foreign = SigningKey::generate(KeyKind::Ed25519);
        assert_eq!(
            unsigned.signature(&foreign).unwrap_err(),
            TxBuildError::ForeignKey(foreign.address())
        );
    }

    #[test]
    fn the_chain_sees_the_bytes_that_foreign_libraries_would_send() {
        // Field numbers and order of a TxRaw: body 1, auth info 2, signatures 3.
        let key = SigningKey::from_secret(KeyKind::Secp256k1, &[7; 32]).unwrap();
        let signed = builder().sign("slsbft-test-1", &key, 1, 2).unwrap();
        let raw = TxRaw::decode(signed.bytes()).unwrap();
        assert_eq!(signed.bytes()[0], 0x0a);
        assert_eq!(raw.encode_to_vec(), signed.bytes());
        assert_eq!(signed.hash().to_string().parse(), Ok(signed.hash()));
        assert_eq!(
            builder().sign("slsbft-test-1", &key, 1, 2).unwrap(),
            signed,
            "signing is deterministic"
        );
    }
}
