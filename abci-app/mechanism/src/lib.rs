//! The rules by which stake and service become power and reward: pure functions over integers.
//! The state machine runs them, the simulator runs the same ones, and anybody can check with them
//! what the chain says. No state, no I/O, no clock.
//!
//! - [`election`]: who gets a seat, and with which power
//! - [`proposer`]: CometBFT's rotation of proposers
//! - [`beacon`]: verifiable randomness
//! - [`level`]: service levels from evidence, and the two clocks
//! - [`audit`]: who audits whom, and what their reports are worth
//! - [`request`]: answers from outside of the chain: who gives them, and what is made of them
//! - [`compute`]: what providers of computing compute to show it, and what of it is checked
//! - [`reward`]: the release schedule and the parts of an epoch's reward
//! - [`share`]: stake in shares, rewards by share
//! - [`wide`]: products that need more than 128 bits

#![forbid(unsafe_code)]

pub mod audit;
pub mod beacon;
pub mod compute;
pub mod election;
mod halving;
pub mod level;
pub mod proposer;
mod random;
pub mod request;
pub mod reward;
pub mod share;
pub mod wide;
