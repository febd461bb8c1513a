//! Where staking lives in [`Space::Main`](slsbft_store::Space). Numbers are
//! big-endian, so keys sort as numbers do; an address has its length in front.

use slsbft_types::{Address, Time};

use crate::modules::key::with;
pub use crate::modules::key::{one, pair, split};

pub const PARAMS: &[u8] = b"staking/params";
/// All stake with candidates, and how many there are.
pub const TOTALS: &[u8] = b"staking/totals";
/// ‖ operator → candidate.
pub const CANDIDATE: &[u8] = b"staking/candidate/";
/// ‖ consensus address → operator; never deleted.
pub const KEY: &[u8] = b"staking/key/";
/// ‖ delegator ‖ operator → shares.
pub const DELEGATION: &[u8] = b"staking/delegation/";
/// ‖ delegator ‖ operator → what is on its way back.
pub const UNBONDING: &[u8] = b"staking/unbonding/";
/// ‖ delegator ‖ destination → what came from other candidates.
pub const REDELEGATION: &[u8] = b"staking/redelegation/";
/// ‖ operator ‖ height ‖ number → slash.
pub const SLASH: &[u8] = b"staking/slash/";
/// ‖ operator → how many slashes there were, 4 bytes.
const SLASHES: &[u8] = b"staking/slashes/";
/// ‖ operator ‖ height → what leavers of that height and later ones owe, 8 bytes.
pub const LIABLE: &[u8] = b"staking/liable/";
/// ‖ operator ‖ height → what left then and may still answer, 16 bytes.
pub const LEFT: &[u8] = b"staking/left/";
/// ‖ operator ‖ span of heights → the same of the whole span.
pub const LEFT_SPAN: &[u8] = b"staking/left_span/";

// Indexes; their values say nothing.

/// ‖ operator ‖ delegator.
const DELEGATOR: &[u8] = b"staking/delegator/";
/// ‖ operator ‖ delegator.
const UNBONDING_FROM: &[u8] = b"staking/unbonding_from/";
/// ‖ source ‖ delegator ‖ destination.
const REDELEGATION_FROM: &[u8] = b"staking/redelegation_from/";
/// All indexes.
pub const INDEXES: [&[u8]; 3] = [DELEGATOR, UNBONDING_FROM, REDELEGATION_FROM];

// Queues of pairs for which something becomes due by itself; their values say nothing.

/// ‖ seconds ‖ nanoseconds ‖ delegator ‖ operator.
pub const BY_TIME: &[u8] = b"staking/by_time/";
/// ‖ height ‖ delegator ‖ operator: the time has come, the height has not passed.
pub const BY_HEIGHT: &[u8] = b"staking/by_height/";

pub fn candidate(operator: &Address) -> Vec<u8> {
    with(CANDIDATE, &[operator])
}

pub fn key(consensus: &Address) -> Vec<u8> {
    with(KEY, &[consensus])
}

pub fn delegations_of(delegator: &Address) -> Vec<u8> {
    with(DELEGATION, &[delegator])
}

pub fn delegation(delegator: &Address, operator: &Address) -> Vec<u8> {
    with(DELEGATION, &[delegator, operator])
}

pub fn unbondings_of(delegator: &Address) -> Vec<u8> {
    with(UNBONDING, &[delegator])
}

pub fn unbonding(delegator: &Address, operator: &Address) -> Vec<u8> {
    with(UNBONDING, &[delegator, operator])
}

pub fn redelegations_of(delegator: &Address) -> Vec<u8> {
    with(REDELEGATION, &[delegator])
}

pub fn redelegation(delegator: &Address, destination: &Address) -> Vec<u8> {
    with(REDELEGATION, &[delegator, destination])
}

pub fn delegators_of(operator: &Address) -> Vec<u8> {
    with(DELEGATOR, &[operator])
}

pub fn delegator(operator: &Address, delegator: &Address) -> Vec<u8> {
    with(DELEGATOR, &[operator, delegator])
}

pub fn unbonding_from_all(operator: &Address) -> Vec<u8> {
    with(UNBONDING_FROM, &[operator])
}

pub fn unbonding_from(operator: &Address, delegator: &Address) -> Vec<u8> {
    with(UNBONDING_FROM, &[operator, delegator])
}

pub fn redelegations_from(source: &Address) -> Vec<u8> {
    with(REDELEGATION_FROM, &[source])
}

pub fn redelegation_from(source: &Address, delegator: &Address, destination: &Address) -> Vec<u8> {
    with(REDELEGATION_FROM, &[source, delegator, destination])
}

pub fn slashes(operator: &Address) -> Vec<u8> {
    with(SLASHES, &[operator])
}

pub fn slashes_of(operator: &Address) -> Vec<u8> {
    with(SLASH, &[operator])
}

pub fn slash(operator: &Address, height: u64, number: u32) -> Vec<u8> {
    let mut key = slashes_of(operator);
    key.extend(height.to_be_bytes());
    key.extend(number.to_be_bytes());
    key
}

/// [`LIABLE`], [`LEFT`] or [`LEFT_SPAN`] of an operator and a number.
pub fn numbered(prefix: &[u8], operator: &Address, number: u64) -> Vec<u8> {
    let mut key = with(prefix, &[operator]);
    key.extend(number.to_be_bytes());
    key
}

/// All of [`LIABLE`], [`LEFT`] or [`LEFT_SPAN`] of an operator.
pub fn all_numbered(prefix: &[u8], operator: &Address) -> Vec<u8> {
    with(prefix, &[operator])
}

pub fn by_time(time: Time) -> Vec<u8> {
    // Times before 1970 cannot come in.
    let seconds = u64::try_from(time.seconds).unwrap_or(0);
    [BY_TIME, &seconds.to_be_bytes(), &time.nanos.to_be_bytes()].concat()
}

pub fn by_height(height: u64) -> Vec<u8> {
    [BY_HEIGHT, &height.to_be_bytes()].concat()
}

/// A queue's key of a pair.
pub fn queued(prefix: Vec<u8>, delegator: &Address, operator: &Address) -> Vec<u8> {
    with(&prefix, &[delegator, operator])
}

/// The pair at the end of a queue's key.
pub fn queued_pair(key: &[u8]) -> Option<(Address, Address)> {
    let rest = match key.strip_prefix(BY_TIME) {
        Some(rest) => rest.get(12..)?,
        None => key.strip_prefix(BY_HEIGHT)?.get(8..)?,
    };
    pair(rest)
}
