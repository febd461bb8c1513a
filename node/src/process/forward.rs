//! Passes a child's output on, line by line.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    thread,
};

/// A longer line is cut in pieces, so that a child cannot fill our memory.
const MAX_LINE: u64 = 64 * 1024;

/// Copies lines from `source` to standard error, each after `prefix`, until it ends.
pub(super) fn forward(source: impl Read + Send + 'static, prefix: &'static str) -> io::Result<()> {
    let copy = move || {
        let mut source = BufReader::new(source);
        let mut line = Vec::new();
        while read_line(&mut source, &mut line).is_ok_and(|read| read > 0) {
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
