//! Contracts for the service bus in Rust: what the host offers, with types. Messages, answers and stored
//! values are JSON by serde. Limits and prices of the host's functions are those of `docs/contracts/abi.md`.
//!
//! ```
//! use serde::{Deserialize, Serialize};
//! use slsbft_sdk::{Error, Item, contract};
//!
//! #[derive(Deserialize)]
//! struct Start { count: u64 }
//!
//! #[derive(Deserialize)]
//! #[serde(rename_all = "snake_case")]
//! enum Execute { Add { by: u64 } }
//!
//! #[derive(Deserialize)]
//! #[serde(rename_all = "snake_case")]
//! enum Query { Count {} }
//!
//! const COUNT: Item<u64> = Item::new("count");
//!
//! fn instantiate(start: Start) -> Result<(), Error> {
//!     COUNT.save(&start.count);
//!     Ok(())
//! }
//!
//! fn execute(Execute::Add { by }: Execute) -> Result<u64, Error> {
//!     let count = COUNT.load()?.checked_add(by).ok_or("the counter is full")?;
//!     COUNT.save(&count);
//!     Ok(count)
//! }
//!
//! fn query(Query::Count {}: Query) -> Result<u64, Error> {
//!     COUNT.load()
//! }
//!
//! contract! { instantiate: instantiate, execute: execute, query: query }
//! # fn main() {}
//! ```
//!
//! Built for anything but `wasm32`, the host is [`mock`]: contracts have unit tests as other crates do.

mod amount;
mod binary;
pub mod calls;
pub mod crypto;
pub mod entry;
pub mod env;
mod error;
mod event;
pub mod hooks;
mod key;
#[cfg(not(target_arch = "wasm32"))]
pub mod mock;
pub mod proto;
mod storage;
#[cfg(target_arch = "wasm32")]
mod wasm;

#[cfg(not(target_arch = "wasm32"))]
use mock::host;
#[cfg(target_arch = "wasm32")]
use wasm as host;

pub use amount::Amount;
pub use binary::Binary;
pub use error::Error;
pub use event::Event;
pub use key::Key;
pub use storage::{Item, Map, Order, Records};
