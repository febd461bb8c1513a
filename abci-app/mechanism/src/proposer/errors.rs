use super::{ConsensusAddress, MAX_TOTAL_POWER};

/// What CometBFT panics on or stops at, or, when a set is restored, what it never holds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetError {
    #[error("validator {} is listed twice", hex(.0))]
    Duplicate(ConsensusAddress),
    #[error("validator {} has a negative power, {power}", hex(.address))]
    NegativePower { address: ConsensusAddress, power: i64 },
    #[error("validator {} has a power of {power}, above {MAX_TOTAL_POWER}", hex(.address))]
    PowerTooLarge { address: ConsensusAddress, power: i64 },
    #[error("validator {} has no power, which only an update may say", hex(.0))]
    NoPower(ConsensusAddress),
    #[error("validator {} is to be removed but is not in the set", hex(.0))]
    Unknown(ConsensusAddress),
    #[error("no validator would be left")]
    Empty,
    #[error("the total power would be above {MAX_TOTAL_POWER}")]
    TotalTooLarge,
    #[error("validators are not in the order of power, then address")]
    Order,
    #[error("the proposer, {}, is not in the set", hex(.0))]
    UnknownProposer(ConsensusAddress),
}

/// As CometBFT writes addresses.
fn hex(address: &ConsensusAddress) -> String {
    address.iter().map(|byte| format!("{byte:02X}")).collect()
}
