//! Two votes for one height, really signed.

use base64::{Engine, prelude::BASE64_STANDARD};
use prost::Message;
use serde_json::{Value, json};
use slsbft_client::{KeyKind, SigningKey, TxBuilder, messages};
use slsbft_tests::{
    chain::CHAIN_ID,
    fleet::{Fleet, Node, STAKE_ANKR, wait_for},
};
use slsbft_types::{Address, UANKR_PER_ANKR};
use tendermint::Time;
use tendermint_proto::v0_38::types::{
    CanonicalBlockId, CanonicalPartSetHeader, CanonicalVote, SignedMsgType,
};

use crate::support::{Decided, View, address_from, alone, decided, integer, members_at, rpc, set_at, text};

const CULPRIT: usize = 2;
/// Of each, in uankr.
const STAKE: u128 = STAKE_ANKR * UANKR_PER_ANKR;

/// A precommit, in CometBFT's JSON without its signature.
struct Vote {
    height: u64,
    round: i64,
    block_id: Value,
    timestamp: String,
    index: usize,
    address: String,
}

impl Vote {
    /// What CometBFT signs.
    fn sign_bytes(&self) -> Vec<u8> {
        let parts = &self.block_id["parts"];
        let bytes = |value: &Value| hex::decode(text(value)).unwrap();
        let time = Time::parse_from_rfc3339(&self.timestamp).unwrap();
        let vote = CanonicalVote {
            r#type: SignedMsgType::Precommit.into(),
            height: self.height as i64,
            round: self.round,
            block_id: Some(CanonicalBlockId {
                hash: bytes(&self.block_id["hash"]),
                part_set_header: Some(CanonicalPartSetHeader {
                    total: parts["total"].as_u64().unwrap() as u32,
                    hash: bytes(&parts["hash"]),
                }),
            }),
            timestamp: Some(time.into()),
            chain_id: CHAIN_ID.into(),
        };
        vote.encode_length_delimited_to_vec()
    }

    fn signed(&self, signature: &[u8]) -> Value {
        json!({
            "type": SignedMsgType::Precommit as i32,
            "height": self.height.to_string(),
            "round": self.round,
            "block_id": self.block_id,
            "timestamp": self.timestamp,
            "validator_address": self.address,
            "validator_index": self.index,
            "signature": BASE64_STANDARD.encode(signature),
            "extension": null,
            "extension_signature": null,
        })
    }
}

/// The vote of a validator that a commit holds, and its signature.
fn vote_in(commit: &Value, of: &str) -> Option<(Vote, Vec<u8>)> {
    let signatures = commit["signatures"].as_array()?;
    let voted = |signature: &&Value| signature["validator_address"] == of && signature["block_id_flag"] == 2;
    let index = signatures.iter().position(|signature| voted(&signature))?;
    let vote = Vote {
        height: integer(&commit["height"]) as u64,
        round: commit["round"].as_i64()?,
        block_id: commit["block_id"].clone(),
        timestamp: text(&signatures[index]["timestamp"]).to_owned(),
        index,
        address: of.to_owned(),
    };
    let signature = BASE64_STANDARD.decode(text(&signatures[index]["signature"]));
    Some((vote, signature.unwrap()))
}

/// The secret with which a node signs its votes.
fn secret_of(node: &Node) -> SigningKey {
    let key = node.consensus_key();
    let both = BASE64_STANDARD.decode(text(&key["priv_key"]["value"])).unwrap();
    SigningKey::from_secret(KeyKind::Ed25519, &both[..32]).unwrap()
}

/// Evidence of a vote that is on the chain and a second one, signed with the same key for a
/// block that never was.
fn evidence(culprit: &Node) -> (u64, Value) {
    let (name, secret) = (culprit.consensus_address(), secret_of(culprit));
    let (block, vote, signature) = wait_for("a block that it signed", || {
        let block: Decided = decided(culprit, culprit.height()? - 1);
        let (vote, signature) = vote_in(&block.commit, &name)?;
        Some((block, vote, signature))
    });
    assert_eq!(
        secret.sign(&vote.sign_bytes()).as_slice(),
        signature,
        "these are the bytes that CometBFT signs"
    );
    let mut other = Vote {
        block_id: vote.block_id.clone(),
        timestamp: vote.timestamp.clone(),
        address: name.clone(),
        ..vote
    };
    other.block_id["hash"] = "FF".repeat(32).into();
    let set = set_at(culprit, vote.height);
    let own = set
        .iter()
        .find(|validator| validator.address == address_from(&name));
    let evidence = json!({
        "type": "tendermint/DuplicateVoteEvidence",
        "value": {
            // The one with the lower hash first.
            "vote_a": vote.signed(&signature),
            "vote_b": other.signed(&secret.sign(&other.sign_bytes())),
            "TotalVotingPower": set.iter().map(|validator| validator.power).sum::<i64>().to_string(),
            "ValidatorPower": own.unwrap().power.to_string(),
            "Timestamp": block.time,
        },
    });
    (vote.height, evidence)
}

/// Gives evidence to a node, which has to take it.
fn accuse(view: &View, node: &Node, evidence: &Value) {
    let request = json!({
        "jsonrpc": "2.0", "id": 1, "method": "broadcast_evidence", "params": { "evidence": evidence },
    });
    let answer: Value = view.wait(async {
        let sent = reqwest::Client::new()
            .post(node.rpc_url())
            .json(&request)
            .send()
            .await;
        sent.unwrap().json().await.unwrap()
    });
    assert!(answer["error"].is_null(), "{answer:#}");
}

/// The height of the first block from `from` on that holds evidence.
fn convicted_at(node: &Node, from: u64) -> u64 {
    let mut height = from;
    wait_for("a block with the evidence", || {
        while height < node.height()? {
            let block = rpc(node, &format!("block?height={height}"));
            if block["block"]["evidence"]["evidence"]
                .as_array()
                .is_some_and(|all| !all.is_empty())
            {
                return Some(height);
            }
            height += 1;
        }
        None
    })
}

/// A node's stake in uankr, and whether it is jailed.
fn stake(view: &View, of: &Node) -> (u128, bool) {
    let validator = view.ask(view.client.validator(&of.operator().address()));
    (validator.tokens.parse().unwrap(), validator.jailed)
}

/// The culprit is out for ever, and everybody else has what it had.
fn assert_punished(fleet: &Fleet, view: &View) {
    for (n, node) in fleet.nodes.iter().enumerate() {
        let expected = if n == CULPRIT {
            (STAKE * 95 / 100, true)
        } else {
            (STAKE, false)
        };
        assert_eq!(stake(view, node), expected, "node {n}");
    }
    let culprit = &fleet.nodes[CULPRIT];
    let name = Address::from_bytes(&address_from(&culprit.consensus_address())).unwrap();
    assert!(view.ask(view.client.signing_info(&name)).tombstoned);
    let operator = culprit.operator();
    let unjail = TxBuilder::of(&messages::unjail(&operator.address()));
    let refused = view.send(&operator, unjail).unwrap_err();
    assert!(refused.to_string().contains("tombstoned"), "{refused}");
}

#[test]
fn who_signs_two_votes_loses_a_twentieth_and_its_seat_for_ever_and_the_chain_goes_on() {
    let _alone = alone();
    let mut fleet = Fleet::start(4, &[]);
    let (witness, culprit) = (&fleet.nodes[0], &fleet.nodes[CULPRIT]);
    let view = View::of(witness);
    let name = address_from(&culprit.consensus_address());
    assert_eq!(stake(&view, culprit), (STAKE, false));
    let (supply, from) = (view.supply(), fleet.height());

    let (height, evidence) = evidence(culprit);
    accuse(&view, witness, &evidence);
    let convicted = convicted_at(witness, from.max(height));
    // The set two blocks later is the first without it.
    witness.wait_for(convicted + 2);
    assert!(members_at(witness, convicted + 1).contains(&name));
    let left = members_at(witness, convicted + 2);
    assert!(!left.contains(&name) && left.len() == 3, "{left:?}");
    assert_eq!(supply - view.supply(), STAKE / 20, "that is burned and no more");
    assert_punished(&fleet, &view);

    let later = fleet.height() + 10;
    assert_eq!(fleet.assert_equal_until(later), later);
    for height in convicted + 2..=later {
        assert_ne!(decided(&fleet.nodes[0], height).proposer, name);
    }
    fleet.nodes[0].stop();
    // All balances, stakes and what waits add up to the supply.
    fleet.nodes[0].slsbftd(&["check"]);
}
