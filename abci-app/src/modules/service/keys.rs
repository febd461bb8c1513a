//! Where service lives. Numbers are big-endian; an address has its length in front.

use slsbft_types::{Address, Time};

use crate::modules::key::{one, with};

/// `v1.Params`.
pub const PARAMS: &[u8] = b"service/params";
/// The next participant's id.
pub const NEXT_ID: &[u8] = b"service/next_id";
/// How many providers are registered.
pub const PROVIDERS: &[u8] = b"service/providers";
/// ‖ provider → `v1.Provider`.
pub const PROVIDER: &[u8] = b"service/provider/";
/// ‖ tag ‖ 0 ‖ provider: an index, its values say nothing.
const BY_TAG: &[u8] = b"service/provider_by_tag/";
/// ‖ participant → its id.
pub const ID: &[u8] = b"service/id/";
/// ‖ page → evidence of the participants with its ids.
pub const PAGE: &[u8] = b"service/page/";
/// ‖ operator → the account that audits for it.
pub const AUDITOR: &[u8] = b"service/auditor/";
/// ‖ auditing account → the operator it audits for.
const AUDITS_FOR: &[u8] = b"service/audits_for/";
/// ‖ seconds ‖ provider → uankr that come free then.
pub const RELEASE: &[u8] = b"service/release/";
/// ‖ provider: its last self-stake waits for its release.
const RELEASING: &[u8] = b"service/releasing/";

// Epoch-local.

/// → the targets of the running epoch's audits.
pub const TARGETS: &[u8] = b"service/targets";
/// ‖ operator → ids of its targets.
pub const ASSIGNMENT: &[u8] = b"service/assignment/";
/// ‖ operator → the digest it committed to.
pub const COMMITMENT: &[u8] = b"service/commitment/";
/// ‖ operator → the report it revealed.
pub const REPORT: &[u8] = b"service/report/";
/// ‖ provider → what it has to compute, and the root that it committed to.
pub const TASK: &[u8] = b"service/task/";
/// ‖ provider → what consumers paid and said in the running epoch.
pub const RATING: &[u8] = b"service/rating/";
/// ‖ provider → how it answered requests in the running epoch.
pub const ANSWERS: &[u8] = b"service/answers/";
/// ‖ epoch ‖ provider ‖ consumer: paid in that epoch.
pub const PAYER: &[u8] = b"service/payer/";

pub fn provider(address: &Address) -> Vec<u8> {
    [PROVIDER, &owner(address)].concat()
}

pub fn with_tag(tag: &str) -> Vec<u8> {
    [BY_TAG, tag.as_bytes(), &[0]].concat()
}

pub fn by_tag(tag: &str, address: &Address) -> Vec<u8> {
    [with_tag(tag), owner(address)].concat()
}

pub fn id(address: &Address) -> Vec<u8> {
    [ID, &owner(address)].concat()
}

pub fn page(page: u32) -> Vec<u8> {
    [PAGE, &page.to_be_bytes()].concat()
}

pub fn auditor(operator: &Address) -> Vec<u8> {
    [AUDITOR, &owner(operator)].concat()
}

pub fn audits_for(account: &Address) -> Vec<u8> {
    [AUDITS_FOR, &owner(account)].concat()
}

pub fn release(time: Time, provider: &Address) -> Vec<u8> {
    let seconds = u64::try_from(time.seconds).unwrap_or(0);
    [RELEASE, &seconds.to_be_bytes(), &owner(provider)].concat()
}

/// The first key of what comes free after a time.
pub fn released_until(time: Time) -> Vec<u8> {
    let seconds = u64::try_from(time.seconds).unwrap_or(0).saturating_add(1);
    [RELEASE, &seconds.to_be_bytes()].concat()
}

pub fn releasing(provider: &Address) -> Vec<u8> {
    [RELEASING, &owner(provider)].concat()
}

pub fn assignment(operator: &Address) -> Vec<u8> {
    [ASSIGNMENT, &owner(operator)].concat()
}

pub fn commitment(operator: &Address) -> Vec<u8> {
    [COMMITMENT, &owner(operator)].concat()
}

pub fn report(operator: &Address) -> Vec<u8> {
    [REPORT, &owner(operator)].concat()
}

pub fn answers(provider: &Address) -> Vec<u8> {
    [ANSWERS, &owner(provider)].concat()
}

pub fn task(provider: &Address) -> Vec<u8> {
    [TASK, &owner(provider)].concat()
}

pub fn rating(provider: &Address) -> Vec<u8> {
    [RATING, &owner(provider)].concat()
}

pub fn payers(epoch: u64) -> Vec<u8> {
    [PAYER, &epoch.to_be_bytes()].concat()
}

pub fn payer(epoch: u64, provider: &Address, consumer: &Address) -> Vec<u8> {
    [payers(epoch), owner(provider), owner(consumer)].concat()
}

/// The address at the end of a key that starts with `prefix`.
pub fn address_after(prefix: &[u8], key: &[u8]) -> Option<Address> {
    one(key.strip_prefix(prefix)?)
}

fn owner(address: &Address) -> Vec<u8> {
    with(&[], &[address])
}
