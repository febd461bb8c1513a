use slsbft_store::{Entries, Order, Read, Snapshot, Space, StoreError};
use slsbft_types::Time;

/// What a query is answered from: the state after a block, or within one that is being executed.
#[derive(Debug, Clone, Copy)]
pub struct View<'a, S> {
    state: &'a S,
    height: u64,
    time: Time,
}

impl<'a, S: Read> View<'a, S> {
    /// `height` and `time` are those of the state's last block, which may be under way.
    pub fn new(state: &'a S, height: u64, time: Time) -> Self {
        Self { state, height, time }
    }

    pub fn height(&self) -> u64 {
        self.height
    }

    pub fn time(&self) -> Time {
        self.time
    }
}

impl<'a> From<&'a Snapshot> for View<'a, Snapshot> {
    fn from(state: &'a Snapshot) -> Self {
        let (seconds, nanos) = state.block().time;
        let nanos = u32::try_from(nanos).unwrap_or(0);
        Self::new(state, state.height(), Time { seconds, nanos })
    }
}

impl<S: Read> Read for View<'_, S> {
    fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.state.get(space, key)
    }

    fn range<'a>(&'a self, space: Space, start: &[u8], end: Option<&[u8]>, order: Order) -> Entries<'a> {
        self.state.range(space, start, end, order)
    }

    fn contains(&self, space: Space, key: &[u8]) -> Result<bool, StoreError> {
        self.state.contains(space, key)
    }
}
