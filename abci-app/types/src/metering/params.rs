//! The chain's parameters of metering.

use serde::{Deserialize, Serialize};

use super::Terms;
use crate::{Amount, Ratio};

/// Most session keys of a deal that parameters may allow.
pub const MOST_SESSION_KEYS: u32 = 16;
/// Ten years in seconds: the longest window or deal that parameters may allow.
const MOST_SECONDS: u64 = 315_360_000;
/// The longest window in blocks.
const MOST_BLOCKS: u64 = 1_000_000_000;
/// Most queue entries per block that parameters may allow.
const MOST_SWEPT: u32 = 10_000;

/// Limits on offers and deals, and the terms that new deals get.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Least escrow that an offer may ask for, in uankr.
    pub min_escrow: Amount,
    pub deal_deposit: Amount,
    pub offer_deposit: Amount,
    /// Most deals of an offer …
    pub max_open_deals: u32,
    /// … and of one consumer on it.
    pub max_deals_per_consumer: u32,
    pub max_session_keys: u32,
    /// Longest life of a deal.
    pub max_duration_seconds: u64,
    /// Queue entries handled per block.
    pub sweep_limit: u32,
    /// What new deals pin.
    pub terms: Terms,
}

/// A parameter that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct ParamsError {
    pub field: &'static str,
    pub reason: String,
}

impl Params {
    /// Checks that every parameter is in range and that they fit each other.
    pub fn check(&self) -> Result<(), ParamsError> {
        let count = |field, value: u64, most: u64| {
            let reason = format!("must be 1 to {most}, found {value}");
            if (1..=most).contains(&value) {
                Ok(())
            } else {
                Err(ParamsError { field, reason })
            }
        };
        count("max_open_deals", self.max_open_deals.into(), u32::MAX.into())?;
        count(
            "max_deals_per_consumer",
            self.max_deals_per_consumer.into(),
            10_000,
        )?;
        count(
            "max_session_keys",
            self.max_session_keys.into(),
            MOST_SESSION_KEYS.into(),
        )?;
        count("max_duration_seconds", self.max_duration_seconds, MOST_SECONDS)?;
        count("sweep_limit", self.sweep_limit.into(), MOST_SWEPT.into())?;
        count("terms.window_blocks", self.terms.window_blocks, MOST_BLOCKS)?;
        count("terms.window_seconds", self.terms.window_seconds, MOST_SECONDS)?;
        self.terms.check()?;
        if self.terms.idle_fee > self.min_escrow {
            let reason = format!(
                "must be at most min_escrow ({}), which it is taken from",
                self.min_escrow
            );
            return Err(ParamsError {
                field: "terms.idle_fee",
                reason,
            });
        }
        Ok(())
    }
}

impl Terms {
    /// Checks that the parts of the platform's share are not more than all of it.
    pub fn check(&self) -> Result<(), ParamsError> {
        let parts = self.provider_part.billionths() + self.application_part.billionths();
        if parts > Ratio::ONE.billionths() {
            let reason = format!("is above one together with provider_part ({parts} billionths)");
            return Err(ParamsError {
                field: "terms.application_part",
                reason,
            });
        }
        Ok(())
    }
}
