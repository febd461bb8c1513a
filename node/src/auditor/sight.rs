//! Where the chain is, as the node shows it, and where it is in between: what has to be spread
//! over the blocks of an epoch needs a clock that runs like the chain.

use std::time::{Duration, UNIX_EPOCH};

use slsbft_client::{Client, client::Head};
use tokio::{sync::watch, time::Instant};

/// Time between blocks before any was seen to pass: about that of a chain with transactions.
const FIRST_INTERVAL: Duration = Duration::from_secs(1);
/// Bounds on the time between blocks.
const INTERVALS: (Duration, Duration) = (Duration::from_millis(1), Duration::from_secs(60));
/// A node whose latest block is older is catching up, or its chain stands still. An idle chain
/// makes a block every 15 s.
const STALE: Duration = Duration::from_secs(120);

/// What was last seen of the chain.
#[derive(Clone, Copy, Debug)]
pub struct Sight {
    /// Of the latest block.
    pub height: u64,
    /// Whether that block is so old that the node says nothing of the present.
    pub is_stale: bool,
    /// When the height was first seen.
    since: Instant,
    /// Time between blocks, smoothed.
    interval: Duration,
    /// Whether the node answered when it was last asked.
    answers: bool,
}

impl Sight {
    /// Before anything was seen.
    fn none() -> Self {
        Self {
            height: 0,
            is_stale: true,
            since: Instant::now(),
            interval: FIRST_INTERVAL,
            answers: true,
        }
    }

    /// Blocks so far, with the part of the next that has gone by. Whether a block is late or on
    /// its way cannot be seen while the node is away: then they are taken to come as they did.
    pub fn position(&self) -> f64 {
        let since = self.since.elapsed().as_secs_f64() / self.interval.as_secs_f64();
        let ahead = if self.answers { since.min(1.0) } else { since };
        self.height as f64 + ahead
    }

    fn see(&mut self, head: &Head) {
        self.is_stale = is_stale(head);
        self.answers = true;
        if head.height == self.height {
            return;
        }
        // At first, and with a node behind another one, nothing is known of the time between.
        if let Some(blocks) = head.height.checked_sub(self.height)
            && self.height > 0
        {
            let (shortest, longest) = INTERVALS;
            let took = self.since.elapsed() / u32::try_from(blocks).unwrap_or(u32::MAX);
            self.interval = ((self.interval * 3 + took) / 4).clamp(shortest, longest);
        }
        self.height = head.height;
        self.since = Instant::now();
    }
}

fn is_stale(head: &Head) -> bool {
    let now = UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs());
    let block = u64::try_from(head.time.seconds).unwrap_or(0);
    now.saturating_sub(block) > STALE.as_secs()
}

/// Looks at the node every `poll`, until nobody looks at what it saw. Height 0: not seen yet.
pub fn watch(client: Client, poll: Duration) -> watch::Receiver<Sight> {
    let (seen, sight) = watch::channel(Sight::none());
    tokio::spawn(async move {
        while !seen.is_closed() {
            let answer = client.head().await;
            let answered = seen.borrow().answers;
            match &answer {
                Err(error) if answered => {
                    tracing::warn!(%error, "the node does not answer; going on without it")
                }
                Ok(_) if !answered => tracing::info!("the node answers again"),
                _ => {}
            }
            seen.send_modify(|sight| match &answer {
                Ok(head) => sight.see(head),
                Err(_) => sight.answers = false,
            });
            tokio::time::sleep(poll).await;
        }
    });
    sight
}

#[cfg(test)]
mod tests {
    use slsbft_types::Time;

    use super::*;

    fn head(height: u64) -> Head {
        let now = UNIX_EPOCH.elapsed().unwrap().as_secs();
        Head {
            height,
            time: Time::from_seconds(i64::try_from(now).unwrap()),
        }
    }

    fn first(head: &Head) -> Sight {
        let mut sight = Sight::none();
        sight.see(head);
        sight
    }

    #[tokio::test(start_paused = true)]
    async fn between_blocks_time_goes_on_but_never_past_the_next_one() {
        let mut sight = first(&head(10));
        tokio::time::advance(Duration::from_millis(500)).await;
        assert_eq!(sight.position(), 10.5);
        tokio::time::advance(Duration::from_secs(60)).await;
        assert_eq!(sight.position(), 11.0);
        sight.see(&head(11));
        assert_eq!(sight.position(), 11.0);
    }

    #[tokio::test(start_paused = true)]
    async fn while_the_node_is_away_blocks_are_taken_to_come_as_they_did() {
        let mut sight = first(&head(10));
        for height in 11..60 {
            tokio::time::advance(Duration::from_secs(4)).await;
            sight.see(&head(height));
        }
        sight.answers = false;
        tokio::time::advance(Duration::from_secs(40)).await;
        assert!((sight.position() - 69.0).abs() < 0.1, "{}", sight.position());
        sight.see(&head(61));
        assert_eq!(sight.position(), 61.0);
    }

    #[tokio::test]
    async fn a_node_that_replays_old_blocks_is_told_from_one_that_is_current() {
        let mut sight = first(&head(10));
        assert!(!sight.is_stale);
        let mut old = head(11);
        old.time.seconds -= 3_600;
        sight.see(&old);
        assert!(sight.is_stale);
    }
}
