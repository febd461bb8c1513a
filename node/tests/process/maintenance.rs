//! What is done to a home between two runs of its node.

use std::fs;

use crate::support::{TestHome, cometbft, text};

/// Runs a node until it is above `height`, and stops it.
fn run_above(home: &TestHome, height: u64) -> u64 {
    let node = home.start();
    let height = home.wait_above(height);
    node.stop();
    height
}

fn number(text: &str) -> u64 {
    let digits = text
        .split(|c: char| !c.is_ascii_digit())
        .find(|part| !part.is_empty());
    digits
        .and_then(|digits| digits.parse().ok())
        .unwrap_or_else(|| panic!("no number in {text}"))
}

#[test]
fn a_rolled_back_block_is_run_again() {
    let home = TestHome::new();
    let height = run_above(&home, 3);
    let cometbft = cometbft();
    let said = home.run(&["rollback", "--cometbft", cometbft.to_str().unwrap()]);
    let rolled_back = number(&said);
    assert!(rolled_back >= height - 1, "{said}");
    run_above(&home, rolled_back + 2);
}

#[test]
fn a_backup_is_restored_into_another_home_without_its_keys() {
    let home = TestHome::new();
    run_above(&home, 3);
    let backup = home.path.with_file_name("backup");
    let backup = backup.to_str().unwrap();
    let saved = number(&home.run(&["backup", backup]));
    let later = run_above(&home, saved + 3);
    for key in ["priv_validator_key", "node_key", "vrf_key"] {
        assert!(
            !fs::exists(format!("{backup}/config/{key}.json")).unwrap(),
            "{key}"
        );
    }

    let refused = home.try_run(&["restore", backup]);
    assert!(text(&refused).contains("--replace"), "{}", text(&refused));
    let refused = home.try_run(&["backup", backup]);
    assert!(text(&refused).contains("new folder"), "{}", text(&refused));

    let (part, away) = (format!("{backup}/state.db"), format!("{backup}/away"));
    fs::rename(&part, &away).unwrap();
    let refused = home.try_run(&["restore", backup, "--replace"]);
    assert!(text(&refused).contains("not whole"), "{}", text(&refused));
    fs::rename(&away, &part).unwrap();

    let signed = home.path.join("data/priv_validator_state.json");
    let before = fs::read_to_string(&signed).unwrap();
    assert_eq!(number(&home.run(&["restore", backup, "--replace"])), saved);
    assert_eq!(
        fs::read_to_string(&signed).unwrap(),
        before,
        "what was signed went back in time"
    );
    assert!(later > saved);

    let another = TestHome::new();
    let refused = another.try_run(&["restore", "/nonexistent"]);
    assert!(text(&refused).contains("no backup"), "{}", text(&refused));
    another.run(&["restore", backup]);
    fs::copy(
        home.path.join("config/genesis.json"),
        another.path.join("config/genesis.json"),
    )
    .unwrap();
    // Its key is no validator's, so it shows the restored blocks and makes none.
    let node = another.start();
    assert_eq!(another.wait_above(saved - 1), saved);
    node.stop();
}

#[test]
fn an_exported_genesis_starts_a_new_chain_where_the_old_one_was() {
    let home = TestHome::new();
    let height = run_above(&home, 3);
    let sound = home.run(&["check"]);
    assert!(sound.contains(&format!("block {height} is sound")), "{sound}");
    let kept = home.path.with_file_name("kept.json");
    home.run(&["export", "--height", "2", "--output", kept.to_str().unwrap()]);
    let earlier: serde_json::Value = serde_json::from_str(&fs::read_to_string(&kept).unwrap()).unwrap();
    assert_eq!(earlier["initial_height"], "3");
    let to_come = home.try_run(&["export", "--height", "1000000"]);
    assert!(text(&to_come).contains("not kept"), "{}", text(&to_come));

    let genesis = home.path.with_file_name("genesis.json");
    home.run(&[
        "export",
        "--chain-id",
        "slsbft-next-1",
        "--output",
        genesis.to_str().unwrap(),
    ]);
    let document: serde_json::Value = serde_json::from_str(&fs::read_to_string(&genesis).unwrap()).unwrap();
    assert_eq!(document["chain_id"], "slsbft-next-1");
    let initial: u64 = document["initial_height"].as_str().unwrap().parse().unwrap();
    assert!(initial > height);

    let next = TestHome::new();
    for key in ["config/priv_validator_key.json", "config/vrf_key.json"] {
        fs::copy(home.path.join(key), next.path.join(key)).unwrap();
    }
    fs::copy(genesis, next.path.join("config/genesis.json")).unwrap();
    assert!(run_above(&next, initial + 1) > initial);
}

#[test]
fn a_home_in_use_is_not_worked_on() {
    let home = TestHome::new();
    let empty = home.try_run(&["export"]);
    assert!(text(&empty).contains("no block yet"), "{}", text(&empty));
    let node = home.start();
    home.wait_above(1);
    for command in [&["rollback"][..], &["backup", "/tmp/never"], &["export"]] {
        let refused = home.try_run(command);
        assert!(
            text(&refused).contains("in use by process"),
            "{command:?}: {}",
            text(&refused)
        );
    }
    node.stop();
}
