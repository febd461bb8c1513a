//! `slsbftd wasm new`

use std::{fs, path::Path};

use super::{
    super::Outcome,
    templates::{TEMPLATES, Template},
};

const EXAMPLES: &str = "\
Examples:
  slsbftd wasm new my-token --language rust
  slsbftd wasm new my-token --language c
  slsbftd wasm new my-token --language assemblyscript
  slsbftd wasm new my-token --language javascript
  slsbftd wasm new my-token --language python";

/// Writes a folder with a small contract, the SDK that it is written with, and a README that says how to
/// build, try, deploy and call it.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Name of the contract and of its folder, which must not be there yet
    #[arg(value_name = "NAME", value_parser = name)]
    name: String,
    /// What it is written in
    #[arg(long, value_parser = template)]
    language: &'static Template,
}

/// The longest name.
const MAX_NAME: usize = 64;

pub fn run(args: &Args) -> Outcome {
    let folder = Path::new(&args.name);
    fs::create_dir(folder).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => {
            format!(
                "{} is there already; choose another name, or move it away",
                args.name
            )
        }
        _ => format!("cannot make the folder {}: {error}", args.name),
    })?;
    for (path, text) in args.language.files {
        let path = folder.join(path);
        let written = path
            .parent()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| fs::write(&path, text.replace("{{name}}", &args.name)));
        written.map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    }
    say!("{}/ is written; its README.md says what to do with it", args.name);
    Ok(())
}

/// One that all the languages' tools take.
fn name(text: &str) -> Result<String, String> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let good = text.len() <= MAX_NAME
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && !text.ends_with('-')
        && text.bytes().all(fits);
    match good {
        true => Ok(text.to_owned()),
        false => Err(format!(
            "a name has the characters a-z, 0-9 and -, {MAX_NAME} at most; it begins with a letter and does not end with -"
        )),
    }
}

fn template(language: &str) -> Result<&'static Template, String> {
    let found = TEMPLATES.iter().find(|template| template.language == language);
    found.ok_or_else(|| {
        let all: Vec<_> = TEMPLATES.iter().map(|template| template.language).collect();
        format!("there are templates in {}", all.join(", "))
    })
}
