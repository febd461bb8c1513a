//! The commands around a node, and what they say when something is wrong.

use std::fs;

use crate::support::{TestHome, slsbftd, text};

#[test]
fn a_home_is_never_overwritten() {
    let home = TestHome::new();
    let key = fs::read(home.path.join("config/priv_validator_key.json")).unwrap();
    let output = home.try_run(&["init"]);
    assert!(!output.status.success());
    assert!(text(&output).contains("never overwritten"), "{}", text(&output));
    assert_eq!(
        fs::read(home.path.join("config/priv_validator_key.json")).unwrap(),
        key
    );
}

#[test]
fn a_home_takes_over_a_genesis_but_not_that_of_another_chain() {
    let first = TestHome::new();
    let genesis = first.path.join("config/genesis.json");
    let genesis = genesis.to_str().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let home = directory.path().join("b");
    let home = home.to_str().unwrap();
    let output = slsbftd(&[
        "init",
        "--home",
        home,
        "--genesis",
        genesis,
        "--chain-id",
        "another",
    ]);
    assert!(text(&output).contains("slsbft-local-1"), "{}", text(&output));
    let output = slsbftd(&["init", "--home", home, "--genesis", genesis]);
    assert!(output.status.success(), "{}", text(&output));
    let copied = fs::read_to_string(format!("{home}/config/genesis.json")).unwrap();
    assert_eq!(copied, fs::read_to_string(genesis).unwrap());
}

#[test]
fn what_cannot_work_is_refused_with_advice() {
    let home = TestHome::new();
    let refused = |arguments: &[&str], advice: &str| {
        let output = home.try_run(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(text(&output).contains(advice), "{arguments:?}: {}", text(&output));
    };
    refused(&["config", "set", "app", "grpc.adress", "x"], "config show");
    refused(
        &["config", "set", "app", "abci.address", "tcp://0.0.0.0:1"],
        "outside this machine",
    );
    refused(&["config", "set", "config", "rpc.laddr", "nonsense"], "rpc.laddr");
    refused(&["config", "set", "app", "halt_height", "soon"], "an integer");
    refused(
        &["start", "--cometbft", "/nonexistent/cometbft"],
        "is it the CometBFT binary",
    );
    refused(&["start", "--cometbft", "/bin/true"], "needs 0.39");
    refused(&["start", "--log-level", "a=b=c"], "log level");

    let app = home.path.join("config/app.toml");
    let good = fs::read_to_string(&app).unwrap();
    fs::write(&app, good.replace("halt_height", "halt_hight")).unwrap();
    refused(&["start"], "halt_height");
    fs::remove_file(&app).unwrap();
    refused(&["start"], "slsbftd init");
    fs::write(&app, good).unwrap();

    let genesis = home.path.join("config/genesis.json");
    let text = fs::read_to_string(&genesis).unwrap();
    fs::write(&genesis, text.replace("\"power\": \"10\"", "\"power\": \"-1\"")).unwrap();
    refused(&["start"], "validators[0].power");
}

#[test]
fn a_port_in_use_is_named_with_its_key() {
    let home = TestHome::new();
    let _held = std::net::TcpListener::bind(home.metrics).unwrap();
    let output = home.try_run(&[
        "start",
        "--cometbft",
        crate::support::cometbft().to_str().unwrap(),
    ]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output).contains("metrics.address"), "{}", text(&output));
}

#[test]
fn settings_are_read_changed_and_checked() {
    let home = TestHome::new();
    home.set("app", "store.keep_heights", "77");
    assert_eq!(home.run(&["config", "get", "app", "store.keep_heights"]), "77\n");
    assert!(home.run(&["config", "show", "app"]).contains("# Heights below"));
    assert!(
        home.run(&["config", "default", "config"])
            .contains("create_empty_blocks = false")
    );
    assert_eq!(home.run(&["config", "check"]), "ok\n");
    assert!(home.run(&["version"]).contains("v0.39.4"));
}
