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
            "{what} has field {tag}, which this chain does not know, or has it twice; leave it out"
        ))),
        None => Ok(message),
    }
}

/// The number of a field in `bytes`, or in a message within them, that is not in
/// `known`, which is the same message as this chain writes it. Strings and bytes
/// are written as they were read, so a field of both that differs is a message. One
/// that comes in parts is refused as well: nobody writes it so.
fn unknown_field(bytes: &[u8], known: &[u8], may_be_ignored: fn(u32) -> bool, nested: u8) -> Option<u32> {
    let mut of: BTreeMap<u32, VecDeque<&[u8]>> = BTreeMap::new();
    for field in fields(known) {
        of.entry(field.tag)
            .or_default()
            .push_back(field.message.unwrap_or_default());
    }
    for field in fields(bytes) {
        let Some(written) = of.get_mut(&field.tag) else {
            if field.says_something && !may_be_ignored(field.tag) {
                return Some(field.tag);
            }
            continue;
        };
        let Some(read) = field.message else { continue };
        // Each of the two is looked into once, or a message of many parts would cost
        // the square of its length.
        let inner = match written.pop_front() {
            None if field.says_something => Some(field.tag),
            Some(written) if written != read && nested > 0 => {
                unknown_field(read, written, may_be_ignored, nested - 1)
            }
            _ => None,
        };
        if inner.is_some() {
            return inner;
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

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        reason = "a test fails by panicking"
    )]

    use cosmos_sdk_proto::cosmos::{
        bank::v1beta1::{Input, MsgMultiSend, Output},
        base::v1beta1::Coin,
        tx::v1beta1::{AuthInfo, Fee, SignerInfo},
    };
    use prost::Message;

    use super::{decode_known, decode_strictly};

    /// A field of bytes, below number 16 or in two bytes.
    fn field(tag: u32, bytes: &[u8]) -> Vec<u8> {
        let mut key = Vec::new();
        prost::encoding::encode_varint(u64::from(tag << 3 | 2), &mut key);
        [key, vec![u8::try_from(bytes.len()).unwrap()], bytes.to_vec()].concat()
    }

    fn auth_with_fee(fee: &[u8]) -> Vec<u8> {
        field(2, fee)
    }

    #[test]
    fn an_unknown_field_is_found_however_deep_it_is() {
        let coin = [
            Coin {
                denom: "uankr".into(),
                amount: "1".into(),
            }
            .encode_to_vec(),
            field(9, b"x"),
        ]
        .concat();
        let error = decode_known::<AuthInfo>("it", &auth_with_fee(&field(1, &coin))).unwrap_err();
        assert!(error.message.contains("field 9"), "{error}");
        let error = decode_known::<AuthInfo>("it", &field(1, &field(15, b"x"))).unwrap_err();
        assert!(error.message.contains("field 15"), "{error}");
    }

    #[test]
    fn what_may_be_ignored_is_ignored_in_the_body_alone() {
        let bytes = field(1025, b"x");
        decode_known::<AuthInfo>("it", &bytes).unwrap();
        decode_strictly::<AuthInfo>("it", &bytes).unwrap_err();
    }

    /// Work that grew with the square of the parts would keep this for minutes.
    #[test]
    fn a_message_in_many_parts_is_refused() {
        let coins = auth_with_fee(&field(1, b"")).repeat(200_000);
        decode_strictly::<AuthInfo>("it", &coins).unwrap_err();
    }

    #[test]
    fn unusual_encodings_of_known_fields_are_taken() {
        let fee = Fee {
            gas_limit: 200_000,
            payer: "p".into(),
            ..Default::default()
        };
        let same = |bytes: &[u8], expected: &AuthInfo| {
            assert_eq!(&decode_known::<AuthInfo>("it", bytes).expect("known"), expected);
        };
        let expected = AuthInfo {
            fee: Some(fee),
            ..Default::default()
        };
        // A default written out, a number in more bytes than it needs.
        same(
            &auth_with_fee(
                &[
                    &[0x10, 0xc0, 0x9a, 0x8c, 0x00][..],
                    &field(3, b"p"),
                    &field(4, b""),
                ]
                .concat(),
            ),
            &expected,
        );
        // Messages in a list, an empty one among them.
        let infos = AuthInfo {
            signer_infos: vec![
                SignerInfo::default(),
                SignerInfo {
                    sequence: 7,
                    ..Default::default()
                },
            ],
            ..Default::default()
        };
        same(&[field(1, b""), field(1, &[0x18, 0x87, 0x00])].concat(), &infos);
        let multi = MsgMultiSend {
            inputs: vec![Input::default()],
            outputs: vec![Output::default(), Output::default()],
        };
        let padded = [multi.encode_to_vec(), field(2, &field(1, b"a"))].concat();
        assert_eq!(
            decode_known::<MsgMultiSend>("it", &padded).unwrap().outputs.len(),
            3
        );
    }
}
