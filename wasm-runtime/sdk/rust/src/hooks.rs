//! What the chain calls the entry point `hook` with.

use serde::Deserialize;

use crate::{
    Amount, Error,
    calls::{Points, send},
    env::contract,
    proto::Proto,
};

/// The message of a hook.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hook {
    EpochEnded {
        epoch: u64,
    },
    DealOpened(Deal),
    /// The deal has paid `amount`.
    DealSettled(Deal),
    /// The deal is over; `amount` went back to its consumer.
    DealClosed(Deal),
}

/// A deal in which the contract has a part. Amounts are in uankr.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Deal {
    /// `consumer`, `provider` or `application`.
    pub role: String,
    pub deal: u64,
    pub offer: u64,
    pub provider: String,
    pub consumer: String,
    pub application: Option<String>,
    /// Everything that was ever put in.
    pub escrow: Amount,
    /// Everything that was paid out of it.
    pub paid: Amount,
    /// With a payment: how much. With the end: what went back to the consumer.
    pub amount: Option<Amount>,
}

/// What there is to subscribe to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    EpochEnded = 1,
    DealOpened = 2,
    DealSettled = 3,
    DealClosed = 4,
}

/// Asks the chain for calls, of which each may use so much gas. The contract pays for them out of its own
/// uankr, and is called no more when it cannot.
///
/// # Errors
/// The limit is none that the chain allows (100,000 to 10,000,000 by default).
pub fn subscribe(kind: Kind, gas_limit: u64) -> Result<(), Error> {
    let msg = Proto::default()
        .text(1, &contract())
        .u64(2, kind as u64)
        .u64(3, gas_limit);
    send("/slsbft.hooks.v1.MsgSubscribe", &msg.encoded(), Points::All)?;
    Ok(())
}

/// # Errors
/// There is no such subscription.
pub fn unsubscribe(kind: Kind) -> Result<(), Error> {
    let msg = Proto::default().text(1, &contract()).u64(2, kind as u64);
    send("/slsbft.hooks.v1.MsgUnsubscribe", &msg.encoded(), Points::All)?;
    Ok(())
}
