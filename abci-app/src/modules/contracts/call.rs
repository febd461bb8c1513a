//! Running an entry point of a contract.

use cosmwasm_std::{
    Addr, Binary, BlockInfo as EnvBlock, Coin, ContractInfo as EnvContract, Env, MessageInfo, Timestamp,
    TransactionInfo, Uint256,
};
use slsbft_store::{Overlay, Read};
use slsbft_types::{Address, Coins, Time};
use slsbft_wasm::{
    CodeHash, Outcome, Reason,
    cosmwasm::{Call, Response},
};

use super::{
    errors::ContractsError,
    host::{Reader, Writer},
    state,
};
use crate::{
    context::{BlockInfo, Context},
    errors::{ExecError, Fault, sdk},
    machine::{Budget, Position},
    query::View,
};

/// Calls a contract that may write. What it used is paid, whatever comes of it.
pub fn call(
    ctx: &mut Context<'_>,
    contract: &Address,
    hash: CodeHash,
    entry: impl FnOnce(Call<'_>, &Env) -> Result<Outcome<Response>, slsbft_wasm::Fault>,
) -> Result<Response, ExecError> {
    let env = env(ctx.block, ctx.machine.position.as_ref(), contract);
    let runner = &ctx.machine.runner;
    let code = load(runner.vm.as_ref(), ctx.state, hash)?;
    let mut host = Writer::new(&mut *ctx.state, ctx.block, runner, contract);
    let call = Call {
        vm: &runner.vm,
        code: &code,
        chain: &mut host,
        points: ctx.machine.budget.left(),
        lane: runner.lane.clone(),
    };
    let outcome = entry(call, &env)?;
    settle(&ctx.machine.budget, contract, outcome)
}

/// Asks a contract, on the view's account.
pub fn ask<S: Read>(view: &View<'_, S>, contract: &Address, msg: &[u8]) -> Result<Binary, ExecError> {
    let info = state::contract(view, contract)?;
    let hash = state::hash_of(&state::code(view, info.code_id)?)?;
    let runner = view.runner();
    let code = load(runner.vm.as_ref(), view.state(), hash)?;
    let at = (view.height(), view.time());
    let mut host = Reader::new(view.state(), at, runner, view.depth(), contract);
    let chain_id = crate::modules::consensus::chain_id(view.state())?;
    let block = BlockInfo {
        chain_id: chain_id.into(),
        height: view.height(),
        time: view.time(),
    };
    let call = Call {
        vm: &runner.vm,
        code: &code,
        chain: &mut host,
        points: view.budget().left(),
        lane: runner.lane.clone(),
    };
    let outcome = call.query(&env(&block, None, contract), msg)?;
    settle(view.budget(), contract, outcome)
}

fn load(
    vm: &slsbft_wasm::Vm,
    state: &impl Read,
    hash: CodeHash,
) -> Result<std::sync::Arc<slsbft_wasm::Code>, Fault> {
    let bytes = || state::bytes(state, &hash).map_err(slsbft_wasm::Fault::chain);
    Ok(vm.load(hash, bytes)?)
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
            let text = format!("contract {contract}, {}: set a higher gas limit", failure.entry);
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

/// Block time is in the years 1970 to 9999; the contracts' ends in 2554, which is the last they see.
fn timestamp(time: Time) -> Timestamp {
    let seconds = u64::try_from(time.seconds).unwrap_or(0);
    let nanos = seconds
        .saturating_mul(1_000_000_000)
        .saturating_add(time.nanos.into());
    Timestamp::from_nanos(nanos)
}

/// Who calls, and what came along.
pub fn info(sender: &Address, funds: &Coins) -> MessageInfo {
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
