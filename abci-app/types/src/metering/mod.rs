//! What chain, provider and consumer must compute alike: which bytes are a
//! voucher and what its signature covers, what a deal's counters are due, and
//! who gets how much of a payment.
//!
//! - `due`: exact dues and their one rounding
//! - `offer`, `deal`, `params`: the records
//! - `split`: how a payment is divided
//! - `voucher`: vouchers and their signatures
//! - `proto`: the records as protobuf, which is also how state keeps them

pub mod deal;
pub mod due;
pub mod offer;
pub mod params;
mod proto;
pub mod split;
pub mod voucher;

pub use deal::{Deadline, Deal, Session, SessionKey, Terms};
pub use due::{Due, MAX_SCALE, session_due};
pub use offer::{Meter, Offer, OfferError, OfferTerms};
pub use params::{Params, ParamsError};
pub use proto::RecordError;
pub use split::Split;
pub use voucher::{VOUCHER_DOMAIN, Voucher, VoucherError, voucher_sign_bytes};
