//! Only tests and benches: see `tests/engine`.
