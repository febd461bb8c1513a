//! Until when an allowance is good.

use serde::{Deserialize, Serialize};
use slsbft_sdk::env;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expiration {
    AtHeight(u64),
    /// Nanoseconds since 1970, as a decimal text.
    AtTime(String),
    Never {},
}

impl Default for Expiration {
    fn default() -> Self {
        Self::Never {}
    }
}

impl Expiration {
    /// A time that is none is over.
    pub fn is_over(&self) -> bool {
        match self {
            Self::AtHeight(height) => env::block_height() >= *height,
            Self::AtTime(time) => time.parse().map_or(true, |time: u64| env::block_time() >= time),
            Self::Never {} => false,
        }
    }
}
