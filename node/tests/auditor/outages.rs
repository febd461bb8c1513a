//! A node that goes away, lags behind, or does not take what it is sent; an account that may not
//! or cannot audit.

use slsbft_node::auditor::{Ended, Missed};
use tempfile::TempDir;

use crate::{
    node::Node,
    setup::{BLOCK, auditor, blocks, eventually, key, next, target, within},
    targets,
};

async fn world() -> (targets::Server, Node, TempDir) {
    let server = targets::http().await;
    let node = Node::start(&key(), BLOCK).await;
    node.state().targets = vec![target(1, server.url("http", "/"))];
    (server, node, TempDir::new().unwrap())
}

#[tokio::test]
async fn an_outage_in_the_middle_of_an_epoch_costs_nothing() {
    let (server, node, home) = world().await;
    let mut auditor = auditor(&node, home.path()).await;
    within(auditor.next()).await;
    let asked = server.connections();
    let auditing = tokio::spawn(async move { within(auditor.next()).await });
    eventually("a probe", || server.connections() > asked).await;
    node.down();
    blocks(&node, 5).await;
    node.up();
    let (epoch, ended) = auditing.await.unwrap();
    assert!(matches!(ended, Ended::Revealed { .. }), "{ended:?}");
    assert!(node.state().report(epoch).is_some());
}

#[tokio::test]
async fn an_outage_over_the_end_of_an_epoch_costs_that_epoch_alone() {
    let (server, node, home) = world().await;
    let mut auditor = auditor(&node, home.path()).await;
    within(auditor.next()).await;
    let asked = server.connections();
    let auditing = tokio::spawn(async move {
        let missed = within(auditor.next()).await;
        (missed, next(&mut auditor).await)
    });
    eventually("a probe", || server.connections() > asked).await;
    let epoch = node.state().epoch;
    node.down();
    eventually("the next epoch", || node.state().epoch > epoch).await;
    node.up();
    let ((first, missed), (_, ended)) = auditing.await.unwrap();
    assert_eq!(first, epoch);
    assert!(matches!(missed, Ended::Missed(Missed::Uncommitted)), "{missed:?}");
    assert!(matches!(ended, Ended::Revealed { .. }), "{ended:?}");
}

#[tokio::test]
async fn an_account_that_cannot_pay_goes_on_and_audits_when_it_can() {
    let (_server, node, home) = world().await;
    node.state().poor = true;
    let mut auditor = auditor(&node, home.path()).await;
    let (_, missed) = next(&mut auditor).await;
    assert!(matches!(missed, Ended::Missed(Missed::Uncommitted)), "{missed:?}");
    node.state().poor = false;
    let (_, ended) = next(&mut auditor).await;
    assert!(matches!(ended, Ended::Revealed { .. }), "{ended:?}");
}

#[tokio::test]
async fn a_commitment_that_gets_into_no_block_costs_its_epoch_alone() {
    let (_server, node, home) = world().await;
    node.state().swallows = true;
    let mut auditor = auditor(&node, home.path()).await;
    let (epoch, missed) = next(&mut auditor).await;
    assert!(matches!(missed, Ended::Missed(Missed::Uncommitted)), "{missed:?}");
    assert_eq!(node.state().offered[&epoch].len(), 1);
    node.state().swallows = false;
    let (_, ended) = next(&mut auditor).await;
    assert!(matches!(ended, Ended::Revealed { .. }), "{ended:?}");
}

#[tokio::test]
async fn an_account_that_audits_for_nobody_waits_until_it_is_appointed() {
    let (server, node, home) = world().await;
    node.state().dismissed = true;
    let mut auditor = auditor(&node, home.path()).await;
    let auditing = tokio::spawn(async move { next(&mut auditor).await });
    blocks(&node, 10).await;
    assert!(!auditing.is_finished());
    assert_eq!(server.connections(), 0);
    node.state().dismissed = false;
    let (_, ended) = auditing.await.unwrap();
    assert!(matches!(ended, Ended::Revealed { .. }), "{ended:?}");
}

#[tokio::test]
async fn a_node_that_replays_old_blocks_is_waited_for() {
    let (server, node, home) = world().await;
    node.state().lag = 3_600;
    let mut auditor = auditor(&node, home.path()).await;
    let auditing = tokio::spawn(async move { next(&mut auditor).await });
    blocks(&node, 10).await;
    assert_eq!(server.connections(), 0);
    assert!(node.state().offered.is_empty());
    node.state().lag = 0;
    let (_, ended) = auditing.await.unwrap();
    assert!(matches!(ended, Ended::Revealed { .. }), "{ended:?}");
}

#[tokio::test]
async fn a_chain_that_stands_still_is_waited_for() {
    let (_server, node, home) = world().await;
    let mut auditor = auditor(&node, home.path()).await;
    let auditing = tokio::spawn(async move { next(&mut auditor).await });
    eventually("a commitment", || node.state().digest.is_some()).await;
    node.state().halted = true;
    // Nothing moves any more that could be waited for.
    tokio::time::sleep(BLOCK * 10).await;
    assert!(node.state().reveals.is_empty());
    assert!(!auditing.is_finished());
    node.state().halted = false;
    let (_, ended) = auditing.await.unwrap();
    assert!(matches!(ended, Ended::Revealed { .. }), "{ended:?}");
}
