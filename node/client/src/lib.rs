//! What a Rust program uses to talk to the chain.
//!
//! [`keys`] makes and recovers keys, [`keyring`] keeps them on disk, [`tx`]
//! builds and signs transactions, [`client`] speaks gRPC with a node, [`submit`]
//! sends many transactions of one account in order, [`voucher`] signs and judges
//! the statements that consumers give their providers, and [`consumer`] decides
//! what to state. [`messages`] makes messages of staking and what belongs to it,
//! [`gentx`] the transactions that a chain starts from, and [`beacon`] checks what a
//! node says of the beacon.

#![forbid(unsafe_code)]

pub mod beacon;
pub mod client;
pub mod consumer;
pub mod gentx;
pub mod keyring;
pub mod keys;
pub mod messages;
pub mod submit;
pub mod tx;
pub mod voucher;

pub use client::{Account, Client, ClientError, CodeInfo, TxFailure, TxOutcome};
pub use keyring::{Backend, KeyInfo, Keyring, KeyringError};
pub use keys::{HdPath, KeyError, KeyKind, Mnemonic, SigningKey};
pub use submit::{SubmitConfig, Submitted, Submitter};
pub use tx::{Fee, SignedTx, SignerData, TxBuilder, TxHash};
pub use voucher::{VoucherError, VoucherSigner};
