//! What a contract returns: events, and messages that are executed in its name, one after the
//! other, each on a layer of its own, with a reply where it asks for one.
//!
//! Re-entrancy: a contract has returned before its messages run, so it can be called by them; what
//! it wrote before is there.

use cosmos_sdk_proto::Any;
use cosmwasm_std::{
    Attribute, Binary, Event, MsgResponse, Reply, ReplyOn, SubMsg, SubMsgResponse, SubMsgResult,
};
use slsbft_types::Address;
use slsbft_wasm::cosmwasm::Response;

use super::{
    Contracts, Router,
    call::{Task, on_a_layer},
    convert::{Sent, convert},
    errors::{ContractsError, is_out_of_gas, redacted},
    events, gas, state,
};
use crate::{
    context::Context,
    errors::ExecError,
    machine::{Budget, POINTS_PER_GAS},
    modules::ledger::Ledger,
};

/// Contracts that may wait for one another's messages.
const MAX_DEPTH: u32 = 100;

/// Native stack that one contract's messages have before those of the next, in bytes.
const STACK: usize = 1 << 20;

/// What a message of a contract came to.
struct Done {
    response: Option<Any>,
    events: Vec<Event>,
}

impl<L: Ledger, R: Router> Contracts<L, R> {
    /// Emits a contract's events and executes its messages. Returns its data, or that of the last
    /// reply that set any.
    pub(super) fn finish(
        &self,
        ctx: &mut Context<'_>,
        contract: &Address,
        response: Response,
    ) -> Result<Option<Binary>, ExecError> {
        let first = ctx.events.len();
        events::returned(ctx, contract, &response.attributes, &response.events)?;
        let bytes: usize = ctx.events.iter().skip(first).map(size).sum();
        let price = gas::PER_EVENT_BYTE.saturating_mul(bytes as u64);
        ctx.machine.budget.spend(price)?;
        if response.messages.is_empty() {
            return Ok(response.data);
        }
        if ctx.machine.depth >= MAX_DEPTH {
            return Err(ContractsError::CallDepth(MAX_DEPTH).into());
        }
        ctx.machine.depth += 1;
        let result = stacker::maybe_grow(STACK, STACK.saturating_mul(2), || {
            self.dispatch_all(ctx, contract, response.messages)
        });
        ctx.machine.depth -= 1;
        Ok(result?.or(response.data))
    }

    fn dispatch_all(
        &self,
        ctx: &mut Context<'_>,
        contract: &Address,
        messages: Vec<SubMsg>,
    ) -> Result<Option<Binary>, ExecError> {
        let mut data = None;
        for message in messages {
            let (id, payload, reply_on) = (message.id, message.payload.clone(), message.reply_on.clone());
            let is_wasm = matches!(message.msg, cosmwasm_std::CosmosMsg::Wasm(_));
            let result = match (self.dispatch(ctx, contract, message), &reply_on) {
                (Ok(_), ReplyOn::Never | ReplyOn::Error) => continue,
                (Ok(done), _) => ok(done, is_wasm),
                (Err(error), ReplyOn::Never | ReplyOn::Success) => return Err(error),
                (Err(ExecError::Tx(error)), _) if !ctx.machine.budget.is_exceeded() => {
                    SubMsgResult::Err(redacted(&error))
                }
                (Err(error), _) => return Err(error),
            };
            let reply = Reply {
                id,
                payload,
                gas_used: 0,
                result,
            };
            data = self.reply(ctx, contract, &reply)?.or(data);
        }
        Ok(data)
    }

    /// Executes one message, with what gas it may have.
    fn dispatch(
        &self,
        ctx: &mut Context<'_>,
        contract: &Address,
        message: SubMsg,
    ) -> Result<Done, ExecError> {
        ctx.machine.budget.spend(gas::DISPATCH)?;
        let left = ctx.machine.budget.left();
        let limit = message.gas_limit.map(|gas| gas.saturating_mul(POINTS_PER_GAS));
        let Some(limit) = limit.filter(|limit| *limit < left) else {
            return self.send(ctx, contract, message);
        };
        let whole = std::mem::replace(&mut ctx.machine.budget, Budget::new(limit));
        let result = self.send(ctx, contract, message);
        let limited = std::mem::replace(&mut ctx.machine.budget, whole);
        ctx.machine.budget.spend(limit.saturating_sub(limited.left()))?;
        match result {
            Err(error) if is_out_of_gas(&error) => {
                Err(crate::errors::sdk::out_of_gas("SubMsg hit gas limit").into())
            }
            other => other,
        }
    }

    fn send(&self, ctx: &mut Context<'_>, contract: &Address, message: SubMsg) -> Result<Done, ExecError> {
        let first = ctx.events.len();
        let response = on_a_layer(ctx, |ctx| match convert(contract, message.msg)? {
            Sent::Message(message) => self.router.route(ctx, contract, &message).map(Some),
            Sent::Burn(coins) => self.ledger.burn(ctx, contract, &coins).map(|()| None),
            Sent::Nothing => Ok(None),
        })?;
        unnamed(ctx.events, first);
        let events = ctx.events.iter().skip(first).map(told).collect();
        Ok(Done { response, events })
    }

    /// Tells a contract what became of its message.
    fn reply(
        &self,
        ctx: &mut Context<'_>,
        contract: &Address,
        reply: &Reply,
    ) -> Result<Option<Binary>, ExecError> {
        let info = state::contract(ctx.state, contract)?;
        let hash = state::hash_of(&state::code(ctx.state, info.code_id)?)?;
        events::called(ctx, "reply", contract);
        let response = self.run(ctx, contract, hash, &Task::Reply(reply))?;
        self.finish(ctx, contract, response)
    }
}

/// Drops what says which message a transaction sent: it says nothing about those of contracts.
pub fn unnamed(events: &mut Vec<tendermint_proto::v0_38::abci::Event>, first: usize) {
    let mut sent = events.split_off(first.min(events.len()));
    sent.retain(|event| event.r#type != "message");
    events.append(&mut sent);
}

/// A reply's good news. Events are told of contracts' messages only, with their attributes sorted.
fn ok(done: Done, is_wasm: bool) -> SubMsgResult {
    let mut events = if is_wasm { done.events } else { Vec::new() };
    for event in &mut events {
        event.attributes.sort_by(|a, b| a.key.cmp(&b.key));
    }
    let responses: Vec<Any> = done.response.into_iter().collect();
    let data = responses
        .first()
        .map(|response| Binary::new(response.value.clone()));
    let msg_responses = responses.into_iter().map(|response| MsgResponse {
        type_url: response.type_url,
        value: Binary::new(response.value),
    });
    #[allow(deprecated, reason = "contracts older than CosmWasm 2 read `data`")]
    SubMsgResult::Ok(SubMsgResponse {
        events,
        data: data.filter(|data| !data.is_empty()),
        msg_responses: msg_responses.collect(),
    })
}

/// An event as contracts read it.
fn told(event: &tendermint_proto::v0_38::abci::Event) -> Event {
    let mut told = Event::new(event.r#type.clone());
    for attribute in &event.attributes {
        told.attributes.push(Attribute {
            key: attribute.key.clone(),
            value: attribute.value.clone(),
        });
    }
    told
}

fn size(event: &tendermint_proto::v0_38::abci::Event) -> usize {
    let attributes = event
        .attributes
        .iter()
        .map(|attribute| attribute.key.len() + attribute.value.len());
    event.r#type.len() + attributes.sum::<usize>()
}
