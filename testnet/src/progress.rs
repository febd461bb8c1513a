//! A sign of life while something takes its time: in place on a terminal, a line
//! now and then without one. On the error output: it is no result.

use std::{
    io::{IsTerminal, Write},
    time::{Duration, Instant},
};

const ON_TERMINAL: Duration = Duration::from_millis(200);
const IN_LOG: Duration = Duration::from_secs(10);

/// Runs `work` and shows meanwhile what `describe` says, given the time since the start.
pub async fn during<T>(work: impl Future<Output = T>, describe: impl Fn(Duration) -> String) -> T {
    let started = Instant::now();
    let mut line = Line {
        terminal: std::io::stderr().is_terminal(),
        shown: false,
    };
    let period = if line.terminal { ON_TERMINAL } else { IN_LOG };
    let mut work = std::pin::pin!(work);
    loop {
        match tokio::time::timeout(period, &mut work).await {
            Ok(done) => return done,
            Err(_) => line.show(&describe(started.elapsed())),
        }
    }
}

/// Taken away again when it is dropped, also by an interruption.
struct Line {
    terminal: bool,
    shown: bool,
}

impl Line {
    fn show(&mut self, text: &str) {
        if !self.terminal {
            return eprintln!("{text}");
        }
        self.shown = true;
        let width = crossterm::terminal::size().map_or(80, |(columns, _)| usize::from(columns));
        let cut: String = text.chars().take(width.saturating_sub(1)).collect();
        let mut out = std::io::stderr().lock();
        // A terminal that went away ends us by SIGHUP, not by an error here.
        let _gone = write!(out, "\r{cut}\x1b[K").and_then(|()| out.flush());
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if self.shown {
            let mut out = std::io::stderr().lock();
            let _gone = write!(out, "\r\x1b[K").and_then(|()| out.flush());
        }
    }
}
