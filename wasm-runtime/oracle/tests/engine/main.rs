//! The VM with published contracts, with another VM beside it, with hostile contracts, and with damaged
//! caches.

mod accepted;
mod cache;
mod chain;
mod contracts;
mod fuzz;
mod grammar;
mod hostile;
mod link;
mod oracle;
mod prober;
mod published;
mod refusals;
mod same;
mod support;
mod sweep;
