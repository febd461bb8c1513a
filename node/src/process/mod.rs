//! The running node: the application, CometBFT beside it, and how both stop.
//!
//! `locks` keeps a home and a validator key to one process, `child` is CometBFT
//! as a child that never outlives us, `ready` waits for what a killed
//! predecessor still holds, `supervise` starts CometBFT and, as `restart` says,
//! starts it again, `services` are gRPC and metrics, `node` puts everything together and takes it down
//! again; `maintenance` is what is done in between.

mod child;
mod files;
mod forward;
mod locks;
mod log;
mod maintenance;
mod node;
mod ready;
mod restart;
mod services;
mod supervise;

pub use child::{ChildError, find_cometbft};
pub use files::raise_limit;
pub use locks::{HomeLock, LockError};
pub use log::{LogError, init_log};
pub use maintenance::{Maintenance, MaintenanceError};
pub use node::{NodeError, Start, chain_id, check, run};
pub use ready::ReadyError;
