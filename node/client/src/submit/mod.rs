//! Many transactions of one account, in order, from as many tasks as like to.
//!
//! One task owns the account's sequence: it signs at the moment of broadcast,
//! so numbers go out without gaps. What the node has taken is kept until its
//! fate is known and, if the node forgets it (a restart empties the mempool),
//! sent again as the same bytes. A transaction that may have reached a mempool
//! is never signed a second time under another sequence: it could pay twice.

mod owner;

use std::time::Duration;

use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

use crate::{
    client::{Client, ClientError, TxOutcome},
    keys::SigningKey,
    tx::{TxBuilder, TxHash},
};
use owner::{Command, Owner};

/// How patient a [`Submitter`] is.
#[derive(Clone, Copy, Debug)]
pub struct SubmitConfig {
    /// Most transactions taken by the node whose fate is unknown; further
    /// submissions wait.
    pub max_pending: usize,
    /// How long a broadcast is tried again while the node is away, behind or full.
    pub patience: Duration,
    /// How long [`Submitter::send`] waits for a block.
    pub inclusion: Duration,
    /// First and longest pause between two looks at the chain while transactions
    /// are pending.
    pub poll: (Duration, Duration),
    /// Pending transactions are sent again after this time without progress;
    /// the time doubles while there is none.
    pub stall: Duration,
    /// How long the node's index may lag behind its state.
    pub index_lag: Duration,
}

impl Default for SubmitConfig {
    fn default() -> Self {
        Self {
            max_pending: 1_000,
            patience: Duration::from_secs(60),
            inclusion: Duration::from_secs(60),
            poll: (Duration::from_millis(150), Duration::from_secs(1)),
            stall: Duration::from_secs(5),
            index_lag: Duration::from_secs(15),
        }
    }
}

/// The way in for one account. Clones share the account; make one per account
/// and process. Other programs may use the same key at the same time, at the
/// price of an occasional [`ClientError::Displaced`].
#[derive(Clone, Debug)]
pub struct Submitter {
    commands: mpsc::Sender<Command>,
    inclusion: Duration,
}

impl Submitter {
    /// Looks up the chain's id and the account, which must exist.
    pub async fn new(client: Client, key: SigningKey) -> Result<Self, ClientError> {
        Self::with_config(client, key, SubmitConfig::default()).await
    }

    pub async fn with_config(
        client: Client,
        key: SigningKey,
        config: SubmitConfig,
    ) -> Result<Self, ClientError> {
        let chain_id = client.chain_id().await?;
        let account = client.account(&key.address()).await?;
        let (commands, queue) = mpsc::channel(64);
        tokio::spawn(Owner::new(client, key, chain_id, account, config).run(queue));
        Ok(Self {
            commands,
            inclusion: config.inclusion,
        })
    }

    /// Signs, broadcasts and returns once the node has taken the transaction.
    /// Submissions are taken in the order of the calls. Dropping the future
    /// before its turn withdraws the transaction.
    pub async fn submit(&self, tx: TxBuilder) -> Result<Submitted, ClientError> {
        let (taken, answer) = oneshot::channel();
        self.commands
            .send(Command { tx, taken })
            .await
            .map_err(|_| ClientError::Stopped)?;
        let (hash, sequence, fate) = answer.await.map_err(|_| ClientError::Stopped)??;
        Ok(Submitted {
            hash,
            sequence,
            fate,
            _owner: self.commands.clone(),
        })
    }

    /// [`submit`](Self::submit) and wait for the block.
    pub async fn send(&self, tx: TxBuilder) -> Result<TxOutcome, ClientError> {
        self.submit(tx).await?.wait(self.inclusion).await
    }
}

/// A transaction that the node has taken.
#[derive(Debug)]
pub struct Submitted {
    hash: TxHash,
    sequence: u64,
    fate: oneshot::Receiver<Result<TxOutcome, ClientError>>,
    // The owner works as long as somebody can ask it or waits for it.
    _owner: mpsc::Sender<Command>,
}

impl Submitted {
    pub fn hash(&self) -> TxHash {
        self.hash
    }

    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// The outcome, once the transaction is in a block.
    pub async fn wait(mut self, at_most: Duration) -> Result<TxOutcome, ClientError> {
        self.settled(at_most).await
    }

    /// The same for who may want to go on waiting: after
    /// [`ClientError::NotIncluded`], and only then, it can be asked again.
    pub async fn settled(&mut self, at_most: Duration) -> Result<TxOutcome, ClientError> {
        match timeout(at_most, &mut self.fate).await {
            Ok(Ok(fate)) => fate,
            Ok(Err(_)) => Err(ClientError::Stopped),
            Err(_) => Err(ClientError::NotIncluded {
                hash: self.hash,
                seconds: at_most.as_secs(),
            }),
        }
    }
}
