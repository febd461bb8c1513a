//! A small interpreter that charges by `docs/contracts/metering.md`.
