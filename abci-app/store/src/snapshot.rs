//! One immutable state.

use crate::read::Entries;
use crate::{BlockMeta, Order, Read, Space, StoreError};

/// The state after one height. Cheap to clone; holds up neither writer nor pruning: a state
/// that has been pruned meanwhile answers `NotKept`, never something else.
#[derive(Clone)]
pub struct Snapshot {}

impl Snapshot {
    /// 0 is the empty state before the first block.
    pub fn height(&self) -> u64 {
        todo!()
    }
    pub fn app_hash(&self) -> [u8; 32] {
        todo!()
    }
    /// The running hash of the epoch-local space after this block.
    pub fn epoch_hash(&self) -> [u8; 32] {
        todo!()
    }
    pub fn block(&self) -> &BlockMeta {
        todo!()
    }
}

impl Read for Snapshot {
    fn get(&self, _space: Space, _key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        todo!()
    }
    fn range<'a>(&'a self, _space: Space, _start: &[u8], _end: Option<&[u8]>, _order: Order) -> Entries<'a> {
        todo!()
    }
}
