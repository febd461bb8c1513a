//! Why the gateway does not do what it was asked, and how that is said over
//! HTTP and over gRPC.

use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};

use super::deal::{Unserved, VoucherError};
use crate::metering::{
    server::Body,
    store::WriterStopped,
    voucher::ShapeError,
    wire::{Account, Reason, RefusalBody},
};

/// Seconds after which a busy gateway is worth another try.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("1");

/// A refusal; the message is for people, its reason for programs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error(transparent)]
    Shape(#[from] ShapeError),
    #[error(transparent)]
    Voucher(#[from] VoucherError),
    #[error("{reason}")]
    Unserved {
        reason: Unserved,
        account: Option<Box<Account>>,
    },
    #[error("no open deal {0} on this gateway's offer; check the deal's number and its provider")]
    UnknownDeal(u64),
    #[error("the gateway is busy; try again in a second")]
    Busy,
    #[error("the gateway cannot ask its chain node about this deal; try again in a second")]
    ChainUnavailable,
    #[error("the gateway cannot store vouchers; nothing was served")]
    Storage,
    #[error("the request body is longer than {0} bytes")]
    TooLarge(u64),
    #[error("CONNECT and protocol upgrades are not served")]
    Unsupported,
    #[error("the upstream failed: {0}")]
    UpstreamFailed(String),
    #[error("the upstream did not answer within {0} s")]
    UpstreamTimeout(u64),
}

impl From<WriterStopped> for Refusal {
    fn from(_: WriterStopped) -> Self {
        Self::Storage
    }
}

impl From<Unserved> for Refusal {
    fn from(reason: Unserved) -> Self {
        Self::Unserved {
            reason,
            account: None,
        }
    }
}

impl Refusal {
    pub fn reason(&self) -> Reason {
        match self {
            Self::Shape(_) => Reason::BadVoucher,
            Self::Voucher(error) => match error {
                VoucherError::UnknownSession => Reason::UnknownSession,
                VoucherError::WrongChain { .. } | VoucherError::Counters { .. } | VoucherError::Overflow => {
                    Reason::BadVoucher
                }
                VoucherError::Signature => Reason::BadSignature,
                VoucherError::Replayed { .. } => Reason::Replayed,
                VoucherError::CounterFell { .. } => Reason::CounterFell,
            },
            Self::Unserved { reason, .. } => match reason {
                Unserved::UnknownSession => Reason::UnknownSession,
                Unserved::Closing => Reason::DealClosing,
                Unserved::Blind => Reason::ChainUnavailable,
                Unserved::Unpaid => Reason::Unpaid,
                Unserved::EscrowExhausted => Reason::EscrowExhausted,
                Unserved::CapExhausted => Reason::CapExhausted,
                Unserved::InFlight => Reason::Busy,
            },
            Self::UnknownDeal(_) => Reason::UnknownDeal,
            Self::Busy => Reason::Busy,
            Self::ChainUnavailable => Reason::ChainUnavailable,
            Self::Storage => Reason::Storage,
            Self::TooLarge(_) => Reason::TooLarge,
            Self::Unsupported => Reason::Unsupported,
            Self::UpstreamFailed(_) => Reason::UpstreamFailed,
            Self::UpstreamTimeout(_) => Reason::UpstreamTimeout,
        }
    }

    pub fn into_response(self) -> Response<Body> {
        let (error, message) = (self.reason(), self.to_string());
        let account = match self {
            Self::Unserved { account, .. } => account.map(|account| *account),
            _ => None,
        };
        let body = serde_json::to_vec(&RefusalBody {
            error,
            message,
            account,
        })
        .unwrap_or_default();
        let mut response = Response::new(Full::from(body).map_err(|never| match never {}).boxed_unsync());
        *response.status_mut() = status(error);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if matches!(error, Reason::Busy | Reason::ChainUnavailable) {
            headers.insert(header::RETRY_AFTER, RETRY_AFTER);
        }
        response
    }

    pub fn into_status(self) -> tonic::Status {
        let code = match self.reason() {
            Reason::BadVoucher | Reason::CounterFell | Reason::TooLarge => tonic::Code::InvalidArgument,
            Reason::BadSignature | Reason::Replayed => tonic::Code::Unauthenticated,
            Reason::UnknownDeal | Reason::UnknownSession => tonic::Code::NotFound,
            Reason::Unpaid | Reason::EscrowExhausted | Reason::CapExhausted | Reason::DealClosing => {
                tonic::Code::FailedPrecondition
            }
            Reason::Busy => tonic::Code::ResourceExhausted,
            Reason::ChainUnavailable => tonic::Code::Unavailable,
            Reason::Storage => tonic::Code::Internal,
            Reason::Unsupported => tonic::Code::Unimplemented,
            Reason::UpstreamFailed => tonic::Code::Unavailable,
            Reason::UpstreamTimeout => tonic::Code::DeadlineExceeded,
        };
        tonic::Status::new(code, self.to_string())
    }
}

fn status(reason: Reason) -> StatusCode {
    match reason {
        Reason::BadVoucher | Reason::CounterFell => StatusCode::BAD_REQUEST,
        Reason::BadSignature | Reason::Replayed => StatusCode::UNAUTHORIZED,
        Reason::Unpaid | Reason::EscrowExhausted | Reason::CapExhausted => StatusCode::PAYMENT_REQUIRED,
        Reason::UnknownDeal | Reason::UnknownSession | Reason::DealClosing => StatusCode::FORBIDDEN,
        Reason::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Reason::Unsupported => StatusCode::METHOD_NOT_ALLOWED,
        Reason::UpstreamFailed => StatusCode::BAD_GATEWAY,
        Reason::UpstreamTimeout => StatusCode::GATEWAY_TIMEOUT,
        Reason::Busy | Reason::ChainUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        Reason::Storage => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
