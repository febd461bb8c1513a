//! Genesis transactions: by these the first candidates of a chain create themselves.
//!
//! One holds exactly two messages, `MsgCreateValidator` and `MsgRegisterVrfKey` of one
//! operator, who signs it for the chain with account number 0 and sequence 0. It pays
//! no fee. Its memo may say where the node is reached: `ID@HOST:PORT`.

use std::collections::BTreeSet;

use cosmos_sdk_proto::cosmos::{
    staking::v1beta1::MsgCreateValidator,
    tx::v1beta1::{AuthInfo, TxBody, TxRaw},
};
use prost::{Message, Name};
use slsbft_mechanism::beacon::{VrfProof, VrfPublicKey};
use slsbft_proto::{Any, beacon::v1::MsgRegisterVrfKey};
use slsbft_types::{
    Address, AddressError, Amount, BASE_DENOM, Coins, PublicKey, address::VALIDATOR_PREFIX,
    tx::direct_sign_bytes,
};

use crate::{
    keys::SigningKey,
    messages::{NewValidator, VrfRegistration},
    tx::{Fee, SignedTx, TxBuildError, TxBuilder},
};

/// Account number and sequence that a genesis transaction is signed with.
const FIRST: (u64, u64) = (0, 0);

/// Why a genesis transaction is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GenTxError {
    #[error("it is no genesis transaction: {0}")]
    Form(&'static str),
    #[error("its operator is unreadable")]
    Operator(#[from] AddressError),
    #[error(
        "its signature does not verify for the chain '{0}'; it was changed, or signed for another chain: \
         make it again with this genesis"
    )]
    Signature(String),
    #[error("it does not prove that operator {0} holds the VRF key")]
    Possession(Address),
    #[error("{what} of {first} and {second} is the same; each node needs its own")]
    Shared {
        what: &'static str,
        first: String,
        second: String,
    },
}

/// What a genesis transaction that was found good says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GenTx {
    pub operator: Address,
    pub moniker: String,
    /// uankr.
    pub self_stake: Amount,
    pub consensus_key: [u8; 32],
    pub vrf_key: VrfPublicKey,
    /// `ID@HOST:PORT`, or empty.
    pub peer: String,
}

/// Signs the genesis transaction of a validator with its operator's key.
pub fn sign(
    chain_id: &str,
    key: &SigningKey,
    validator: &NewValidator,
    vrf: &VrfRegistration,
    peer: &str,
) -> Result<SignedTx, TxBuildError> {
    let (number, sequence) = FIRST;
    TxBuilder::of(&validator.message())
        .message(&vrf.message(&validator.operator))
        .memo(peer)
        .fee(Fee {
            amount: Coins::default(),
            gas_limit: 0,
            payer: None,
        })
        .sign(chain_id, key, number, sequence)
}

/// Judges an encoded genesis transaction as far as that needs no state.
pub fn check(chain_id: &str, bytes: &[u8]) -> Result<GenTx, GenTxError> {
    let raw = decode::<TxRaw>(bytes, "not a TxRaw")?;
    let body = decode::<TxBody>(&raw.body_bytes, "its body is unreadable")?;
    let signer = signer(chain_id, &raw)?;
    let [create, register] = body.messages.as_slice() else {
        return Err(GenTxError::Form("it must hold two messages"));
    };
    if body.timeout_height != 0 {
        return Err(GenTxError::Form("it has a timeout"));
    }
    let create = message::<MsgCreateValidator>(create, "the first message must be MsgCreateValidator")?;
    let register = message::<MsgRegisterVrfKey>(register, "the second message must be MsgRegisterVrfKey")?;
    let operator = Address::from_bech32_with(VALIDATOR_PREFIX, &create.validator_address)?;
    if operator != signer || register.operator.parse() != Ok(signer) {
        return Err(GenTxError::Form(
            "its signer is not the operator of both messages",
        ));
    }
    let consensus_key = create.pubkey.as_ref().map(PublicKey::from_any);
    let Some(Ok(PublicKey::Ed25519(consensus_key))) = consensus_key else {
        return Err(GenTxError::Form("its consensus key is no ed25519 key"));
    };
    Ok(GenTx {
        operator,
        self_stake: self_stake(&create)?,
        moniker: create.description.unwrap_or_default().moniker,
        consensus_key,
        vrf_key: vrf_key(chain_id, &operator, &register)?,
        peer: body.memo,
    })
}

/// Refuses candidates that share what each must have for itself.
pub fn check_distinct(txs: &[GenTx]) -> Result<(), GenTxError> {
    type Part = fn(&GenTx) -> Vec<u8>;
    let parts: [(&'static str, Part); 3] = [
        ("the operator", |tx| tx.operator.as_bytes().to_vec()),
        ("the consensus key", |tx| tx.consensus_key.to_vec()),
        ("the VRF key", |tx| tx.vrf_key.as_bytes().to_vec()),
    ];
    for (what, part) in parts {
        let mut seen = BTreeSet::new();
        if let Some(second) = txs.iter().find(|tx| !seen.insert(part(tx))) {
            let first = txs.iter().find(|tx| part(tx) == part(second));
            return Err(GenTxError::Shared {
                what,
                first: first.map_or_else(String::new, |tx| tx.moniker.clone()),
                second: second.moniker.clone(),
            });
        }
    }
    Ok(())
}

/// Who signed it, alone, without a fee.
fn signer(chain_id: &str, raw: &TxRaw) -> Result<Address, GenTxError> {
    let auth = decode::<AuthInfo>(&raw.auth_info_bytes, "its signer is unreadable")?;
    let ([info], [signature]) = (auth.signer_infos.as_slice(), raw.signatures.as_slice()) else {
        return Err(GenTxError::Form("it must have one signer"));
    };
    let (number, sequence) = FIRST;
    if info.sequence != sequence {
        return Err(GenTxError::Form("its sequence must be 0"));
    }
    if auth.fee.is_some_and(|fee| !fee.amount.is_empty()) {
        return Err(GenTxError::Form("it must not pay a fee"));
    }
    let key = info.public_key.as_ref().map(PublicKey::from_any);
    let Some(Ok(key)) = key else {
        return Err(GenTxError::Form("its signer has no known kind of key"));
    };
    let signed = direct_sign_bytes(&raw.body_bytes, &raw.auth_info_bytes, chain_id, number);
    key.verify(&signed, signature)
        .map_err(|_| GenTxError::Signature(chain_id.to_owned()))?;
    Ok(key.address())
}

fn self_stake(create: &MsgCreateValidator) -> Result<Amount, GenTxError> {
    let coin = create.value.as_ref().filter(|coin| coin.denom == BASE_DENOM);
    let amount = coin.and_then(|coin| coin.amount.parse::<Amount>().ok());
    amount
        .filter(|amount| !amount.is_zero())
        .ok_or(GenTxError::Form("it stakes nothing"))
}

fn vrf_key(
    chain_id: &str,
    operator: &Address,
    register: &MsgRegisterVrfKey,
) -> Result<VrfPublicKey, GenTxError> {
    let refused = |_| GenTxError::Possession(*operator);
    let registration = VrfRegistration {
        key: VrfPublicKey::from_bytes(&register.vrf_key).map_err(refused)?,
        possession: VrfProof::from_bytes(&register.possession).map_err(refused)?,
    };
    if registration.is_good_for(chain_id, operator) {
        Ok(registration.key)
    } else {
        Err(GenTxError::Possession(*operator))
    }
}

/// Decodes what encodes to the same bytes again: the chain refuses fields that it does not know.
fn decode<M: Message + Default>(bytes: &[u8], problem: &'static str) -> Result<M, GenTxError> {
    let message = M::decode(bytes).map_err(|_| GenTxError::Form(problem))?;
    if message.encode_to_vec() == bytes {
        Ok(message)
    } else {
        Err(GenTxError::Form(problem))
    }
}

fn message<M: Message + Name + Default>(any: &Any, problem: &'static str) -> Result<M, GenTxError> {
    if any.type_url != M::type_url() {
        return Err(GenTxError::Form(problem));
    }
    decode(&any.value, problem)
}

#[cfg(test)]
mod tests {
    use cosmos_sdk_proto::cosmos::staking::v1beta1::Description;
    use proptest::prelude::*;
    use slsbft_mechanism::beacon::VrfSecretKey;

    use super::*;
    use crate::{keys::KeyKind, messages::Commission};

    const CHAIN: &str = "slsbft-test-1";

    fn key(n: u8) -> SigningKey {
        SigningKey::from_secret(KeyKind::Secp256k1, &[n; 32]).unwrap()
    }

    fn validator(n: u8) -> NewValidator {
        NewValidator {
            operator: key(n).address(),
            description: Description {
                moniker: format!("node{n}"),
                ..Description::default()
            },
            commission: Commission {
                rate: "0.1".parse().unwrap(),
                max_rate: "0.2".parse().unwrap(),
                max_change_rate: "0.01".parse().unwrap(),
            },
            min_self_delegation: Amount::new(1),
            consensus_key: [n; 32],
            self_stake: Amount::new(7),
        }
    }

    fn vrf(n: u8, operator: &Address) -> VrfRegistration {
        VrfRegistration::prove(CHAIN, operator, &VrfSecretKey::from_seed(&[n; 32]).unwrap())
    }

    fn signed(n: u8) -> Vec<u8> {
        let validator = validator(n);
        let vrf = vrf(n, &validator.operator);
        let tx = sign(CHAIN, &key(n), &validator, &vrf, "id@host:26656").unwrap();
        tx.bytes().to_vec()
    }

    #[test]
    fn a_genesis_transaction_says_who_stakes_and_where_its_node_is() {
        let found = check(CHAIN, &signed(3)).unwrap();
        assert_eq!(found.operator, key(3).address());
        assert_eq!(
            (found.moniker.as_str(), found.peer.as_str()),
            ("node3", "id@host:26656")
        );
        assert_eq!((found.self_stake, found.consensus_key), (Amount::new(7), [3; 32]));
    }

    #[test]
    fn one_for_another_chain_or_by_somebody_else_is_refused() {
        let other_chain = check("slsbft-test-2", &signed(3)).unwrap_err();
        assert!(matches!(other_chain, GenTxError::Signature(_)), "{other_chain}");
        let mine = validator(3);
        let foreign = sign(CHAIN, &key(4), &mine, &vrf(3, &mine.operator), "").unwrap();
        assert!(matches!(check(CHAIN, foreign.bytes()), Err(GenTxError::Form(_))));
        // A key that was proved for another operator.
        let stolen = sign(CHAIN, &key(3), &mine, &vrf(3, &key(4).address()), "").unwrap();
        assert_eq!(
            check(CHAIN, stolen.bytes()),
            Err(GenTxError::Possession(mine.operator))
        );
    }

    #[test]
    fn one_with_a_fee_a_timeout_or_other_messages_is_refused() {
        let mine = validator(3);
        let vrf = vrf(3, &mine.operator);
        let (create, register) = (mine.message(), vrf.message(&mine.operator));
        let free = TxBuilder::new().fee(Fee {
            amount: Coins::default(),
            gas_limit: 0,
            payer: None,
        });
        let good = free.clone().message(&create).message(&register);
        let verdict = |tx: &TxBuilder, sequence| {
            let tx = tx.sign(CHAIN, &key(3), 0, sequence).unwrap();
            check(CHAIN, tx.bytes())
        };
        assert!(verdict(&good, 0).is_ok());
        for (tx, sequence) in [
            (good.clone(), 1),
            (good.clone().gas(200_000), 0),
            (good.clone().timeout_height(5), 0),
            (good.message(&create), 0),
            (free.clone().message(&register).message(&create), 0),
            (free.message(&create), 0),
        ] {
            assert!(
                matches!(verdict(&tx, sequence), Err(GenTxError::Form(_))),
                "{tx:?}"
            );
        }
    }

    #[test]
    fn candidates_that_share_a_key_are_named() {
        let found = [1, 2].map(|n| check(CHAIN, &signed(n)).unwrap());
        check_distinct(&found).unwrap();
        type Edit = fn(&mut GenTx, &GenTx);
        let edits: [(&str, Edit); 3] = [
            ("operator", |a, b| a.operator = b.operator),
            ("consensus key", |a, b| a.consensus_key = b.consensus_key),
            ("VRF key", |a, b| a.vrf_key = b.vrf_key),
        ];
        for (what, edit) in edits {
            let [first, mut second] = found.clone();
            edit(&mut second, &first);
            let error = check_distinct(&[first, second]).unwrap_err().to_string();
            assert!(
                error.contains(what) && error.contains("node1 and node2"),
                "{error}"
            );
        }
    }

    proptest! {
        #[test]
        fn no_change_to_a_genesis_transaction_goes_unnoticed(at in any::<prop::sample::Index>(), bits in 1u8..) {
            let mut bytes = signed(3);
            let at = at.index(bytes.len());
            bytes[at] ^= bits;
            prop_assert!(check(CHAIN, &bytes).is_err());
        }
    }
}
