//! Running an entry point of a contract.

use cosmwasm_std::{
    Addr, Binary, BlockInfo as EnvBlock, Coin, ContractInfo as EnvContract, Env, MessageInfo, MigrateInfo,
    Reply, Timestamp, TransactionInfo, Uint256,
};
use slsbft_store::{Overlay, Read};
use slsbft_types::{Address, Coins, Time};
use slsbft_wasm::{
    Code, CodeHash, CompileError, Failure, Interface, Outcome, Reason, bus,
    cosmwasm::{self, Response},
};

use super::{
    Contracts, Router,
    errors::ContractsError,
    host::{Reader, Writer},
    state,
};
use crate::{
    context::{BlockInfo, Context},
    errors::{ExecError, Fault, sdk},
    machine::{Budget, MAX_WAITING, Position, Runner},
    modules::ledger::Ledger,
    query::View,
};

/// What a contract is called for.
pub enum Task<'a> {
    Instantiate(From<'a>),
    Execute(From<'a>),
    Migrate {
        sender: &'a Address,
        msg: &'a [u8],
        /// The version that the old code says its state has.
        old_version: Option<u64>,
    },
    /// What became of a message that it returned.
    Reply(&'a Reply),
    /// The chain's own message.
    Notify(&'a [u8]),
}

/// Somebody's message.
pub struct From<'a> {
    pub sender: &'a Address,
    pub funds: &'a Coins,
    pub msg: &'a [u8],
}

impl<L: Ledger, R: Router> Contracts<L, R> {
    /// Calls a contract that may write. What it used is paid, whatever comes of it.
    pub(super) fn run(
        &self,
        ctx: &mut Context<'_>,
        contract: &Address,
        hash: CodeHash,
        task: &Task<'_>,
    ) -> Result<Response, ExecError> {
        refuse_reentry(&ctx.machine.waiting, contract)?;
        let runner = ctx.machine.runner.clone();
        let code = load(&runner.vm, ctx.state, hash)?;
        match code.interface() {
            Interface::CosmWasm => self.run_cosmwasm(ctx, &runner, contract, &code, task),
            Interface::Bus => self.run_bus(ctx, &runner, contract, &code, task),
        }
    }

    fn run_cosmwasm(
        &self,
        ctx: &mut Context<'_>,
        runner: &Runner,
        contract: &Address,
        code: &Code,
        task: &Task<'_>,
    ) -> Result<Response, ExecError> {
        let env = env(ctx.block, ctx.machine.position.as_ref(), contract);
        let points = ctx.machine.budget.left();
        let call = cosmwasm::Call {
            vm: &runner.vm,
            code,
            chain: &mut Writer::new(self, &mut *ctx, contract),
            points,
            lane: runner.lane.clone(),
        };
        let outcome = match *task {
            Task::Instantiate(From { sender, funds, msg }) => {
                call.instantiate(&env, &info(sender, funds), msg)
            }
            Task::Execute(From { sender, funds, msg }) => call.execute(&env, &info(sender, funds), msg),
            Task::Migrate {
                sender,
                msg,
                old_version,
            } => {
                let info = MigrateInfo {
                    sender: Addr::unchecked(sender.to_string()),
                    old_migrate_version: old_version,
                };
                call.migrate(&env, msg, &info)
            }
            Task::Reply(reply) => call.reply(&env, reply),
            Task::Notify(msg) => call.sudo(&env, msg),
        }?;
        settle(&ctx.machine.budget, contract, outcome)
    }

    /// What it has to say it has said and sent when it returns; there is nothing left but its output.
    fn run_bus(
        &self,
        ctx: &mut Context<'_>,
        runner: &Runner,
        contract: &Address,
        code: &Code,
        task: &Task<'_>,
    ) -> Result<Response, ExecError> {
        let (entry, sender, funds, msg) = match *task {
            Task::Instantiate(From { sender, funds, msg }) => {
                (bus::Entry::Instantiate, Some(sender), Some(funds), msg)
            }
            Task::Execute(From { sender, funds, msg }) => {
                (bus::Entry::Execute, Some(sender), Some(funds), msg)
            }
            Task::Migrate { sender, msg, .. } => (bus::Entry::Migrate, Some(sender), None, msg),
            Task::Notify(msg) => (bus::Entry::Hook, None, None, msg),
            Task::Reply(_) => return Err(no_reply(contract)),
        };
        let context = bus::Context {
            sender: sender.map(Address::to_string).unwrap_or_default(),
            funds: funds.map(Coins::to_string).unwrap_or_default(),
            ..context(ctx.block, ctx.machine.position.as_ref(), contract)
        };
        let points = ctx.machine.budget.left();
        let call = bus::Call {
            vm: &runner.vm,
            code,
            chain: &mut Writer::new(self, &mut *ctx, contract),
            points,
            lane: runner.lane.clone(),
            context,
        };
        let outcome = call.run(entry, msg)?;
        let output = settle(&ctx.machine.budget, contract, outcome)?;
        let response = Response::new();
        Ok(match output.is_empty() {
            true => response,
            false => response.set_data(output),
        })
    }
}

/// A contract whose new code is of another interface than what sent the message.
fn no_reply(contract: &Address) -> ExecError {
    let failure = Failure::at("reply", Reason::NoEntry);
    let contract = contract.to_string();
    ContractsError::Vm { contract, failure }.into()
}

/// A contract that waits for what it called is not entered, neither to change it nor to ask it.
fn refuse_reentry(waiting: &[Address], contract: &Address) -> Result<(), ContractsError> {
    match waiting.contains(contract) {
        true => Err(ContractsError::Reentered(contract.to_string())),
        false => Ok(()),
    }
}

/// Asks a contract, on the view's account.
pub fn ask<S: Read>(view: &View<'_, S>, contract: &Address, msg: &[u8]) -> Result<Vec<u8>, ExecError> {
    refuse_reentry(view.waiting(), contract)?;
    if view.depth() > MAX_WAITING {
        return Err(ContractsError::QueryDepth(MAX_WAITING).into());
    }
    let info = state::contract(view, contract)?;
    let hash = state::hash_of(&state::code(view, info.code_id)?)?;
    let runner = view.runner();
    let code = load(runner.vm.as_ref(), view.state(), hash)?;
    let mut host = Reader::new(view, contract);
    let chain_id = crate::modules::consensus::chain_id(view.state())?;
    let block = BlockInfo {
        chain_id: chain_id.into(),
        height: view.height(),
        time: view.time(),
    };
    let (points, lane) = (view.budget().left(), runner.lane.clone());
    match code.interface() {
        Interface::CosmWasm => {
            let call = cosmwasm::Call {
                vm: &runner.vm,
                code: &code,
                chain: &mut host,
                points,
                lane,
            };
            let outcome = call.query(&env(&block, None, contract), msg)?;
            Ok(settle(view.budget(), contract, outcome)?.into())
        }
        Interface::Bus => {
            let call = bus::Call {
                vm: &runner.vm,
                code: &code,
                chain: &mut host,
                points,
                lane,
                context: context(&block, None, contract),
            };
            let outcome = call.run(bus::Entry::Query, msg)?;
            settle(view.budget(), contract, outcome)
        }
    }
}

fn load(
    vm: &slsbft_wasm::Vm,
    state: &impl Read,
    hash: CodeHash,
) -> Result<std::sync::Arc<slsbft_wasm::Code>, Fault> {
    let bytes = || state::bytes(state, &hash).map_err(slsbft_wasm::Fault::chain);
    Ok(vm.load(hash, bytes)?)
}

/// Compiles a code that no contract runs yet, unless that was done before: the compiler may refuse it.
pub fn compiled(ctx: &Context<'_>, hash: &CodeHash) -> Result<(), ExecError> {
    let bytes = || state::bytes(ctx.state, hash).map_err(slsbft_wasm::Fault::chain);
    match ctx.machine.runner.vm.prepare(*hash, bytes) {
        Ok(_) => Ok(()),
        Err(CompileError::Refused(refusal)) => Err(ContractsError::Create(refusal.to_string()).into()),
        Err(CompileError::Fault(fault)) => Err(ExecError::Fault(fault.into())),
    }
}

/// Takes what a call used off the budget, and gives what it returned.
fn settle<T>(budget: &Budget, contract: &Address, outcome: Outcome<T>) -> Result<T, ExecError> {
    budget.spend(outcome.used)?;
    let failure = match outcome.result {
        Ok(returned) => return Ok(returned),
        Err(failure) => failure,
    };
    match failure.reason {
        Reason::OutOfGas => {
            // Nothing is left, and nobody may go on as if there were.
            let _ = budget.spend(u64::MAX);
            let text = format!("contract {contract}, {failure}; set a higher gas limit");
            Err(sdk::out_of_gas(text).into())
        }
        Reason::Contract(text) => Err(ContractsError::Contract {
            entry: failure.entry,
            text,
        }
        .into()),
        _ => Err(ContractsError::Vm {
            contract: contract.to_string(),
            failure,
        }
        .into()),
    }
}

fn env(block: &BlockInfo, position: Option<&Position>, contract: &Address) -> Env {
    let transaction = position.map(|at| TransactionInfo::new(at.index, Binary::new(at.hash().to_vec())));
    Env {
        block: EnvBlock {
            height: block.height,
            time: timestamp(block.time),
            chain_id: block.chain_id.to_string(),
        },
        transaction,
        contract: EnvContract {
            address: Addr::unchecked(contract.to_string()),
        },
    }
}

/// The same for contracts of the service bus.
fn context(block: &BlockInfo, position: Option<&Position>, contract: &Address) -> bus::Context {
    bus::Context {
        height: block.height,
        time: timestamp(block.time).nanos(),
        chain_id: block.chain_id.to_string(),
        contract: contract.to_string(),
        sender: String::new(),
        funds: String::new(),
        transaction: position.map(|at| bus::Transaction {
            index: at.index,
            hash: at.hash(),
        }),
    }
}

/// Block time is in the years 1970 to 9999; the contracts' ends in 2554, which is the last they see.
fn timestamp(time: Time) -> Timestamp {
    let seconds = u64::try_from(time.seconds).unwrap_or(0);
    let nanos = seconds
        .saturating_mul(1_000_000_000)
        .saturating_add(time.nanos.into());
    Timestamp::from_nanos(nanos)
}

/// Who calls, and what came along.
fn info(sender: &Address, funds: &Coins) -> MessageInfo {
    MessageInfo {
        sender: Addr::unchecked(sender.to_string()),
        funds: funds
            .iter()
            .map(|coin| Coin {
                denom: coin.denom.to_string(),
                amount: Uint256::from(coin.amount.value()),
            })
            .collect(),
    }
}

/// Runs `body` on a layer of its own, which is kept only if it succeeds.
pub fn on_a_layer<T>(
    ctx: &mut Context<'_>,
    body: impl FnOnce(&mut Context<'_>) -> Result<T, ExecError>,
) -> Result<T, ExecError> {
    ctx.state.begin();
    let kept = ctx.events.len();
    let result = body(ctx);
    match result {
        Ok(_) => ctx.state.apply(),
        Err(_) => {
            Overlay::discard(ctx.state);
            ctx.events.truncate(kept);
        }
    }
    result
}
