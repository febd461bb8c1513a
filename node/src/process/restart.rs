//! When CometBFT is started again after it ended.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(250);
/// One that ran this long was well; what ended it is new.
const WELL: Duration = Duration::from_secs(60);
/// So many short lives in a row are no accident.
const GIVE_UP: u32 = 6;

/// Doubles the pause with every short life, and gives up after some.
#[derive(Debug, Default)]
pub(super) struct Restarts {
    short: u32,
}

impl Restarts {
    /// The pause before the next start, after a life of `lived`; `None` to give up.
    pub fn pause(&mut self, lived: Duration) -> Option<Duration> {
        self.short = if lived >= WELL {
            0
        } else {
            self.short.saturating_add(1)
        };
        if self.short > GIVE_UP {
            return None;
        }
        let doublings = self.short.saturating_sub(1);
        Some(FIRST.saturating_mul(1 << doublings))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_lives_are_followed_by_longer_pauses_and_in_the_end_by_none() {
        let mut restarts = Restarts::default();
        let short = Duration::from_secs(1);
        let pauses: Vec<_> = std::iter::from_fn(|| restarts.pause(short)).collect();
        assert_eq!(pauses.len(), 6);
        assert!(pauses.is_sorted() && pauses[0] == FIRST && pauses[5] == Duration::from_secs(8));
    }

    #[test]
    fn a_long_life_starts_over() {
        let mut restarts = Restarts::default();
        for _ in 0..5 {
            restarts.pause(Duration::ZERO);
        }
        assert_eq!(restarts.pause(WELL), Some(FIRST));
    }
}
