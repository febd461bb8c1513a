//! Where hooks live, in [`Space::Main`](slsbft_store::Space::Main).

use slsbft_proto::hooks::v1::Hook;
use slsbft_types::Address;

use crate::modules::key;

/// ‖ hook ‖ contract → most gas of a call, big-endian
pub const SUBSCRIPTION: &[u8] = b"hooks/subscription/";
/// → how many contracts are subscribed to the ends of epochs, big-endian
pub const LISTENERS: &[u8] = b"hooks/listeners";
/// → `epoch::Round`
pub const ROUND: &[u8] = b"hooks/round";
/// ‖ contract ‖ number → `Waiting`
pub const INBOX: &[u8] = b"hooks/inbox/";
/// ‖ contract → `inbox::Numbers`
pub const NUMBERS: &[u8] = b"hooks/numbers/";
/// → the contract that was called last, as in the keys of [`INBOX`]
pub const TURN: &[u8] = b"hooks/turn";

/// What all subscriptions to a hook begin with.
pub fn subscriptions(hook: Hook) -> Vec<u8> {
    [SUBSCRIPTION, &[hook as u8]].concat()
}

pub fn subscription(hook: Hook, contract: &Address) -> Vec<u8> {
    key::with(&subscriptions(hook), &[contract])
}

/// What all that waits for a contract begins with.
pub fn inbox(contract: &Address) -> Vec<u8> {
    key::with(INBOX, &[contract])
}

pub fn waiting(contract: &Address, number: u64) -> Vec<u8> {
    [inbox(contract).as_slice(), &number.to_be_bytes()].concat()
}

pub fn numbers(contract: &Address) -> Vec<u8> {
    key::with(NUMBERS, &[contract])
}
