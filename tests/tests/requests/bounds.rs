//! What may be asked, how often, and what outlives what.

use cosmos_sdk_proto::Any;
use slsbft_genesis::requests::Outcome;
use slsbft_proto::requests::v1::Status;
use slsbft_tests::Chain;
use slsbft_types::{Time, UANKR_PER_ANKR};

use crate::{
    listener::any,
    support::{ALICE, BOB, EPOCH, FEE, NODES, World, found, with},
};

#[test]
fn what_the_chain_does_not_allow_is_refused() {
    let mut world = World::start();
    let good = world.post_message(ALICE);
    let url = |url: &str| with(&good, |post| post.url = url.into());
    let cases: Vec<(Any, u32)> = vec![
        (url("ftp://api.example.com/"), 2),
        (url("http://api.example.com/"), 2),
        (url("https://api.example.com/\n"), 2),
        (url("https://api.example.com/ü"), 2),
        (url("https://user@api.example.com/"), 2),
        (url("https:///path"), 2),
        (url("https://api.example.com/#part"), 2),
        (url(&format!("https://api.example.com/{}", "a".repeat(500))), 2),
        (url("https://evil.example.com/"), 3),
        (url("https://API.example.com/"), 3),
        (url("https://api.example.com:8443/"), 3),
        (url("https://other.example.com/"), 3),
        (url("https://api.example.com.evil.com/"), 3),
        (url("https://api.example.com?@evil.com"), 0),
        (url("https://api.example.com\\@evil.com/"), 2),
        (url("https://other.example.com:8443/a"), 0),
        (with(&good, |post| post.path = "rates".into()), 4),
        (with(&good, |post| post.decimals = Some(19)), 5),
        (with(&good, |post| post.fee = (FEE - 1).to_string()), 6),
        (with(&good, |post| post.callback_gas = 1_000_000), 7),
        (with(&good, |post| post.callback_gas = 1), 8),
        (with(&good, |post| post.callback_gas = 10_000_001), 8),
    ];
    for (message, code) in cases {
        let shown = format!("{:?}", String::from_utf8_lossy(&message.value));
        let result = world.deliver(vec![(ALICE, message)]).remove(0);
        let space = if code == 0 { "" } else { "requests" };
        assert_eq!(
            (result.codespace.as_str(), result.code),
            (space, code),
            "{shown}: {}",
            result.log
        );
    }
}

#[test]
fn an_account_has_so_many_unfinished_requests_and_no_more() {
    let mut world = World::start_with(7, |genesis| genesis.app_state.requests.params.max_open = 2);
    let first = world.post(ALICE, FEE);
    world.post(ALICE, FEE);
    let message = any(&world.post_message(ALICE));
    assert_eq!(world.refused(ALICE, message), 9);
    world.post(BOB, FEE);
    let end = world.request(first).reveal_until as i64;
    world.until(end);
    world.post(ALICE, FEE);
}

#[test]
fn a_block_takes_so_many_new_requests_and_no_more() {
    let mut world = World::start_with(7, |genesis| genesis.app_state.requests.params.max_posts = 2);
    let posts = |world: &World| -> Vec<(usize, Any)> {
        let who = [ALICE, BOB, 2];
        let post = |who: &usize| (*who, any(&world.post_message(*who)));
        who.iter().map(post).collect()
    };
    for _ in 0..2 {
        let messages = posts(&world);
        let codes: Vec<_> = world.deliver(messages).iter().map(|result| result.code).collect();
        assert_eq!(codes, [0, 0, 10]);
    }
}

#[test]
fn nodes_of_an_epoch_are_those_that_stood_when_it_began() {
    let mut world = World::start_with(NODES, |_| ());
    assert_eq!(world.edges().len(), NODES);
    let gone = any(&slsbft_proto::service::v1::MsgDeregisterProvider {
        provider: world.text(2),
    });
    world.send(2, gone);
    assert_eq!(world.edges().len(), NODES);
    // It could be drawn, but is not: it has gone.
    let message = any(&world.post_message(ALICE));
    world.send(ALICE, message);
    world.chain.block();
    assert_eq!(world.request(1).status(), Status::TooFewNodes);
    world.until(2 * EPOCH as i64 + 1);
    assert_eq!(world.edges().len(), NODES - 1);
    // Who comes is there from the next epoch on.
    let late = any(&slsbft_proto::service::v1::MsgUpdateProvider {
        provider: world.text(3),
        moniker: "one".into(),
        endpoint: "https://one.example.com/".into(),
        kind: slsbft_proto::service::v1::EndpointKind::Http.into(),
        resources: None,
        tags: Vec::new(),
        add_self_stake: UANKR_PER_ANKR.to_string(),
    });
    world.send(3, late);
    world.until(3 * EPOCH as i64 + 1);
    assert_eq!(world.edges().len(), NODES - 2);
}

#[test]
fn a_finished_request_is_forgotten_after_a_while() {
    let mut world = World::start_with(7, |genesis| genesis.app_state.requests.params.keep_blocks = 5);
    let id = world.post(ALICE, FEE);
    let end = world.request(id).reveal_until as i64;
    world.until(end + 4);
    assert_eq!(world.request(id).status(), Status::Silence);
    world.until(end + 5);
    assert_eq!(world.find(id), None);
    assert_eq!(world.last_id(), id, "its id is never used again");
}

#[test]
fn requests_outlive_a_restart_and_begin_anew_after_an_export() {
    let mut world = World::start();
    let done = world.post(ALICE, FEE);
    let answers = vec![found("a"); NODES];
    world.commit(done, &answers);
    world.reveal(done, &answers);
    let id = world.post(BOB, FEE + 1);
    world.commit(id, &answers);
    world.chain = world.chain.restart();
    assert_eq!(
        world
            .request(id)
            .seats
            .iter()
            .filter(|seat| !seat.digest.is_empty())
            .count(),
        NODES
    );

    let exported = slsbft_app::app::export(&world.chain.snapshot(), world.chain.height as u64).unwrap();
    exported.validate().unwrap();
    let section = &exported.requests;
    assert_eq!(section.requests.len(), 2);
    assert_eq!(
        section.requests[0].finished.as_ref().unwrap().outcome,
        Outcome::Found("a".into())
    );
    assert_eq!(section.requests[1].finished, None);
    let mut genesis = slsbft_genesis::local("again-1", Time::from_seconds(world.chain.time));
    genesis.initial_height = world.chain.height + 1;
    genesis.app_state = exported.clone();
    world.chain = Chain::from_genesis(&genesis);
    world.chain.block();
    assert_eq!(world.escrow(), FEE + 1);
    let request = world.request(id);
    assert_eq!(request.status(), Status::Open);
    assert!(
        request.seats.iter().all(|seat| seat.digest.is_empty()),
        "drawn anew"
    );
    let again = slsbft_app::app::export(&world.chain.snapshot(), world.chain.height as u64).unwrap();
    assert_eq!(again.requests, exported.requests);
}

#[test]
fn a_genesis_whose_account_does_not_hold_the_fees_is_refused() {
    let mut world = World::start();
    world.post(ALICE, FEE);
    let mut exported = slsbft_app::app::export(&world.chain.snapshot(), world.chain.height as u64).unwrap();
    exported.validate().unwrap();
    exported.requests.requests[0].fee = slsbft_types::Amount::new(FEE + 1);
    let error = exported.validate().unwrap_err().to_string();
    assert!(error.contains("fees of unfinished requests"), "{error}");
}
