//! The way in: bytes become a [`CheckedTx`], which can only be built by passing
//! every check that needs no state; then [`ante`] admits it against state.
//!
//! - `message`: every message the chain knows
//! - `checked`, `fields`: decoding and stateless checks
//! - `reader`: reading once what the mempool, a proposal and a block all read
//! - `verifier`: signatures, in parallel, with a bounded memory of good ones
//! - `ante`: timeout, sequence, fee

pub mod ante;
mod checked;
mod fields;
mod message;
mod reader;
mod verifier;

pub use checked::{CheckedTx, Fee, MAX_TX_BYTES, Mode, Signer};
pub use fields::{decode_known, decode_strictly};
pub use message::Msg;
pub use reader::TxReader;
pub use verifier::{SignatureVerdicts, Verifier};
