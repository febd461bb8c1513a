//! The verifiable random function: schnorrkel's (sr25519, a discrete-logarithm equality proof over
//! Ristretto; "Making NSEC5 Practical for DNSSEC", Papadopoulos et al., 2017).
//!
//! Output and verdict are functions of their inputs alone; only making a proof draws randomness.
//! The group has prime order and each of its elements one encoding, so there are no small-order
//! points and no second spelling of a proof's parts; the one element to refuse is the identity.

use std::fmt;

use merlin::Transcript;
use schnorrkel::{
    Keypair, MiniSecretKey, PublicKey, SignatureError,
    vrf::{VRF_PREOUT_LENGTH, VRFPreOut, VRFProof},
};

use super::Beacon;

/// Encoding of the identity of Ristretto, the public key of the secret zero.
const IDENTITY: [u8; 32] = [0; 32];

/// Why a key or proof is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VrfError {
    #[error("the seed of a VRF key has 32 bytes, found {0}")]
    SeedLength(usize),
    #[error("not a VRF public key; expected the 32 bytes of a Ristretto point other than the identity")]
    Key,
    #[error("a VRF proof has {length} bytes, found {0}", length = VrfProof::LENGTH)]
    ProofLength(usize),
    #[error("the VRF proof is not in its only encoding")]
    Encoding,
    #[error("the VRF proof does not verify")]
    Mismatch,
}

/// A validator's VRF key. It is wiped from memory when dropped and never printed.
pub struct VrfSecretKey(Keypair);

impl VrfSecretKey {
    /// The key of a seed: 32 random bytes, which are all that is to be kept.
    pub fn from_seed(seed: &[u8]) -> Result<Self, VrfError> {
        let seed = MiniSecretKey::from_bytes(seed).map_err(|_| VrfError::SeedLength(seed.len()))?;
        Ok(Self(seed.expand_to_keypair(MiniSecretKey::UNIFORM_MODE)))
    }

    pub fn public(&self) -> VrfPublicKey {
        VrfPublicKey(self.0.public)
    }

    /// Proves the output for a block. Each call gives other bytes, all with the same output.
    pub fn prove(&self, chain_id: &str, height: u64, previous: &Beacon) -> VrfProof {
        self.prove_over(beacon_input(chain_id, height, previous))
    }

    /// Proves to those who register [`Self::public`] for an operator (its raw address) that whoever
    /// does so has the key.
    pub fn prove_possession(&self, chain_id: &str, operator: &[u8]) -> VrfProof {
        self.prove_over(possession_input(chain_id, operator))
    }

    fn prove_over(&self, input: Transcript) -> VrfProof {
        let (in_out, proof, _) = self.0.vrf_sign(input);
        let mut bytes = [0; VrfProof::LENGTH];
        let parts = in_out.to_preout().to_bytes().into_iter().chain(proof.to_bytes());
        bytes.iter_mut().zip(parts).for_each(|(to, from)| *to = from);
        VrfProof(bytes)
    }
}

impl fmt::Debug for VrfSecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VrfSecretKey(of {:?})", self.public())
    }
}

/// A VRF public key: a point of Ristretto other than the identity.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VrfPublicKey(PublicKey);

impl VrfPublicKey {
    /// From its 32 bytes; each key has one encoding.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, VrfError> {
        if bytes == IDENTITY {
            return Err(VrfError::Key);
        }
        PublicKey::from_bytes(bytes).map(Self).map_err(|_| VrfError::Key)
    }

    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_compressed().as_bytes()
    }

    /// The output that `proof`, the [`VrfProof::LENGTH`] bytes of a block, proves for it. Whatever
    /// the bytes, there is no other output for this key, chain, height and beacon.
    pub fn verify(
        &self,
        chain_id: &str,
        height: u64,
        previous: &Beacon,
        proof: &[u8],
    ) -> Result<VrfOutput, VrfError> {
        self.verify_over(beacon_input(chain_id, height, previous), proof)
    }

    /// Checks a [`VrfSecretKey::prove_possession`].
    pub fn verify_possession(&self, chain_id: &str, operator: &[u8], proof: &[u8]) -> Result<(), VrfError> {
        self.verify_over(possession_input(chain_id, operator), proof)
            .map(drop)
    }

    fn verify_over(&self, input: Transcript, proof: &[u8]) -> Result<VrfOutput, VrfError> {
        if proof.len() != VrfProof::LENGTH {
            return Err(VrfError::ProofLength(proof.len()));
        }
        let (pre_output, proof) = proof.split_at(VRF_PREOUT_LENGTH);
        let pre_output = VRFPreOut::from_bytes(pre_output).map_err(refusal)?;
        let proof = VRFProof::from_bytes(proof).map_err(refusal)?;
        let (in_out, _) = self.0.vrf_verify(input, &pre_output, &proof).map_err(refusal)?;
        Ok(VrfOutput(in_out.make_bytes(b"slsbft/vrf-output/1")))
    }
}

impl fmt::Debug for VrfPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("vrf:")?;
        self.as_bytes().iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

/// A proof's bytes, not yet verified: the point that fixes the output (32), then challenge and
/// response (32 each, scalars in little endian).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VrfProof([u8; Self::LENGTH]);

impl VrfProof {
    /// Bytes of a proof.
    pub const LENGTH: usize = 96;

    /// Checks the length only; the rest is judged by [`VrfPublicKey::verify`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, VrfError> {
        bytes
            .try_into()
            .map(Self)
            .map_err(|_| VrfError::ProofLength(bytes.len()))
    }

    pub fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }
}

/// A verified output: 32 bytes that nobody could foretell without the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VrfOutput([u8; 32]);

impl VrfOutput {
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

fn beacon_input(chain_id: &str, height: u64, previous: &Beacon) -> Transcript {
    let mut input = Transcript::new(b"slsbft/beacon/1");
    input.append_message(b"chain-id", chain_id.as_bytes());
    input.append_u64(b"height", height);
    input.append_message(b"previous", previous);
    input
}

fn possession_input(chain_id: &str, operator: &[u8]) -> Transcript {
    let mut input = Transcript::new(b"slsbft/vrf-key/1");
    input.append_message(b"chain-id", chain_id.as_bytes());
    input.append_message(b"operator", operator);
    input
}

fn refusal(error: SignatureError) -> VrfError {
    match error {
        SignatureError::EquationFalse => VrfError::Mismatch,
        _ => VrfError::Encoding,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CHAIN: &str = "slsbft-test-1";
    const PREVIOUS: Beacon = [9; 32];
    /// Order of the group, little endian: 2²⁵² + 27742317777372353535851937790883648493.
    const ORDER: &str = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";

    fn secret(n: u8) -> VrfSecretKey {
        VrfSecretKey::from_seed(&[n; 32]).unwrap()
    }

    fn verify(key: VrfPublicKey, proof: &[u8]) -> Result<VrfOutput, VrfError> {
        key.verify(CHAIN, 5, &PREVIOUS, proof)
    }

    #[test]
    fn a_key_has_one_output_for_an_input_however_often_it_proves() {
        let key = secret(1);
        let proofs = [0, 1].map(|_| key.prove(CHAIN, 5, &PREVIOUS));
        assert_ne!(proofs[0], proofs[1]);
        let [first, second] = proofs.map(|proof| verify(key.public(), proof.as_bytes()).unwrap());
        assert_eq!(first, second);
        let other = secret(2).prove(CHAIN, 5, &PREVIOUS);
        assert_ne!(verify(secret(2).public(), other.as_bytes()), Ok(first));
    }

    #[test]
    fn a_proof_is_good_for_its_key_chain_height_and_beacon_only() {
        let (secret, other) = (secret(1), secret(2).public());
        let (key, proof) = (secret.public(), secret.prove(CHAIN, 5, &PREVIOUS));
        let proof = proof.as_bytes();
        for verdict in [
            other.verify(CHAIN, 5, &PREVIOUS, proof),
            key.verify("slsbft-test-2", 5, &PREVIOUS, proof),
            key.verify(CHAIN, 4, &PREVIOUS, proof),
            key.verify(CHAIN, 6, &PREVIOUS, proof),
            key.verify(CHAIN, 5, &[8; 32], proof),
        ] {
            assert_eq!(verdict, Err(VrfError::Mismatch));
        }
    }

    #[test]
    fn a_proof_that_is_too_short_too_long_or_empty_is_refused() {
        let secret = secret(1);
        let proof = secret.prove(CHAIN, 5, &PREVIOUS);
        let long = [proof.as_bytes().as_slice(), &[0; 1_000]].concat();
        for length in (0..96).chain([97, 128, 1_096]) {
            let refused = Err(VrfError::ProofLength(length));
            assert_eq!(verify(secret.public(), &long[..length]), refused);
            assert_eq!(VrfProof::from_bytes(&long[..length]).map(drop), refused.map(drop));
        }
        assert_eq!(VrfProof::from_bytes(&long[..96]), Ok(proof));
    }

    #[test]
    fn no_part_of_a_proof_has_a_second_spelling() {
        let secret = secret(1);
        let proof = *secret.prove(CHAIN, 5, &PREVIOUS).as_bytes();
        // A scalar plus the order is the same scalar, the sign bit set is the negated point.
        for scalar in [32..64, 64..96] {
            let mut respelt = proof;
            add(&mut respelt[scalar], &hex::decode(ORDER).unwrap());
            assert_eq!(verify(secret.public(), &respelt), Err(VrfError::Encoding));
        }
        for (at, bit) in [(31, 0x80), (0, 0x01), (63, 0x80), (95, 0x80)] {
            let mut respelt = proof;
            respelt[at] ^= bit;
            assert_eq!(
                verify(secret.public(), &respelt),
                Err(VrfError::Encoding),
                "byte {at}"
            );
        }
    }

    /// Little endian, without the carry out, which the order of the group leaves zero.
    fn add(number: &mut [u8], other: &[u8]) {
        let mut carry = 0;
        for (to, from) in number.iter_mut().zip(other) {
            carry += u16::from(*to) + u16::from(*from);
            *to = carry.to_le_bytes()[0];
            carry >>= 8;
        }
    }

    #[test]
    fn the_identity_and_what_is_no_point_are_neither_key_nor_output() {
        let secret = secret(1);
        let mut field_prime = [0xff; 32];
        (field_prime[0], field_prime[31]) = (0xed, 0x7f);
        // The identity of the curve below Ristretto, points of order 2, 4 and 8, and non-canonical zeros.
        let encodings = [
            hex::encode(IDENTITY),
            hex::encode(field_prime),
            format!("01{}", "00".repeat(31)),
            format!("ec{}7f", "ff".repeat(30)),
            format!("{}80", "00".repeat(31)),
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05".into(),
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a".into(),
            "ff".repeat(32),
        ];
        for encoding in encodings {
            let bytes = hex::decode(&encoding).unwrap();
            assert_eq!(VrfPublicKey::from_bytes(&bytes), Err(VrfError::Key), "{encoding}");
            let mut proof = *secret.prove(CHAIN, 5, &PREVIOUS).as_bytes();
            proof[..32].copy_from_slice(&bytes);
            assert_eq!(
                verify(secret.public(), &proof),
                Err(VrfError::Encoding),
                "{encoding}"
            );
        }
        for length in [0, 31, 33, 1_000] {
            assert_eq!(VrfPublicKey::from_bytes(&vec![1; length]), Err(VrfError::Key));
        }
        assert_eq!(verify(secret.public(), &[0; 96]), Err(VrfError::Encoding));
    }

    #[test]
    fn a_key_is_registered_only_by_who_has_it_and_for_one_operator_of_one_chain() {
        let (secret, other, operator) = (secret(1), secret(2), [3; 20]);
        let (key, proof) = (secret.public(), secret.prove_possession(CHAIN, &operator));
        let proof = proof.as_bytes();
        assert_eq!(key.verify_possession(CHAIN, &operator, proof), Ok(()));
        let mismatch = Err(VrfError::Mismatch);
        assert_eq!(key.verify_possession(CHAIN, &[4; 20], proof), mismatch);
        assert_eq!(key.verify_possession("slsbft-test-2", &operator, proof), mismatch);
        assert_eq!(
            other.public().verify_possession(CHAIN, &operator, proof),
            mismatch
        );
        assert_eq!(verify(key, proof).map(drop), mismatch);
        let contribution = secret.prove(CHAIN, 5, &PREVIOUS);
        assert_eq!(
            key.verify_possession(CHAIN, &operator, contribution.as_bytes()),
            mismatch
        );
    }

    #[test]
    fn a_secret_key_is_never_printed() {
        let secret = secret(7);
        let printed = format!("{secret:?}");
        assert_eq!(
            printed,
            format!("VrfSecretKey(of vrf:{})", hex::encode(secret.public().as_bytes()))
        );
        assert_eq!(
            VrfSecretKey::from_seed(&[7; 31]).map(drop),
            Err(VrfError::SeedLength(31))
        );
    }

    #[test]
    fn keys_and_outputs_are_those_of_the_first_release() {
        let secret = secret(7);
        assert_eq!(
            hex::encode(secret.public().as_bytes()),
            "840fa71dbdfb6cd7481055f497142a038ea9275ab6b73d4a6c4d6f567e15bd36"
        );
        let proof = secret.prove(CHAIN, 5, &PREVIOUS);
        let output = verify(secret.public(), proof.as_bytes()).unwrap();
        assert_eq!(
            hex::encode(output.as_bytes()),
            "ef487f209eaa165ec540b32fa039c83821b46345e2b5730b0768d0ac8c7c32ab"
        );
        // Made when the format was settled.
        let kept = hex::decode(concat!(
            "62a19c0b1d222e8bc99a2f8b758b5462993d79465cfff6b6c29d851b9aad9850",
            "da38d110b198ae46f0d4da4e723db289c543ee6ff1079ac3792da5eacc83470a",
            "068206291cd1efc065628ac2d8b03e7b406a8b5e73f1d9710c8a18b15f1edb0f",
        ))
        .unwrap();
        assert_eq!(verify(secret.public(), &kept), Ok(output));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn no_change_to_a_proof_gives_another_output(
            seed: [u8; 32],
            changes in prop::collection::vec((0..96usize, 1u8..), 1..4),
        ) {
            let secret = VrfSecretKey::from_seed(&seed).unwrap();
            let proof = *secret.prove(CHAIN, 5, &PREVIOUS).as_bytes();
            let mut changed = proof;
            changes.iter().for_each(|(at, bits)| changed[*at] ^= bits);
            prop_assume!(changed != proof);
            prop_assert!(verify(secret.public(), &changed).is_err());
        }

        #[test]
        fn any_bytes_get_a_verdict(key: [u8; 32], proof in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(verify(secret(1).public(), &proof).is_err());
            if let Ok(key) = VrfPublicKey::from_bytes(&key) {
                prop_assert!(verify(key, &proof).is_err());
            }
        }
    }
}
