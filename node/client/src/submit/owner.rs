//! The task that owns an account's sequence.

use std::{collections::BTreeMap, time::Duration};

use futures::{StreamExt, stream};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, sleep, sleep_until},
};

use super::SubmitConfig;
use crate::{
    client::{Account, Client, ClientError, TxFailure, TxOutcome},
    keys::SigningKey,
    tx::{SignedTx, TxBuilder, TxHash},
};

/// Pauses between attempts while a node is away or full.
const RETRY: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));
/// Lookups of transactions at a time.
const LOOKUPS: usize = 16;
/// Corrections of the sequence for one transaction; each needs a cause (a
/// restart, another program), so more than this means something else is wrong.
const MAX_CORRECTIONS: u32 = 16;

type Fate = Result<TxOutcome, ClientError>;
type Taken = (TxHash, u64, oneshot::Receiver<Fate>);

/// A submission and where to report that the node took it.
#[derive(Debug)]
pub struct Command {
    pub tx: TxBuilder,
    pub taken: oneshot::Sender<Result<Taken, ClientError>>,
}

/// Taken by a node, fate unknown.
struct Pending {
    tx: SignedTx,
    fate: oneshot::Sender<Fate>,
    /// When its sequence was first seen used while the index did not know it.
    missing_since: Option<Instant>,
}

/// What became of an attempt to hand a transaction to the node.
enum Delivery {
    /// The node has it and will take this sequence next.
    Taken { next: u64 },
    /// The node expects another sequence, if it said which. `uncertain`: an
    /// earlier attempt had no answer and may have reached a mempool.
    OutOfOrder {
        expected: Option<u64>,
        failure: TxFailure,
        uncertain: bool,
    },
}

pub struct Owner {
    client: Client,
    key: SigningKey,
    chain_id: String,
    config: SubmitConfig,
    account_number: u64,
    /// Sequence of the next transaction: the first that no pending one holds.
    next: u64,
    /// The account's sequence in the latest block seen; never falls.
    committed: u64,
    pending: BTreeMap<u64, Pending>,
    pause: Duration,
    progress: Instant,
    stall: Duration,
}

impl Owner {
    pub fn new(
        client: Client,
        key: SigningKey,
        chain_id: String,
        account: Account,
        config: SubmitConfig,
    ) -> Self {
        Self {
            client,
            key,
            chain_id,
            account_number: account.number,
            next: account.sequence,
            committed: account.sequence,
            pending: BTreeMap::new(),
            pause: config.poll.0,
            progress: Instant::now(),
            stall: config.stall,
            config,
        }
    }

    /// Serves until every handle is gone.
    pub async fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        let mut look_at = Instant::now();
        loop {
            tokio::select! {
                biased;
                () = sleep_until(look_at), if !self.pending.is_empty() => {
                    self.look().await;
                    look_at = Instant::now() + self.pause;
                }
                command = commands.recv(), if !self.is_full() => {
                    let Some(Command { tx, taken }) = command else { return };
                    if taken.is_closed() {
                        continue;
                    }
                    if self.pending.is_empty() {
                        self.note_progress();
                        look_at = Instant::now() + self.pause;
                    }
                    let verdict = self.submit(&tx).await;
                    // Whoever asked may have gone; the transaction stays pending.
                    let _ = taken.send(verdict);
                }
            }
        }
    }

    /// A gap below pending transactions must still be filled, or none of them
    /// would ever be included.
    fn is_full(&self) -> bool {
        let gap = self
            .pending
            .last_key_value()
            .is_some_and(|(last, _)| *last > self.next);
        self.pending.len() >= self.config.max_pending && !gap
    }

    async fn submit(&mut self, tx: &TxBuilder) -> Result<Taken, ClientError> {
        let deadline = Instant::now() + self.config.patience;
        let mut corrections = 0;
        loop {
            let sequence = self.next;
            let signed = tx.sign(&self.chain_id, &self.key, self.account_number, sequence)?;
            let hash = signed.hash();
            match self.deliver(&signed, sequence, deadline).await? {
                Delivery::Taken { next } => {
                    let (fate, receiver) = oneshot::channel();
                    self.pending.insert(
                        sequence,
                        Pending {
                            tx: signed,
                            fate,
                            missing_since: None,
                        },
                    );
                    // If this filled a gap, what lies above it can go out again.
                    self.restore(next, deadline).await;
                    return Ok((hash, sequence, receiver));
                }
                Delivery::OutOfOrder {
                    expected,
                    failure,
                    uncertain,
                } => {
                    corrections += 1;
                    if corrections > MAX_CORRECTIONS {
                        return Err(ClientError::Refused { hash, failure });
                    }
                    tracing::debug!(sequence, ?expected, "sequence corrected");
                    self.correct(expected, deadline).await?;
                    if uncertain && self.next != sequence {
                        // Under another sequence it could be paid twice.
                        return Err(self.unanswered(&signed));
                    }
                }
            }
        }
    }

    /// Sets `next` to what the node expects, after sending again whatever the
    /// node has forgotten of it.
    async fn correct(&mut self, expected: Option<u64>, deadline: Instant) -> Result<(), ClientError> {
        let expected = match expected {
            Some(expected) => expected,
            None => self.client.account(&self.key.address()).await?.sequence,
        };
        if expected < self.committed {
            // The node has not caught up with blocks that we have seen.
            return wait_or(deadline, || ClientError::Unavailable {
                endpoint: self.client.endpoint().to_owned(),
                reason: format!(
                    "it is behind: it expects sequence {expected}, but {} is used",
                    self.committed
                ),
            })
            .await;
        }
        self.restore(expected, deadline).await;
        Ok(())
    }

    /// Hands pending transactions to the node again, from a sequence up, and
    /// sets `next` to the first that none of them holds.
    async fn restore(&mut self, from: u64, deadline: Instant) {
        let mut sequence = from;
        let mut turns = self.pending.len() + 1;
        while let Some(tx) = self.pending.get(&sequence).map(|pending| pending.tx.clone()) {
            turns -= 1;
            match self.deliver(&tx, sequence, deadline).await {
                Ok(Delivery::Taken { next }) => sequence = next,
                Ok(Delivery::OutOfOrder {
                    expected: Some(expected),
                    ..
                }) if expected >= self.committed => {
                    sequence = expected;
                }
                // The node forgets while it is being told, or is away: look again later.
                Ok(Delivery::OutOfOrder { .. }) => break,
                Err(error) if error.is_transient() => break,
                Err(error) => {
                    // Void for good: its sequence is free for the next submission.
                    self.settle(sequence, Err(error));
                    break;
                }
            }
            if turns == 0 {
                break;
            }
        }
        self.next = self.first_free(sequence);
    }

    fn first_free(&self, from: u64) -> u64 {
        let held = self
            .pending
            .range(from..)
            .zip(from..)
            .take_while(|((sequence, _), at)| *sequence == at);
        held.last().map_or(from, |(_, at)| at + 1)
    }

    /// Broadcasts until the node gives a verdict. After an attempt without an
    /// answer, a node that has moved past the sequence has most likely taken the
    /// transaction then: it counts as taken, and its fate is looked up.
    async fn deliver(
        &self,
        tx: &SignedTx,
        sequence: u64,
        deadline: Instant,
    ) -> Result<Delivery, ClientError> {
        let mut uncertain = false;
        let (mut pause, longest) = RETRY;
        loop {
            let error = match self.client.broadcast(tx).await {
                Ok(_) => return Ok(Delivery::Taken { next: sequence + 1 }),
                Err(ClientError::Refused { failure, .. }) if failure.is_wrong_sequence() => {
                    let expected = expected_sequence(&failure.log);
                    let held = self.pending.contains_key(&sequence);
                    return Ok(match expected {
                        Some(next) if next > sequence && (uncertain || held) => Delivery::Taken { next },
                        _ => Delivery::OutOfOrder {
                            expected,
                            failure,
                            uncertain,
                        },
                    });
                }
                Err(error) if error.is_transient() => error,
                Err(error) => return Err(error),
            };
            uncertain |= matches!(error, ClientError::Unavailable { .. });
            if Instant::now() + pause > deadline {
                return Err(if uncertain { self.unanswered(tx) } else { error });
            }
            tracing::debug!(%error, "broadcast is tried again");
            sleep(pause).await;
            pause = (pause * 2).min(longest);
        }
    }

    fn unanswered(&self, tx: &SignedTx) -> ClientError {
        ClientError::NotIncluded {
            hash: tx.hash(),
            seconds: self.config.patience.as_secs(),
        }
    }

    /// Looks at the chain: settles what is in blocks, and sends the rest again
    /// when nothing has moved for a while.
    async fn look(&mut self) {
        match self.client.account(&self.key.address()).await {
            Ok(account) if account.sequence > self.committed => {
                self.committed = account.sequence;
                self.note_progress();
            }
            Ok(_) => self.pause = (self.pause * 3 / 2).min(self.config.poll.1),
            Err(error) => {
                tracing::debug!(%error, "account lookup");
                self.pause = (self.pause * 3 / 2).min(self.config.poll.1);
                return;
            }
        }
        self.look_up().await;
        // Everything may have been used by another program meanwhile.
        self.next = self.first_free(self.next.max(self.committed));
        if !self.pending.is_empty() && self.progress.elapsed() >= self.stall {
            tracing::info!(
                pending = self.pending.len(),
                "no progress; sending pending transactions again"
            );
            self.stall *= 2;
            self.progress = Instant::now();
            self.restore(self.committed, Instant::now() + RETRY.1).await;
        }
    }

    /// Finds the fate of every pending transaction whose sequence is used.
    async fn look_up(&mut self) {
        let used: Vec<(u64, TxHash)> = self
            .pending
            .range(..self.committed)
            .map(|(sequence, pending)| (*sequence, pending.tx.hash()))
            .collect();
        let client = &self.client;
        let found: Vec<(u64, Result<Option<TxOutcome>, ClientError>)> = stream::iter(used)
            .map(|(sequence, hash)| async move { (sequence, client.find_tx(hash).await) })
            .buffer_unordered(LOOKUPS)
            .collect()
            .await;
        for (sequence, answer) in found {
            match answer {
                Ok(Some(outcome)) => self.settle(sequence, Ok(outcome)),
                Ok(None) => self.missed(sequence),
                Err(error) if matches!(error, ClientError::Failed { .. }) => {
                    self.settle(sequence, Err(error))
                }
                Err(error) => tracing::debug!(%error, sequence, "transaction lookup"),
            }
        }
    }

    /// The sequence is used, but the index does not know the transaction: it
    /// lags, or another transaction has taken the place.
    fn missed(&mut self, sequence: u64) {
        self.pause = self.config.poll.0;
        let Some(pending) = self.pending.get_mut(&sequence) else {
            return;
        };
        let since = *pending.missing_since.get_or_insert_with(Instant::now);
        if since.elapsed() >= self.config.index_lag {
            let hash = pending.tx.hash();
            self.settle(sequence, Err(ClientError::Displaced { hash, sequence }));
        }
    }

    fn settle(&mut self, sequence: u64, fate: Fate) {
        if let Some(pending) = self.pending.remove(&sequence) {
            // Whoever waited may have given up.
            let _ = pending.fate.send(fate);
        }
    }

    fn note_progress(&mut self) {
        self.pause = self.config.poll.0;
        self.progress = Instant::now();
        self.stall = self.config.stall;
    }
}

/// A pause, unless it would pass the deadline.
async fn wait_or(deadline: Instant, error: impl FnOnce() -> ClientError) -> Result<(), ClientError> {
    if Instant::now() + RETRY.1 > deadline {
        return Err(error());
    }
    sleep(RETRY.1).await;
    Ok(())
}

/// The number in "account sequence mismatch, expected 7, got 9: …", the words
/// that every Cosmos chain uses.
fn expected_sequence(log: &str) -> Option<u64> {
    let (_, rest) = log.split_once("expected ")?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest.get(..end)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_expected_sequence_is_read_from_the_words_that_cosmos_chains_use() {
        let log = "account sequence mismatch, expected 7, got 9: incorrect account sequence";
        assert_eq!(expected_sequence(log), Some(7));
        assert_eq!(expected_sequence("expected 12"), Some(12));
        for other in ["", "expected ", "expected x", "expected 99999999999999999999999"] {
            assert_eq!(expected_sequence(other), None, "{other}");
        }
    }
}
