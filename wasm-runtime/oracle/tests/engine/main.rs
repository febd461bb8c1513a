//! The VM with published contracts, with another VM beside it, with hostile contracts, and with damaged
//! caches.
#![allow(clippy::disallowed_types, reason = "the other VM takes a `HashSet`")]

mod cache;
mod chain;
mod contracts;
mod hostile;
mod link;
mod oracle;
mod prober;
mod refusals;
mod same;
mod support;
