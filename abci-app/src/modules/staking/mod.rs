//! Candidates for the validator set, and the stake with them.
//!
//! A validator record is a *candidate*; who has a seat is decided by elections, and stake
//! is treated alike whether its candidate has one or not: all of it is in the bonded pool,
//! and what leaves always waits out the unbonding time in the other pool.
//!
//! Invariants, after every message and block ([`Staking::check`]):
//! - a candidate's pool has as many shares as its delegations together, and the bonded
//!   account holds exactly the tokens of all pools;
//! - the other account holds exactly the balances of all unbonding entries;
//! - stake that leaves or moves answers for every slash of its old candidate that it had its
//!   part in, until both its time and its height have passed; a slash itself looks at no
//!   delegation, however many there are;
//! - every pair with unbonding or redelegation entries is in a queue, so each of them
//!   completes without anybody's doing;
//! - a consensus key belongs to one operator, for ever; a candidate stays as long as
//!   anything may answer for it, and a tombstone stays always.
//!
//! Rooms:
//! - `msg`: what comes in, checked
//! - `validators`, `delegations`, `slash`, `queue`: what it does
//! - `position`: a pair and its candidate, opened, changed, closed; `pair`: the pair alone
//! - `leaving`: what stake that has left answers for
//! - `keys`, `records`, `state`: where it lives; `view`: what other modules see
//! - `gas`, `errors`, `events`, `check`, `genesis`, `query`

mod check;
mod delegations;
mod errors;
mod events;
mod gas;
pub mod genesis;
mod keys;
mod leaving;
mod msg;
mod pair;
mod position;
pub mod query;
mod queue;
mod records;
mod slash;
mod state;
mod validators;
mod view;

use cosmos_sdk_proto::{
    Any,
    cosmos::staking::v1beta1::{
        MsgCancelUnbondingDelegationResponse, MsgCreateValidatorResponse, MsgDelegateResponse,
        MsgEditValidatorResponse,
    },
};
use slsbft_genesis::staking::{BONDED_POOL, NOT_BONDED_POOL};
use slsbft_mechanism::share::Dec;
use slsbft_proto::staking::v1::MsgRotateConsensusKeyResponse;
use slsbft_store::Overlay;
use slsbft_types::Address;

pub use errors::StakingError;
pub use msg::Msg;
pub use slash::{Slash, Slashed};
pub use slsbft_genesis::staking::{Candidate, Params};
pub use state::params;
pub use validators::{jail, tombstone, unjail};
pub use view::{View, candidate, candidates, operator_of, self_stake, total_bonded};

use crate::{
    context::Context,
    errors::{ExecError, Fault},
    modules::{ledger::Bonding, record::pack},
};

/// What staking needs to know of rewards: they follow shares, so they are paid before
/// shares change.
pub trait Rewards {
    /// A candidate is new.
    fn begin(&self, state: &mut Overlay, operator: &Address);

    /// Pays out what a delegation has earned with its shares, which change after this. One
    /// without shares begins.
    fn settle(
        &self,
        ctx: &mut Context<'_>,
        delegator: &Address,
        operator: &Address,
        shares: Dec,
    ) -> Result<(), ExecError>;

    /// A delegation that was settled has no shares any more.
    fn end(&self, state: &mut Overlay, delegator: &Address, operator: &Address) -> Result<(), Fault>;

    /// Nobody has shares of a candidate any more: pays its commission, and moves on what
    /// rounding has left.
    fn close(&self, ctx: &mut Context<'_>, operator: &Address) -> Result<(), ExecError>;
}

/// Candidates and stake in state; money moves through a ledger.
#[derive(Clone, Copy, Debug, Default)]
pub struct Staking<L, R> {
    ledger: L,
    rewards: R,
}

impl<L: Bonding, R: Rewards> Staking<L, R> {
    pub const fn new(ledger: L, rewards: R) -> Self {
        Self { ledger, rewards }
    }

    /// Executes a message; its response goes into the transaction's data.
    pub fn execute(&self, ctx: &mut Context<'_>, msg: &Msg) -> Result<Any, ExecError> {
        match msg {
            Msg::CreateValidator(create) => {
                self.create_validator(ctx, create)?;
                Ok(pack(&MsgCreateValidatorResponse {}))
            }
            Msg::EditValidator(edit) => {
                validators::edit(ctx, edit)?;
                Ok(pack(&MsgEditValidatorResponse {}))
            }
            Msg::Delegate {
                delegator,
                operator,
                amount,
            } => {
                self.delegate(ctx, delegator, operator, *amount)?;
                Ok(pack(&MsgDelegateResponse {}))
            }
            Msg::Undelegate {
                delegator,
                operator,
                amount,
            } => Ok(pack(&self.undelegate(ctx, delegator, operator, *amount)?)),
            Msg::CancelUnbonding {
                delegator,
                operator,
                amount,
                created_height,
            } => {
                self.cancel_unbonding(ctx, [delegator, operator], *amount, *created_height)?;
                Ok(pack(&MsgCancelUnbondingDelegationResponse {}))
            }
            Msg::Redelegate {
                delegator,
                source,
                destination,
                amount,
            } => Ok(pack(&self.redelegate(
                ctx,
                delegator,
                [source, destination],
                *amount,
            )?)),
            Msg::RotateConsensusKey { operator, key } => {
                validators::rotate_key(ctx, operator, *key)?;
                Ok(pack(&MsgRotateConsensusKeyResponse {}))
            }
        }
    }
}

/// The account of all stake with candidates.
pub fn bonded_account() -> Address {
    Address::module(BONDED_POOL)
}

/// The account of stake on its way back.
pub fn not_bonded_account() -> Address {
    Address::module(NOT_BONDED_POOL)
}

/// Arithmetic on stored stake, which cannot fail: it is a part of the supply.
fn sound<T, E: std::fmt::Display>(result: Result<T, E>) -> Result<T, Fault> {
    result.map_err(|error| Fault::Invariant(format!("staking: {error}")))
}
