//! Starting and stopping a node.

use std::{fs, process::Command};

use nix::sys::signal::Signal;

use crate::support::{TestHome, cometbft, http_get, wait_for};

#[test]
fn a_new_home_makes_blocks_and_a_signal_stops_both_processes() {
    let home = TestHome::new();
    for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP] {
        let mut node = home.start();
        home.wait_above(home.height().unwrap_or(0) + 1);
        assert_eq!(home.consensus_pids().len(), 1);
        node.signal(signal);
        assert_eq!(node.ended(), Some(0), "{}", home.log());
        assert!(home.consensus_pids().is_empty(), "CometBFT outlived the node");
        assert!(!home.path.join("data/abci.sock").exists());
    }
}

#[test]
fn a_node_says_how_it_is() {
    let home = TestHome::new();
    let error = home.try_run(&["status"]);
    assert!(!error.status.success());
    assert!(crate::support::text(&error).contains("slsbftd start"));
    let node = home.start();
    home.wait_above(2);
    let status = home.run(&["status"]);
    assert!(
        status.contains("slsbft-local-1") && status.contains("yes, power 10"),
        "{status}"
    );
    let metrics = wait_for("metrics", || http_get(home.metrics, "/metrics"));
    for name in [
        "slsbft_block_height ",
        "slsbft_abci_request_seconds_bucket{le=\"0.001\",name=\"finalize_block\"}",
        "slsbft_app_phase_seconds_count{name=\"store_write\"}",
        "slsbft_build_info",
    ] {
        assert!(metrics.contains(name), "no {name} in {metrics}");
    }
    assert_eq!(http_get(home.metrics, "/healthz").as_deref(), Some("ok\n"));
    node.stop();
}

#[test]
fn a_home_and_a_validator_key_are_used_once() {
    let home = TestHome::new();
    let node = home.start();
    home.wait_above(1);
    let mut second = home.start();
    assert_eq!(second.ended(), Some(1));
    let holder = format!("in use by process {}", node.child.id());
    assert!(home.log().contains(&holder), "{}", home.log());

    let copy = TestHome::new();
    for file in ["priv_validator_key.json", "genesis.json"] {
        fs::copy(
            home.path.join("config").join(file),
            copy.path.join("config").join(file),
        )
        .unwrap();
    }
    let mut third = copy.start();
    assert_eq!(third.ended(), Some(1));
    assert!(copy.log().contains("double signing"), "{}", copy.log());
    node.stop();
}

#[test]
fn a_copied_home_is_warned_about_once() {
    let home = TestHome::new();
    let node = home.start();
    home.wait_above(1);
    node.stop();
    let moved = home.path.with_file_name("moved");
    let copied = Command::new("cp")
        .arg("-a")
        .arg(&home.path)
        .arg(&moved)
        .status()
        .unwrap();
    assert!(copied.success());
    fs::remove_dir_all(&home.path).unwrap();
    fs::rename(&moved, &home.path).unwrap();
    for warnings in [1, 1] {
        let node = home.start();
        home.wait_above(home.height().unwrap_or(0));
        node.stop();
        assert_eq!(
            home.log().matches("looks copied").count(),
            warnings,
            "{}",
            home.log()
        );
    }
}

#[test]
fn a_node_stops_after_its_halt_height_and_goes_on_without_it() {
    let home = TestHome::new();
    let mut node = home.start_with(&["--halt-height", "5"]);
    assert_eq!(node.ended(), Some(0), "{}", home.log());
    assert!(home.log().contains("halt height 5"), "{}", home.log());
    let mut node = home.start_with(&["--halt-height", "5"]);
    assert_eq!(node.ended(), Some(0), "{}", home.log());
    let node = home.start();
    home.wait_above(6);
    node.stop();
}

#[test]
fn consensus_may_be_started_by_somebody_else() {
    let home = TestHome::new();
    let mut node = home.start_with(&["--external-consensus"]);
    let socket = home.path.join("data/abci.sock");
    wait_for("the socket", || socket.exists().then_some(()));
    let mut consensus = Command::new(cometbft())
        .arg("start")
        .arg("--home")
        .arg(&home.path)
        .spawn()
        .unwrap();
    home.wait_above(2);
    node.signal(Signal::SIGTERM);
    assert_eq!(node.ended(), Some(0));
    // CometBFT ends by itself without its application.
    wait_for("CometBFT's end", || consensus.try_wait().unwrap());
}

#[test]
fn logs_can_be_machine_readable() {
    let home = TestHome::new();
    let node = home.start_with(&["--log-format", "json"]);
    home.wait_above(1);
    node.stop();
    let log = home.log();
    for line in log.lines() {
        assert!(
            serde_json::from_str::<serde_json::Value>(line).is_ok(),
            "not JSON: {line}"
        );
    }
    assert!(
        log.contains("slsbftd starts") && log.contains("executed block"),
        "{log}"
    );
}
