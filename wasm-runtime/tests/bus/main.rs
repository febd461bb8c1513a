//! Contracts for the service bus, against a chain in memory.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod assemblyscript;
#[path = "../common/assemblyscript.rs"]
mod build;
mod calls;
mod chain;
mod code;
mod compilers;
mod context;
mod crypto;
mod failures;
mod fuzz;
mod hostile;
mod interpreted;
mod javascript;
mod languages;
mod python;
mod rust;
mod script;
mod sdk;
mod storage;
mod support;
mod tasks;
mod world;
