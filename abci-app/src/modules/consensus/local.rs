//! Records that change in every block: epoch-local while an epoch runs, moved
//! into the tree at its end, so that empty blocks leave the app hash alone and
//! a state at a boundary is whole.

use prost::Message;
use slsbft_store::{Overlay, Read, Space};

use crate::{errors::Fault, modules::record};

/// The record of the running epoch, else that of the last boundary.
pub fn load<M: Message + Default>(state: &impl Read, key: &[u8]) -> Result<Option<M>, Fault> {
    match record::load(state, Space::Epoch, key)? {
        Some(found) => Ok(Some(found)),
        None => record::load(state, Space::Main, key),
    }
}

pub fn store<M: Message>(state: &mut Overlay, key: &[u8], record: &M) {
    state.set(Space::Epoch, key.to_vec(), record.encode_to_vec());
}

/// At a boundary: what the epoch wrote replaces what the tree holds.
pub fn fold(state: &mut Overlay, key: &[u8]) -> Result<(), Fault> {
    if let Some(value) = state.get(Space::Epoch, key)? {
        state.delete(Space::Epoch, key);
        // The tree holds no empty values, and a record with nothing in it reads like none.
        if value.is_empty() {
            state.delete(Space::Main, key);
        } else {
            state.set(Space::Main, key.to_vec(), value);
        }
    }
    Ok(())
}
