//! A token whose messages, answers, events and stored state are those of CW20, so that wallets and contracts
//! that know `cw20-base` know it. Without marketing data.
//!
//! `send` calls the receiver before it returns, and this contract waits meanwhile: a receiver that moves
//! tokens on does so in a message of its own afterwards, or is refused (`wasm` 31).

mod allowances;
mod execute;
mod expiration;
mod instantiate;
mod msg;
mod query;
mod state;
#[cfg(test)]
mod tests;

slsbft_sdk::contract! {
    instantiate: instantiate::instantiate,
    execute: execute::execute,
    query: query::query,
}
