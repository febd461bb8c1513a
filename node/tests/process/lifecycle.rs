//! Starting and stopping a node.

use std::{fs, os::unix::fs::PermissionsExt, process::Command, thread, time::Duration};

use nix::sys::signal::Signal;
use rand::{Rng, SeedableRng, rngs::StdRng};
use slsbft_genesis::Genesis;
use slsbft_types::{Address, Amount, Coins};

use crate::support::{Node, TestHome, cometbft, http_get, kill, text, wait_for};

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
fn a_genesis_above_the_bound_on_requests_starts_a_chain() {
    let home = TestHome::new();
    let path = home.path.join("config/genesis.json");
    let mut genesis = Genesis::from_json(&fs::read(&path).unwrap()).unwrap();
    let accounts = (1..=8_000u64).map(|index| {
        let bytes = [index.to_be_bytes().as_slice(), &[7; 12]].concat();
        (Address::from_bytes(&bytes).unwrap(), Coins::base(Amount::new(1)))
    });
    genesis.add_accounts(accounts).unwrap();
    fs::write(&path, genesis.to_json().unwrap()).unwrap();
    home.set("app", "abci.max_frame_bytes", &(1 << 20).to_string());
    assert!(fs::metadata(&path).unwrap().len() > 2 << 20);
    let node = home.start();
    home.wait_above(2);
    node.stop();
}

#[test]
fn a_node_says_how_it_is() {
    let home = TestHome::new();
    let error = home.try_run(&["status"]);
    assert!(!error.status.success());
    assert!(text(&error).contains("slsbftd start"));
    let node = home.start();
    home.wait_above(2);
    let status = home.run(&["status"]);
    assert!(
        status.contains("slsbft-local-1") && status.contains("yes, power"),
        "{status}"
    );
    let metrics = wait_for("metrics", || http_get(home.metrics, "/metrics"));
    for name in [
        "slsbft_block_height ",
        "slsbft_block_time_seconds ",
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
    let ended = node.ended();
    // CometBFT wants to end without its application, and does not always manage to.
    consensus.kill().unwrap();
    consensus.wait().unwrap();
    assert_eq!(ended, Some(0), "{}", home.log());
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

#[test]
fn a_node_stopped_while_it_replays_goes_on_where_it_was() {
    let home = TestHome::new();
    let node = home.start();
    let height = home.wait_above(60);
    node.stop();
    let mut random = StdRng::seed_from_u64(9);
    for round in 1..=4 {
        // CometBFT runs every block again on an empty state.
        fs::remove_dir_all(home.path.join("data/application.db")).unwrap();
        let mut node = home.start();
        wait_for("the replay", || {
            let started = home.log().matches("CometBFT started").count();
            (started > round).then_some(())
        });
        thread::sleep(Duration::from_millis(random.gen_range(0..400)));
        node.signal(Signal::SIGTERM);
        assert_eq!(node.ended(), Some(0), "{}", home.log());
        assert!(home.consensus_pids().is_empty(), "CometBFT outlived the node");
    }
    let node = home.start();
    home.wait_above(height);
    node.stop();
}

#[test]
fn a_cometbft_that_hangs_does_not_keep_the_node_from_stopping() {
    let home = TestHome::new();
    let mut node = home.start();
    home.wait_above(1);
    for pid in home.consensus_pids() {
        kill(pid, Signal::SIGSTOP);
    }
    node.signal(Signal::SIGTERM);
    assert_eq!(node.ended(), Some(0), "{}", home.log());
    assert!(home.consensus_pids().is_empty(), "CometBFT outlived the node");
    assert!(home.log().contains("it is killed"), "{}", home.log());
}

#[test]
fn a_key_that_forgot_what_it_signed_is_not_used() {
    let home = TestHome::new();
    let signed = home.path.join("data/priv_validator_state.json");
    fs::remove_file(&signed).unwrap();
    let mut node = home.start();
    assert_eq!(node.ended(), Some(1));
    assert!(home.log().contains("signed last"), "{}", home.log());
}

#[test]
fn keys_that_others_can_read_are_warned_about() {
    let home = TestHome::new();
    let key = home.path.join("config/priv_validator_key.json");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let node = home.start();
    home.wait_above(1);
    node.stop();
    let warning = format!("chmod 600 {}", key.display());
    assert!(home.log().contains(&warning), "{}", home.log());
}

#[test]
fn a_consensus_that_has_failed_stops_the_node_with_its_cause() {
    let home = TestHome::new();
    let fake = home.path.join("cometbft");
    // After such a panic the real one runs on, too, and makes no block any more.
    let script = "#!/bin/sh\n[ \"$1\" = version ] && { echo 0.39.4; exit; }\n\
        echo 'E[00:00:00] CONSENSUS FAILURE!!! module=consensus err=\"no space left on device\"'\n\
        exec sleep 600\n";
    fs::write(&fake, script).unwrap();
    fs::set_permissions(&fake, fs::Permissions::from_mode(0o755)).unwrap();
    let mut node = home.start_with(&["--cometbft", fake.to_str().unwrap()]);
    assert_eq!(node.ended(), Some(1), "{}", home.log());
    let log = home.log();
    let last = log.lines().last().unwrap_or_default();
    assert!(
        last.contains("no space left on device") && last.contains("make room"),
        "{log}"
    );
}

#[test]
fn a_log_that_cannot_be_written_stops_nothing() {
    let home = TestHome::new();
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let child = Command::new(env!("CARGO_BIN_EXE_slsbftd"))
        .args(["start", "--log-level", "debug", "--home"])
        .arg(&home.path)
        .arg("--cometbft")
        .arg(cometbft())
        .stderr(full)
        .spawn()
        .unwrap();
    let node = Node { child };
    home.wait_above(5);
    node.stop();
}

#[test]
fn the_same_payment_twice_is_not_taken_for_two() {
    let home = TestHome::new();
    fn with<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
        [arguments, &["--keyring-backend", "test"]].concat()
    }
    home.run(&with(&["keys", "add", "alice"]));
    let address = home.run(&with(&["keys", "show", "alice", "--address"]));
    home.run(&["genesis", "add-account", address.trim(), "1000ankr"]);
    home.set("config", "consensus.timeout_commit", "5s");
    let node = home.start();
    home.wait_above(1);
    let send = with(&[
        "tx",
        "bank",
        "send",
        "alice",
        address.trim(),
        "1ankr",
        "-y",
        "--wait",
        "0s",
    ]);
    // A block may come between two of them, but not between all.
    let answers: Vec<_> = (0..3).map(|_| home.try_run(&send)).collect();
    assert!(answers[0].status.success(), "{}", text(&answers[0]));
    let refused = answers.iter().find(|answer| !answer.status.success());
    let refused = text(refused.expect("one that is not taken"));
    assert!(
        refused.contains("identical") && refused.contains("--note"),
        "{refused}"
    );
    let other = [send.as_slice(), &["--note", "another"]].concat();
    let mismatch = text(&home.try_run(&other));
    assert!(
        mismatch.contains("wait for its block") || mismatch.contains("txhash"),
        "{mismatch}"
    );
    node.stop();
}

#[test]
fn settings_that_consensus_would_refuse_or_pass_over_are_named() {
    let home = TestHome::new();
    for (key, value, told) in [
        ("consensus.timeout_commit", "2x", "no duration"),
        ("p2p.persistent_peers", "foo", "ID@host:port"),
    ] {
        let refused = home.try_run(&["config", "set", "config", key, value]);
        assert!(
            !refused.status.success() && text(&refused).contains(told),
            "{}",
            text(&refused)
        );
    }
    let path = home.path.join("config/config.toml");
    let good = fs::read_to_string(&path).unwrap();
    fs::write(&path, good.replace("\ntimeout_commit", "\ntimeout_comit")).unwrap();
    let checked = home.try_run(&["config", "check"]);
    assert!(
        text(&checked).contains("consensus.timeout_comit"),
        "{}",
        text(&checked)
    );
    fs::write(
        &path,
        good.replace("\ntimeout_commit = \"20ms\"", "\ntimeout_commit = \"abc\""),
    )
    .unwrap();
    let mut node = home.start();
    assert_eq!(node.ended(), Some(1));
    assert!(home.log().contains("consensus.timeout_commit"), "{}", home.log());
}
