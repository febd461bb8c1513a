//! Protobuf messages as JSON, with the field names of their `.proto` files and
//! packed messages unpacked, and JSON as text for people.

mod fields;
mod table;

use std::sync::OnceLock;

use prost::{Message, Name};
use prost_reflect::{DescriptorPool, DeserializeOptions, DynamicMessage, SerializeOptions};
use serde_json::Value;
use slsbft_proto::{Any, COSMOS_DESCRIPTOR_SET, DESCRIPTOR_SET, WASMD_DESCRIPTOR_SET};

use super::options::Failure;
pub use table::{Column, ankr, percent, table};

/// Every message type that the chain knows.
fn pool() -> &'static DescriptorPool {
    static POOL: OnceLock<DescriptorPool> = OnceLock::new();
    POOL.get_or_init(|| {
        let mut pool = DescriptorPool::new();
        // Both are part of this binary; without them nothing can be named.
        for set in [COSMOS_DESCRIPTOR_SET, WASMD_DESCRIPTOR_SET, DESCRIPTOR_SET] {
            if let Err(error) = pool.decode_file_descriptor_set(set) {
                tracing::error!(%error, "descriptors of this build are broken");
            }
        }
        pool
    })
}

/// A message as proto-JSON.
pub fn proto<M: Message + Name>(message: &M) -> Result<Value, Failure> {
    bytes(&M::full_name(), &message.encode_to_vec())
}

/// A message as proto-JSON whose bytes are in hexadecimal, for hashes and keys.
pub fn hexed<M: Message + Name>(message: &M) -> Result<Value, Failure> {
    let mut value = proto(message)?;
    fields::hex_bytes(&mut value, &descriptor(&M::full_name())?);
    Ok(value)
}

/// Messages of one kind as [`proto`] has them.
pub fn list<M: Message + Name>(messages: &[M]) -> Result<Vec<Value>, Failure> {
    messages.iter().map(proto).collect()
}

/// A packed message as proto-JSON, with its type under `@type`.
pub fn any(message: &Any) -> Result<Value, Failure> {
    let name = message.type_url.trim_start_matches('/');
    let mut value = bytes(name, &message.value)?;
    if let Value::Object(fields) = &mut value {
        fields.insert("@type".into(), message.type_url.clone().into());
    }
    Ok(value)
}

/// An encoded message of a named type as proto-JSON, decimals with their point.
pub fn bytes(type_name: &str, encoded: &[u8]) -> Result<Value, Failure> {
    let descriptor = descriptor(type_name)?;
    let message = DynamicMessage::decode(descriptor.clone(), encoded)?;
    let options = SerializeOptions::new()
        .use_proto_field_name(true)
        .skip_default_fields(false);
    let mut value = message.serialize_with_options(serde_json::value::Serializer, &options)?;
    fields::point_decimals(&mut value, &descriptor);
    Ok(value)
}

/// Reads proto-JSON of a named type, decimals with or without their point.
pub fn parse(type_name: &str, text: &str) -> Result<DynamicMessage, Failure> {
    let descriptor = descriptor(type_name)?;
    let options = DeserializeOptions::new();
    // Read twice: here fields that are unknown or there twice are refused.
    let mut json = serde_json::Deserializer::from_str(text);
    DynamicMessage::deserialize_with_options(descriptor.clone(), &mut json, &options)?;
    json.end()?;
    let mut value: Value = serde_json::from_str(text)?;
    fields::unpoint_decimals(&mut value, &descriptor);
    let message = DynamicMessage::deserialize_with_options(descriptor, value, &options)?;
    Ok(message)
}

fn descriptor(name: &str) -> Result<prost_reflect::MessageDescriptor, Failure> {
    pool()
        .get_message_by_name(name)
        .ok_or_else(|| format!("message type {name} is unknown to this program").into())
}

/// JSON as indented lines, much like YAML.
pub fn text(value: &Value) -> String {
    let mut out = String::new();
    write(value, 0, &mut out);
    out
}

fn write(value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::Object(fields) => {
            for (key, field) in fields {
                out.push_str(&" ".repeat(indent));
                out.push_str(key);
                out.push(':');
                nested(field, indent + 2, out);
            }
        }
        Value::Array(items) => {
            for item in items {
                out.push_str(&" ".repeat(indent));
                out.push('-');
                let mut inner = String::new();
                nested(item, indent + 2, &mut inner);
                // The first field stands on the line of its dash.
                out.push(' ');
                out.push_str(inner.trim_start());
            }
        }
        scalar => {
            out.push_str(&plain(scalar));
            out.push('\n');
        }
    }
}

fn nested(value: &Value, indent: usize, out: &mut String) {
    let (empty, scalar) = match value {
        Value::Object(fields) => (fields.is_empty(), false),
        Value::Array(items) => (items.is_empty(), false),
        _ => (false, true),
    };
    if empty || scalar {
        out.push(' ');
        out.push_str(&if empty { value.to_string() } else { plain(value) });
        out.push('\n');
    } else {
        out.push('\n');
        write(value, indent, out);
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) if text.is_empty() => "\"\"".into(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use slsbft_proto::metering::v1::{Meter, MsgCreateOffer, Offer};

    use super::*;

    #[test]
    fn messages_of_the_chain_and_of_cosmos_are_named_and_read_back() {
        let meters = vec![Meter {
            unit: "requests".into(),
            price: 7,
            scale: 3,
        }];
        let offer = Offer {
            id: 5,
            meters,
            ..Offer::default()
        };
        let value = proto(&offer).unwrap();
        assert_eq!(value["id"], "5");
        assert_eq!(value["min_escrow"], "");
        assert_eq!(
            value["meters"][0],
            json!({"unit": "requests", "price": "7", "scale": 3})
        );
        let again = parse("slsbft.metering.v1.Offer", &value.to_string()).unwrap();
        assert_eq!(again.encode_to_vec(), offer.encode_to_vec());

        let message = Any {
            type_url: MsgCreateOffer::type_url(),
            value: Vec::new(),
        };
        assert_eq!(
            any(&message).unwrap()["@type"],
            "/slsbft.metering.v1.MsgCreateOffer"
        );
        assert!(bytes("cosmos.tx.v1beta1.TxBody", &[]).is_ok());
        assert!(
            bytes("no.such.Message", &[])
                .unwrap_err()
                .to_string()
                .contains("no.such.Message")
        );
        assert!(parse("slsbft.metering.v1.Offer", "{} x").is_err());
    }

    #[test]
    fn decimals_have_a_point_wherever_they_are() {
        use cosmos_sdk_proto::cosmos::{
            slashing,
            staking::v1beta1::{CommissionRates, MsgCreateValidator, Validator},
        };
        let rates = CommissionRates {
            rate: "100000000000000000".into(),
            max_rate: "1000000000000000000".into(),
            max_change_rate: String::new(),
        };
        let create = MsgCreateValidator {
            commission: Some(rates),
            min_self_delegation: "5".into(),
            ..MsgCreateValidator::default()
        };
        let packed = Any {
            type_url: MsgCreateValidator::type_url(),
            value: create.encode_to_vec(),
        };
        let body = cosmos_sdk_proto::cosmos::tx::v1beta1::TxBody {
            messages: vec![packed],
            ..Default::default()
        };
        let value = proto(&body).unwrap();
        let rates = &value["messages"][0]["commission"];
        assert_eq!(rates["rate"], "0.100000000000000000");
        assert_eq!(rates["max_rate"], "1.000000000000000000");
        assert_eq!(rates["max_change_rate"], "");
        assert_eq!(value["messages"][0]["min_self_delegation"], "5");
        let again = parse("cosmos.tx.v1beta1.TxBody", &value.to_string()).unwrap();
        assert_eq!(again.encode_to_vec(), body.encode_to_vec());

        let validator = Validator {
            tokens: "7".into(),
            delegator_shares: "7500000000000000000".into(),
            ..Validator::default()
        };
        let value = proto(&validator).unwrap();
        assert_eq!(value["delegator_shares"], "7.500000000000000000");
        assert_eq!(value["tokens"], "7");
        let params = slashing::v1beta1::Params {
            min_signed_per_window: b"500000000000000000".to_vec(),
            ..Default::default()
        };
        assert_eq!(
            proto(&params).unwrap()["min_signed_per_window"],
            "0.500000000000000000"
        );
    }

    #[test]
    fn hashes_and_keys_are_in_hexadecimal_where_that_is_asked_for() {
        let seat = slsbft_proto::beacon::v1::Seat {
            address: vec![0xab; 2].into(),
            vrf_key: vec![0xcd; 2].into(),
            ..Default::default()
        };
        let answer = slsbft_proto::beacon::v1::QueryProposerResponse {
            seats: vec![seat],
            ..Default::default()
        };
        let value = hexed(&answer).unwrap();
        assert_eq!(value["seats"][0]["address"], "ABAB");
        assert_eq!(value["seats"][0]["vrf_key"], "cdcd");
    }

    #[test]
    fn text_is_indented_lines() {
        let value = json!({"a": 1, "b": [{"c": "x", "d": []}, {"c": ""}], "e": {"f": true}});
        let expected = "a: 1\nb:\n  - c: x\n    d: []\n  - c: \"\"\ne:\n  f: true\n";
        assert_eq!(text(&value), expected);
    }
}
