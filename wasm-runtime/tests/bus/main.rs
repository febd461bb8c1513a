//! Contracts for the service bus, against a chain in memory.

mod calls;
mod chain;
mod code;
mod context;
mod crypto;
mod hostile;
mod sdk;
mod storage;
mod support;
mod world;
