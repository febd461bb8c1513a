//! Contracts in AssemblyScript, compiled as their own `npm run build` does.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "contracts in AssemblyScript are compiled by another process"
)]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

fn sdk() -> PathBuf {
    // Also from the tests of the chain.
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../wasm-runtime/sdk")
}

/// Whether the compiler is there, as `package-lock.json` has it. The word that it is not goes past the test
/// runner, which keeps what tests print to itself.
fn installed() -> bool {
    let package = sdk().join("assemblyscript");
    let [wanted, found] =
        ["package-lock.json", "node_modules/.installed"].map(|file| fs::read(package.join(file)).ok());
    if wanted.is_some() && wanted == found {
        return true;
    }
    let missing = "AssemblyScript is not installed, or not as it is pinned: `make setup-clients` says why";
    assert!(std::env::var_os("CI").is_none(), "{missing}");
    let _ = writeln!(std::io::stderr(), "skipped: {missing}");
    false
}

/// Copies a project and gives it its name, as `slsbftd wasm new` does.
fn copy(from: &Path, to: &Path, name: &str) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if entry.file_name() == "node_modules" || entry.file_name() == "build" {
            continue;
        }
        if from.is_dir() {
            copy(&from, &to, name);
        } else {
            let text = fs::read_to_string(from).unwrap();
            fs::write(to, text.replace("{{name}}", name)).unwrap();
        }
    }
}

/// Builds a project, a folder below the SDK's; `None` if there is no compiler.
pub fn build(project: &str, name: &str) -> Option<Vec<u8>> {
    if !installed() {
        return None;
    }
    let package = sdk().join("assemblyscript").canonicalize().unwrap();
    // Tests run at the same time.
    let folder = format!("assemblyscript-{name}-{}", std::process::id());
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder);
    let _ = fs::remove_dir_all(&folder);
    copy(&sdk().join(project), &folder, name);
    fs::create_dir(folder.join("node_modules")).unwrap();
    std::os::unix::fs::symlink(&package, folder.join("node_modules/slsbft")).unwrap();
    let compiled = Command::new("node")
        .arg(package.join("node_modules/assemblyscript/bin/asc.js"))
        .args(["--config", "asconfig.json"])
        .current_dir(&folder)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&compiled.stderr);
    assert!(compiled.status.success(), "{said}");
    let wasm = fs::read(folder.join(format!("build/{name}.wasm"))).unwrap();
    fs::remove_dir_all(folder).unwrap();
    Some(wasm)
}
