//! Contracts that were written for CosmWasm, recognised by the export `interface_version_8`.
//!
//! Messages and results are JSON in the contract's memory; the types are those of `cosmwasm-std`. What a
//! contract sees of the host (results, limits on lengths, error codes, numbers of iterators) is what it
//! sees elsewhere; what it pays is this VM's own (`HostPrices` and the price table).

mod call;
mod check;
mod imports;
mod instance;
mod migrate;
mod region;
mod sections;

pub use call::{Call, Entry};
pub use check::Report;
pub(crate) use check::check;
pub(crate) use imports::link;
pub(crate) use instance::{Exports, Instance, bind};
pub use migrate::migrate_version;

/// The module that contracts import the host's functions from.
const MODULE: &str = "env";

/// What a contract returns from an entry point that may change the state.
pub type Response = cosmwasm_std::Response<cosmwasm_std::Empty>;

/// What the chain offers contracts, by CosmWasm's names of capabilities.
pub const CAPABILITIES: &[&str] = &[
    "iterator",
    "staking",
    "stargate",
    "cosmwasm_1_1",
    "cosmwasm_1_2",
    "cosmwasm_1_3",
    "cosmwasm_1_4",
    "cosmwasm_2_0",
    "cosmwasm_2_1",
    "cosmwasm_2_2",
    "cosmwasm_3_0",
    "ibc2",
];
