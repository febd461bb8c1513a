//! What the two metering daemons share: the units a gateway can measure, the
//! voucher as it travels, the HTTP headers of the gateway, the HTTP server and
//! the durable store with its group commit.

pub mod headers;
pub mod server;
pub mod store;
pub mod units;
pub mod upload;
pub mod voucher;
pub mod wire;
