//! Bodies on their way through the gateway: counted, bounded and held back
//! while what was served is not paid for. One part is in memory at a time.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures::stream::try_unfold;
use http::HeaderMap;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Body as _, Frame, Incoming};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot, watch};
use tokio_stream::wrappers::ReceiverStream;

use super::{refusal::Refusal, usage::Usage};
use crate::metering::{
    headers,
    server::{Body, BodyError, empty},
    wire,
};

/// Why a body broke off.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error("the body cannot be read: {0}")]
    Read(#[from] hyper::Error),
    #[error("the body is shorter than announced")]
    Short,
    #[error("no part of the body came in time")]
    Stalled,
    #[error("the body is longer than {0} bytes")]
    TooLarge(u64),
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// Bounds on a body.
#[derive(Clone, Copy)]
pub struct Bounds {
    pub bytes: u64,
    /// Between parts.
    pub idle: Duration,
    /// When it must be over.
    pub deadline: Instant,
}

impl Bounds {
    /// How long the next part may take.
    fn patience(&self) -> Duration {
        self.idle
            .min(self.deadline.saturating_duration_since(Instant::now()))
    }
}

/// A body being passed on: what remains of the part in hand, and the source.
struct Flow {
    source: Incoming,
    rest: Bytes,
    passed: u64,
    bounds: Bounds,
    usage: Arc<Usage>,
}

impl Flow {
    /// The next part that is paid for, or the trailers; `None` at the end. The
    /// time that an upstream takes for it is the session's.
    async fn next(&mut self, upstream: bool) -> Result<Option<Frame<Bytes>>, Broken> {
        while self.rest.is_empty() {
            let part = tokio::time::timeout(self.bounds.patience(), self.source.frame());
            let part = if upstream {
                self.usage.wait(part).await?
            } else {
                part.await
            };
            let Some(frame) = part.map_err(|_| Broken::Stalled)?.transpose()? else {
                return Ok(None);
            };
            match frame.into_data() {
                Ok(data) => self.rest = data,
                Err(trailers) => return Ok(Some(trailers)),
            }
        }
        let wanted = self.rest.len() as u64;
        if self.passed.saturating_add(wanted) > self.bounds.bytes {
            return Err(Broken::TooLarge(self.bounds.bytes));
        }
        let granted = self.usage.pass(wanted).await?.min(wanted);
        self.passed += granted;
        Ok(Some(Frame::data(self.rest.split_to(granted as usize))))
    }
}

/// The request's body on its way to the upstream. Why it was refused, if it was,
/// goes to `refused`: all that the upstream's client reports is that it broke off.
/// Each part shows in `progress`, which ends with the body.
pub fn request(
    source: Incoming,
    usage: Arc<Usage>,
    bounds: Bounds,
    refused: oneshot::Sender<Refusal>,
    progress: watch::Sender<()>,
) -> Body {
    if source.is_end_stream() {
        return empty();
    }
    let announced = source.size_hint().exact();
    let flow = Flow {
        source,
        rest: Bytes::new(),
        passed: 0,
        bounds,
        usage,
    };
    let parts = try_unfold((flow, Some(refused)), move |(mut flow, mut refused)| {
        progress.send_replace(());
        async move {
            let next = match flow.next(false).await {
                // A connection that is gone may look like the end.
                Ok(None) if announced.is_some_and(|bytes| flow.passed < bytes) => Err(Broken::Short),
                next => next,
            };
            match next {
                Ok(None) => Ok(None),
                Ok(Some(mut frame)) => {
                    if let Some(trailers) = frame.trailers_mut() {
                        headers::strip(trailers);
                    }
                    Ok(Some((frame, (flow, refused))))
                }
                Err(error) => {
                    // Whatever it is, the consumer has brought it about.
                    flow.usage.forfeit();
                    let reason = match &error {
                        Broken::Refused(refusal) => Some(refusal.clone()),
                        Broken::TooLarge(bound) => Some(Refusal::TooLarge(*bound)),
                        Broken::Read(_) | Broken::Short | Broken::Stalled => None,
                    };
                    if let (Some(reason), Some(refused)) = (reason, refused.take()) {
                        // Nobody waits any more once the upstream has answered.
                        let _ = refused.send(reason);
                    }
                    Err(BodyError::from(error))
                }
            }
        }
    });
    StreamBody::new(parts).boxed_unsync()
}

/// The upstream's body on its way to the consumer; ends with what was metered
/// as a trailer if `trailer` is set.
///
/// A task of its own moves it, so that a consumer who stops reading is cut off
/// in time, over HTTP/2 as well, and gives the request's place free.
pub fn response(
    source: Incoming,
    usage: Arc<Usage>,
    bounds: Bounds,
    trailer: bool,
    place: OwnedSemaphorePermit,
) -> Body {
    if source.is_end_stream() && !trailer {
        return empty();
    }
    let (parts, received) = mpsc::channel(1);
    let flow = Flow {
        source,
        rest: Bytes::new(),
        passed: 0,
        bounds,
        usage,
    };
    tokio::spawn(async move {
        pump(flow, trailer, parts).await;
        drop(place);
    });
    StreamBody::new(ReceiverStream::new(received)).boxed_unsync()
}

type Part = Result<Frame<Bytes>, BodyError>;

async fn pump(mut flow: Flow, mut trailer: bool, parts: mpsc::Sender<Part>) {
    loop {
        // The place is the consumer's only while somebody reads.
        let part = tokio::select! {
            part = flow.next(true) => part,
            () = parts.closed() => return,
        };
        let (frame, last) = match part {
            Ok(Some(frame)) => match frame.into_data() {
                Ok(data) => (Ok(Frame::data(data)), false),
                Err(frame) => {
                    let trailers = frame.into_trailers().unwrap_or_default();
                    (Ok(closing(trailers, &flow.usage, trailer)), true)
                }
            },
            Ok(None) if trailer => (Ok(closing(HeaderMap::new(), &flow.usage, true)), true),
            Ok(None) => return,
            Err(error) => (Err(error.into()), true),
        };
        trailer &= !last;
        let sent = tokio::time::timeout(flow.bounds.patience(), parts.send(frame)).await;
        if last || !matches!(sent, Ok(Ok(()))) {
            return;
        }
    }
}

fn closing(mut trailers: HeaderMap, usage: &Usage, metered: bool) -> Frame<Bytes> {
    headers::strip(&mut trailers);
    if metered {
        trailers.insert(wire::METERED, wire::counters_header(&usage.metered(0)));
    }
    Frame::trailers(trailers)
}
