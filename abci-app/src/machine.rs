//! What runs contracts, and what that may still cost.

use std::{cell::Cell, sync::Arc};

use bytes::Bytes;
use sha2::{Digest, Sha256};
use slsbft_types::Address;
use slsbft_wasm::{Interrupt, Lane, Vm};

use crate::errors::{TxError, sdk};

/// Points of the VM (about picoseconds, `docs/contracts/metering.md`) that are one gas.
pub const POINTS_PER_GAS: u64 = 1_000;

/// Contracts that may wait for one another at once, for what they call or ask.
pub const MAX_WAITING: u32 = 10;
const _: () = assert!(MAX_WAITING < slsbft_wasm::MAX_NESTED_CALLS);

/// The VM, and whether what it runs is part of a block.
#[derive(Clone)]
pub struct Runner {
    pub vm: Arc<Vm>,
    pub lane: Lane,
}

impl Runner {
    /// For what is part of a block, or could become part of one.
    pub fn of_blocks(vm: Arc<Vm>) -> Self {
        let lane = Lane::Block;
        Self { vm, lane }
    }

    /// For what is no part of a block, and ends when the interrupt is raised.
    pub fn of_query(vm: Arc<Vm>, interrupt: Interrupt) -> Self {
        let lane = Lane::Query(interrupt);
        Self { vm, lane }
    }
}

/// What is left of a budget of points. Whoever reads the state through a
/// [`View`](crate::query::View) shares it with that view.
#[derive(Debug, Default)]
pub struct Budget(Cell<Option<u64>>);

impl Budget {
    pub fn new(points: u64) -> Self {
        Self(Cell::new(Some(points)))
    }

    /// Points left; none once more was asked for than there were.
    pub fn left(&self) -> u64 {
        self.0.get().unwrap_or(0)
    }

    pub fn is_exceeded(&self) -> bool {
        self.0.get().is_none()
    }

    /// Takes points. What is more than the rest takes all of it.
    ///
    /// # Errors
    /// Out of gas, now and ever after.
    pub fn spend(&self, points: u64) -> Result<(), TxError> {
        let left = self.0.get().and_then(|left| left.checked_sub(points));
        self.0.set(left);
        match left {
            Some(_) => Ok(()),
            None => Err(sdk::out_of_gas(
                "out of gas while a contract ran; set a higher gas limit",
            )),
        }
    }
}

/// Where a transaction is, as contracts see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// In its block.
    pub index: u32,
    /// Its bytes.
    pub tx: Bytes,
}

impl Position {
    /// SHA-256 of the transaction.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(&self.tx).into()
    }
}

/// Runs the contracts of one transaction.
pub struct Machine {
    pub runner: Runner,
    /// What the transaction has left for running code.
    pub budget: Budget,
    /// Contracts that wait for what their messages do.
    pub depth: u32,
    /// Contracts that wait for what they called and cannot be entered meanwhile, outermost first.
    pub waiting: Vec<Address>,
    /// `None` for what the chain does by itself.
    pub position: Option<Position>,
    /// Points at the beginning.
    given: u64,
}

impl Machine {
    /// `gas` is what contracts may use.
    pub fn new(runner: Runner, gas: u64, position: Option<Position>) -> Self {
        let given = gas.saturating_mul(POINTS_PER_GAS);
        Self {
            runner,
            budget: Budget::new(given),
            depth: 0,
            waiting: Vec::new(),
            position,
            given,
        }
    }

    /// Gas that running code has used so far.
    pub fn gas_used(&self) -> u64 {
        self.given
            .saturating_sub(self.budget.left())
            .div_ceil(POINTS_PER_GAS)
    }
}
