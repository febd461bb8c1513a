//! What the documentation claims of the mechanism, at small sizes and a fixed seed.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod attacks;
mod audits;
mod draws;
mod output;
mod time;

use slsbft_sim::scenario::Settings;

const SETTINGS: Settings = Settings {
    seed: 7,
    epochs: None,
    nodes: None,
};
