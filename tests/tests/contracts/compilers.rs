//! Example contracts, compiled from source.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

fn sdk() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../wasm-runtime/sdk")
}

fn run(command: &mut Command) {
    let done = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{command:?}: {said}");
}

/// An example of the SDK for C.
pub fn c(example: &str) -> Vec<u8> {
    let names = ["clang", "clang-14", "clang-16", "clang-19"];
    let clang = names
        .iter()
        .find(|name| Command::new(name).arg("--version").output().is_ok());
    let clang = clang.expect("install clang and lld: contracts in C are compiled with them");
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{example}.wasm"));
    run(Command::new(clang)
        .args(["--target=wasm32", "-O2", "-ffreestanding", "-nostdlib"])
        .args(["-Wl,--no-entry,--stack-first,--strip-all", "-I"])
        .arg(sdk().join("c"))
        .arg("-o")
        .arg(&out)
        .arg(sdk().join(format!("c/examples/{example}.c"))));
    fs::read(out).unwrap()
}

/// An example of the SDK for Rust.
pub fn rust(example: &str) -> Vec<u8> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("rust");
    run(Command::new(env!("CARGO"))
        .args([
            "build",
            "--release",
            "--target",
            "wasm32-unknown-unknown",
            "--target-dir",
        ])
        .arg(&target)
        // What the tests themselves are compiled with is not for contracts.
        .env_remove("RUSTFLAGS")
        .current_dir(sdk().join("rust/examples").join(example)));
    fs::read(target.join(format!("wasm32-unknown-unknown/release/{example}.wasm"))).unwrap()
}
