//! The two budgets, which live in globals of the instance so that contract and host draw on the same
//! (`docs/contracts/metering.md`).

use wasmtime::{AsContextMut, Global, Instance, Val};

use super::code::MeterExports;
use crate::{Fault, Reason};

/// The greatest budget, in points.
pub(crate) const MAX_BUDGET: u64 = 1 << 62;

/// The greatest single charge, in points.
const MAX_CHARGE: i64 = 1 << 58;

/// The instance's budgets.
#[derive(Clone, Copy)]
pub(crate) struct Meter {
    points: Global,
    stack: Global,
}

impl Meter {
    /// Finds the budgets and fills them.
    pub(super) fn arm(
        mut store: impl AsContextMut,
        instance: &Instance,
        exports: &MeterExports,
        points: i64,
        stack: i64,
    ) -> Result<Self, Fault> {
        let mut global = |export| {
            instance
                .get_module_export(&mut store, export)
                .and_then(wasmtime::Extern::into_global)
                .ok_or_else(|| Fault::engine("a metered module has no budget"))
        };
        let meter = Self {
            points: global(&exports.points)?,
            stack: global(&exports.stack)?,
        };
        set(&mut store, meter.points, points)?;
        set(&mut store, meter.stack, stack)?;
        Ok(meter)
    }

    /// Points left; below zero when it ran out.
    pub(crate) fn left(&self, store: impl AsContextMut) -> Result<i64, Fault> {
        get(store, self.points)
    }

    /// Slots of the stack left; below zero when it is exhausted.
    pub(super) fn stack_left(&self, store: impl AsContextMut) -> Result<i64, Fault> {
        get(store, self.stack)
    }

    /// Takes `cost` points.
    pub(crate) fn charge(&self, mut store: impl AsContextMut, cost: u64) -> Result<(), super::Stop> {
        let cost = i64::try_from(cost).unwrap_or(MAX_CHARGE).min(MAX_CHARGE);
        let left = self.left(&mut store)?.saturating_sub(cost);
        set(&mut store, self.points, left)?;
        if left < 0 {
            Err(Reason::OutOfGas.into())
        } else {
            Ok(())
        }
    }
}

fn get(mut store: impl AsContextMut, global: Global) -> Result<i64, Fault> {
    global
        .get(&mut store)
        .i64()
        .ok_or_else(|| Fault::engine("a budget is no i64"))
}

fn set(mut store: impl AsContextMut, global: Global, value: i64) -> Result<(), Fault> {
    global.set(&mut store, Val::I64(value)).map_err(Fault::engine)
}
