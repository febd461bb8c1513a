//! Killing either process, again and again.

use std::{thread, time::Duration};

use nix::sys::signal::Signal;
use rand::{Rng, SeedableRng, rngs::StdRng};

use crate::support::{TestHome, kill, wait_for};

/// CometBFT stops at the first block whose app hash is not the application's, so
/// what is left to see is that the application has every block.
fn assert_has(home: &TestHome, height: u64) {
    let info = home.rpc("abci_info").unwrap();
    let applied: u64 = info["response"]["last_block_height"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!(
        applied >= height,
        "the application is at {applied}, behind block {height}"
    );
}

#[test]
fn a_node_killed_at_any_moment_leaves_no_orphan_and_goes_on_at_once() {
    let home = TestHome::new();
    let mut random = StdRng::seed_from_u64(7);
    let mut height = 0;
    let mut node = home.start();
    for _ in 0..8 {
        height = home.wait_above(height + 2);
        thread::sleep(Duration::from_millis(random.gen_range(0..120)));
        let orphan = home.consensus_pids();
        node.signal(Signal::SIGKILL);
        node.ended();
        wait_for("the orphan's end", || {
            orphan
                .iter()
                .all(|pid| !home.consensus_pids().contains(pid))
                .then_some(())
        });
        node = home.start();
        // Whatever was shown to clients is still there.
        let now = home.wait_above(height);
        assert_has(&home, now - 1);
    }
    node.stop();
}

#[test]
fn a_killed_cometbft_is_started_again_without_the_node() {
    let home = TestHome::new();
    let mut node = home.start();
    let mut random = StdRng::seed_from_u64(8);
    let mut height = 0;
    for _ in 0..4 {
        height = home.wait_above(height + 2);
        thread::sleep(Duration::from_millis(random.gen_range(0..120)));
        let before = home.consensus_pids();
        for pid in &before {
            kill(*pid, Signal::SIGKILL);
        }
        wait_for("another CometBFT", || {
            let now = home.consensus_pids();
            (!now.is_empty() && now.iter().all(|pid| !before.contains(pid))).then_some(())
        });
        height = home.wait_above(height);
    }
    assert!(
        node.child.try_wait().unwrap().is_none(),
        "the node ended:\n{}",
        home.log()
    );
    node.stop();
}

#[test]
fn a_node_stops_by_itself_when_cometbft_never_lives_long() {
    let home = TestHome::new();
    home.set("config", "db_backend", "nosuchdb");
    let mut node = home.start();
    assert_eq!(node.ended(), Some(1));
    let log = home.log();
    assert!(
        log.contains("again and again") && log.contains("nosuchdb"),
        "{log}"
    );
}
