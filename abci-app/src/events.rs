//! Events: what indexers and wallets follow. Attributes are plain strings; which
//! types exist is said in each module's `events.rs`.

use tendermint_proto::v0_38::abci::{Event, EventAttribute};

/// Attributes that are read, not searched for. CometBFT's index costs it an entry
/// for each of the others, and for a transfer that is most of what storing costs.
const UNINDEXED: [&str; 3] = ["amount", "fee", "msg_index"];

/// Builds an event attribute by attribute.
#[derive(Clone, Debug)]
pub struct EventBuilder(Event);

/// Starts an event of a type.
pub fn event(kind: &str) -> EventBuilder {
    EventBuilder(Event {
        r#type: kind.to_owned(),
        attributes: Vec::with_capacity(4),
    })
}

impl EventBuilder {
    pub fn attr(mut self, key: &str, value: impl ToString) -> Self {
        self.0.attributes.push(attribute(key, value));
        self
    }
}

impl From<EventBuilder> for Event {
    fn from(builder: EventBuilder) -> Self {
        builder.0
    }
}

/// Adds an attribute to an event that exists.
pub fn annotate(event: &mut Event, key: &str, value: impl ToString) {
    event.attributes.push(attribute(key, value));
}

fn attribute(key: &str, value: impl ToString) -> EventAttribute {
    EventAttribute {
        key: key.to_owned(),
        value: value.to_string(),
        index: !UNINDEXED.contains(&key),
    }
}
