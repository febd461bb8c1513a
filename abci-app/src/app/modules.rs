//! The modules of this chain and how they see one another: the one place where
//! they are wired.

use cosmos_sdk_proto::Any;
use slsbft_store::Read;
use slsbft_types::Address;
use tendermint_proto::v0_38::abci::{CommitInfo, Misbehavior, ValidatorUpdate};

use super::{market::Market, network::Network, rewards, validators::Validators};
use crate::{
    context::Context,
    errors::{ExecError, Fault, sdk},
    events::{annotate, event},
    machine::POINTS_PER_GAS,
    modules::{
        auth::{self, Auth},
        bank::{self, Bank},
        beacon::{self, Beacon},
        consensus::{self, Seat},
        contracts::{self, Contracts, Router},
        distribution::{self, Distribution},
        election::{self, Election},
        epochs,
        fees::{self, Fees},
        hooks::{self, Hooks},
        incentives::{self, Incentives},
        metering::{self, Metering},
        requests::{self, Requests},
        service::{self, Service},
        slashing::{self, Slashing},
        staking::{self, Staking},
    },
    query::{QueryError, View},
    tx::Msg,
};

pub const BANK: Bank<Auth> = Bank::new(Auth);
pub const FEES: Fees<Bank<Auth>> = Fees::new(BANK);
pub const METERING: Metering<Bank<Auth>, Market> = Metering::with_market(BANK, Market);
pub const DISTRIBUTION: Distribution<Bank<Auth>, staking::View> = Distribution::new(BANK, staking::View);
pub const STAKING: Staking<Bank<Auth>, Distribution<Bank<Auth>, staking::View>> =
    Staking::new(BANK, DISTRIBUTION);
pub const VALIDATORS: Validators = Validators;
pub const BEACON: Beacon<Validators> = Beacon::new(VALIDATORS);
pub const SLASHING: Slashing<Validators> = Slashing::new(VALIDATORS);
pub const ELECTION: Election<Validators> = Election::new(VALIDATORS);
pub const INCENTIVES: Incentives<Bank<Auth>> = Incentives::new(BANK);
pub const CONTRACTS: Contracts<Bank<Auth>, Modules> = Contracts::new(BANK, Modules);
pub const HOOKS: Hooks<Bank<Auth>, Contracts<Bank<Auth>, Modules>> = Hooks::new(BANK, CONTRACTS);
pub const REQUESTS: Requests<Bank<Auth>, Network> = Requests::new(BANK, Network);
pub const SERVICE: Service<Bank<Auth>, Validators> = Service::new(BANK, VALIDATORS);

/// All modules, as contracts reach them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Modules;

impl Router for Modules {
    fn route(&self, ctx: &mut Context<'_>, sender: &Address, message: &Any) -> Result<Any, ExecError> {
        let msg = Msg::from_any(message)?;
        if msg.signer() != *sender {
            let text = format!("contract {sender} cannot sign for {}", msg.signer());
            return Err(sdk::unauthorized(text).into());
        }
        let price = msg.gas().saturating_mul(POINTS_PER_GAS);
        ctx.machine.budget.spend(price)?;
        run(ctx, &msg)
    }
}

/// Executes the message at `index` of a transaction; its events get that index.
pub fn execute(ctx: &mut Context<'_>, msg: &Msg, index: usize) -> Result<Any, ExecError> {
    let first = ctx.events.len();
    ctx.emit(
        event("message")
            .attr("action", msg.type_url())
            .attr("sender", msg.signer())
            .attr("module", msg.module()),
    );
    let response = run(ctx, msg)?;
    for event in ctx.events.iter_mut().skip(first) {
        annotate(event, "msg_index", index);
    }
    Ok(response)
}

fn run(ctx: &mut Context<'_>, msg: &Msg) -> Result<Any, ExecError> {
    match msg {
        Msg::Bank(msg) => BANK.execute(ctx, msg),
        Msg::Metering(msg) => METERING.execute(ctx, msg),
        Msg::Staking(msg) => STAKING.execute(ctx, msg),
        Msg::Distribution(msg) => DISTRIBUTION.execute(ctx, msg),
        Msg::Beacon(msg) => BEACON.execute(ctx, msg),
        Msg::Slashing(msg) => SLASHING.execute(ctx, msg),
        Msg::Service(msg) => SERVICE.execute(ctx, msg),
        Msg::Incentives(msg) => INCENTIVES.execute(ctx, msg),
        Msg::Contracts(msg) => CONTRACTS.execute(ctx, msg),
        Msg::Hooks(msg) => HOOKS.execute(ctx, msg),
        Msg::Requests(msg) => REQUESTS.execute(ctx, msg),
    }
}

/// Reads what a transfer will read, so that it is in memory when its turn comes:
/// this may run side by side with others, a block's messages run one by one.
/// Only for the first message, since nobody pays for it: whoever sends an old
/// transaction again gets little more done than its signature.
pub fn prefetch(state: &impl Read, messages: &[Msg]) -> Result<(), Fault> {
    match messages.first() {
        Some(Msg::Bank(msg)) => BANK.prefetch(state, msg),
        Some(_) | None => Ok(()),
    }
}

/// What happens before a block's transactions: the last block is judged by its
/// commit, and misbehaviour is punished.
pub fn begin_block(
    ctx: &mut Context<'_>,
    commit: Option<&CommitInfo>,
    misbehavior: &[Misbehavior],
) -> Result<(), ExecError> {
    let round = commit.map_or(0, |commit| commit.round);
    let held_up_by = beacon::judge_previous(ctx.state, round)?;
    consensus::record_commit(ctx.state, commit, held_up_by)?;
    SLASHING.punish(ctx, misbehavior)
}

/// What a block begins with, after its system transaction: draws by its beacon. Requests of the last
/// block get their nodes. In an epoch's first block the audits are drawn from
/// the candidates and providers of the boundary by a beacon that has gone on since: whoever ended
/// the epoch could choose who stands there, but not know what is drawn.
pub fn draw(ctx: &mut Context<'_>) -> Result<(), ExecError> {
    REQUESTS.begin_block(ctx)?;
    let epoch = epochs::current(ctx.state)?;
    // The first epoch of a chain has none: nobody was elected to audit.
    if epoch.number == 0 || ctx.block.height != epoch.first_height {
        return Ok(());
    }
    REQUESTS.begin_epoch(ctx.state)?;
    let beacon = beacon::value(ctx.state)?;
    let standing = election::Snapshot::load(ctx.state)?.standing();
    SERVICE.assign(ctx, &beacon, &standing)
}

/// What happens after a block's transactions. Returns CometBFT's validator updates.
pub fn end_block(ctx: &mut Context<'_>, misbehaved: bool) -> Result<Vec<ValidatorUpdate>, ExecError> {
    METERING.end_block(ctx)?;
    STAKING.end_block(ctx)?;
    SERVICE.end_block(ctx)?;
    REQUESTS.end_block(ctx)?;
    HOOKS.end_block(ctx)?;
    if epochs::ends_with(ctx.state, ctx.block)? {
        return end_epoch(ctx, misbehaved);
    }
    let seats = emptied(ctx, misbehaved)?;
    Ok(consensus::advance(ctx.state, seats.as_deref())?)
}

/// The seats without those that the block's evidence emptied, if it did.
fn emptied(ctx: &Context<'_>, misbehaved: bool) -> Result<Option<Vec<Seat>>, ExecError> {
    if !misbehaved {
        return Ok(None);
    }
    Ok(ELECTION.without_tombstoned(ctx.state)?)
}

/// An epoch's last block. What was done in the epoch is judged and paid first;
/// then the seats are filled from the boundary before, and this boundary is
/// remembered for the next election.
fn end_epoch(ctx: &mut Context<'_>, misbehaved: bool) -> Result<Vec<ValidatorUpdate>, ExecError> {
    let epoch = epochs::current(ctx.state)?.number;
    let closed = beacon::close_epoch(ctx.state, epoch)?;
    SLASHING.judge_epoch(ctx, &closed.forgers)?;
    SERVICE.end_epoch(ctx)?;
    let candidates = ELECTION.candidates(ctx, epoch)?;
    rewards::pay(ctx, &candidates)?;
    let held = ELECTION.hold(ctx, epoch, &closed.seed)?;
    candidates.save(ctx.state);
    if let Some(held) = &held {
        // The set that was drawn decides from the block after the next on.
        let from_height = ctx.block.height.saturating_add(2);
        slashing::record_stakes(ctx, held.stakes.iter().copied(), from_height, held.since)?;
    }
    consensus::fold_uptime(ctx.state)?;
    let seats = match held {
        Some(held) => Some(held.seats),
        None => emptied(ctx, misbehaved)?,
    };
    let updates = consensus::advance(ctx.state, seats.as_deref())?;
    consensus::fold_sets(ctx.state)?;
    HOOKS.end_epoch(ctx, epoch)?;
    epochs::advance(ctx.state, ctx.block)?;
    Ok(updates)
}

/// Checks all invariants by reading the whole state.
pub fn check(state: &impl Read) -> Result<(), Fault> {
    bank::check_supply(state)?;
    let modules = METERING
        .check(state)
        .and_then(|()| STAKING.check(state))
        .and_then(|()| DISTRIBUTION.check(state))
        .and_then(|()| SERVICE.check(state))
        .and_then(|()| INCENTIVES.check(state))
        .and_then(|()| REQUESTS.check(state));
    modules.map_err(|error| match error {
        ExecError::Fault(fault) => fault,
        ExecError::Tx(error) => Fault::Invariant(error.to_string()),
    })
}

/// Modules with keys of their own in the main store.
pub const STORES: [&str; 16] = [
    "auth",
    "bank",
    "beacon",
    "consensus",
    "contracts",
    "distribution",
    "election",
    "epochs",
    "fees",
    "hooks",
    "incentives",
    "metering",
    "requests",
    "service",
    "slashing",
    "staking",
];

type Query<S> = fn(&View<'_, S>, &str, &[u8]) -> Result<Vec<u8>, QueryError>;

/// Query services and who answers them.
pub fn queries<S: Read>() -> [(&'static str, Query<S>); 16] {
    [
        (auth::query::SERVICE, auth::query::query),
        (bank::query::SERVICE, bank::query::query),
        (beacon::query::SERVICE, beacon::query::query),
        (consensus::query::SERVICE, consensus::query::query),
        (contracts::query::SERVICE, contracts::query::query),
        (distribution::query::SERVICE, distribution::query::query),
        (election::query::SERVICE, election::query::query),
        (epochs::query::SERVICE, epochs::query::query),
        (fees::query::SERVICE, fees::query::query),
        (hooks::query::SERVICE, hooks::query::query),
        (incentives::query::SERVICE, |view, method, request| {
            INCENTIVES.query(view, method, request)
        }),
        (metering::query::SERVICE, metering::query::query),
        (requests::query::SERVICE, requests::query::query),
        (service::query::SERVICE, |view, method, request| {
            SERVICE.query(view, method, request)
        }),
        (slashing::query::SERVICE, |view, method, request| {
            SLASHING.query(view, method, request)
        }),
        (staking::query::SERVICE, staking::query::query),
    ]
}
