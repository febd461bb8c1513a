//! The estimate's own work, counted in tests alone: what its loops look at, where that is more than an operator.

#[cfg(test)]
thread_local!(static LOOKS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) });

/// Counts what a loop looks at.
pub(super) fn look(at: usize) {
    #[cfg(test)]
    LOOKS.with(|looks| looks.set(looks.get().saturating_add(at as u64)));
    #[cfg(not(test))]
    let _ = at;
}

/// What was looked at since the last time, on this thread.
#[cfg(test)]
pub(super) fn looks() -> u64 {
    LOOKS.take()
}
