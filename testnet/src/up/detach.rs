//! `up --detach`: the same command again, in a session of its own, with its
//! output in a file that is shown until everything is up.

use std::{
    env,
    fs::{File, OpenOptions},
    io::{Read, Seek, SeekFrom, Write},
    os::unix::process::CommandExt,
    process::{Command, Stdio},
    time::Duration,
};

use super::Args;
use crate::{
    error::{During, Error, Result},
    folder,
};

const POLL: Duration = Duration::from_millis(200);

pub async fn run(args: &Args) -> Result<()> {
    folder::prepare(&args.dir)?;
    if folder::holder(&args.dir)?.is_some() {
        return Err(folder::running(&args.dir));
    }
    let path = args.dir.join("testnet.log");
    let open = || {
        OpenOptions::new()
            .create(true)
            .append(true)
            .read(true)
            .open(&path)
    };
    let log = open().during(|| format!("open {}", path.display()))?;
    let errors = log.try_clone().during(|| format!("open {}", path.display()))?;
    let mut follow = open().during(|| format!("open {}", path.display()))?;
    follow
        .seek(SeekFrom::End(0))
        .during(|| format!("read {}", path.display()))?;

    let me = env::current_exe().during(|| "find this program".into())?;
    let mut command = Command::new(me);
    command.args(env::args_os().skip(1).filter(|arg| arg != "--detach"));
    command.stdin(Stdio::null()).stdout(log).stderr(errors);
    in_new_session(&mut command);
    let mut child = command
        .spawn()
        .during(|| "start the testnet in the background".into())?;
    loop {
        copy(&mut follow)?;
        if let Some(status) = child.try_wait().during(|| "wait for the testnet".into())? {
            copy(&mut follow)?;
            return Err(Error::node(
                "the testnet",
                format!("ended ({status}); its log is {}", path.display()),
            ));
        }
        if folder::holder(&args.dir)?.is_some_and(|holder| holder.ready) {
            break;
        }
        tokio::time::sleep(POLL).await;
    }
    copy(&mut follow)?;
    let (pid, dir) = (child.id(), args.dir.display());
    println!(
        "\nrunning in the background (process {pid}, log {})",
        path.display()
    );
    println!("  slsbft-testnet status --dir {dir}\n  slsbft-testnet down --dir {dir}");
    Ok(())
}

/// Shows what was added to the log.
fn copy(log: &mut File) -> Result<()> {
    let mut new = Vec::new();
    log.read_to_end(&mut new)
        .during(|| "read the testnet's log".into())?;
    let mut out = std::io::stdout();
    // Nobody may be listening; the testnet goes on anyway.
    let _unheard = out.write_all(&new).and_then(|()| out.flush());
    Ok(())
}

#[expect(
    unsafe_code,
    reason = "only code that runs between fork and exec can leave the session"
)]
fn in_new_session(command: &mut Command) {
    let leave = || nix::unistd::setsid().map(|_| ()).map_err(Into::into);
    // SAFETY: one system call, no allocation, no lock; safe after fork.
    unsafe { command.pre_exec(leave) };
}
