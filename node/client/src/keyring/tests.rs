//! What the keyring promises; with a cheap key derivation, except where the
//! real one is the point.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::keys::KeyKind;

const PASSWORD: &str = "correct horse";
const CHAIN: &str = "slsbft-1";
const CHEAP: Cost = Cost {
    memory_kib: 64,
    passes: 1,
    lanes: 1,
};

fn keyring(backend: Backend) -> (TempDir, Keyring) {
    let home = TempDir::new().unwrap();
    let keyring = Keyring {
        cost: CHEAP,
        ..Keyring::open(home.path(), backend)
    };
    (home, keyring)
}

fn key_path(keyring: &Keyring, name: &str) -> PathBuf {
    keyring.dir().join(format!("{name}.key"))
}

#[test]
fn a_sealed_key_comes_back_with_its_password_only() {
    let (home, _) = keyring(Backend::File);
    // At the real cost.
    let keyring = Keyring::open(home.path(), Backend::File);
    for kind in [KeyKind::Secp256k1, KeyKind::Ed25519] {
        let key = SigningKey::generate(kind);
        let info = keyring.add(kind.as_str(), &key, Some(PASSWORD)).unwrap();
        assert_eq!((info.public_key, info.address), (key.public_key(), key.address()));
        let again = keyring.unlock(kind.as_str(), Some(PASSWORD), CHAIN).unwrap();
        assert_eq!(again.secret_bytes(), key.secret_bytes());
        let wrong = keyring.unlock(kind.as_str(), Some("correct horsf"), CHAIN);
        assert!(matches!(wrong, Err(KeyringError::WrongPassword)));
        let none = keyring.unlock(kind.as_str(), None, CHAIN);
        assert!(matches!(none, Err(KeyringError::PasswordNeeded)));
        let stored = fs::read(key_path(&keyring, kind.as_str())).unwrap();
        let text = String::from_utf8(stored).unwrap();
        use base64::{Engine, prelude::BASE64_STANDARD};
        assert!(!text.contains(&BASE64_STANDARD.encode(key.secret_bytes().as_ref())));
    }
}

#[test]
fn files_are_for_the_owner_alone_and_refused_otherwise_with_the_command_that_helps() {
    let (_home, keyring) = keyring(Backend::File);
    keyring
        .add("alice", &SigningKey::generate(KeyKind::Secp256k1), Some(PASSWORD))
        .unwrap();
    let path = key_path(&keyring, "alice");
    let mode = |path: &PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(&keyring.dir().to_owned())), (0o600, 0o700));

    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let error = keyring
        .unlock("alice", Some(PASSWORD), CHAIN)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains(&format!("chmod 600 {}", path.display())),
        "{error}"
    );
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();

    fs::set_permissions(keyring.dir(), fs::Permissions::from_mode(0o755)).unwrap();
    let error = keyring.find("alice").unwrap_err().to_string();
    assert!(
        error.contains(&format!("chmod 700 {}", keyring.dir().display())),
        "{error}"
    );
}

#[test]
fn the_test_keyring_signs_for_test_chains_only() {
    let (_home, keyring) = keyring(Backend::Test);
    keyring
        .add("alice", &SigningKey::generate(KeyKind::Secp256k1), None)
        .unwrap();
    for chain in ["slsbft-local-1", "slsbft-testnet-3", "slsbft-testnet2-1", "dev-1"] {
        keyring.unlock("alice", None, chain).unwrap();
    }
    for chain in [
        "slsbft-1",
        "",
        "latest-1",
        "slsbft-contest-1",
        "slsbft-attestation",
    ] {
        let refused = keyring.unlock("alice", None, chain);
        assert!(matches!(refused, Err(KeyringError::NotATestChain(_))), "{chain}");
    }
}

#[test]
fn names_are_unique_and_never_lead_out_of_the_folder() {
    let (_home, keyring) = keyring(Backend::Test);
    let key = SigningKey::generate(KeyKind::Secp256k1);
    let address = key.address().to_string();
    for name in [
        "",
        ".",
        "..",
        "../x",
        "a/b",
        ".hidden",
        "-x",
        "a b",
        "ä",
        &"a".repeat(65),
        &address,
    ] {
        assert!(
            matches!(keyring.add(name, &key, None), Err(KeyringError::Name(_))),
            "{name}"
        );
    }
    keyring.add("alice", &key, None).unwrap();
    let other = SigningKey::generate(KeyKind::Secp256k1);
    assert!(matches!(
        keyring.add("alice", &other, None),
        Err(KeyringError::Exists(_))
    ));
    assert_eq!(
        keyring.find("alice").unwrap().address,
        key.address(),
        "the first one stays"
    );
}

#[test]
fn keys_are_listed_found_renamed_and_deleted() {
    let (_home, keyring) = keyring(Backend::Test);
    assert_eq!(keyring.list().unwrap(), []);
    assert!(matches!(keyring.find("alice"), Err(KeyringError::NoKey { .. })));
    let keys: Vec<SigningKey> = (0..3).map(|_| SigningKey::generate(KeyKind::Secp256k1)).collect();
    for (name, key) in ["carol", "alice", "bob"].iter().zip(&keys) {
        keyring.add(name, key, None).unwrap();
    }
    let names = |keyring: &Keyring| {
        keyring
            .list()
            .unwrap()
            .into_iter()
            .map(|key| key.name)
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&keyring), ["alice", "bob", "carol"]);
    assert_eq!(
        keyring.find(&keys[0].address().to_string()).unwrap().name,
        "carol"
    );
    assert!(matches!(
        keyring.rename("alice", "bob"),
        Err(KeyringError::Exists(_))
    ));
    assert_eq!(
        keyring.rename("alice", "dave").unwrap().address,
        keys[1].address()
    );
    keyring.delete("bob").unwrap();
    assert!(matches!(keyring.delete("bob"), Err(KeyringError::NoKey { .. })));
    assert_eq!(names(&keyring), ["carol", "dave"]);
    let left = fs::read_dir(keyring.dir()).unwrap().count();
    assert_eq!(left, 2, "no staging files stay behind");
}

#[test]
fn an_exported_key_moves_between_keyrings_under_its_own_password() {
    let (_a, from) = keyring(Backend::File);
    let (_b, to) = keyring(Backend::File);
    let key = SigningKey::generate(KeyKind::Ed25519);
    from.add("alice", &key, Some(PASSWORD)).unwrap();
    let text = from.export("alice", Some(PASSWORD), "for the mail").unwrap();
    assert!(text.lines().all(|line| line.len() <= 64));
    assert!(matches!(
        Keyring::read_export(&text, PASSWORD),
        Err(KeyringError::WrongPassword)
    ));
    let quoted = format!("Here it is:\r\n{}\r\nBye", text.replace('\n', "\r\n"));
    let imported = Keyring::read_export(&quoted, "for the mail").unwrap();
    to.add("alice", &imported, Some("another one")).unwrap();
    assert_eq!(
        to.unlock("alice", Some("another one"), CHAIN).unwrap().address(),
        key.address()
    );
    assert!(matches!(
        from.export("alice", Some(PASSWORD), "short"),
        Err(KeyringError::ShortPassword(5))
    ));
    let secret = from.export_secret("alice", Some(PASSWORD)).unwrap();
    assert_eq!(secret, key.secret_bytes());
}

#[test]
fn exchanging_the_public_key_or_the_cost_of_a_sealed_key_is_noticed() {
    let (_home, keyring) = keyring(Backend::File);
    for name in ["alice", "mallory"] {
        keyring
            .add(name, &SigningKey::generate(KeyKind::Secp256k1), Some(PASSWORD))
            .unwrap();
    }
    let read = |name| {
        let text = fs::read(key_path(&keyring, name)).unwrap();
        serde_json::from_slice::<serde_json::Value>(&text).unwrap()
    };
    let (alice, mallory) = (read("alice"), read("mallory"));
    let write =
        |value: &serde_json::Value| fs::write(key_path(&keyring, "alice"), value.to_string()).unwrap();

    let mut swapped = alice.clone();
    swapped["public_key"] = mallory["public_key"].clone();
    write(&swapped);
    assert!(matches!(
        keyring.unlock("alice", Some(PASSWORD), CHAIN),
        Err(KeyringError::WrongPassword)
    ));

    let mut greedy = alice.clone();
    greedy["secret"]["sealed"]["argon2id"]["memory_kib"] = u32::MAX.into();
    write(&greedy);
    assert!(matches!(
        keyring.unlock("alice", Some(PASSWORD), CHAIN),
        Err(KeyringError::Seal(_))
    ));

    let mut newer = alice;
    newer["version"] = 2.into();
    write(&newer);
    assert!(matches!(keyring.find("alice"), Err(KeyringError::Corrupt { .. })));
}

proptest! {
    #[test]
    fn damaged_key_files_and_exports_are_errors_and_never_panic(
        at in any::<prop::sample::Index>(), bit in 0..8u32, cut in any::<prop::sample::Index>()
    ) {
        let key = SigningKey::from_secret(KeyKind::Secp256k1, &[5; 32]).unwrap();
        let sealed = Record::sealed(&key, PASSWORD, CHEAP).unwrap();
        let json = sealed.to_json().unwrap();
        let mut damaged = json.to_vec();
        let position = at.index(damaged.len());
        damaged[position] ^= 1 << bit;
        if let Ok(record) = Record::from_json(&damaged) {
            // What still reads either opens to the same key or not at all.
            if let Ok(opened) = record.open(Some(PASSWORD)) {
                prop_assert_eq!(opened.address(), key.address());
            }
        }
        prop_assert!(Record::from_json(&json[..cut.index(json.len())]).is_err());
        let text = armor::write(&sealed).unwrap();
        let shorter = text.get(..cut.index(text.len() - 2)).unwrap_or_default();
        prop_assert!(Keyring::read_export(shorter, PASSWORD).is_err());
    }

    #[test]
    fn random_bytes_are_no_key(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(Record::from_json(&bytes).is_err());
        let text = format!("{}\n{}", armor::BEGIN, String::from_utf8_lossy(&bytes));
        prop_assert!(Keyring::read_export(&text, PASSWORD).is_err());
    }
}
