//! Protobuf messages as JSON, with the field names of their `.proto` files and
//! packed messages unpacked, and JSON as text for people.

use std::sync::OnceLock;

use prost::{Message, Name};
use prost_reflect::{DescriptorPool, DeserializeOptions, DynamicMessage, SerializeOptions};
use serde_json::Value;
use slsbft_proto::{Any, COSMOS_DESCRIPTOR_SET, DESCRIPTOR_SET};

use super::options::Failure;

/// Every message type that the chain knows.
fn pool() -> &'static DescriptorPool {
    static POOL: OnceLock<DescriptorPool> = OnceLock::new();
    POOL.get_or_init(|| {
        let mut pool = DescriptorPool::new();
        // Both are part of this binary; without them nothing can be named.
        for set in [COSMOS_DESCRIPTOR_SET, DESCRIPTOR_SET] {
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

/// A packed message as proto-JSON, with its type under `@type`.
pub fn any(message: &Any) -> Result<Value, Failure> {
    let name = message.type_url.trim_start_matches('/');
    let mut value = bytes(name, &message.value)?;
    if let Value::Object(fields) = &mut value {
        fields.insert("@type".into(), message.type_url.clone().into());
    }
    Ok(value)
}

/// An encoded message of a named type as proto-JSON.
pub fn bytes(type_name: &str, encoded: &[u8]) -> Result<Value, Failure> {
    let message = DynamicMessage::decode(descriptor(type_name)?, encoded)?;
    let options = SerializeOptions::new()
        .use_proto_field_name(true)
        .skip_default_fields(false);
    Ok(message.serialize_with_options(serde_json::value::Serializer, &options)?)
}

/// Reads proto-JSON of a named type.
pub fn parse(type_name: &str, text: &str) -> Result<DynamicMessage, Failure> {
    let mut json = serde_json::Deserializer::from_str(text);
    let options = DeserializeOptions::new();
    let message = DynamicMessage::deserialize_with_options(descriptor(type_name)?, &mut json, &options)?;
    json.end()?;
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
    fn text_is_indented_lines() {
        let value = json!({"a": 1, "b": [{"c": "x", "d": []}, {"c": ""}], "e": {"f": true}});
        let expected = "a: 1\nb:\n  - c: x\n    d: []\n  - c: \"\"\ne:\n  f: true\n";
        assert_eq!(text(&value), expected);
    }
}
