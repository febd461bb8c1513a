//! The programs that a testnet runs.

use std::{
    env,
    path::{Path, PathBuf},
};

use tokio::process::Command;

use crate::error::{During, Error, Result};

/// Where the programs are.
#[derive(Clone, Debug, clap::Args)]
pub struct Tools {
    /// The node's binary [default: beside this program, then in $PATH]
    #[arg(long, value_name = "PATH", global = true)]
    slsbftd: Option<PathBuf>,
    /// The CometBFT binary [default: .tools/bin of the checkout, then in $PATH]
    #[arg(long, value_name = "PATH", global = true, env = "SLSBFTD_COMETBFT")]
    cometbft: Option<PathBuf>,
}

impl Tools {
    pub fn slsbftd(&self) -> Result<PathBuf> {
        let beside = env::current_exe()
            .ok()
            .and_then(|me| Some(me.parent()?.join("slsbftd")));
        find(self.slsbftd.as_deref(), beside, "slsbftd").ok_or_else(|| missing("slsbftd", "make build"))
    }

    pub fn cometbft(&self) -> Result<PathBuf> {
        let tools = env::current_dir().ok().and_then(|here| {
            here.ancestors()
                .map(|up| up.join(".tools/bin/cometbft"))
                .find(|path| path.is_file())
        });
        find(self.cometbft.as_deref(), tools, "cometbft").ok_or_else(|| missing("cometbft", "make setup"))
    }
}

fn missing(name: &str, target: &str) -> Error {
    Error::Usage(format!(
        "{name} was not found; run `{target}` or name it with --{name} PATH"
    ))
}

/// What was asked for, else the usual place, else the first in `$PATH`.
fn find(asked: Option<&Path>, usual: Option<PathBuf>, name: &str) -> Option<PathBuf> {
    if let Some(asked) = asked {
        return std::path::absolute(asked).ok().filter(|path| path.is_file());
    }
    let search = env::var_os("PATH").unwrap_or_default();
    let in_path = env::split_paths(&search)
        .map(|folder| folder.join(name))
        .collect::<Vec<_>>();
    usual.into_iter().chain(in_path).find(|path| path.is_file())
}

/// Runs a command to its end; its output becomes the error if it fails.
pub async fn run(mut command: Command) -> Result<()> {
    let program = command.as_std().get_program().to_owned();
    // In a group of its own: a Ctrl-C is ours to hear.
    let output = command.process_group(0).kill_on_drop(true).output().await;
    let output = output.during(|| format!("run {}", program.display()))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(Error::node(
        program.to_string_lossy(),
        format!("failed:\n{}", said.trim_end()),
    ))
}
