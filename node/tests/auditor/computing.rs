//! Proofs of computing, from the provider that computes to the auditor that computes again.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use slsbft_client::{KeyKind, SigningKey};
use slsbft_mechanism::{
    audit::Finding,
    compute::{Tree, Work, delivered, root_of},
};
use slsbft_node::{
    auditor::{Ended, metrics::Metrics, probe::compute::PATH},
    metering::server::Body,
    provider::{
        chain::ChainError,
        compute::{Assigned, Proofs, Prover, Tasks},
    },
};
use slsbft_proto::service::v1::Target;
use slsbft_types::Address;
use slsbft_wasm::compute::Task;
use tempfile::TempDir;

use crate::{
    gateway::gateway_with,
    node::Node,
    setup::{BLOCK, auditor_with, eventually, key, next, target, within},
    state::{SAMPLE, SEED},
    targets,
};

const SEGMENTS: u32 = 12;
const POLL: Duration = Duration::from_millis(10);

fn account(number: u8) -> Address {
    SigningKey::from_secret(KeyKind::Ed25519, &[number; 32])
        .unwrap()
        .address()
}

fn work(number: u8, segments: u32) -> Work {
    Work {
        seed: SEED,
        provider: account(number),
        segments,
    }
}

fn digests(work: &Work) -> Vec<[u8; 32]> {
    let task = Task::new(1).unwrap();
    (0..work.segments)
        .map(|segment| task.segment(&work.input(segment)).unwrap())
        .collect()
}

/// A target that has to compute, with what it committed to.
fn computing(number: u8, endpoint: String, tree: Option<&Tree>) -> Target {
    let root = tree.and_then(Tree::root);
    Target {
        address: account(number).to_string(),
        segments: SEGMENTS,
        compute_root: root.map(|root| root.to_vec()).unwrap_or_default().into(),
        ..target(number.into(), endpoint)
    }
}

#[tokio::test]
async fn a_target_delivered_what_it_committed_to_shows_and_computed_rightly() {
    let honest = Tree::new(digests(&work(1, SEGMENTS)));
    // It left every other segment out.
    let mut lazy = digests(&work(2, SEGMENTS));
    lazy.iter_mut().step_by(2).for_each(|digest| *digest = [0; 32]);
    let lazy = Tree::new(lazy);
    // Another's work.
    let thief = Tree::new(digests(&work(1, SEGMENTS)));
    let other = Tree::new(digests(&work(7, SEGMENTS)));
    let (server, node) = (targets::http().await, Node::start(&key(), BLOCK * 3).await);
    // No block before everything is there.
    node.state().halted = true;
    let epoch = node.state().epoch;
    let homes: Vec<TempDir> = (0..4).map(|_| TempDir::new().unwrap()).collect();
    let mut gateways = Vec::new();
    for (tree, home) in [honest.clone(), lazy.clone(), thief.clone(), other]
        .into_iter()
        .zip(&homes)
    {
        let proofs = Arc::new(Proofs::default());
        proofs.show(epoch, tree);
        gateways.push(gateway_with(home, 0, Some(proofs)).await);
    }
    let endpoint = |n: usize| format!("http://{}/", gateways[n].http);
    let silent = || server.url("http", "/");
    node.state().targets = vec![
        computing(1, endpoint(0), Some(&honest)),
        computing(2, endpoint(1), Some(&lazy)),
        computing(3, endpoint(2), Some(&thief)),
        computing(4, silent(), Some(&honest)),
        computing(5, silent(), None),
        target(6, silent()),
        // What it shows was computed rightly, and is not what it committed to.
        computing(7, endpoint(3), Some(&honest)),
    ];
    let (home, metrics) = (TempDir::new().unwrap(), Arc::<Metrics>::default());
    let mut auditor = auditor_with(&node, home.path(), metrics.clone()).await;
    // The block that samples is the latest until the auditor has computed again.
    let sampled = node.state().sample_height();
    (node.state().stop_at, node.state().halted) = (Some(sampled), false);
    let auditing = tokio::spawn(async move { next(&mut auditor).await });
    eventually("checks of all proofs", || {
        let text = metrics.encode();
        ["whole\"} 1", "part\"} 1", "none\"} 4"]
            .iter()
            .all(|end| text.contains(end))
    })
    .await;
    assert!(!auditing.is_finished());
    node.state().stop_at = None;
    let (ended_in, ended) = auditing.await.unwrap();
    assert_eq!(ended_in, epoch);
    assert!(matches!(ended, Ended::Revealed { reached: 7, .. }), "{ended:?}");
    let samples = work(2, SEGMENTS).samples(&SAMPLE);
    let right = samples.iter().filter(|segment| **segment % 2 == 1).count() as u32;
    assert!(right > 0 && right < samples.len() as u32);
    let half = delivered(right, samples.len() as u32);
    let expected = [Some(1_000), Some(half), Some(0), Some(0), Some(0), None, Some(0)];
    let found = node.state().report(epoch).unwrap();
    let found = found.entries().iter().map(|entry| match entry.finding {
        Finding::Reached(reading) => reading.delivered,
        Finding::Unreachable => panic!("{entry:?}"),
    });
    assert_eq!(found.collect::<Vec<_>>(), expected);
    for gateway in gateways {
        gateway.stop().await;
    }
}

/// A chain with one task.
struct Given {
    assigned: Mutex<Assigned>,
    commits: Mutex<Vec<(u64, [u8; 32])>>,
    /// How often it was looked at.
    looks: AtomicU32,
}

impl Given {
    fn new(segments: u32, root: Option<[u8; 32]>) -> Arc<Self> {
        Arc::new(Self {
            assigned: Mutex::new(Assigned {
                epoch: 7,
                work: work(1, segments),
                commit_until: 100,
                height: 90,
                root,
            }),
            commits: Mutex::default(),
            looks: AtomicU32::new(0),
        })
    }

    fn commits(&self) -> Vec<(u64, [u8; 32])> {
        self.commits.lock().unwrap().clone()
    }

    fn change(&self, change: impl FnOnce(&mut Assigned)) {
        change(&mut self.assigned.lock().unwrap());
    }
}

#[tonic::async_trait]
impl Tasks for Given {
    async fn assigned(&self) -> Result<Option<Assigned>, ChainError> {
        self.looks.fetch_add(1, Ordering::SeqCst);
        let assigned = self.assigned.lock().unwrap().clone();
        Ok(Some(assigned).filter(|assigned| assigned.work.segments > 0))
    }

    async fn commit(&self, epoch: u64, root: [u8; 32], until: u64) -> Result<(), ChainError> {
        assert_eq!(until, 100);
        self.commits.lock().unwrap().push((epoch, root));
        // The first one gets lost.
        if self.commits().len() == 1 {
            return Err(ChainError::Unreachable("lost".into()));
        }
        self.assigned.lock().unwrap().root = Some(root);
        Ok(())
    }
}

fn prover(given: &Arc<Given>, proofs: &Arc<Proofs>) -> tokio::task::JoinHandle<std::convert::Infallible> {
    tokio::spawn(Prover::new(given.clone(), 2, POLL, proofs.clone()).run())
}

fn ask(proofs: &Proofs, epoch: u64, segment: u32) -> Option<http::Response<Body>> {
    let request = http::Request::get(format!("{PATH}?epoch={epoch}&segments={segment}"));
    let answer = proofs.answer(&request.body(()).unwrap()).unwrap();
    (answer.status() == http::StatusCode::OK).then_some(answer)
}

#[tokio::test]
async fn what_the_chain_gives_is_computed_committed_to_and_shown_epoch_after_epoch() {
    let given = Given::new(3, None);
    let proofs = Arc::new(Proofs::default());
    let running = prover(&given, &proofs);
    let root = Tree::new(digests(&work(1, 3))).root().unwrap();
    eventually("a commitment", || given.commits().len() == 2).await;
    assert_eq!(given.commits(), [(7, root); 2], "again after the first was lost");
    let answer = ask(&proofs, 7, 1).unwrap();
    let bytes = within(http_body_util::BodyExt::collect(answer.into_body())).await;
    let bytes = bytes.unwrap_or_else(|_| panic!("a body")).to_bytes();
    let (hashes, _) = bytes.as_chunks::<32>();
    assert_eq!(root_of(&hashes[0], 1, 3, &hashes[1..]), Some(root));

    given.change(|assigned| {
        (assigned.epoch, assigned.root) = (8, None);
        assigned.work.segments = 2;
    });
    eventually("the next", || given.commits().len() == 3).await;
    let root = Tree::new(digests(&work(1, 2))).root().unwrap();
    assert_eq!(given.commits().last(), Some(&(8, root)));
    assert!(ask(&proofs, 7, 1).is_none(), "the last epoch's is over");
    running.abort();
}

#[tokio::test]
async fn what_was_committed_to_before_a_restart_is_shown_again_and_not_sent_again() {
    let root = Tree::new(digests(&work(1, 3))).root();
    let given = Given::new(3, root);
    // Too late for another one.
    given.change(|assigned| assigned.height = 150);
    let proofs = Arc::new(Proofs::default());
    let running = prover(&given, &proofs);
    eventually("proofs", || ask(&proofs, 7, 0).is_some()).await;
    given.change(|assigned| (assigned.epoch, assigned.height, assigned.root) = (8, 90, None));
    eventually("the next", || !given.commits().is_empty()).await;
    assert!(given.commits().iter().all(|(epoch, _)| *epoch == 8));
    running.abort();
}

#[tokio::test]
async fn what_cannot_be_computed_in_time_is_left_off_for_the_next_epoch() {
    let given = Given::new(1 << 20, None);
    let proofs = Arc::new(Proofs::default());
    let running = prover(&given, &proofs);
    given.change(|assigned| assigned.height = 100);
    // The first shows the task, the others that it is too late.
    eventually("looks", || given.looks.load(Ordering::SeqCst) > 3).await;
    given.change(|assigned| {
        (assigned.epoch, assigned.height) = (8, 90);
        assigned.work.segments = 2;
    });
    eventually("the next", || given.commits().len() == 2).await;
    assert!(given.commits().iter().all(|(epoch, _)| *epoch == 8));
    assert!(ask(&proofs, 7, 0).is_none());
    running.abort();
}

#[tokio::test]
async fn an_epoch_that_ends_ends_its_computing() {
    let given = Given::new(1 << 20, None);
    let running = prover(&given, &Arc::default());
    eventually("looks", || given.looks.load(Ordering::SeqCst) > 3).await;
    given.change(|assigned| {
        assigned.epoch = 8;
        assigned.work.segments = 2;
    });
    eventually("the next", || given.commits().len() == 2).await;
    assert!(given.commits().iter().all(|(epoch, _)| *epoch == 8));
    running.abort();
}

#[tokio::test]
async fn where_another_program_has_committed_nothing_is_sent_until_the_next_epoch() {
    let given = Given::new(3, Some([9; 32]));
    let proofs = Arc::new(Proofs::default());
    let running = prover(&given, &proofs);
    eventually("proofs", || ask(&proofs, 7, 0).is_some()).await;
    given.change(|assigned| (assigned.epoch, assigned.root) = (8, None));
    eventually("the next", || given.commits().len() == 2).await;
    assert!(given.commits().iter().all(|(epoch, _)| *epoch == 8));
    running.abort();
}
