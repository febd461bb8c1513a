//! Events: what indexers and wallets follow. Attributes are plain strings; which
//! types exist is said in each module's `events.rs`.

use tendermint_proto::v0_38::abci::{Event, EventAttribute};

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
    /// An attribute that transactions are searched by.
    pub fn attr(mut self, key: &str, value: impl ToString) -> Self {
        self.0.attributes.push(attribute(key, value, true));
        self
    }

    /// An attribute that is read, not searched for: each of the others costs
    /// CometBFT an entry in its index, most of what storing a transfer costs it.
    pub fn note(mut self, key: &str, value: impl ToString) -> Self {
        self.0.attributes.push(attribute(key, value, false));
        self
    }
}

impl From<EventBuilder> for Event {
    fn from(builder: EventBuilder) -> Self {
        builder.0
    }
}

/// Adds an attribute to an event that exists, to be read and not searched for.
pub fn annotate(event: &mut Event, key: &str, value: impl ToString) {
    event.attributes.push(attribute(key, value, false));
}

fn attribute(key: &str, value: impl ToString, index: bool) -> EventAttribute {
    EventAttribute {
        key: key.to_owned(),
        value: value.to_string(),
        index,
    }
}
