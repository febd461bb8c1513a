//! What every part of the node agrees on: addresses, amounts, keys, ratios and
//! the transaction envelope. No I/O, no clock, integers only.

#![forbid(unsafe_code)]

pub mod address;
pub mod amount;
pub mod key;
pub mod metering;
pub mod ratio;
mod text;
pub mod time;
pub mod tx;
pub mod vesting;

pub use address::{Address, AddressError};
pub use amount::{Amount, AmountError, Coin, Coins, CoinsError, Denom};
pub use key::{KeyError, PublicKey};
pub use ratio::Ratio;
pub use time::Time;

/// Smallest unit of the chain's coin: 1 ANKR = 10⁶ uankr.
pub const BASE_DENOM: &str = "uankr";
/// uankr in one ANKR.
pub const UANKR_PER_ANKR: u128 = 1_000_000;
