//! A process that never outlives us: it gets SIGTERM when we die, however we die.

use std::{
    fs::{File, OpenOptions},
    io::{Read, Seek, SeekFrom},
    os::unix::process::{CommandExt, ExitStatusExt},
    path::{Path, PathBuf},
    process::{Child as Process, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use nix::{
    sys::{
        prctl,
        signal::{Signal, kill},
    },
    unistd::{Pid, getppid},
};

use crate::error::{During, Error, Result};

/// How long a process may take to stop before it is killed.
const PATIENCE: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(20);

/// A running process whose output goes to a file.
#[derive(Debug)]
pub struct Child {
    name: String,
    log: PathBuf,
    process: Process,
}

impl Child {
    /// Starts a command in a process group of its own, so that a Ctrl-C at the
    /// terminal reaches only us and we stop things in order.
    ///
    /// Must be called on the main thread: the signal on our death is in truth
    /// sent when the *thread* that started the process ends.
    pub fn start(name: &str, mut command: Command, log: &Path) -> Result<Self> {
        let output = OpenOptions::new().create(true).append(true).open(log);
        let output = output.during(|| format!("open {}", log.display()))?;
        let errors = output.try_clone().during(|| format!("open {}", log.display()))?;
        command
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .process_group(0);
        die_with_parent(&mut command);
        let program = command.get_program().to_owned();
        let process = command
            .spawn()
            .during(|| format!("start {}", program.display()))?;
        Ok(Self {
            name: name.into(),
            log: log.into(),
            process,
        })
    }

    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// `Some` once the process has ended.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.process.try_wait().ok().flatten()
    }

    /// An error if the process has ended, with the end of its log.
    pub fn check(&mut self) -> Result<()> {
        match self.ended() {
            None => Ok(()),
            Some(status) => Err(self.ended_early(status)),
        }
    }

    fn ended_early(&self, status: ExitStatus) -> Error {
        let how = match status.signal() {
            Some(signal) => format!("was killed by signal {signal}"),
            None => format!("ended with code {}", status.code().unwrap_or_default()),
        };
        let log = self.log.display();
        Error::node(
            &self.name,
            format!("{how}; the end of its log ({log}):\n{}", tail(&self.log)),
        )
    }

    pub fn signal(&self, signal: Signal) {
        // Fails only if it has ended, which is what signals are sent for.
        let _gone = kill(Pid::from_raw(self.process.id().cast_signed()), signal);
    }

    /// SIGTERM, then patience, then SIGKILL.
    pub async fn stop(mut self) {
        self.signal(Signal::SIGTERM);
        let deadline = Instant::now() + PATIENCE;
        while self.ended().is_none() {
            if Instant::now() > deadline {
                self.signal(Signal::SIGKILL);
                let _status = self.process.wait();
                return;
            }
            tokio::time::sleep(POLL).await;
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if self.ended().is_none() {
            self.signal(Signal::SIGTERM);
        }
    }
}

#[expect(
    unsafe_code,
    reason = "only code that runs between fork and exec can ask for the signal"
)]
fn die_with_parent(command: &mut Command) {
    let parent = Pid::this();
    let ask = move || {
        prctl::set_pdeathsig(Signal::SIGTERM)?;
        // The parent may have died before the request.
        if getppid() == parent {
            Ok(())
        } else {
            Err(nix::errno::Errno::ESRCH.into())
        }
    };
    // SAFETY: two system calls, no allocation, no lock; safe after fork.
    unsafe { command.pre_exec(ask) };
}

/// The last lines of a log, bounded.
pub fn tail(log: &Path) -> String {
    const BYTES: u64 = 4_096;
    const LINES: usize = 15;
    let read = || -> std::io::Result<String> {
        let mut file = File::open(log)?;
        let start = file.metadata()?.len().saturating_sub(BYTES);
        file.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        file.take(BYTES).read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    let text = read().unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines
        .iter()
        .skip(lines.len().saturating_sub(LINES))
        .map(|line| format!("    {line}\n"))
        .collect()
}
