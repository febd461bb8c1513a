//! What a query is answered from.

use slsbft_store::{Entries, Order, Read, Snapshot, Space, StoreError};
use slsbft_types::{Address, Time};

use crate::machine::{Budget, Runner};

/// Points for looking a key up, and for each byte of it and its value.
const READ: u64 = 3_000_000;
const READ_BYTE: u64 = 1_000;

/// The state after a block, or within one that is being executed, whose every read is paid for.
pub struct View<'a, S> {
    state: &'a S,
    height: u64,
    time: Time,
    runner: &'a Runner,
    budget: &'a Budget,
    depth: u32,
    waiting: &'a [Address],
}

impl<'a, S: Read> View<'a, S> {
    /// `height` and `time` are those of the state's last block, which may be under way; `depth` is
    /// the number of contracts that wait for the answer, and
    /// `waiting` those of them that cannot be asked meanwhile.
    pub fn new(
        state: &'a S,
        (height, time): (u64, Time),
        runner: &'a Runner,
        budget: &'a Budget,
        depth: u32,
        waiting: &'a [Address],
    ) -> Self {
        Self {
            state,
            height,
            time,
            runner,
            budget,
            depth,
            waiting,
        }
    }

    /// The state without the bill.
    pub fn state(&self) -> &'a S {
        self.state
    }

    pub fn height(&self) -> u64 {
        self.height
    }

    pub fn time(&self) -> Time {
        self.time
    }

    pub fn runner(&self) -> &'a Runner {
        self.runner
    }

    pub fn budget(&self) -> &'a Budget {
        self.budget
    }

    pub fn depth(&self) -> u32 {
        self.depth
    }

    pub fn waiting(&self) -> &'a [Address] {
        self.waiting
    }

    fn pay(&self, bytes: usize) -> Result<(), StoreError> {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let price = READ.saturating_add(READ_BYTE.saturating_mul(bytes));
        self.budget.spend(price).map_err(|_| StoreError::Exhausted)
    }
}

impl<'a> View<'a, Snapshot> {
    /// A committed state.
    pub fn of(state: &'a Snapshot, runner: &'a Runner, budget: &'a Budget) -> Self {
        let (seconds, nanos) = state.block().time;
        let nanos = u32::try_from(nanos).unwrap_or(0);
        Self::new(
            state,
            (state.height(), Time { seconds, nanos }),
            runner,
            budget,
            0,
            &[],
        )
    }
}

impl<S: Read> Read for View<'_, S> {
    fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let value = self.state.get(space, key)?;
        self.pay(key.len().saturating_add(value.as_ref().map_or(0, Vec::len)))?;
        Ok(value)
    }

    fn range<'a>(&'a self, space: Space, start: &[u8], end: Option<&[u8]>, order: Order) -> Entries<'a> {
        let entries = self.state.range(space, start, end, order);
        Box::new(entries.map(|entry| {
            let (key, value) = entry?;
            self.pay(key.len().saturating_add(value.len()))?;
            Ok((key, value))
        }))
    }
}
