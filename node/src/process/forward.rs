//! Passes a child's output on, line by line.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    thread,
};

/// A longer line is cut in pieces, so that a child cannot fill our memory.
const MAX_LINE: u64 = 64 * 1024;

/// What CometBFT writes when its consensus has panicked. It goes on running after
/// that, answers its RPC, and makes no block any more.
const CONSENSUS_FAILURE: &[u8] = b"CONSENSUS FAILURE!!!";
/// Of that line, what is repeated as the cause.
const LONGEST_CAUSE: usize = 500;

/// Copies lines from `source` to standard error, each after `prefix`, until it ends.
/// `on_failure` gets the line that says that consensus has failed.
pub(super) fn forward(
    source: impl Read + Send + 'static,
    prefix: &'static str,
    on_failure: impl Fn(String) + Send + 'static,
) -> io::Result<()> {
    let copy = move || {
        let mut source = BufReader::new(source);
        let mut line = Vec::new();
        while read_line(&mut source, &mut line).is_ok_and(|read| read > 0) {
            if let Some(cause) = failure(&line) {
                on_failure(cause);
            }
            let mut out = io::stderr().lock();
            // Nobody is left to tell if this fails.
            let _ = out
                .write_all(prefix.as_bytes())
                .and_then(|()| out.write_all(&line));
            line.clear();
        }
    };
    thread::Builder::new()
        .name("cometbft-log".into())
        .spawn(copy)
        .map(drop)
}

fn failure(line: &[u8]) -> Option<String> {
    let mut places = line.windows(CONSENSUS_FAILURE.len());
    let cause = line.get(places.position(|place| place == CONSENSUS_FAILURE)?..)?;
    let cause = cause.get(CONSENSUS_FAILURE.len()..).unwrap_or_default();
    let cause = String::from_utf8_lossy(cause.get(..LONGEST_CAUSE).unwrap_or(cause));
    Some(
        cause
            .trim_matches(|c: char| c.is_whitespace() || c == '"')
            .to_owned(),
    )
}

fn read_line(source: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<usize> {
    let read = source.by_ref().take(MAX_LINE).read_until(b'\n', line)?;
    if line.last().is_some_and(|last| *last != b'\n') {
        line.push(b'\n');
    }
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_that_says_that_consensus_has_failed_is_found_in_both_formats() {
        let human = b"E[2026-11-27|05:00:00.000] CONSENSUS FAILURE!!!    module=consensus err=\"no space left on device\"\n";
        let cause = failure(human).unwrap();
        assert!(cause.contains("no space left on device"), "{cause}");
        let json = br#"{"_msg":"CONSENSUS FAILURE!!!","err":"no space left on device","level":"error"}"#;
        assert!(failure(json).unwrap().contains("no space left"));
        assert_eq!(failure(b"I[2026-11-27] executed block height=7\n"), None);
    }

    #[test]
    fn a_line_without_end_is_cut() {
        let endless = vec![b'x'; 200_000];
        let mut source = BufReader::new(endless.as_slice());
        let mut line = Vec::new();
        let mut lengths = Vec::new();
        while read_line(&mut source, &mut line).unwrap() > 0 {
            assert_eq!(line.last(), Some(&b'\n'));
            lengths.push(line.len() - 1);
            line.clear();
        }
        assert_eq!(lengths, [65_536, 65_536, 65_536, 3_392]);
    }
}
