//! Contracts for the service bus, recognised by the export `slsbft_abi_1`: an interface for any language,
//! in which arguments are addresses and lengths in the contract's memory (`docs/contracts/abi.md`).
//!
//! The host never calls the contract back: it has one entry point, asks for its message and hands out its
//! output. What the host has to give, the contract asks for with the room that it has; if it does not fit,
//! it learns the length and may ask again.

mod call;
mod check;
mod imports;
mod instance;
mod memory;

pub use call::{Call, Context, Entry, Task, Transaction};
pub use check::Report;
pub(crate) use check::check;
pub(crate) use imports::link;
pub(crate) use instance::{Exports, Instance, bind};

/// The module that contracts import the host's functions from.
const MODULE: &str = "slsbft";
