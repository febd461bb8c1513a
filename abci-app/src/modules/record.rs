//! How records are kept in state: protobuf messages, read back or reported as a fault.

use cosmos_sdk_proto::Any;
use prost::{Message, Name};
use slsbft_store::{Overlay, Read, Space};

use crate::errors::Fault;

/// Reads a record; one that cannot be decoded is a fault, since this node wrote it.
pub fn load<M: Message + Default>(state: &impl Read, space: Space, key: &[u8]) -> Result<Option<M>, Fault> {
    state
        .get(space, key)?
        .map(|bytes| decode(&bytes, key))
        .transpose()
}

/// Decodes a record that was read under `key`.
pub fn decode<M: Message + Default>(bytes: &[u8], key: &[u8]) -> Result<M, Fault> {
    M::decode(bytes).map_err(|_| Fault::corrupt(String::from_utf8_lossy(key)))
}

/// Writes a record of [`Space::Main`]. One with nothing in it is deleted: the tree holds no empty
/// values, and it reads like none.
pub fn store<M: Message>(state: &mut Overlay, key: Vec<u8>, record: &M) {
    match record.encode_to_vec() {
        value if value.is_empty() => state.delete(Space::Main, &key),
        value => state.set(Space::Main, key, value),
    }
}

/// Reads a big-endian number; absent is 0.
pub fn load_u64(state: &impl Read, space: Space, key: &[u8]) -> Result<u64, Fault> {
    let Some(bytes) = state.get(space, key)? else {
        return Ok(0);
    };
    let number = bytes
        .try_into()
        .map_err(|_| Fault::corrupt(String::from_utf8_lossy(key)))?;
    Ok(u64::from_be_bytes(number))
}

/// A message with its type, as responses and accounts carry one.
pub fn pack<M: Message + Name>(message: &M) -> Any {
    Any {
        type_url: format!("/{}", M::full_name()),
        value: message.encode_to_vec(),
    }
}
