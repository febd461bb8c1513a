//! The contracts that others published.

use std::fs;

/// Those of this repository, and those that the other VM brings along: name and code, each once.
pub fn all() -> Vec<(String, Vec<u8>)> {
    let ours = concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata");
    let mut contracts: Vec<(String, Vec<u8>)> = Vec::new();
    for folder in [ours, env!("COSMWASM_VM_CONTRACTS")] {
        let mut files: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|file| file.unwrap().path())
            .collect();
        files.retain(|file| file.extension().is_some_and(|extension| extension == "wasm"));
        files.sort();
        for file in files {
            let code = fs::read(&file).unwrap();
            if contracts.iter().all(|(_, known)| *known != code) {
                let name = file.file_stem().unwrap().to_string_lossy().into_owned();
                contracts.push((name, code));
            }
        }
    }
    contracts
}

/// One of this repository.
pub fn one(name: &str) -> Vec<u8> {
    let path = format!("{}/../testdata/{name}.wasm", env!("CARGO_MANIFEST_DIR"));
    fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}
