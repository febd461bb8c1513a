//! The way of a voucher into the gateway: queue → signatures verified in batches
//! → taken by its deal → written, many with one sync → acknowledged.
//!
//! One thread takes vouchers, so that the order of the store is the order in
//! which sessions rose. The queue is bounded; who finds it full is told so.

use std::{sync::Arc, thread::JoinHandle};

use prost::Message;
use rayon::prelude::*;
use slsbft_proto::metering::v1::SignedVoucher;
use slsbft_types::metering::voucher::verify_batch;
use tokio::sync::{mpsc, oneshot};

use super::{
    book::Entry,
    deal::{Taken, VoucherError},
    refusal::Refusal,
};
use crate::metering::{
    store::{Receipt, StoreError, Writer},
    voucher::ShapedVoucher,
};

/// Vouchers taken from the queue at once.
const MAX_BATCH: usize = 1_024;
/// Signatures verified together. Larger batches gain little and lose more when one is bad.
const VERIFY_BATCH: usize = 64;

/// What a voucher is presented for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To pay: one that is not the highest any more is no error.
    Pay,
    /// To authenticate a request: its sequence must be new.
    Request,
}

struct Item {
    voucher: ShapedVoucher,
    entry: Arc<Entry>,
    purpose: Purpose,
    reply: oneshot::Sender<Result<Accepted, Refusal>>,
}

/// A voucher that was verified and taken, but may not be durable yet.
#[derive(Debug)]
pub struct Accepted {
    /// The highest sequence held for the session.
    pub sequence: u64,
    receipt: Receipt,
}

impl Accepted {
    /// Waits until the highest voucher is durable.
    pub async fn durable(self) -> Result<u64, Refusal> {
        self.receipt
            .await
            .map(|()| self.sequence)
            .map_err(|_| Refusal::Storage)
    }
}

/// The answer to a queued voucher.
pub struct Pending(oneshot::Receiver<Result<Accepted, Refusal>>);

impl Pending {
    pub async fn accepted(self) -> Result<Accepted, Refusal> {
        self.0.await.unwrap_or(Err(Refusal::Storage))
    }

    pub async fn durable(self) -> Result<u64, Refusal> {
        self.accepted().await?.durable().await
    }
}

/// Entrance for vouchers.
#[derive(Clone)]
pub struct Intake {
    queue: mpsc::Sender<Item>,
}

impl Intake {
    /// Starts the thread; it ends when the last clone of the intake is dropped
    /// or the store fails.
    pub fn spawn(writer: Writer, queue: usize) -> Result<(Self, JoinHandle<()>), StoreError> {
        let (queue, items) = mpsc::channel(queue);
        let thread = std::thread::Builder::new()
            .name("voucher-intake".into())
            .spawn(move || take_all(items, &writer))
            .map_err(StoreError::Thread)?;
        Ok((Self { queue }, thread))
    }

    /// Queues a voucher if there is room.
    pub fn offer(
        &self,
        voucher: ShapedVoucher,
        entry: Arc<Entry>,
        purpose: Purpose,
    ) -> Result<Pending, Refusal> {
        let (item, pending) = item(voucher, entry, purpose);
        self.queue.try_send(item).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Refusal::Busy,
            mpsc::error::TrySendError::Closed(_) => Refusal::Storage,
        })?;
        Ok(pending)
    }

    /// Queues a voucher and waits for room: for streams, which this slows down.
    pub async fn queue(&self, voucher: ShapedVoucher, entry: Arc<Entry>) -> Result<Pending, Refusal> {
        let (item, pending) = item(voucher, entry, Purpose::Pay);
        self.queue.send(item).await.map_err(|_| Refusal::Storage)?;
        Ok(pending)
    }
}

fn item(voucher: ShapedVoucher, entry: Arc<Entry>, purpose: Purpose) -> (Item, Pending) {
    let (reply, answer) = oneshot::channel();
    (
        Item {
            voucher,
            entry,
            purpose,
            reply,
        },
        Pending(answer),
    )
}

fn take_all(mut items: mpsc::Receiver<Item>, writer: &Writer) {
    let mut batch = Vec::with_capacity(MAX_BATCH);
    while items.blocking_recv_many(&mut batch, MAX_BATCH) > 0 {
        let verdicts = verify(&batch);
        for (item, verdict) in batch.drain(..).zip(verdicts) {
            let taken = verdict.and_then(|()| take(&item.entry, item.voucher, item.purpose, writer));
            // Whoever no longer waits needs no answer; the voucher counts all the same.
            let _ = item.reply.send(taken);
        }
    }
}

/// One verdict for each item. What the deal refuses anyway, and a payment that
/// is superseded, is not worth a signature.
fn verify(batch: &[Item]) -> Vec<Result<(), Refusal>> {
    let mut verdicts: Vec<Result<(), Refusal>> = batch
        .iter()
        .map(|item| {
            item.entry
                .deal
                .lock()
                .precheck(&item.voucher)
                .map_err(Refusal::from)
        })
        .collect();
    let needed: Vec<(usize, &ShapedVoucher)> = batch
        .iter()
        .enumerate()
        .filter(|(i, item)| verdicts.get(*i).is_some_and(Result::is_ok) && !superseded(item))
        .map(|(i, item)| (i, &item.voucher))
        .collect();
    // Other threads are woken only for what is more than one batch.
    let bad: Vec<usize> = if needed.len() <= VERIFY_BATCH {
        bad_places(&needed).collect()
    } else {
        needed
            .par_chunks(VERIFY_BATCH)
            .flat_map_iter(bad_places)
            .collect()
    };
    for place in bad {
        if let Some(verdict) = verdicts.get_mut(place) {
            *verdict = Err(VoucherError::Signature.into());
        }
    }
    verdicts
}

/// The places of vouchers whose signature is not good.
fn bad_places(chunk: &[(usize, &ShapedVoucher)]) -> impl Iterator<Item = usize> {
    let vouchers: Vec<SignedVoucher> = chunk.iter().map(|(_, voucher)| voucher.signed.clone()).collect();
    let places: Vec<usize> = chunk.iter().map(|(place, _)| *place).collect();
    places
        .into_iter()
        .zip(verify_batch(&vouchers))
        .filter(|(_, good)| !good)
        .map(|(place, _)| place)
}

fn superseded(item: &Item) -> bool {
    let deal = item.entry.deal.lock();
    let held = deal
        .session(&item.voucher.session)
        .map_or(0, |session| session.held.sequence);
    item.purpose == Purpose::Pay && item.voucher.sequence <= held
}

fn take(
    entry: &Entry,
    voucher: ShapedVoucher,
    purpose: Purpose,
    writer: &Writer,
) -> Result<Accepted, Refusal> {
    let key = voucher.key();
    let record = voucher.signed.encode_to_vec();
    let (taken, sequence) = {
        let mut deal = entry.deal.lock();
        let session = voucher.session;
        let superseded = purpose == Purpose::Pay
            && deal
                .session(&session)
                .is_some_and(|held| voucher.sequence <= held.held.sequence);
        // Not verified, so it must not touch the replay window either.
        let taken = if superseded {
            Taken::Superseded
        } else {
            deal.accept(voucher, purpose == Purpose::Request)?
        };
        (taken, deal.session(&session).map_or(0, |held| held.held.sequence))
    };
    let receipt = match taken {
        Taken::Highest => writer.put_blocking(key, record)?,
        Taken::Superseded => writer.barrier_blocking()?,
    };
    if taken == Taken::Highest {
        entry.changed.notify_waiters();
    }
    Ok(Accepted { sequence, receipt })
}
