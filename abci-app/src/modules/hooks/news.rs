//! What contracts are told, in JSON: an object with one field, named after what happened.

use serde::Serialize;
use slsbft_proto::hooks::v1::Hook;

use crate::errors::Fault;

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum News {
    EpochEnded { epoch: u64 },
    DealOpened(Deal),
    DealSettled(Deal),
    DealClosed(Deal),
    Answered(Answered),
}

/// A deal as it is after what happened. Amounts are text, in uankr.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Deal {
    /// What the contract is in it: `consumer`, `provider` or `application`.
    pub role: &'static str,
    pub deal: u64,
    pub offer: u64,
    pub provider: String,
    pub consumer: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application: Option<String>,
    /// Everything that was ever put in.
    pub escrow: String,
    /// Everything that was paid out of it.
    pub paid: String,
    /// With a payment: its amount; with the end: what went back to the consumer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<String>,
}

/// How a request of the contract ended.
#[derive(Clone, Debug, Serialize)]
pub struct Answered {
    pub request: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// Why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<&'static str>,
    /// What a task failed with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl News {
    pub fn hook(&self) -> Hook {
        match self {
            Self::EpochEnded { .. } => Hook::EpochEnded,
            Self::DealOpened(_) => Hook::DealOpened,
            Self::DealSettled(_) => Hook::DealSettled,
            Self::DealClosed(_) => Hook::DealClosed,
            Self::Answered(_) => Hook::Answered,
        }
    }

    /// The same as a party of the deal is told.
    pub fn in_role(mut self, role: &'static str) -> Self {
        match &mut self {
            Self::EpochEnded { .. } | Self::Answered(_) => {}
            Self::DealOpened(deal) | Self::DealSettled(deal) | Self::DealClosed(deal) => deal.role = role,
        }
        self
    }

    /// The message to a contract.
    pub fn to_json(&self) -> Result<Vec<u8>, Fault> {
        serde_json::to_vec(self).map_err(|error| Fault::Invariant(error.to_string()))
    }
}
