//! Fields that people read otherwise than protobuf's JSON has them: Cosmos sends a
//! decimal as the integer of its 10⁻¹⁸ steps and writes it with a point, and hashes
//! and keys are known by their hexadecimal digits.

use base64::{Engine, prelude::BASE64_STANDARD};
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};
use serde_json::Value;
use slsbft_mechanism::share::Dec;

const ANY: &str = "google.protobuf.Any";

/// Writes decimals with their point: `100000000000000000` becomes `0.100000000000000000`.
pub fn point_decimals(value: &mut Value, message: &MessageDescriptor) {
    each(value, message, &mut |field, value| {
        let Some(text) = value.as_str().filter(|_| is_decimal(field)) else {
            return;
        };
        let digits = match field.kind() {
            Kind::Bytes => decoded(text).and_then(|bytes| String::from_utf8(bytes).ok()),
            _ => Some(text.to_owned()),
        };
        if let Some(number) = digits.and_then(|digits| Dec::from_wire(&digits).ok()) {
            *value = number.to_string().into();
        }
    });
}

/// The way back, for texts that have a point.
pub fn unpoint_decimals(value: &mut Value, message: &MessageDescriptor) {
    each(value, message, &mut |field, value| {
        let text = value.as_str().filter(|text| text.contains('.'));
        let text = text.filter(|_| is_decimal(field) && matches!(field.kind(), Kind::String));
        if let Some(number) = text.and_then(|text| text.parse::<Dec>().ok()) {
            *value = number.to_wire().into();
        }
    });
}

/// Writes bytes in hexadecimal; CometBFT's addresses in its own upper case.
pub fn hex_bytes(value: &mut Value, message: &MessageDescriptor) {
    each(value, message, &mut |field, value| {
        let bytes = value.as_str().filter(|_| matches!(field.kind(), Kind::Bytes));
        if let Some(bytes) = bytes.and_then(decoded) {
            let address = field.name().ends_with("address") || field.name() == "proposer";
            *value = match address {
                true => hex::encode_upper(bytes).into(),
                false => hex::encode(bytes).into(),
            };
        }
    });
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    BASE64_STANDARD.decode(text).ok()
}

/// Whether a field is one of Cosmos's decimals, which its options say.
fn is_decimal(field: &FieldDescriptor) -> bool {
    let options = field.options();
    let says = |name: &str, what: &str| {
        let extension = field.parent_pool().get_extension_by_name(name);
        extension.is_some_and(|extension| {
            let value = options.get_extension(&extension);
            value.as_str().is_some_and(|text| text.ends_with(what))
        })
    };
    says("cosmos_proto.scalar", "cosmos.Dec") || says("gogoproto.customtype", ".LegacyDec")
}

/// Changes every value of a field that is no message, however deep it lies.
fn each(
    value: &mut Value,
    message: &MessageDescriptor,
    change: &mut dyn FnMut(&FieldDescriptor, &mut Value),
) {
    if message.full_name() == ANY {
        // Unpacked: the fields stand beside the type's name.
        let name = value.get("@type").and_then(Value::as_str).unwrap_or_default();
        let name = name.rsplit('/').next().unwrap_or_default();
        if let Some(inner) = message
            .parent_pool()
            .get_message_by_name(name)
            .filter(|found| found.full_name() != ANY)
        {
            each(value, &inner, change);
        }
        return;
    }
    let Value::Object(fields) = value else { return };
    for field in message.fields().filter(|field| !field.is_map()) {
        let name = match fields.contains_key(field.name()) {
            true => field.name(),
            false => field.json_name(),
        };
        let Some(found) = fields.get_mut(name) else {
            continue;
        };
        let mut one = |value: &mut Value| match field.kind() {
            Kind::Message(inner) => each(value, &inner, change),
            _ => change(&field, value),
        };
        match found {
            Value::Array(items) => items.iter_mut().for_each(one),
            single => one(single),
        }
    }
}
