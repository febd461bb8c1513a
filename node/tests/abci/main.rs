//! The ABCI server as its peers see it: over real sockets, with a small
//! application behind it.

mod faults;
mod foreign;
mod order;
mod support;
