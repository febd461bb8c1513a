//! Testnets on one machine: makes homes, runs N × `slsbftd`, shows a metered deal,
//! watches, loads and breaks them. Knows the chain only as its users do.

mod child;
pub mod cli;
mod crash;
mod deal;
mod error;
mod fleet;
mod folder;
mod homes;
mod load;
mod network;
mod ports;
mod proc;
mod progress;
mod rpc;
mod service;
mod status;
mod tools;
mod up;
