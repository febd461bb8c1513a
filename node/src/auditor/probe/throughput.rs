//! How many kilobits a second a target moves, from one bounded sample.

use std::num::NonZeroU64;

use http_body_util::BodyExt;
use hyper::body::Body;
use tokio::time::{Duration, Instant, timeout_at};

use super::http::Answer;

/// Where providers that promise bandwidth serve as many bytes as they are asked for; see
/// `docs/auditing.md`.
pub const PATH: &str = "/.well-known/slsbft/throughput";
/// Most bytes of a sample, and what a provider has to be able to serve.
pub const MOST: u64 = 1 << 20;
/// Fewer say nothing.
const LEAST: u64 = 64 << 10;
/// Longest that a sample takes from the answer's head on.
const LONGEST: Duration = Duration::from_secs(2);

/// Bytes to ask for of a target that promises so much: what it moves in a second.
pub fn sample(promised_kbps: u64) -> u64 {
    promised_kbps.saturating_mul(1000 / 8).clamp(LEAST, MOST)
}

/// Reads a sample of so many bytes; the rate in kilobits per second.
///
/// A connection begins slowly, the more so the farther it goes. So the rate is that of the
/// second half, and only if the sample is not complete in time that of all that came. A body
/// shorter than was asked for shows nothing.
pub async fn measure(mut answer: Answer, asked: u64) -> u32 {
    let body = answer.response.body_mut();
    // Nothing is waited for that cannot come.
    if body.size_hint().upper().is_some_and(|upper| upper < asked) {
        return 0;
    }
    let begun = Instant::now();
    let deadline = begun + LONGEST;
    let mut read = 0;
    let mut half = None;
    while read < asked {
        let Ok(part) = timeout_at(deadline, body.frame()).await else {
            return rate(read, LONGEST);
        };
        let Some(Ok(frame)) = part else { return 0 };
        read += frame.data_ref().map_or(0, |data| data.len() as u64);
        if half.is_none() && read >= asked / 2 {
            half = Some((read, Instant::now()));
        }
    }
    // All in one part: there is no second half.
    let (before, from) = half.filter(|(before, _)| *before < read).unwrap_or((0, begun));
    rate(read - before, from.elapsed())
}

/// Kilobits per second.
fn rate(bytes: u64, time: Duration) -> u32 {
    let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    let micros = NonZeroU64::new(micros).unwrap_or(NonZeroU64::MIN);
    u32::try_from(bytes.saturating_mul(8_000) / micros).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_what_is_promised_for_a_second_within_bounds() {
        assert_eq!(sample(1_000), 125_000);
        assert_eq!(sample(1), LEAST);
        assert_eq!(sample(1_000_000), MOST);
        assert_eq!(sample(u64::MAX), MOST);
    }

    #[test]
    fn a_rate_is_in_kilobits_per_second() {
        assert_eq!(rate(125_000, Duration::from_secs(1)), 1_000);
        assert_eq!(rate(1 << 20, Duration::from_millis(100)), 83_886);
        assert_eq!(rate(0, Duration::from_secs(1)), 0);
        assert_eq!(rate(u64::MAX, Duration::ZERO), u32::MAX);
    }
}
