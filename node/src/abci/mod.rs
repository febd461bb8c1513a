//! The ABCI server: CometBFT's four connections on one side, the application's
//! traits on the other.
//!
//! `endpoint` is where it listens, `frame` cuts bytes into messages,
//! `connection` answers one connection's requests in their order, `consensus`
//! is the one thread that owns the state machine, `server` accepts and stops.
//! Every connection accepts every request, since CometBFT does not say which of
//! its four it opens.

mod connection;
mod consensus;
mod endpoint;
mod frame;
mod pool;
mod server;

pub use endpoint::{Endpoint, EndpointError, Listener};
pub use frame::FrameError;
pub use server::{Application, Options, Server, ServerError, Stop};

/// CometBFT opens this many; another one would be somebody else.
pub const CONNECTIONS: usize = 4;
