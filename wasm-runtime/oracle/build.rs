//! Tells the tests where the contracts are that `cosmwasm-vm` brings along.

use std::env;
use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=Cargo.lock");
    let target = env::var("TARGET").expect("cargo sets it");
    let cargo = env::var("CARGO").expect("cargo sets it");
    let output = Command::new(cargo)
        .args([
            "metadata",
            "--format-version=1",
            "--offline",
            "--locked",
            "--filter-platform",
            &target,
        ])
        .output()
        .expect("cargo runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("cargo writes JSON");
    let packages = metadata["packages"].as_array().expect("there are packages");
    let manifest = packages
        .iter()
        .find(|package| package["name"] == "cosmwasm-vm")
        .and_then(|package| package["manifest_path"].as_str())
        .expect("it is a dependency");
    let contracts = Path::new(manifest).with_file_name("testdata");
    println!("cargo::rustc-env=COSMWASM_VM_CONTRACTS={}", contracts.display());
}
