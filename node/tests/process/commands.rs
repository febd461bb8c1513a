//! The commands around a node, and what they say when something is wrong.

use std::{collections::BTreeSet, fs, os::unix::fs::PermissionsExt};

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
    fs::write(&genesis, text.replace("per_epoch\": 20", "per_epoch\": 0")).unwrap();
    refused(&["start"], "epochs.params.blocks_per_epoch");
    fs::write(&genesis, text).unwrap();

    let vrf = home.path.join("config/vrf_key.json");
    fs::set_permissions(&vrf, fs::Permissions::from_mode(0o644)).unwrap();
    refused(&["start"], "chmod 600");
    fs::write(&vrf, "{}").unwrap();
    fs::set_permissions(&vrf, fs::Permissions::from_mode(0o600)).unwrap();
    refused(&["start"], "is damaged");
    fs::remove_file(&vrf).unwrap();
    refused(&["start"], "slsbftd vrf new");
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
fn cometbft_knows_every_setting_that_init_writes_and_hears_of_all_it_needs() {
    let directory = tempfile::tempdir().unwrap();
    let init = std::process::Command::new(crate::support::cometbft())
        .args(["init", "--home"])
        .arg(directory.path())
        .output()
        .unwrap();
    assert!(init.status.success(), "{}", text(&init));
    let theirs = fs::read_to_string(directory.path().join("config/config.toml")).unwrap();
    let ours = slsbft_node::config::default_config_toml();
    let (theirs, ours) = (settings(&theirs), settings(&ours));
    let unknown: Vec<_> = ours.difference(&theirs).collect();
    assert!(unknown.is_empty(), "CometBFT knows none of {unknown:?}");
    // What only a mempool of the application's and libp2p look at.
    let unused = |key: &&String| {
        let app_mempool = ["seen_cache_size", "reap_", "check_tx_retry_delay"];
        key.starts_with("p2p.libp2p.")
            || app_mempool
                .iter()
                .any(|name| key.starts_with(&format!("mempool.{name}")))
    };
    let missing: Vec<_> = theirs.difference(&ours).filter(|key| !unused(key)).collect();
    assert!(missing.is_empty(), "init writes none of {missing:?}");
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_slsbftd"))
        .args(["config", "default", "config"])
        .stdout(writer)
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap()
        .wait_with_output()
        .unwrap();
    assert_eq!(text(&output), "");
    assert_eq!(output.status.code(), Some(1));
}

/// The keys of a TOML document, with their sections.
fn settings(text: &str) -> BTreeSet<String> {
    fn collect(prefix: &str, table: &toml::Table, keys: &mut BTreeSet<String>) {
        for (key, value) in table {
            match value {
                toml::Value::Table(inner) => collect(&format!("{prefix}{key}."), inner, keys),
                _ => drop(keys.insert(format!("{prefix}{key}"))),
            }
        }
    }
    let mut keys = BTreeSet::new();
    collect("", &text.parse().unwrap(), &mut keys);
    keys
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
    let signed = home.path.join("data/priv_validator_state.json");
    fs::rename(&signed, signed.with_extension("away")).unwrap();
    let refused = home.try_run(&["config", "check"]);
    assert!(text(&refused).contains("signed last"), "{}", text(&refused));
    assert!(home.run(&["version"]).contains("v0.39.4"));
}
