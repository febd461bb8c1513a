//! Projects for contracts, as `slsbftd wasm new` writes them.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use crate::support::text;

const LANGUAGES: [&str; 5] = ["rust", "c", "assemblyscript", "javascript", "python"];
/// Those whose contracts are scripts, and their interpreters.
const SCRIPTS: [(&str, &str); 2] = [("javascript", "quickjs.wasm"), ("python", "micropython.wasm")];

/// Begins a project in an empty folder, and says what `slsbftd` said.
fn begin(folder: &Path, name: &str, language: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_slsbftd"))
        .args(["wasm", "new", name, "--language", language])
        .current_dir(folder)
        .output()
        .unwrap()
}

/// The commands in the first block of its README, which are those without a network.
fn readme(project: &Path) -> String {
    let text = fs::read_to_string(project.join("README.md")).unwrap();
    let block = text.split("```sh\n").nth(1).unwrap();
    block.split("```").next().unwrap().to_owned()
}

/// Puts a script's interpreter where its README says it is.
fn interpreter(language: &str, project: &Path) {
    let Some((_, file)) = SCRIPTS.iter().find(|(script, _)| *script == language) else {
        return;
    };
    let sdk = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wasm-runtime/sdk");
    let built = Command::new("bash")
        .arg(sdk.join(language).join("build.sh"))
        .arg(project.join(file))
        .output()
        .unwrap();
    assert!(built.status.success(), "{}", text(&built));
}

#[test]
fn a_new_project_does_what_its_readme_says() {
    for language in LANGUAGES {
        let folder = tempfile::tempdir().unwrap();
        let begun = begin(folder.path(), "my-counter", language);
        assert!(begun.status.success(), "{}", text(&begun));
        let project = folder.path().join("my-counter");
        interpreter(language, &project);
        let bin = Path::new(env!("CARGO_BIN_EXE_slsbftd")).parent().unwrap();
        let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
        let done = Command::new("bash")
            .args(["-euc", &readme(&project)])
            .env("PATH", path)
            .env_remove("CARGO_TARGET_DIR")
            .current_dir(&project)
            .output()
            .unwrap();
        assert!(done.status.success(), "{language}: {}", text(&done));
        for word in ["event wasm-counted", r#"{"count":42}"#] {
            assert!(
                text(&done).contains(word),
                "{language}: no '{word}' in {}",
                text(&done)
            );
        }
    }
}

#[test]
fn a_project_is_not_begun_under_a_bad_name_or_over_another() {
    let folder = tempfile::tempdir().unwrap();
    for (name, language, why) in [
        ("../up", "c", "a name has"),
        ("Token", "c", "a name has"),
        ("1st", "c", "a name has"),
        ("token-", "c", "a name has"),
        (
            "token",
            "cobol",
            "there are templates in rust, c, assemblyscript, javascript, python",
        ),
    ] {
        let refused = begin(folder.path(), name, language);
        assert_eq!(refused.status.code(), Some(2), "{}", text(&refused));
        assert!(text(&refused).contains(why), "{}", text(&refused));
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    assert!(begin(folder.path(), "token", "c").status.success());
    fs::write(folder.path().join("token/contract.c"), "mine").unwrap();
    let again = begin(folder.path(), "token", "c");
    assert_eq!(again.status.code(), Some(1));
    assert!(text(&again).contains("is there already"), "{}", text(&again));
    assert_eq!(
        fs::read_to_string(folder.path().join("token/contract.c")).unwrap(),
        "mine"
    );
}

/// All files below a folder, but what a compiler or git put there.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true if ["target", "examples", "tests", "node_modules"]
                .iter()
                .any(|name| path.ends_with(name)) => {}
            true => files(&path, found),
            false => found.push(path),
        }
    }
}

#[test]
fn a_project_has_all_files_of_its_template_and_its_sdk() {
    let sdk = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wasm-runtime/sdk");
    for language in LANGUAGES {
        let folder = tempfile::tempdir().unwrap();
        assert!(begin(folder.path(), "name", language).status.success());
        let project = folder.path().join("name");
        let template = (sdk.join("templates").join(language), "");
        // A script comes with nothing but the types of what it sees.
        let is_script = SCRIPTS.iter().any(|(script, _)| *script == language);
        let library = (!is_script).then(|| (sdk.join(language), "sdk"));
        for (from, to) in [template].into_iter().chain(library) {
            let mut wanted = Vec::new();
            files(&from, &mut wanted);
            for path in wanted {
                let written = project.join(to).join(path.strip_prefix(&from).unwrap());
                // A project has its own.
                assert!(
                    written.exists() || path.ends_with("rust/Cargo.lock"),
                    "{}",
                    written.display()
                );
                let is_left = fs::read_to_string(&written).is_ok_and(|text| text.contains("{{name}}"));
                assert!(!is_left, "{}", written.display());
            }
        }
    }
}
