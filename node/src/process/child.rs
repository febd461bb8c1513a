//! CometBFT as a child process that never outlives its parent.

#![allow(
    unsafe_code,
    reason = "the parent-death signal can only be set between fork and exec"
)]

use std::{
    env, io,
    os::unix::process::{CommandExt, ExitStatusExt},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    sys::{
        signal::{Signal, kill},
        wait::{Id, WaitPidFlag, waitid},
    },
    unistd::Pid,
};
use thiserror::Error;

use super::forward::forward;
use crate::{
    abci::Endpoint,
    config::{Home, LogFormat},
};

/// What the release this node is made for calls itself.
const VERSION: &str = "0.39.";

/// Why CometBFT does not run.
#[derive(Debug, Error)]
pub enum ChildError {
    #[error(
        "CometBFT was not found beside slsbftd, in .tools/bin or in $PATH. Install it with \
         `go install github.com/cometbft/cometbft/cmd/cometbft@v0.39.4`, or name it with \
         `--cometbft PATH`"
    )]
    NotFound,
    #[error("cannot run {path}; is it the CometBFT binary for this machine?")]
    Spawn { path: PathBuf, source: io::Error },
    #[error("{path} says it is CometBFT {version}, but this node needs {VERSION}x")]
    Version { path: PathBuf, version: String },
}

/// The CometBFT binary: the one asked for, or the first of those beside
/// `slsbftd`, in `.tools/bin`, in `$PATH`.
pub fn find_cometbft(asked: Option<&Path>) -> Result<PathBuf, ChildError> {
    if let Some(path) = asked {
        return Ok(path.to_owned());
    }
    let executable = env::current_exe().ok();
    let beside = executable.as_deref().and_then(Path::parent).map(Path::to_owned);
    let tools = env::current_dir()
        .ok()
        .map(|directory| directory.join(".tools/bin"));
    let path = env::var_os("PATH").unwrap_or_default();
    let directories = beside.into_iter().chain(tools).chain(env::split_paths(&path));
    directories
        .map(|directory| directory.join("cometbft"))
        .find(|candidate| candidate.is_file())
        .ok_or(ChildError::NotFound)
}

/// Refuses a binary of another line: its ABCI or its data would not fit.
pub(super) fn check_version(path: &Path) -> Result<(), ChildError> {
    let output = Command::new(path)
        .arg("version")
        .stdin(Stdio::null())
        .output()
        .map_err(|source| ChildError::Spawn {
            path: path.to_owned(),
            source,
        })?;
    let text = String::from_utf8_lossy(&output.stdout);
    let version: String = text.trim().chars().take(40).collect();
    if version.starts_with(VERSION) {
        return Ok(());
    }
    Err(ChildError::Version {
        path: path.to_owned(),
        version,
    })
}

/// A running CometBFT.
pub(super) struct Consensus {
    child: Child,
    started: Instant,
}

impl Consensus {
    /// Starts CometBFT on `home`. `on_exit` is called when it has ended, `on_failure`
    /// when it says that its consensus cannot go on.
    ///
    /// To be called from the main thread: the system ties the child's life to
    /// the thread that started it.
    pub fn spawn(
        path: &Path,
        home: &Home,
        endpoint: &Endpoint,
        format: LogFormat,
        on_exit: impl FnOnce() + Send + 'static,
        on_failure: impl Fn(String) + Clone + Send + 'static,
    ) -> Result<Self, ChildError> {
        let failed = |source| ChildError::Spawn {
            path: path.to_owned(),
            source,
        };
        let mut command = Command::new(path);
        command
            .arg("start")
            .arg("--home")
            .arg(home.root())
            .args(["--abci", "socket", "--proxy_app", &endpoint.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Ctrl-C in a terminal is for us; we stop the child in our order.
            .process_group(0);
        let prefix = match format {
            LogFormat::Human => "cometbft | ",
            LogFormat::Json => {
                command.env("CMT_LOG_FORMAT", "json");
                ""
            }
        };
        let parent = std::process::id();
        // SAFETY: `die_with` makes two system calls and allocates nothing.
        unsafe {
            command.pre_exec(move || die_with(parent));
        }
        let mut child = command.spawn().map_err(failed)?;
        for source in [
            child.stdout.take().map(Output::Out),
            child.stderr.take().map(Output::Err),
        ] {
            match source {
                Some(Output::Out(source)) => forward(source, prefix, on_failure.clone()).map_err(failed)?,
                Some(Output::Err(source)) => forward(source, prefix, on_failure.clone()).map_err(failed)?,
                None => {}
            }
        }
        watch(child.id(), on_exit).map_err(failed)?;
        Ok(Self {
            child,
            started: Instant::now(),
        })
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn lived(&self) -> Duration {
        self.started.elapsed()
    }

    /// Whether it has ended.
    pub fn ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Asks CometBFT to stop, and makes it after `patience`.
    /// Tells how it ended.
    pub fn stop(mut self, patience: Duration) -> String {
        if let Ok(Some(status)) = self.child.try_wait() {
            return describe(status);
        }
        self.signal(Signal::SIGTERM);
        let deadline = Instant::now() + patience;
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => return describe(status),
                Ok(None) if Instant::now() < deadline => thread::sleep(Duration::from_millis(10)),
                _ => break,
            }
        }
        tracing::warn!("CometBFT does not stop; it is killed, and will replay its log");
        self.signal(Signal::SIGKILL);
        self.child.wait().map_or_else(|error| error.to_string(), describe)
    }

    /// Only for a child that is not reaped yet: its id is still its own.
    fn signal(&self, signal: Signal) {
        if let Ok(id) = i32::try_from(self.child.id()) {
            let _ = kill(Pid::from_raw(id), signal);
        }
    }
}

enum Output {
    Out(std::process::ChildStdout),
    Err(std::process::ChildStderr),
}

/// Runs in the child before it becomes CometBFT.
fn die_with(parent: u32) -> io::Result<()> {
    // SIGKILL, since a CometBFT without its application can also hang while it
    // stops; its log makes up for it.
    nix::sys::prctl::set_pdeathsig(Signal::SIGKILL)?;
    // The parent may have died before the signal was set.
    if u32::try_from(nix::unistd::getppid().as_raw()) != Ok(parent) {
        return Err(Errno::ESRCH.into());
    }
    Ok(())
}

/// Tells when the process has ended, without reaping it.
fn watch(id: u32, on_exit: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let id = Pid::from_raw(i32::try_from(id).map_err(io::Error::other)?);
    let wait = move || {
        let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT;
        while waitid(Id::Pid(id), flags) == Err(Errno::EINTR) {}
        on_exit();
    };
    thread::Builder::new()
        .name("cometbft-wait".into())
        .spawn(wait)
        .map(drop)
}

fn describe(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => "an unknown end".into(),
    }
}
