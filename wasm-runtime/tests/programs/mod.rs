//! Programs on two sides that must agree: the pass with wasmtime, and the interpreter.
//!
//! - [`choices`]: decisions from bytes; [`generate`], [`operators`] and [`module`]: programs with deep
//!   control flow from them; [`smith`]: programs of wasm-smith
//! - [`tables`]: price tables; [`host`]: what programs import
//! - [`observe`]: what can be seen of a call, by the interpreter; [`engine`]: by wasmtime
//! - [`compare`]: a program under many budgets on both sides

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails, and not every user of this folder uses all of it"
)]

pub mod choices;
pub mod compare;
pub mod engine;
pub mod generate;
pub mod host;
pub mod module;
pub mod observe;
pub mod operators;
pub mod smith;
pub mod tables;
