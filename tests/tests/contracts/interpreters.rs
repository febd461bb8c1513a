//! The interpreters of scripts, each built once.
#![allow(
    clippy::disallowed_types,
    reason = "the interpreters are built by other processes"
)]

use std::{fs, path::Path, process::Command, sync::LazyLock};

pub static QUICKJS: LazyLock<Vec<u8>> = LazyLock::new(|| build("javascript"));
pub static MICROPYTHON: LazyLock<Vec<u8>> = LazyLock::new(|| build("python"));

/// Runs the `build.sh` of a folder of the SDK.
fn build(folder: &str) -> Vec<u8> {
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{folder}.wasm"));
    let sdk = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wasm-runtime/sdk");
    let built = Command::new(sdk.join(folder).join("build.sh"))
        .arg(&out)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&built.stderr);
    assert!(built.status.success(), "{said}");
    fs::read(out).unwrap()
}
