//! Contracts from their sources, with the compilers that the SDKs are for.
#![allow(
    clippy::disallowed_types,
    reason = "contracts are compiled by other processes"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the SDKs are.
pub fn sdk() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sdk")
}

/// Room for what compilers write.
pub fn scratch() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
}

/// Runs a compiler, which must succeed.
fn run(command: &mut Command) {
    let done = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{command:?}: {said}");
}

/// The first of these names that is a clang.
fn clang() -> &'static str {
    let names = ["clang", "clang-14", "clang-16", "clang-19"];
    let is_there = |name: &&&str| Command::new(name).arg("--version").output().is_ok();
    let name = names.iter().find(is_there);
    name.expect("install clang and lld: contracts in C are compiled with them (scripts/setup.sh clients)")
}

/// Compiles C as the header says.
pub fn c(source: &Path, name: &str) -> Vec<u8> {
    let out = scratch().join(name);
    let mut command = Command::new(clang());
    command
        .args(["--target=wasm32", "-O2", "-Wall", "-Wextra", "-Werror"])
        .args([
            "-ffreestanding",
            "-nostdlib",
            "-Wl,--no-entry,--stack-first,--strip-all",
        ])
        .arg("-I")
        .arg(sdk().join("c"))
        .arg("-o")
        .arg(&out)
        .arg(source);
    run(&mut command);
    fs::read(out).unwrap()
}

/// Compiles a package in Rust as the template's README says; `name` is its library's.
pub fn rust(package: &Path, name: &str) -> Vec<u8> {
    let target = scratch().join("rust");
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
        .current_dir(package));
    fs::read(target.join(format!("wasm32-unknown-unknown/release/{name}.wasm"))).unwrap()
}

/// Compiles a project in C as the template's README says.
pub fn make(project: &Path, name: &str) -> Vec<u8> {
    run(Command::new("make")
        .arg(format!("CC={}", clang()))
        .current_dir(project));
    fs::read(project.join(format!("{name}.wasm"))).unwrap()
}

/// A project of a template, with the SDK beside it.
pub fn project(language: &str, name: &str) -> PathBuf {
    let folder = scratch().join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    copy(&sdk().join("templates").join(language), &folder, &|text| {
        text.replace("{{name}}", name)
    });
    copy(&sdk().join(language), &folder.join("sdk"), &|text| text);
    folder
}

fn copy(from: &Path, to: &Path, change: &dyn Fn(String) -> String) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = to.join(path.file_name().unwrap());
        match path.is_dir() {
            // What a compiler left there.
            true if ["target", "examples", "tests", "node_modules"]
                .iter()
                .any(|name| path.ends_with(name)) => {}
            true => copy(&path, &to, change),
            false => fs::write(to, change(fs::read_to_string(path).unwrap())).unwrap(),
        }
    }
}
