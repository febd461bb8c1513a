//! The `slsbft.metering.v1.Vouchers` service: where consumers leave vouchers
//! outside of requests.

use std::{pin::Pin, sync::Arc, time::Duration};

use futures::{Stream, StreamExt};
use slsbft_proto::metering::v1::{
    SessionRequest, SessionResponse, SubmitRequest, SubmitResponse, Voucher, vouchers_server::Vouchers,
};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use super::{
    book::{Book, Entry},
    intake::{Intake, Pending, Purpose},
    refusal::Refusal,
};
use crate::metering::{
    server::stopped,
    units::Credit,
    voucher::{SessionKey, ShapeError, ShapedVoucher},
};

/// Vouchers of one stream that may be on their way.
const PIPELINE: usize = 1_024;
/// Streams open at a time, over all connections.
const STREAMS: usize = 1_024;
/// A stream that brings nothing for this long ends.
const IDLE: Duration = Duration::from_secs(60);

/// The service over a gateway's book and intake.
#[derive(Clone)]
pub struct VouchersService {
    book: Arc<Book>,
    intake: Intake,
    credit: Credit,
    streams: Arc<Semaphore>,
    stop: watch::Receiver<bool>,
}

impl VouchersService {
    /// Streams end when `stop` turns true, with what they brought answered.
    pub fn new(book: Arc<Book>, intake: Intake, credit: Credit, stop: watch::Receiver<bool>) -> Self {
        Self {
            book,
            intake,
            credit,
            streams: Arc::new(Semaphore::new(STREAMS)),
            stop,
        }
    }

    async fn shape(&self, request: SubmitRequest) -> Result<(ShapedVoucher, Arc<Entry>), Refusal> {
        let signed = request.voucher.ok_or(ShapeError::Missing)?;
        let voucher = ShapedVoucher::new(signed)?;
        let entry = self.book.find(voucher.deal_id, &voucher.session).await?;
        Ok((voucher, entry))
    }

    /// Queues a voucher of a stream, which waits while the queue is full.
    async fn enqueue(&self, request: SubmitRequest) -> Result<Submitted, Refusal> {
        let (voucher, entry) = self.shape(request).await?;
        let (deal_id, session) = (voucher.deal_id, voucher.session);
        let pending = self.intake.queue(voucher, entry).await?;
        Ok(Submitted {
            deal_id,
            session,
            pending,
        })
    }
}

/// A voucher on its way, and what its answer repeats.
struct Submitted {
    deal_id: u64,
    session: SessionKey,
    pending: Pending,
}

impl Submitted {
    async fn answer(self) -> Result<SubmitResponse, Status> {
        let sequence = self.pending.durable().await.map_err(Refusal::into_status)?;
        Ok(SubmitResponse {
            deal_id: self.deal_id,
            session_key: self.session.to_vec().into(),
            sequence,
        })
    }
}

#[tonic::async_trait]
impl Vouchers for VouchersService {
    async fn submit(&self, request: Request<SubmitRequest>) -> Result<Response<SubmitResponse>, Status> {
        let submitted = async {
            let (voucher, entry) = self.shape(request.into_inner()).await?;
            let (deal_id, session) = (voucher.deal_id, voucher.session);
            let pending = self.intake.offer(voucher, entry, Purpose::Pay)?;
            Ok(Submitted {
                deal_id,
                session,
                pending,
            })
        };
        submitted
            .await
            .map_err(Refusal::into_status)?
            .answer()
            .await
            .map(Response::new)
    }

    type SubmitStreamStream = Pin<Box<dyn Stream<Item = Result<SubmitResponse, Status>> + Send>>;

    /// A refused voucher ends the stream; what was answered before it stands.
    async fn submit_stream(
        &self,
        request: Request<Streaming<SubmitRequest>>,
    ) -> Result<Response<Self::SubmitStreamStream>, Status> {
        let place = self
            .streams
            .clone()
            .try_acquire_owned()
            .map_err(|_| Refusal::Busy.into_status())?;
        let (submitted, answers) = mpsc::channel::<Result<Submitted, Status>>(PIPELINE);
        let (service, mut requests) = (self.clone(), request.into_inner());
        let mut stop = self.stop.clone();
        tokio::spawn(async move {
            let _place = place;
            loop {
                let request = tokio::select! {
                    request = tokio::time::timeout(IDLE, requests.next()) => request,
                    () = stopped(&mut stop) => return,
                };
                let Ok(Some(request)) = request else { return };
                let next = match request {
                    Ok(request) => service.enqueue(request).await.map_err(Refusal::into_status),
                    Err(status) => Err(status),
                };
                let last = next.is_err();
                if submitted.send(next).await.is_err() || last {
                    return;
                }
            }
        });
        let answers = ReceiverStream::new(answers).then(|submitted| async move { submitted?.answer().await });
        // Nothing after the first error: the answers behind it are in order only up to it.
        let answers = answers.scan(false, |ended, answer| {
            let item = (!*ended).then_some(answer);
            *ended = item.as_ref().is_none_or(Result::is_err);
            std::future::ready(item)
        });
        Ok(Response::new(Box::pin(answers)))
    }

    async fn session(&self, request: Request<SessionRequest>) -> Result<Response<SessionResponse>, Status> {
        let SessionRequest { deal_id, session_key } = request.into_inner();
        let key: SessionKey = session_key.as_ref().try_into().map_err(|_| {
            Status::invalid_argument(format!(
                "session_key must have 32 bytes, found {}",
                session_key.len()
            ))
        })?;
        let entry = self
            .book
            .find(deal_id, &key)
            .await
            .map_err(Refusal::into_status)?;
        let account = entry.account(&key, &self.credit);
        let account =
            account.ok_or_else(|| Refusal::from(super::deal::Unserved::UnknownSession).into_status())?;
        let deal = entry.deal.lock();
        let due = deal.due().map_err(|error| Status::internal(error.to_string()))?;
        Ok(Response::new(SessionResponse {
            metered: account.metered,
            voucher: Some(Voucher {
                chain_id: self.book.chain_id().to_owned(),
                deal_id,
                session_key,
                sequence: account.sequence,
                counters: account.held,
                rating: 0,
            }),
            deal_due: due.to_string(),
            deal_escrow: deal.escrow.to_string(),
            signed: deal.session(&key).and_then(|session| session.signed.clone()),
        }))
    }
}
