//! What executing code sees of the chain: state, the block it is in, and a
//! place for events.

use std::sync::Arc;

use slsbft_store::Overlay;
use slsbft_types::Time;
use tendermint_proto::v0_38::abci::Event;

use crate::machine::Machine;

/// The block that is being executed, as far as its header says.
#[derive(Clone, Debug)]
pub struct BlockInfo {
    pub chain_id: Arc<str>,
    pub height: u64,
    pub time: Time,
}

/// State and block of one execution. Writes go to the overlay's top layer.
pub struct Context<'a> {
    pub state: &'a mut Overlay,
    pub block: &'a BlockInfo,
    pub events: &'a mut Vec<Event>,
    pub machine: &'a mut Machine,
}

impl Context<'_> {
    pub fn emit(&mut self, event: impl Into<Event>) {
        self.events.push(event.into());
    }
}
