use bytes::Bytes;
use prost::Message;
use slsbft_app::modules::{
    auth::Auth,
    beacon::{self, system_tx},
};
use slsbft_mechanism::beacon::{Step, VrfProof, VrfPublicKey, epoch_seed, genesis, verify_history};
use slsbft_proto::beacon::v1::{
    MsgRegisterVrfKey, QueryBeaconRequest, QueryBeaconResponse, QueryHistoryRequest, QueryHistoryResponse,
    QuerySeedsRequest, QuerySeedsResponse, QueryVrfKeyRequest, QueryVrfKeyResponse,
};
use slsbft_tests::{chain::CHAIN_ID, validators::vrf_secret};
use tendermint_proto::v0_38::abci::response_process_proposal::ProposalStatus;

use crate::support::{Network, address_of};

const STAKES: [u128; 4] = [300_000; 4];

fn value(network: &Network) -> [u8; 32] {
    let answer: QueryBeaconResponse = network.ask("/slsbft.beacon.v1.Query/Beacon", &QueryBeaconRequest {});
    answer.beacon.as_ref().try_into().unwrap()
}

#[test]
fn anybody_can_follow_the_beacon_from_the_chains_id() {
    let mut network = Network::start(&STAKES);
    network.end_epochs(2);
    let history: QueryHistoryResponse =
        network.ask("/slsbft.beacon.v1.Query/History", &QueryHistoryRequest::default());
    assert_eq!(history.contributions.len() as i64, network.chain.height);
    let steps: Vec<Step> = history
        .contributions
        .iter()
        .map(|contribution| Step {
            height: contribution.height,
            key: VrfPublicKey::from_bytes(&contribution.vrf_key).unwrap(),
            proof: VrfProof::from_bytes(&contribution.proof).unwrap(),
        })
        .collect();
    let end = verify_history(CHAIN_ID, genesis(CHAIN_ID), &steps).unwrap();
    assert_eq!(end, value(&network));
    let seeds: QuerySeedsResponse =
        network.ask("/slsbft.beacon.v1.Query/Seeds", &QuerySeedsRequest::default());
    assert_eq!(seeds.seeds.len(), 2);
    for seed in &seeds.seeds {
        let beacon = seed.beacon.as_ref().try_into().unwrap();
        assert_eq!(seed.seed, epoch_seed(&beacon, seed.epoch).to_vec());
    }
    assert_eq!(seeds.seeds[1].beacon, end.to_vec());
}

#[test]
fn a_proposal_has_the_round_0_proposers_proof_or_names_another_and_has_none() {
    let mut network = Network::start(&STAKES);
    network.chain.block();
    let chain = &mut network.chain;
    let right = chain.with_system_tx([]);
    let height = chain.height as u64 + 1;
    let other = (0..4)
        .map(address_of)
        .find(|address| *address != chain.validators.proposer());
    let other = Bytes::from(other.unwrap().to_vec());
    let mut judge = |tx: &Bytes, proposer: Option<&Bytes>| {
        chain.judge_with(vec![tx.clone()], |request| {
            if let Some(proposer) = proposer {
                request.proposer_address = proposer.clone();
            }
        })
    };
    let empty = system_tx(height, Bytes::new());
    let wrong = system_tx(height, vec![7; 96].into());
    let short = system_tx(height, vec![7; 95].into());
    assert_eq!(judge(&right[0], None), ProposalStatus::Accept);
    assert_eq!(judge(&empty, Some(&other)), ProposalStatus::Accept);
    for (tx, proposer) in [
        (&empty, None),
        (&wrong, None),
        (&short, None),
        (&right[0], Some(&other)),
        (&wrong, Some(&other)),
    ] {
        assert_eq!(judge(tx, proposer), ProposalStatus::Reject);
    }
}

#[test]
fn a_decided_block_without_its_proof_leaves_the_beacon_as_it_was() {
    let mut network = Network::start(&STAKES);
    network.chain.block();
    let before = value(&network);
    for (proof, code) in [(vec![], 3), (vec![7; 96], 5)] {
        let tx = system_tx(network.chain.height as u64 + 1, proof.into());
        let block = network.chain.finalize(vec![tx]);
        let result = &block.response.tx_results[0];
        assert_eq!(
            (result.codespace.as_str(), result.code),
            ("beacon", code),
            "{}",
            result.log
        );
        assert_eq!(value(&network), before);
    }
    network.chain.block();
    assert_ne!(value(&network), before);
}

#[test]
fn a_new_vrf_key_sits_with_the_seat_that_is_drawn_from_the_next_boundary() {
    let mut network = Network::start(&STAKES);
    let (operator, new) = (network.operators[1].address(), vrf_secret(50));
    let register =
        |key: &slsbft_mechanism::beacon::VrfSecretKey, whose: &slsbft_types::Address| MsgRegisterVrfKey {
            operator: operator.to_string(),
            vrf_key: key.public().as_bytes().to_vec().into(),
            possession: key
                .prove_possession(CHAIN_ID, whose.as_bytes())
                .as_bytes()
                .to_vec()
                .into(),
        };
    let stranger = network.operators[2].address();
    let (space, code, _) = network.refused(1, &register(&new, &stranger));
    assert_eq!((space.as_str(), code), ("beacon", 7), "made for another operator");
    let (space, code, _) = network.refused(1, &register(&vrf_secret(2), &operator));
    assert_eq!((space.as_str(), code), ("beacon", 8), "another operator's key");
    network.send(1, &register(&new, &operator));
    let keys = |network: &Network| -> QueryVrfKeyResponse {
        let request = QueryVrfKeyRequest {
            operator: operator.to_string(),
        };
        network.ask("/slsbft.beacon.v1.Query/VrfKey", &request)
    };
    let old = vrf_secret(1).public().as_bytes().to_vec();
    let new = new.public().as_bytes().to_vec();
    network.end_epoch();
    assert_eq!(
        (
            keys(&network).vrf_key.to_vec(),
            keys(&network).seated_vrf_key.to_vec()
        ),
        (new.clone(), old)
    );
    network.end_epoch();
    network.chain.block();
    network.chain.block();
    assert_eq!(keys(&network).seated_vrf_key.to_vec(), new);
    // It proposes with it, or its blocks would be refused.
    network.end_epochs(2);
}

#[test]
fn nobody_without_stake_registers_a_vrf_key() {
    let mut network = Network::start(&STAKES);
    let wallet = slsbft_tests::Wallet::new(slsbft_client::KeyKind::Secp256k1, 99, 4);
    let to = wallet.address();
    let tx = network.operators[0].send(&to, 50_000_000);
    network.chain.submit(tx.bytes());
    network.chain.block();
    let number = Auth.get(&network.chain.snapshot(), &to).unwrap().unwrap().number;
    network.operators.push(slsbft_tests::Wallet { number, ..wallet });
    let key = vrf_secret(60);
    let message = MsgRegisterVrfKey {
        operator: to.to_string(),
        vrf_key: key.public().as_bytes().to_vec().into(),
        possession: key
            .prove_possession(CHAIN_ID, to.as_bytes())
            .as_bytes()
            .to_vec()
            .into(),
    };
    let (space, code, words) = network.refused(4, &message);
    assert_eq!((space.as_str(), code), ("beacon", 9), "{words}");
}

#[test]
fn a_system_transaction_is_exactly_one() {
    let mut network = Network::start(&STAKES);
    network.chain.block();
    let right = network.chain.with_system_tx([]).remove(0);
    let mut longer = right.to_vec();
    longer.extend([0x1a, 0]);
    assert_eq!(network.chain.judge(vec![longer.into()]), ProposalStatus::Reject);
    assert_eq!(network.chain.submit(&right).code, 2, "nobody sends one");
    assert!(beacon::value(&network.chain.snapshot()).is_ok());
    let _ = right.encoded_len();
}
