//! The keys that move the beacon, as their operator sees them.

use std::{fs, os::unix::fs::PermissionsExt};

use crate::support::{TestHome, text};

fn keys(home: &TestHome) -> Vec<String> {
    let printed = home.run(&["vrf", "show", "--output", "json"]);
    let shown: serde_json::Value = serde_json::from_str(&printed).unwrap();
    let keys = shown["vrf_keys"].as_array().unwrap();
    keys.iter().map(|key| key.as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_new_key_goes_before_the_old_one_until_that_is_forgotten() {
    let home = TestHome::new();
    let [old] = keys(&home).try_into().unwrap();
    let new = home.run(&["vrf", "new"]);
    let new = new.lines().next().unwrap().to_owned();
    assert_eq!(keys(&home), [new.clone(), old.clone()]);
    home.run(&["vrf", "forget", &old]);
    assert_eq!(keys(&home).len(), 1);
    for (key, told) in [(&old, "vrf show"), (&new, "vrf new")] {
        let refused = text(&home.try_run(&["vrf", "forget", key]));
        assert!(refused.contains(told), "{refused}");
    }
    assert_eq!(keys(&home), [new]);
}

#[test]
fn a_lost_file_is_made_anew_only_when_asked_for() {
    let home = TestHome::new();
    let path = home.path.join("config/vrf_key.json");
    let [old] = keys(&home).try_into().unwrap();
    fs::remove_file(&path).unwrap();
    let refused = text(&home.try_run(&["vrf", "show"]));
    assert!(refused.contains("backup"), "{refused}");
    let again = home.try_run(&["init"]);
    assert!(text(&again).contains("never overwritten"), "{}", text(&again));
    assert!(!path.exists());
    home.run(&["vrf", "new"]);
    assert_ne!(keys(&home), [old]);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn keys_are_shown_without_their_secrets() {
    let home = TestHome::new();
    let file = fs::read_to_string(home.path.join("config/vrf_key.json")).unwrap();
    let document: serde_json::Value = serde_json::from_str(&file).unwrap();
    let secret = document["keys"][0]["secret"].as_str().unwrap();
    let shown = home.run(&["vrf", "show"]);
    assert!(
        shown.contains(document["keys"][0]["vrf_key"].as_str().unwrap()),
        "{shown}"
    );
    assert!(!shown.contains(secret));
}
