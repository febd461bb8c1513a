//! What the fuzzer begins with: published contracts for the pass; for each host a message per function, with arguments that a
//! contract would give.

use std::fs;
use std::path::{Path, PathBuf};

use crate::obedient::{BUS_MESSAGE, COSMWASM_MESSAGE, Function, bus_functions, cosmwasm_functions};

/// Where the bytes begin that arguments point at, from the message's beginning.
const DATA: u32 = 256;

/// The most bytes of a published contract.
const LARGE: usize = 100_000;

/// Bytes for an argument.
const LENGTH: u32 = 32;

/// Fills the folder that `SEEDS` names, if it is given.
pub fn write(target: &str) {
    let Some(folder) = std::env::var_os("SEEDS").map(PathBuf::from) else {
        return;
    };
    match target {
        "pass" => published(&folder),
        "bus" => messages(&folder, &bus_functions(), BUS_MESSAGE, false),
        "cosmwasm" => messages(&folder, &cosmwasm_functions(), COSMWASM_MESSAGE, true),
        _ => put(&folder, "choices", &[1; 600]),
    }
}

fn published(folder: &Path) {
    let published = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata");
    for file in fs::read_dir(published).unwrap() {
        let file = file.unwrap().path();
        let bytes = fs::read(&file).unwrap();
        if bytes.starts_with(b"\0asm") && bytes.len() < LARGE {
            put(folder, file.file_name().unwrap().to_str().unwrap(), &bytes);
        }
    }
}

fn messages(folder: &Path, functions: &[Function], base: u32, regions: bool) {
    for which in 0..functions.len() {
        for kind in 0..4_u8 {
            let message = message(functions, which, base, regions);
            put(
                folder,
                &format!("{which}-{kind}"),
                &[&[kind][..], &message].concat(),
            );
        }
    }
}

/// A step, and behind it what its arguments point at: bytes, or regions of them.
fn message(functions: &[Function], which: usize, base: u32, regions: bool) -> Vec<u8> {
    let mut message = vec![which as u8];
    let mut at = 0;
    while message.len() < functions[which].step() {
        let address = base + DATA + if regions { 12 * at } else { 64 * (at / 2) };
        let argument = if regions || at % 2 == 0 { address } else { LENGTH };
        message.extend(argument.to_le_bytes());
        at += 1;
    }
    message.truncate(functions[which].step());
    message.resize(DATA as usize, u8::MAX);
    if regions {
        for at in 0..8 {
            message.extend(
                [base + 2 * DATA + 64 * at, 64, LENGTH]
                    .map(u32::to_le_bytes)
                    .as_flattened(),
            );
        }
    }
    message.resize(2 * DATA as usize, 1);
    for text in [
        "there",
        "addr:here",
        "5uankr",
        r#"{"ok":{"messages":[],"attributes":[],"events":[]}}"#,
    ] {
        let begun = message.len();
        message.extend(text.as_bytes());
        message.resize(begun + 64, 0);
    }
    message
}

fn put(folder: &Path, name: &str, bytes: &[u8]) {
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join(name), bytes).unwrap();
}
