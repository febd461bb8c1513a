//! The VM with published contracts, with another VM beside it, with hostile contracts, and with damaged
//! caches.

mod cache;
mod chain;
mod contracts;
mod hostile;
mod oracle;
mod prober;
mod support;
