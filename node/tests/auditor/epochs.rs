//! An epoch from its assignment to the report on the chain.

use std::fs;

use slsbft_client::Client;
use slsbft_mechanism::audit::Finding;
use slsbft_node::auditor::{Auditor, Ended, Missed, book::Book, chain::Chain};
use tempfile::TempDir;

use crate::{
    node::{CHAIN_ID, Node},
    setup::{BLOCK, SOON, auditor, eventually, key, next, reached, target, within},
    state::Done,
    targets,
};

#[tokio::test]
async fn targets_are_measured_committed_to_and_revealed_epoch_after_epoch() {
    let server = targets::http().await;
    let node = Node::start(&key(), BLOCK).await;
    let mut promising = target(9, server.url("http", "/slow/40"));
    promising.bandwidth_kbps = 2_000;
    node.state().targets = vec![
        target(2, server.url("http", "/")),
        target(5, format!("http://{}", targets::dead())),
        target(7, server.url("http", "/status/500")),
        promising,
    ];
    let home = TempDir::new().unwrap();
    let mut auditor = auditor(&node, home.path()).await;
    for _ in 0..2 {
        let (epoch, ended) = next(&mut auditor).await;
        assert!(
            matches!(
                ended,
                Ended::Revealed {
                    targets: 4,
                    reached: 2
                }
            ),
            "{ended:?}"
        );
        let report = node.state().report(epoch).unwrap();
        assert_eq!(reached(&report), [(2, true), (5, false), (7, false), (9, true)]);
        let Finding::Reached(slow) = report.entries()[3].finding else {
            panic!("reached");
        };
        assert!((40..250).contains(&slow.latency_ms), "{slow:?}");
        assert!(slow.throughput_kbps >= 2_000, "{slow:?}");
    }
    assert!(
        !node
            .state()
            .done
            .iter()
            .any(|done| matches!(done, Done::Failed { .. }))
    );
}

#[tokio::test]
async fn probes_are_spread_over_the_time_for_them() {
    let server = targets::http().await;
    let node = Node::start(&key(), BLOCK).await;
    node.state().targets = vec![target(1, server.url("http", "/"))];
    let home = TempDir::new().unwrap();
    let mut auditor = auditor(&node, home.path()).await;
    within(auditor.next()).await;
    // From an epoch's beginning on.
    let (before, auditing) = (
        server.connections(),
        tokio::spawn(async move { auditor.next().await }),
    );
    let mut seen = Vec::new();
    while !auditing.is_finished() {
        let (height, connections) = (node.state().height, server.connections() - before);
        if seen.last().is_none_or(|(_, last)| *last < connections) {
            seen.push((height, connections));
        }
        tokio::time::sleep(BLOCK / 10).await;
    }
    let heights: Vec<u64> = seen
        .iter()
        .filter(|(_, n)| *n > 0)
        .map(|(height, _)| *height)
        .collect();
    assert_eq!(seen.last().unwrap().1, 3, "each target is asked three times");
    let spread = heights.last().unwrap() - heights.first().unwrap();
    assert!((4..=17).contains(&spread), "{heights:?}");
}

#[tokio::test]
async fn an_auditor_that_is_restarted_reveals_what_it_committed_to() {
    let server = targets::http().await;
    let node = Node::start(&key(), BLOCK).await;
    node.state().targets = vec![target(1, server.url("http", "/"))];
    let home = TempDir::new().unwrap();
    let mut first = auditor(&node, home.path()).await;
    let killed = tokio::spawn(async move { next(&mut first).await });
    eventually("a commitment", || node.state().digest.is_some()).await;
    killed.abort();
    let _ = killed.await;
    let (epoch, committed) = {
        let state = node.state();
        (state.epoch, state.digest.unwrap())
    };
    let asked = server.connections();
    let mut again = auditor(&node, home.path()).await;
    let (of, ended) = next(&mut again).await;
    assert_eq!(of, epoch);
    assert!(matches!(ended, Ended::Revealed { .. }), "{ended:?}");
    assert!(node.state().report(epoch).is_some());
    assert_eq!(node.state().offered[&epoch], [committed].into());
    assert_eq!(server.connections(), asked, "nothing is measured anew");
    drop(again);
    // And once more, when there is nothing left to do.
    let mut third = auditor(&node, home.path()).await;
    if node.state().epoch == epoch {
        let (of, ended) = within(third.next()).await;
        assert!(of > epoch || matches!(ended, Ended::Revealed { .. }), "{ended:?}");
        assert_eq!(node.state().reveals[&epoch], 1);
    }
}

#[tokio::test]
async fn a_report_that_was_written_but_not_committed_is_committed_to_after_a_restart() {
    let server = targets::http().await;
    let node = Node::start(&key(), BLOCK * 2).await;
    node.state().targets = vec![target(1, server.url("http", "/"))];
    let home = TempDir::new().unwrap();
    // The node takes the commitment and loses it.
    node.state().swallows = true;
    let mut first = auditor(&node, home.path()).await;
    let killed = tokio::spawn(async move { next(&mut first).await });
    eventually("a commitment on its way", || !node.state().offered.is_empty()).await;
    killed.abort();
    let _ = killed.await;
    node.state().swallows = false;
    let (epoch, offered) = node.state().offered.pop_first().unwrap();
    let book = Book::open(home.path(), CHAIN_ID).unwrap();
    let held = book.load(epoch, &node.state().operator).unwrap().unwrap();
    assert_eq!(offered, [held.digest].into(), "on disk before it is sent");
    drop(book);
    let mut again = auditor(&node, home.path()).await;
    let (of, ended) = next(&mut again).await;
    let digests = node.state().offered.get(&epoch).cloned().unwrap_or_default();
    assert!(digests.iter().all(|digest| *digest == held.digest));
    if of == epoch {
        assert!(
            matches!(ended, Ended::Revealed { .. } | Ended::Missed(_)),
            "{ended:?}"
        );
    }
}

#[tokio::test]
async fn nothing_is_revealed_when_the_chain_has_another_digest() {
    let server = targets::http().await;
    let node = Node::start(&key(), BLOCK).await;
    node.state().targets = vec![target(1, server.url("http", "/"))];
    // Before the epoch is looked at.
    node.state().digest = Some([9; 32]);
    node.state().intruder = Some(0);
    let home = TempDir::new().unwrap();
    let mut auditor = auditor(&node, home.path()).await;
    for _ in 0..2 {
        conflict(&node, &mut auditor).await;
    }
    assert_eq!(server.connections(), 0, "nobody is asked for nothing");
    // While it is measured: after the first probe, before the auditor's own commitment.
    node.state().intruder = Some(8);
    while server.connections() == 0 {
        conflict(&node, &mut auditor).await;
    }
    node.state().intruder = None;
    loop {
        match next(&mut auditor).await.1 {
            // Begun before the intruder had gone.
            Ended::Conflict => {}
            ended => return assert!(matches!(ended, Ended::Revealed { .. }), "{ended:?}"),
        }
    }
}

/// An epoch in which somebody else has committed.
async fn conflict(node: &Node, auditor: &mut Auditor) {
    let (epoch, ended) = next(auditor).await;
    assert!(matches!(ended, Ended::Conflict), "{epoch}: {ended:?}");
    assert_eq!(node.state().reveals.get(&epoch), None);
}

#[tokio::test]
async fn a_window_that_is_nearly_over_is_left_alone() {
    let server = targets::http().await;
    let node = Node::start(&key(), BLOCK).await;
    node.state().targets = vec![target(1, server.url("http", "/"))];
    eventually("the end of the window", || {
        let state = node.state();
        state.height >= state.commit_until()
    })
    .await;
    let home = TempDir::new().unwrap();
    let mut auditor = auditor(&node, home.path()).await;
    let (late, ended) = within(auditor.next()).await;
    assert!(matches!(ended, Ended::Missed(Missed::Late)), "{ended:?}");
    assert_eq!(server.connections(), 0);
    let (epoch, ended) = within(auditor.next()).await;
    assert_eq!(epoch, late + 1);
    assert!(matches!(ended, Ended::Revealed { .. }), "{ended:?}");
}

#[tokio::test]
async fn with_nothing_to_audit_nothing_is_sent() {
    let node = Node::start(&key(), BLOCK).await;
    let home = TempDir::new().unwrap();
    let mut auditor = auditor(&node, home.path()).await;
    let (_, ended) = within(auditor.next()).await;
    assert!(matches!(ended, Ended::Idle), "{ended:?}");
    assert!(node.state().offered.is_empty());
}

#[tokio::test]
async fn a_damaged_report_costs_its_epoch_and_no_other() {
    let server = targets::http().await;
    let node = Node::start(&key(), BLOCK).await;
    node.state().targets = vec![target(1, server.url("http", "/"))];
    let home = TempDir::new().unwrap();
    // A whole epoch has just begun.
    let begun = node.state().epoch;
    eventually("the next epoch", || node.state().epoch > begun).await;
    let epoch = node.state().epoch;
    let operator = node.state().operator;
    fs::write(home.path().join(format!("{epoch}-{operator}.json")), "{").unwrap();
    let mut auditor = auditor(&node, home.path()).await;
    let (of, ended) = within(auditor.next()).await;
    assert_eq!(of, epoch);
    assert!(matches!(ended, Ended::Missed(Missed::Book(_))), "{ended:?}");
    assert_eq!(node.state().offered.get(&epoch), None);
    let (_, ended) = within(auditor.next()).await;
    assert!(matches!(ended, Ended::Revealed { .. }), "{ended:?}");
}

#[tokio::test]
async fn an_account_that_does_not_exist_cannot_audit() {
    let node = Node::start(&key(), BLOCK).await;
    let client = Client::connect_lazy(&node.endpoint()).unwrap();
    let stranger = slsbft_client::SigningKey::generate(slsbft_client::KeyKind::Ed25519);
    let refused = tokio::time::timeout(SOON, Chain::new(client, stranger))
        .await
        .unwrap();
    assert!(refused.err().unwrap().to_string().contains("send it some coins"));
}
