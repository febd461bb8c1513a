//! Fields that a message has and this chain does not know. To ignore one would
//! be to do something else than its signer wrote (a later timeout, another
//! condition), so they are refused, as in Cosmos SDK.

use std::collections::{BTreeMap, VecDeque};

use prost::{
    Message,
    encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field},
};

use crate::errors::{TxError, sdk};

/// Messages within messages that are looked into; those of transactions nest five deep.
const MOST_NESTED: u8 = 16;

/// Decodes a message all of whose fields are known, or numbered as ones that may
/// be ignored (ADR-020).
pub fn decode_known<M: Message + Default>(what: &str, bytes: &[u8]) -> Result<M, TxError> {
    decode(what, bytes, is_non_critical)
}

/// Decodes a message all of whose fields are known.
pub fn decode_strictly<M: Message + Default>(what: &str, bytes: &[u8]) -> Result<M, TxError> {
    decode(what, bytes, |_| false)
}

fn decode<M: Message + Default>(
    what: &str,
    bytes: &[u8],
    may_be_ignored: fn(u32) -> bool,
) -> Result<M, TxError> {
    let message = M::decode(bytes).map_err(|e| sdk::tx_decode(format!("{what}: {e}")))?;
    // The shortest form has no room for more, and nearly all clients write it.
    if message.encoded_len() == bytes.len() {
        return Ok(message);
    }
    match unknown_field(bytes, &message.encode_to_vec(), may_be_ignored, MOST_NESTED) {
        Some(tag) => Err(sdk::tx_decode(format!(
            "{what} has field {tag}, which this chain does not know; leave it out"
        ))),
        None => Ok(message),
    }
}

/// The number of a field in `bytes`, or in a message within them, that is not in
/// `known`, which is the same message as this chain writes it. Strings and bytes
/// are written as they were read, so a field of both that differs is a message.
fn unknown_field(bytes: &[u8], known: &[u8], may_be_ignored: fn(u32) -> bool, nested: u8) -> Option<u32> {
    let mut of: BTreeMap<u32, VecDeque<&[u8]>> = BTreeMap::new();
    for field in fields(known) {
        of.entry(field.tag)
            .or_default()
            .push_back(field.message.unwrap_or_default());
    }
    for field in fields(bytes) {
        let written = of.get_mut(&field.tag).and_then(|written| match written.len() {
            // A message in parts is written as one: the last stands for the rest.
            0 | 1 => written.front().copied(),
            _ => written.pop_front(),
        });
        if !field.says_something || may_be_ignored(field.tag) {
            continue;
        }
        let Some(written) = written else {
            return Some(field.tag);
        };
        let inner = field.message.filter(|read| nested > 0 && *read != written);
        if let Some(tag) = inner.and_then(|read| unknown_field(read, written, may_be_ignored, nested - 1)) {
            return Some(tag);
        }
    }
    None
}

fn is_non_critical(tag: u32) -> bool {
    tag & 1024 != 0
}

/// One field of an encoded message.
struct Field<'a> {
    tag: u32,
    /// It differs from its default.
    says_something: bool,
    /// What a message, a string or bytes hold.
    message: Option<&'a [u8]>,
}

/// The fields of an encoded message, up to the first that cannot be read.
fn fields(bytes: &[u8]) -> impl Iterator<Item = Field<'_>> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let (tag, wire_type) = decode_key(&mut rest).ok()?;
        let mut value = rest;
        skip_field(wire_type, tag, &mut rest, DecodeContext::default()).ok()?;
        let (says_something, message) = match wire_type {
            WireType::Varint => (decode_varint(&mut value).is_ok_and(|n| n > 0), None),
            WireType::LengthDelimited => {
                let length = decode_varint(&mut value)
                    .ok()
                    .and_then(|n| usize::try_from(n).ok())?;
                (length > 0, value.get(..length))
            }
            _ => (true, None),
        };
        Some(Field {
            tag,
            says_something,
            message,
        })
    })
}
