//! Contracts before they are on a chain: checked, tried, and profiled.

use std::{fs, path::Path};

use crate::support::{TestHome, slsbftd, text};

fn published(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wasm-runtime/testdata");
    folder.join(format!("{name}.wasm")).to_str().unwrap().to_owned()
}

fn init_token() -> String {
    // The sandbox's alice.
    let alice = slsbft_node::sandbox::address("alice").unwrap();
    format!(
        r#"{{"name":"Token","symbol":"TKN","decimals":6,"initial_balances":[{{"address":"{alice}","amount":"100"}}]}}"#
    )
}

#[test]
fn a_module_is_accepted_with_what_there_is_to_know_or_refused_with_the_reason() {
    let good = slsbftd(&["wasm", "check", &published("hackatom")]);
    assert!(good.status.success(), "{}", text(&good));
    for word in ["CosmWasm", "instantiate, execute, query, migrate", "accepted"] {
        assert!(text(&good).contains(word), "no '{word}' in {}", text(&good));
    }
    let folder = tempfile::tempdir().unwrap();
    let bad = folder.path().join("bad.wasm");
    let module = br#"(module $m (func $dances (drop (f32x4.splat (f32.const 1)))))"#;
    fs::write(&bad, wat::parse_bytes(module).unwrap()).unwrap();
    let refused = slsbftd(&["wasm", "check", bad.to_str().unwrap(), &published("hackatom")]);
    assert_eq!(refused.status.code(), Some(1));
    for word in ["refused", "dances", "f32x4", "accepted"] {
        assert!(text(&refused).contains(word), "no '{word}' in {}", text(&refused));
    }
    let named = slsbftd(&["wasm", "check", bad.to_str().unwrap(), "--function", "0"]);
    assert!(text(&named).contains("function 0  dances"), "{}", text(&named));
}

#[test]
fn a_trial_does_what_the_chain_would_do_and_says_where_the_gas_went() {
    let folder = tempfile::tempdir().unwrap();
    let graph = folder.path().join("gas.svg");
    let [alice, bob] = ["alice", "bob"].map(|name| slsbft_node::sandbox::address(name).unwrap());
    let transfer = format!(r#"{{"transfer":{{"recipient":"{bob}","amount":"30"}}}}"#);
    let balance = format!(r#"{{"balance":{{"address":"{alice}"}}}}"#);
    let trial = |profile: &[&str]| {
        let (file, init) = (published("cw20_base"), init_token());
        let steps = [
            "instantiate",
            &init,
            "execute",
            &transfer,
            "execute@bob",
            &transfer,
            "query",
            &balance,
            "execute@carol",
            &transfer,
            "blocks",
            "2",
        ];
        let output = slsbftd(&[&["wasm", "run"] as &[&str], profile, &[&file], &steps].concat());
        assert!(output.status.success(), "{}", text(&output));
        text(&output)
    };
    let plain = trial(&[]);
    for word in [
        "contract ankr1",
        "action=transfer",
        r#"{"balance":"70"}"#,
        "failed, wasm 5: ",
        "Cannot Sub with",
        "height",
    ] {
        assert!(plain.contains(word), "no '{word}' in {plain}");
    }
    let profiled = trial(&["--profile", graph.to_str().unwrap()]);
    // Where gas goes is watched without changing how much it is.
    let gas = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| line.starts_with("  gas "));
        lines.map(str::to_owned).collect()
    };
    assert_eq!(gas(&profiled), gas(&plain));
    assert!(
        profiled.contains("host: db_read") && profiled.contains("execute"),
        "{profiled}"
    );
    let drawn = fs::read_to_string(&graph).unwrap();
    assert!(drawn.contains("<svg") && drawn.contains("host: db_write"));
}

#[test]
fn steps_that_make_no_sense_are_explained() {
    let file = published("cw20_base");
    for (steps, why) in [
        (&["execute", "{}"] as &[&str], "first step is instantiate"),
        (&["instantiate"], "its message"),
        (&["fly", "{}"], "is no step"),
        (&["instantiate@dave", "{}"], "no account 'dave'"),
    ] {
        let output = slsbftd(&[&["wasm", "run", &file] as &[&str], steps].concat());
        assert_eq!(output.status.code(), Some(1));
        assert!(text(&output).contains(why), "{}", text(&output));
    }
}

#[test]
fn a_genesis_document_with_code_that_no_node_takes_is_refused_with_its_place() {
    let home = TestHome::new();
    let path = home.path.join("config/genesis.json");
    let mut genesis: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let code = |bytes: &[u8]| {
        let creator = slsbft_node::sandbox::address("alice").unwrap().to_string();
        serde_json::json!({
            "code_id": 1, "creator": creator, "instantiate": { "permission": "Everybody" },
            "bytes": base64::Engine::encode(&base64::prelude::BASE64_STANDARD, bytes),
        })
    };
    genesis["app_state"]["contracts"]["last_code"] = 1.into();
    for (bytes, why) in [
        (fs::read(published("hackatom")).unwrap(), None),
        (wat::parse_str("(module)").unwrap(), Some("codes[0].bytes")),
    ] {
        genesis["app_state"]["contracts"]["codes"] = serde_json::json!([code(&bytes)]);
        fs::write(&path, genesis.to_string()).unwrap();
        let output = home.try_run(&["genesis", "validate"]);
        assert_eq!(output.status.success(), why.is_none(), "{}", text(&output));
        assert!(text(&output).contains(why.unwrap_or("ok")), "{}", text(&output));
    }
}
