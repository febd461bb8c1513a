//! A small WebAssembly interpreter that charges points and stack slots by `docs/contracts/metering.md`,
//! written from that page alone. It is the oracle of the pass that writes the same accounting into
//! modules: whatever a node reports of a call, this must report too, to the unit. Clarity comes before
//! speed here, and no node runs it.
//!
//! - [`costs`]: what the caller sets: prices and limits
//! - [`module`]: from bytes to a checked module in the internal form
//! - [`lower`]: one body to that form: its segments, its height
//! - [`code`]: the form itself
//! - [`integers`], [`floats`]: the numeric operators
//! - [`memory`]: linear memory
//! - [`imports`]: what the host lends
//! - [`instance`]: a module with its state, and the calls into it
//! - [`execute`]: the machine that runs them
//!
//! WebAssembly 1.0 with sign extension, saturating conversion, bulk memory, multi-value and mutable
//! globals. Results of float arithmetic that are NaN are the positive quiet NaN without payload.

mod code;
mod costs;
mod execute;
mod floats;
mod imports;
mod instance;
mod integers;
mod lower;
mod memory;
mod module;
mod value;

pub use costs::{Costs, InstantiationCosts, Limits, MAX_CHARGE, MAX_POINTS};
pub use execute::Trap;
pub use imports::{HostContext, HostTrap, Imports, ResizableLimits};
pub use instance::{Budget, CallError, End, Instance, InstantiateError, Report};
pub use module::{LoadError, Module};
pub use value::Value;
