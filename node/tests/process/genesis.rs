//! From several homes to one genesis.

use std::{fs, path::PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{slsbftd, text};

/// A home that somebody makes for a new chain.
struct Founder {
    _directory: TempDir,
    home: String,
}

impl Founder {
    fn new(name: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let home = directory.path().join(name).to_str().unwrap().to_owned();
        let founder = Self {
            _directory: directory,
            home,
        };
        founder.run(&["init", "--moniker", name]);
        founder.run(&["keys", "add", "me"]);
        founder
    }

    fn try_run(&self, arguments: &[&str]) -> std::process::Output {
        let more = ["--home", &self.home, "--keyring-backend", "test"];
        let keyring = ["keys", "genesis", "tx", "query", "vrf"].contains(&arguments[0]);
        slsbftd(&[arguments, &more[..if keyring { 4 } else { 2 }]].concat())
    }

    fn run(&self, arguments: &[&str]) -> String {
        let output = self.try_run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", text(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    fn refused(&self, arguments: &[&str], advice: &str) {
        let output = self.try_run(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(text(&output).contains(advice), "{arguments:?}: {}", text(&output));
    }

    fn address(&self) -> String {
        self.run(&["keys", "show", "me", "--address"]).trim().to_owned()
    }

    fn gentx(&self) -> PathBuf {
        let folder = fs::read_dir(format!("{}/config/gentx", self.home)).unwrap();
        let files: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
        let [file] = files.as_slice() else {
            panic!("one file, not {files:?}")
        };
        file.clone()
    }

    fn genesis(&self) -> Value {
        let text = fs::read_to_string(format!("{}/config/genesis.json", self.home)).unwrap();
        serde_json::from_str(&text).unwrap()
    }
}

/// Two founders with one document that has both accounts, and each one's file.
fn two() -> ([Founder; 2], [String; 2]) {
    let founders = ["alice", "bob"].map(Founder::new);
    let [alice, bob] = &founders;
    for founder in &founders {
        alice.run(&["genesis", "add-account", &founder.address(), "1000000ankr"]);
    }
    let document = format!("{}/config/genesis.json", alice.home);
    fs::copy(document, format!("{}/config/genesis.json", bob.home)).unwrap();
    for (founder, peer) in founders.iter().zip(["10.0.0.1:26656", "bob.example.org:26656"]) {
        founder.run(&["genesis", "gentx", "me", "500000ankr", "--p2p-address", peer]);
    }
    let files = [alice, bob].map(|founder| founder.gentx().to_str().unwrap().to_owned());
    (founders, files)
}

#[test]
fn everybody_who_collects_the_same_files_gets_the_same_genesis() {
    let ([alice, bob], [first, second]) = two();
    let printed = alice.run(&["genesis", "collect", &first, &second]);
    assert!(printed.contains("candidates: 2"), "{printed}");
    assert!(
        printed.contains("persistent_peers") && printed.contains("@bob.example.org:26656"),
        "{printed}"
    );
    assert!(
        !printed.contains("@10.0.0.1"),
        "a node need not dial itself: {printed}"
    );
    bob.run(&["genesis", "collect", &second]);
    bob.run(&["genesis", "collect", &first]);
    assert_eq!(alice.genesis(), bob.genesis());
    assert_eq!(alice.genesis().get("validators"), None);
    let txs = &alice.genesis()["app_state"]["genutil"]["gen_txs"];
    assert_eq!(txs.as_array().unwrap().len(), 2);
    let said = bob.run(&["genesis", "validate"]);
    assert!(said.contains("2 genesis transactions"), "{said}");
    bob.run(&["genesis", "collect", "--replace"]);
    assert_ne!(alice.genesis(), bob.genesis());
}

#[test]
fn a_genesis_transaction_is_a_whole_file_with_name_and_operator() {
    let ([alice, _], [file, _]) = two();
    let document: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(document["moniker"], "alice");
    let operator = alice.run(&["keys", "show", "me", "--address", "--bech", "val"]);
    assert_eq!(document["operator"], operator.trim());
    assert!(file.contains("/gentx-"), "{file}");
    alice.refused(&["genesis", "gentx", "me", "500000ankr"], "remove it");
}

#[test]
fn what_was_changed_or_made_for_another_chain_is_not_collected() {
    let ([alice, _], [file, _]) = two();
    let good: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    let edited = |field: &str, value: &str| {
        let mut document = good.clone();
        document[field] = value.into();
        fs::write(&file, document.to_string()).unwrap();
    };
    let before = alice.genesis();
    edited("moniker", "mallory");
    alice.refused(&["genesis", "collect"], "it names mallory");
    let tx = good["tx"].as_str().unwrap();
    // The last signature byte: base64 of another.
    let end = if tx.ends_with("AA==") { "AQ==" } else { "AA==" };
    edited("tx", &format!("{}{end}", &tx[..tx.len() - 4]));
    alice.refused(&["genesis", "collect"], &file);
    edited("tx", tx);
    let path = format!("{}/config/genesis.json", alice.home);
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("slsbft-local-1", "slsbft-local-2")).unwrap();
    alice.refused(&["genesis", "collect"], "another chain");
    fs::write(&path, text).unwrap();
    assert_eq!(alice.genesis(), before, "a refused file changed the document");
    alice.run(&["genesis", "collect"]);
}

#[test]
fn who_cannot_stake_or_shares_a_key_is_told_so() {
    let alice = Founder::new("alice");
    alice.refused(&["genesis", "gentx", "me", "1ankr"], "add-account");
    alice.refused(&["genesis", "collect"], "genesis gentx");
    alice.run(&["genesis", "add-account", "me", "1000000ankr"]);
    alice.refused(&["genesis", "gentx", "me", "1100000ankr"], "cannot stake");
    alice.refused(
        &["genesis", "gentx", "me", "99999ankr"],
        "at least 100000000000uankr",
    );
    alice.refused(
        &["genesis", "gentx", "me", "500000ankr", "--commission-rate", "30%"],
        "at most",
    );
    alice.refused(
        &[
            "genesis",
            "gentx",
            "me",
            "500000ankr",
            "--min-self-delegation",
            "600000ankr",
        ],
        "you stake less",
    );
    alice.run(&["genesis", "gentx", "me", "500000ankr"]);
    let second = format!("{}/second.json", alice.home);
    alice.run(&["genesis", "gentx", "me", "600000ankr", "--output", &second]);
    let first = alice.gentx();
    alice.refused(
        &["genesis", "collect", first.to_str().unwrap(), &second],
        "the operator of alice and alice",
    );
    alice.refused(&["start"], "has no candidate");
}

#[test]
fn an_operators_wallet_need_not_be_on_the_node() {
    let (node, wallet) = (Founder::new("node"), Founder::new("wallet"));
    let operator = wallet.address();
    let proof = node.run(&["vrf", "prove", &operator]);
    let key: Value = serde_json::from_str(
        &fs::read_to_string(format!("{}/config/priv_validator_key.json", node.home)).unwrap(),
    )
    .unwrap();
    let consensus_key = key["pub_key"]["value"].as_str().unwrap();
    wallet.run(&["genesis", "add-account", "me", "1000000ankr"]);
    let gentx = [
        "genesis",
        "gentx",
        "me",
        "500000ankr",
        "--consensus-key",
        consensus_key,
        "--vrf-proof",
    ];
    wallet.run(&[&gentx[..], &[proof.trim()]].concat());
    wallet.run(&["genesis", "collect"]);
    let another = node.run(&["vrf", "prove", &node.address()]);
    let output = ["--output", "/nonexistent/x.json"];
    wallet.refused(
        &[&gentx[..], &[another.trim()], &output].concat(),
        "slsbftd vrf prove",
    );
}
