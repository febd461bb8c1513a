//! Providers that point auditors at networks that are not theirs to look into.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use slsbft_node::auditor::probe::{Failure, Prober, Resolve, System, Trust};

use crate::{
    setup::{question, within},
    targets,
};

/// Answers with one list after the other, and then with the last again.
struct Scripted {
    answers: Vec<Vec<SocketAddr>>,
    asked: Arc<AtomicUsize>,
}

#[tonic::async_trait]
impl Resolve for Scripted {
    async fn resolve(&self, _host: &str, _port: u16) -> io::Result<Vec<SocketAddr>> {
        let turn = self.asked.fetch_add(1, Ordering::SeqCst);
        Ok(self.answers[turn.min(self.answers.len() - 1)].clone())
    }
}

fn scripted(answers: Vec<Vec<SocketAddr>>, allow_private: bool) -> (Arc<Prober>, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let resolver = Scripted {
        answers,
        asked: asked.clone(),
    };
    let prober = Prober::new(&Trust::public(), allow_private, Box::new(resolver)).unwrap();
    (Arc::new(prober), asked)
}

#[tokio::test]
async fn private_addresses_are_refused_however_they_are_written() {
    let server = targets::http().await;
    let port = server.address.port();
    let prober = Arc::new(Prober::new(&Trust::public(), false, Box::new(System::default())).unwrap());
    for host in [
        "127.0.0.1",
        "localhost",
        "127.1",
        "0x7f000001",
        "2130706433",
        "0177.0.0.1",
        "0.0.0.0",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::]",
        "10.0.0.1",
        "169.254.169.254",
        "[fe80::1]",
        "[fd00::1]",
    ] {
        for scheme in ["http", "grpc", "tcp", "tls"] {
            let endpoint = format!("{scheme}://{host}:{port}/");
            let failure = within(prober.clone().probe(question(endpoint.as_str()))).await;
            assert!(
                matches!(failure, Err(Failure::Private(_))),
                "{endpoint}: {failure:?}"
            );
        }
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_name_with_one_private_address_is_refused_whatever_else_it_has() {
    let server = targets::http().await;
    // Never connected to.
    let others: [SocketAddr; 2] = ["8.8.8.8:1".parse().unwrap(), "[2606:4700::1]:1".parse().unwrap()];
    for answer in [
        vec![server.address],
        vec![others[0], server.address],
        vec![others[1], others[0], server.address],
    ] {
        let (prober, _) = scripted(vec![answer], false);
        let failure = within(prober.probe(question("http://rebound.example/"))).await;
        assert_eq!(failure, Err(Failure::Private(server.address.ip())));
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_name_is_looked_up_once_and_all_connections_go_where_it_was_checked() {
    let (first, later) = (targets::http().await, targets::http().await);
    let (prober, asked) = scripted(vec![vec![first.address], vec![later.address]], true);
    let mut question = question("http://rebound.example/");
    question.promised_kbps = Some(1_000);
    let sample = within(prober.probe(question)).await.unwrap();
    assert!(sample.throughput_kbps.unwrap() > 0);
    assert_eq!((first.connections(), later.connections()), (2, 0));
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_name_without_addresses_is_not_reached() {
    let (prober, _) = scripted(vec![Vec::new()], true);
    let failure = within(prober.probe(question("http://empty.example/"))).await;
    assert!(matches!(failure, Err(Failure::Resolve(_))), "{failure:?}");
}

#[tokio::test]
async fn the_next_address_is_tried_when_one_takes_no_connection() {
    let server = targets::http().await;
    let (prober, _) = scripted(vec![vec![targets::dead(), server.address]], true);
    within(prober.probe(question("http://two.example/")))
        .await
        .unwrap();
    assert_eq!(server.connections(), 1);
}
