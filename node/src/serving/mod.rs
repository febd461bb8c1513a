//! HTTP connections with bounds, which gRPC and the metrics are served on.
//!
//! `connections` accepts and ends them, `shares` keeps one client from taking
//! every place, `body` gives a place back when an answer is sent.

mod body;
mod connections;
mod shares;

pub(crate) use body::Guarded;
pub(crate) use connections::{Bounds, Peer, serve};
pub(crate) use shares::{Share, Shares, owner};
