//! A metered, deterministic WebAssembly VM for contracts.
//!
//! [`Vm`] checks and compiles code and keeps it; [`cosmwasm::Call`] and [`bus::Call`] run one entry point of
//! one contract against a [`Chain`], which is all that this crate knows of the chain around it. A call's [`Outcome`] is
//! the same on every node: the points used, to the unit, and what the contract returned or the [`Failure`]
//! it ended with. What is wrong with the node alone is a [`Fault`].
//!
//! - [`pass`]: checks a contract's module and writes its accounting into it;
//! - [`limits`]: what a module may contain at most;
//! - [`prices`]: what its operators cost;
//! - [`compute`]: the task by which a provider shows that it computes.

pub mod bus;
mod cache;
mod chain;
pub mod compute;
pub mod cosmwasm;
mod engine;
mod failure;
mod fault;
mod host;
mod host_prices;
mod interface;
pub mod limits;
pub mod pass;
pub mod prices;
mod profile;
mod vm;

pub use cache::CacheStats;
pub use chain::{Answer, CallError, Called, Chain, Order, Page, Record};
pub use engine::{CALL_STACK, Code, CodeHash, MAX_NESTED_CALLS};
pub use failure::{Failure, MAX_TEXT, Outcome, Reason, RegionError, Trap};
pub use fault::Fault;
pub use host_prices::{HostPrices, Linear};
pub use interface::{CheckError, Interface, Report};
pub use profile::{FunctionCost, Profile};
pub use vm::{CompileError, Config, Interrupt, Lane, Optimise, Refusal, Vm};
