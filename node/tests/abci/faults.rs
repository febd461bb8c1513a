//! What the server does when its peer or its application misbehaves.

use std::{io::Write, net::Shutdown, sync::atomic::Ordering};

use proptest::prelude::*;
use slsbft_node::abci::Stop;
use tendermint_proto::v0_38::abci::{request::Value as Incoming, response::Value as Outgoing, *};

use crate::support::{Client, DEADLINE, Fixture, block, check, frame};

fn assert_closed(client: &mut Client) {
    assert!(client.receive().is_none(), "the connection is still open");
}

#[test]
fn an_unknown_request_gets_an_exception_and_the_connection_lives_on() {
    let fixture = Fixture::start();
    let mut client = fixture.connect();
    // Field 21, length 0: InsertTx of CometBFT 0.39.
    client.stream.write_all(&[3, 0xaa, 0x01, 0x00]).unwrap();
    assert!(matches!(client.receive(), Some(Outgoing::Exception(_))));
    assert_eq!(client.height(), 0);
}

#[test]
fn bytes_that_are_no_request_close_only_their_connection() {
    let fixture = Fixture::start();
    let (mut bad, mut good) = (fixture.connect(), fixture.connect());
    bad.send(check("before"));
    bad.stream.write_all(&[2, 0xff, 0xff]).unwrap();
    assert!(matches!(bad.receive(), Some(Outgoing::CheckTx(_))));
    assert_closed(&mut bad);
    assert_eq!(good.height(), 0);
}

#[test]
fn a_huge_length_closes_the_connection_at_once() {
    let fixture = Fixture::start();
    let mut client = fixture.connect();
    client
        .stream
        .write_all(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f])
        .unwrap();
    assert_closed(&mut client);
    assert_eq!(fixture.connect().height(), 0);
}

#[test]
fn a_fifth_connection_is_refused_and_a_place_that_frees_is_given_again() {
    let fixture = Fixture::start();
    let mut four: Vec<_> = (0..4).map(|_| fixture.connect()).collect();
    for client in &mut four {
        assert_eq!(client.height(), 0);
    }
    assert_closed(&mut fixture.connect());
    drop(four.pop());
    assert_eq!(fixture.connect().height(), 0);
    assert!(fixture.stops.try_recv().is_err());
}

#[test]
fn a_fault_is_reported_with_its_cause_and_nothing_is_answered_after_it() {
    let fixture = Fixture::start();
    let (mut client, mut other) = (fixture.connect(), fixture.connect());
    match client.call(block("fault")) {
        Some(Outgoing::Exception(exception)) => {
            assert!(
                exception.error.contains("one coin too many"),
                "{}",
                exception.error
            );
        }
        answer => panic!("a fault was answered with {answer:?}"),
    }
    assert_closed(&mut client);
    let stop = fixture.stops.recv_timeout(DEADLINE).unwrap();
    assert!(matches!(stop, Stop::Fault(_)), "{stop}");
    assert!(matches!(other.call(block("fine")), Some(Outgoing::Exception(_))));
}

#[test]
fn a_panic_in_the_application_is_reported_and_does_not_end_the_process() {
    for request in [block("panic"), check("panic")] {
        let fixture = Fixture::start();
        let mut client = fixture.connect();
        client.send(request);
        let stop = fixture.stops.recv_timeout(DEADLINE).unwrap();
        assert!(matches!(&stop, Stop::Panic(_)), "{stop}");
    }
}

#[test]
fn stopping_closes_every_connection_and_drops_the_application() {
    let mut fixture = Fixture::start();
    let mut clients: Vec<_> = (0..4).map(|_| fixture.connect()).collect();
    for client in &mut clients {
        assert_eq!(client.height(), 0);
    }
    let path = fixture.path();
    assert!(path.exists());
    fixture.server.take().unwrap().stop();
    for client in &mut clients {
        assert_closed(client);
    }
    assert!(fixture.alive.try_recv() == Err(std::sync::mpsc::TryRecvError::Disconnected));
    assert!(!path.exists());
}

#[test]
fn the_server_knows_when_the_last_connection_has_gone() {
    let fixture = Fixture::start();
    let mut client = fixture.connect();
    assert_eq!(client.height(), 0);
    let server = fixture.server.as_ref().unwrap();
    assert!(!server.wait_idle(std::time::Duration::from_millis(10)));
    drop(client);
    assert!(server.wait_idle(DEADLINE));
}

#[test]
fn the_mempool_is_told_of_every_connection_before_it_is_served() {
    let fixture = Fixture::start();
    for cometbft in 1..=3 {
        let mut four: Vec<_> = (0..4).map(|_| fixture.connect()).collect();
        for client in &mut four {
            assert_eq!(client.height(), 0);
        }
        assert_eq!(fixture.connected.load(Ordering::SeqCst), 4 * cometbft);
        drop(four);
        assert!(fixture.server.as_ref().unwrap().wait_idle(DEADLINE));
    }
}

/// Well-formed requests of every kind, to be mutilated.
fn requests() -> Vec<u8> {
    let all = [
        Incoming::Echo(RequestEcho {
            message: "hello".into(),
        }),
        Incoming::Flush(RequestFlush {}),
        Incoming::Info(RequestInfo {
            version: "0.39.4".into(),
            ..Default::default()
        }),
        check("tx"),
        Incoming::Query(RequestQuery {
            path: "/store".into(),
            ..Default::default()
        }),
        Incoming::InitChain(RequestInitChain {
            chain_id: "c".into(),
            ..Default::default()
        }),
        Incoming::PrepareProposal(RequestPrepareProposal::default()),
        Incoming::ProcessProposal(RequestProcessProposal::default()),
        block("tx"),
        Incoming::Commit(RequestCommit {}),
        Incoming::ListSnapshots(RequestListSnapshots {}),
        Incoming::OfferSnapshot(RequestOfferSnapshot::default()),
        Incoming::LoadSnapshotChunk(RequestLoadSnapshotChunk::default()),
        Incoming::ApplySnapshotChunk(RequestApplySnapshotChunk::default()),
        Incoming::ExtendVote(RequestExtendVote::default()),
        Incoming::VerifyVoteExtension(RequestVerifyVoteExtension::default()),
    ];
    all.into_iter().flat_map(frame).collect()
}

/// Sends bytes, lets the server see their end, and waits until it has closed.
fn survives(fixture: &Fixture, bytes: &[u8]) {
    let mut client = fixture.connect();
    // The server may close before it has taken everything.
    let _ = client.stream.write_all(bytes);
    let _ = client.stream.shutdown(Shutdown::Write);
    while client.receive().is_some() {}
    // Panics unless it is answered.
    fixture.connect().height();
    assert!(fixture.stops.try_recv().is_err(), "input was taken for a fault");
}

#[test]
fn random_and_mutilated_requests_never_stop_the_server() {
    let fixture = Fixture::start();
    let wellformed = requests();
    let mutilated = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8);
    let random = prop::collection::vec(any::<u8>(), 0..2_000);
    proptest!(ProptestConfig::with_cases(100), |(changes in mutilated, noise in random)| {
        let mut bytes = wellformed.clone();
        for (index, value) in changes {
            *index.get_mut(&mut bytes) = value;
        }
        survives(&fixture, &bytes);
        survives(&fixture, &noise);
    });
}
