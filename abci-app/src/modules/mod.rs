//! The chain's modules, one room each. A module sees another only through a
//! narrow trait; `app` wires them.

pub mod ledger;
