//! Fields that a message has and this chain does not know. To ignore one would
//! be to do something else than its signer wrote (a later timeout, another
//! condition), so they are refused, as in Cosmos SDK.

use std::collections::BTreeSet;

use prost::{
    Message,
    encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field},
};

use crate::errors::{TxError, sdk};

/// Decodes a message all of whose fields are known.
pub fn decode_known<M: Message + Default>(what: &str, bytes: &[u8]) -> Result<M, TxError> {
    let message = M::decode(bytes).map_err(|e| sdk::tx_decode(format!("{what}: {e}")))?;
    // The shortest form has no room for more, and nearly all clients write it.
    if message.encoded_len() == bytes.len() {
        return Ok(message);
    }
    let known: BTreeSet<u32> = fields(&message.encode_to_vec()).map(|(tag, _)| tag).collect();
    let unknown = fields(bytes)
        .find(|(tag, says_something)| *says_something && !is_non_critical(*tag) && !known.contains(tag));
    match unknown {
        Some((tag, _)) => Err(sdk::tx_decode(format!(
            "{what} has field {tag}, which this chain does not know; leave it out"
        ))),
        None => Ok(message),
    }
}

/// ADR-020: such numbers are for what may be ignored.
fn is_non_critical(tag: u32) -> bool {
    tag & 1024 != 0
}

/// The fields of an encoded message: number, and whether it differs from its default.
fn fields(bytes: &[u8]) -> impl Iterator<Item = (u32, bool)> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let (tag, wire_type) = decode_key(&mut rest).ok()?;
        let mut value = rest;
        skip_field(wire_type, tag, &mut rest, DecodeContext::default()).ok()?;
        let says_something = match wire_type {
            WireType::Varint | WireType::LengthDelimited => decode_varint(&mut value).is_ok_and(|n| n > 0),
            _ => true,
        };
        Some((tag, says_something))
    })
}
