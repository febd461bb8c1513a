//! What metering promises, through its messages, blocks and queries, on the
//! real bank.

mod claims;
mod closing;
mod deals;
mod genesis;
mod input;
mod machine;
mod model;
mod queries;
mod world;
