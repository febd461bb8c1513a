//! The state as one contract sees it: its own keys, below its own prefix; and the chain around it, as it
//! sees that while it runs.

use std::ops::Bound;

use cosmos_sdk_proto::{
    Any,
    cosmwasm::wasm::v1::{MsgExecuteContract, MsgExecuteContractResponse},
};
use prost::Message;
use slsbft_store::{Overlay, Read, Space, prefix_end};
use slsbft_types::{Address, Coins};
use slsbft_wasm::{Answer, CallError, Called, Chain, Fault, Order, Page, Record};

use super::{
    Contracts, Router, ask,
    call::on_a_layer,
    dispatch,
    errors::{ContractsError, is_out_of_gas, redacted},
    events, gas, keys,
};
use crate::{
    context::Context,
    errors::{ExecError, TxError, sdk},
    machine::{Budget, MAX_WAITING},
    modules::{beacon, ledger::Ledger, record::pack},
    query::{View, route_view},
};

/// A value that a contract keeps, in front of its bytes: the tree holds no empty values.
const VALUE: u8 = 1;

/// The host of a contract that may write.
pub struct Writer<'a, 'c, L, R> {
    contracts: &'a Contracts<L, R>,
    ctx: &'a mut Context<'c>,
    contract: &'a Address,
    prefix: Vec<u8>,
}

impl<'a, 'c, L: Ledger, R: Router> Writer<'a, 'c, L, R> {
    pub fn new(contracts: &'a Contracts<L, R>, ctx: &'a mut Context<'c>, contract: &'a Address) -> Self {
        Self {
            contracts,
            ctx,
            contract,
            prefix: keys::state(contract),
        }
    }

    /// Executes a message of the contract while it waits, for at most `points`.
    fn nested(&mut self, message: &Any, points: u64) -> Result<(u64, Result<Any, CallError>), Fault> {
        if self.ctx.machine.waiting.len() >= MAX_WAITING as usize {
            let error = TxError::from(ContractsError::CallDepth(MAX_WAITING));
            return Ok((0, Err(CallError::Failed(redacted(&error)))));
        }
        let whole = std::mem::replace(&mut self.ctx.machine.budget, Budget::new(points));
        self.ctx.machine.waiting.push(*self.contract);
        let (contracts, contract, first) = (self.contracts, self.contract, self.ctx.events.len());
        let result = on_a_layer(self.ctx, |ctx| {
            ctx.machine.budget.spend(gas::DISPATCH)?;
            contracts.router.route(ctx, contract, message)
        });
        dispatch::unnamed(self.ctx.events, first);
        self.ctx.machine.waiting.pop();
        let budget = std::mem::replace(&mut self.ctx.machine.budget, whole);
        let used = points.saturating_sub(budget.left());
        match result {
            Ok(response) => Ok((used, Ok(response))),
            Err(error) if budget.is_exceeded() && is_out_of_gas(&error) => {
                Ok((used, Err(CallError::OutOfGas)))
            }
            Err(ExecError::Tx(error)) => Ok((used, Err(CallError::Failed(redacted(&error))))),
            Err(ExecError::Fault(cause)) => Err(fault(cause)),
        }
    }

    /// Answers what the contract asks from the state as it is now. One that may not be asked meanwhile is
    /// `closed`.
    fn asked<T>(
        &self,
        closed: Option<&Address>,
        points: u64,
        body: impl FnOnce(&View<'_, Overlay>) -> T,
    ) -> (Budget, T) {
        let budget = Budget::new(points);
        let Context {
            state,
            block,
            machine,
            ..
        } = &*self.ctx;
        let depth = u32::try_from(machine.waiting.len())
            .unwrap_or(u32::MAX)
            .saturating_add(1);
        let waiting: Vec<_> = machine.waiting.iter().chain(closed).copied().collect();
        let at = (block.height, block.time);
        let view = View::new(&**state, at, &machine.runner, &budget, depth, &waiting);
        let answer = body(&view);
        (budget, answer)
    }
}

/// The host of a contract that answers a question.
pub struct Reader<'a, S> {
    view: &'a View<'a, S>,
    contract: &'a Address,
    prefix: Vec<u8>,
}

impl<'a, S: Read> Reader<'a, S> {
    pub fn new(view: &'a View<'a, S>, contract: &'a Address) -> Self {
        Self {
            view,
            contract,
            prefix: keys::state(contract),
        }
    }

    /// As [`Writer::asked`].
    fn asked<T>(
        &self,
        closed: Option<&Address>,
        points: u64,
        body: impl FnOnce(&View<'_, S>) -> T,
    ) -> (Budget, T) {
        let budget = Budget::new(points);
        let waiting: Vec<_> = self.view.waiting().iter().chain(closed).copied().collect();
        let at = (self.view.height(), self.view.time());
        let depth = self.view.depth().saturating_add(1);
        let view = View::new(
            self.view.state(),
            at,
            self.view.runner(),
            &budget,
            depth,
            &waiting,
        );
        let answer = body(&view);
        (budget, answer)
    }
}

/// A fault as the VM passes it on: its own stays what it is.
fn fault(cause: crate::Fault) -> Fault {
    match cause {
        crate::Fault::Contracts(own) => own,
        other => Fault::chain(other),
    }
}

/// What a contract keeps at a key.
pub fn value(state: &impl Read, prefix: &[u8], key: &[u8]) -> Result<Option<Vec<u8>>, crate::Fault> {
    let stored = state.get(Space::Main, &[prefix, key].concat())?;
    stored.map(unmarked).transpose()
}

/// The bytes behind [`VALUE`].
pub fn unmarked(mut stored: Vec<u8>) -> Result<Vec<u8>, crate::Fault> {
    match stored.first() {
        Some(&VALUE) => {
            stored.remove(0);
            Ok(stored)
        }
        _ => Err(crate::Fault::corrupt("a contract's value")),
    }
}

/// A value as it is stored.
pub fn marked(value: &[u8]) -> Vec<u8> {
    [&[VALUE], value].concat()
}

/// The first records between two keys of a contract.
pub fn records(
    state: &impl Read,
    prefix: &[u8],
    (start, end): (Bound<&[u8]>, Bound<&[u8]>),
    order: Order,
    page: Page,
) -> Result<Vec<Record>, crate::Fault> {
    let after = |key: &[u8]| [prefix, key, &[0]].concat();
    let start = match start {
        Bound::Included(key) => [prefix, key].concat(),
        Bound::Excluded(key) => after(key),
        Bound::Unbounded => prefix.to_vec(),
    };
    let end = match end {
        Bound::Included(key) => Some(after(key)),
        Bound::Excluded(key) => Some([prefix, key].concat()),
        Bound::Unbounded => prefix_end(prefix),
    };
    let order = match order {
        Order::Ascending => slsbft_store::Order::Ascending,
        Order::Descending => slsbft_store::Order::Descending,
    };
    let (mut found, mut bytes) = (Vec::new(), 0usize);
    for entry in state
        .range(Space::Main, &start, end.as_deref(), order)
        .take(page.records)
    {
        let (key, value) = entry?;
        let key = key.get(prefix.len()..).unwrap_or_default().to_vec();
        let value = unmarked(value)?;
        bytes = bytes.saturating_add(key.len()).saturating_add(value.len());
        if bytes > page.bytes && !found.is_empty() {
            break;
        }
        found.push((key, value));
    }
    Ok(found)
}

fn validate(human: &str) -> Result<(), String> {
    let address = Address::from_bech32(human).map_err(|error| error.to_string())?;
    match address.to_string() == human {
        true => Ok(()),
        false => Err("address is not in lower case".into()),
    }
}

fn canonicalize(human: &str) -> Result<Vec<u8>, String> {
    let address = Address::from_bech32(human).map_err(|error| error.to_string())?;
    Ok(address.as_bytes().to_vec())
}

fn humanize(canonical: &[u8]) -> Result<String, String> {
    let address = Address::from_bytes(canonical).map_err(|error| error.to_string())?;
    Ok(address.to_string())
}

/// Points of a question's budget that its answer used; one more than all if it was not enough.
fn used(budget: &Budget, points: u64) -> u64 {
    match budget.is_exceeded() {
        true => points.saturating_add(1),
        false => points.saturating_sub(budget.left()),
    }
}

fn answered((budget, answer): (Budget, Result<Vec<u8>, crate::Fault>), points: u64) -> Result<Answer, Fault> {
    Ok(Answer {
        used: used(&budget, points),
        bytes: answer.map_err(fault)?,
    })
}

fn told((budget, answer): (Budget, Result<Vec<u8>, ExecError>), points: u64) -> Result<Called, Fault> {
    let result = match answer {
        Ok(answer) => Ok(answer),
        Err(ExecError::Tx(_)) if budget.is_exceeded() => Err(CallError::OutOfGas),
        Err(ExecError::Tx(error)) => Err(CallError::Failed(redacted(&error))),
        Err(ExecError::Fault(_)) if budget.is_exceeded() => Err(CallError::OutOfGas),
        Err(ExecError::Fault(cause)) => return Err(fault(cause)),
    };
    Ok(Called {
        used: used(&budget, points).min(points),
        result,
    })
}

impl<L: Ledger, R: Router> Chain for Writer<'_, '_, L, R> {
    fn get(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
        value(&*self.ctx.state, &self.prefix, key).map_err(fault)
    }

    fn set(&mut self, key: &[u8], value: &[u8]) -> Result<(), Fault> {
        let key = [self.prefix.as_slice(), key].concat();
        self.ctx.state.set(Space::Main, key, marked(value));
        Ok(())
    }

    fn remove(&mut self, key: &[u8]) -> Result<(), Fault> {
        let key = [self.prefix.as_slice(), key].concat();
        self.ctx.state.delete(Space::Main, &key);
        Ok(())
    }

    fn scan(
        &mut self,
        start: Bound<&[u8]>,
        end: Bound<&[u8]>,
        order: Order,
        page: Page,
    ) -> Result<Vec<Record>, Fault> {
        records(&*self.ctx.state, &self.prefix, (start, end), order, page).map_err(fault)
    }

    fn validate_address(&mut self, human: &str) -> Result<Result<(), String>, Fault> {
        Ok(validate(human))
    }

    fn canonicalize_address(&mut self, human: &str) -> Result<Result<Vec<u8>, String>, Fault> {
        Ok(canonicalize(human))
    }

    fn humanize_address(&mut self, canonical: &[u8]) -> Result<Result<String, String>, Fault> {
        Ok(humanize(canonical))
    }

    fn query(&mut self, request: &[u8], points: u64) -> Result<Answer, Fault> {
        answered(
            self.asked(None, points, |view| ask::answer(view, request)),
            points,
        )
    }

    fn execute(&mut self, contract: &str, msg: &[u8], funds: &str, points: u64) -> Result<Called, Fault> {
        let funds = match funds.parse::<Coins>() {
            Ok(funds) => funds.to_proto(),
            Err(error) => {
                let error = sdk::invalid_coins(error.to_string());
                let result = Err(CallError::Failed(redacted(&error)));
                return Ok(Called { used: 0, result });
            }
        };
        let message = pack(&MsgExecuteContract {
            sender: self.contract.to_string(),
            contract: contract.to_owned(),
            msg: msg.to_vec(),
            funds,
        });
        let (used, result) = self.nested(&message, points)?;
        let data = |response: Any| MsgExecuteContractResponse::decode(response.value.as_slice());
        let result = match result.map(data) {
            Ok(Ok(response)) => Ok(response.data),
            Ok(Err(error)) => return Err(Fault::chain(error)),
            Err(error) => Err(error),
        };
        Ok(Called { used, result })
    }

    fn send(&mut self, type_url: &str, msg: &[u8], points: u64) -> Result<Called, Fault> {
        let message = Any {
            type_url: type_url.to_owned(),
            value: msg.to_vec(),
        };
        let (used, result) = self.nested(&message, points)?;
        let result = result.map(|response| response.value);
        Ok(Called { used, result })
    }

    fn grpc(&mut self, path: &str, request: &[u8], points: u64) -> Result<Called, Fault> {
        told(
            self.asked(Some(self.contract), points, |view| grpc(view, path, request)),
            points,
        )
    }

    fn ask(&mut self, contract: &str, msg: &[u8], points: u64) -> Result<Called, Fault> {
        told(
            self.asked(Some(self.contract), points, |view| {
                ask::smart(view, contract, msg)
            }),
            points,
        )
    }

    fn event(&mut self, kind: &str, attributes: &[(String, String)]) -> Result<Result<(), String>, Fault> {
        let emitted = events::own(self.ctx, self.contract, kind, attributes);
        Ok(emitted.map_err(|error| error.to_string()))
    }

    fn beacon(&mut self, height: u64) -> Result<Option<[u8; 32]>, Fault> {
        beacon::at(&*self.ctx.state, self.ctx.block.height, height).map_err(fault)
    }
}

/// A module's answer.
fn grpc<S: Read>(view: &View<'_, S>, path: &str, request: &[u8]) -> Result<Vec<u8>, ExecError> {
    route_view(view, path, request).map_err(ask::refused)
}

impl<S: Read> Chain for Reader<'_, S> {
    fn get(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
        value(self.view.state(), &self.prefix, key).map_err(fault)
    }

    fn set(&mut self, _: &[u8], _: &[u8]) -> Result<(), Fault> {
        Err(Fault::chain("a question is about to write"))
    }

    fn remove(&mut self, _: &[u8]) -> Result<(), Fault> {
        Err(Fault::chain("a question is about to write"))
    }

    fn scan(
        &mut self,
        start: Bound<&[u8]>,
        end: Bound<&[u8]>,
        order: Order,
        page: Page,
    ) -> Result<Vec<Record>, Fault> {
        records(self.view.state(), &self.prefix, (start, end), order, page).map_err(fault)
    }

    fn validate_address(&mut self, human: &str) -> Result<Result<(), String>, Fault> {
        Ok(validate(human))
    }

    fn canonicalize_address(&mut self, human: &str) -> Result<Result<Vec<u8>, String>, Fault> {
        Ok(canonicalize(human))
    }

    fn humanize_address(&mut self, canonical: &[u8]) -> Result<Result<String, String>, Fault> {
        Ok(humanize(canonical))
    }

    fn query(&mut self, request: &[u8], points: u64) -> Result<Answer, Fault> {
        answered(
            self.asked(None, points, |view| ask::answer(view, request)),
            points,
        )
    }

    fn grpc(&mut self, path: &str, request: &[u8], points: u64) -> Result<Called, Fault> {
        told(
            self.asked(Some(self.contract), points, |view| grpc(view, path, request)),
            points,
        )
    }

    fn ask(&mut self, contract: &str, msg: &[u8], points: u64) -> Result<Called, Fault> {
        told(
            self.asked(Some(self.contract), points, |view| {
                ask::smart(view, contract, msg)
            }),
            points,
        )
    }

    fn beacon(&mut self, height: u64) -> Result<Option<[u8; 32]>, Fault> {
        beacon::at(self.view.state(), self.view.height(), height).map_err(fault)
    }
}
