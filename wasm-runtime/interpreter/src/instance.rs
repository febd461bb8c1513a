//! A module with its state, and the calls into it.

use crate::costs::{Limits, MAX_POINTS};
use crate::execute::{self, Stop, Trap};
use crate::imports::Imports;
use crate::memory::{Memory, span};
use crate::module::{Initial, Module, Placement};
use crate::value::Value;
use wasmparser::ExternalKind;

/// What a call may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// At most 2⁶².
    pub points: i64,
    /// Of the stack, 8 bytes each.
    pub slots: i64,
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// With these results.
    Returned(Vec<Value>),
    /// In a trap of its own making.
    Trapped(Trap),
    /// Its budget went below zero; all of it is used.
    OutOfPoints,
    /// The heights of the open functions exceed the stack budget.
    StackExhausted,
}

/// What a call came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// How it ended.
    pub end: End,
    /// What is left of the points: zero after [`End::OutOfPoints`], never below.
    pub points: i64,
    /// What is left of the slots: all of them after [`End::Returned`]. Nothing is given back after a trap;
    /// below zero after [`End::StackExhausted`].
    pub slots: i64,
    /// The greatest sum of the heights of open functions, in slots: the stack budget that suffices.
    pub deepest: i64,
}

/// Why no instance came to be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InstantiateError {
    /// The host does not lend this.
    #[error("the import {0}::{1} is not there, or of another type")]
    Import(String, String),
    /// A minimum is above the limits.
    #[error("the {0} starts above what the host allows")]
    TooLarge(&'static str),
    /// An active segment does not fit.
    #[error(transparent)]
    Trap(#[from] Trap),
    /// The module refers to something that validation promised. A fault of the interpreter.
    #[error("validation let something through: {0}")]
    Broken(&'static str),
}

/// Why a call could not be made or judged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// No exported function has this name.
    #[error("no exported function is called {0}")]
    Unknown(String),
    /// The arguments do not fit the function's type.
    #[error("the arguments do not fit the function's type")]
    Arguments,
    /// The budget is negative or above its bound.
    #[error("a budget is from 0 to {MAX_POINTS} points and not below 0 slots")]
    Budget,
    /// A host function's results do not fit, or the interpreter is at fault.
    #[error("broken: {0}")]
    Broken(&'static str),
}

/// An instance. It is to be thrown away after a call that did not return.
pub struct Instance<'m, 'h> {
    pub(crate) module: &'m Module,
    pub(crate) imports: Imports<'h>,
    pub(crate) memory: Memory,
    pub(crate) table: Vec<Option<usize>>,
    pub(crate) globals: Vec<u64>,
    pub(crate) data_dropped: Vec<bool>,
    pub(crate) elements_dropped: Vec<bool>,
}

impl<'m, 'h> Instance<'m, 'h> {
    /// Makes memory, table and globals, then writes the active segments: elements first, each kind in its
    /// order. The start function is left to [`Instance::start`].
    ///
    /// # Errors
    /// See [`InstantiateError`].
    pub fn new(module: &'m Module, imports: Imports<'h>, limits: Limits) -> Result<Self, InstantiateError> {
        let mut instance = Self {
            module,
            memory: memory(module, &imports, limits)?,
            table: table(module, &imports, limits)?,
            globals: Vec::new(),
            data_dropped: vec![false; module.data.len()],
            elements_dropped: vec![false; module.elements.len()],
            imports,
        };
        instance.check_functions()?;
        instance.init_globals()?;
        instance.init_table()?;
        instance.init_memory()?;
        Ok(instance)
    }

    /// Calls the start function, if the module has one.
    ///
    /// # Errors
    /// See [`CallError`].
    pub fn start(&mut self, budget: Budget) -> Result<Option<Report>, CallError> {
        self.module
            .start
            .map(|function| self.run(function, &[], budget))
            .transpose()
    }

    /// Calls an exported function.
    ///
    /// # Errors
    /// See [`CallError`].
    pub fn call(&mut self, name: &str, arguments: &[Value], budget: Budget) -> Result<Report, CallError> {
        match self.module.exports.get(name) {
            Some((ExternalKind::Func, function)) => self.run(*function, arguments, budget),
            _ => Err(CallError::Unknown(name.to_owned())),
        }
    }

    /// The bytes of the memory; none where there is no memory.
    pub fn memory(&self) -> &[u8] {
        self.memory.bytes()
    }

    /// All globals, imported ones first, in the order of their indices.
    pub fn globals(&self) -> Vec<Value> {
        let types = self.module.globals.iter().map(|global| global.ty.content_type);
        self.globals
            .iter()
            .zip(types)
            .filter_map(|(slot, ty)| Value::of_slot(*slot, ty))
            .collect()
    }

    /// The value of an exported global.
    pub fn global(&self, name: &str) -> Option<Value> {
        match self.module.exports.get(name)? {
            (ExternalKind::Global, index) => self.globals().get(*index).copied(),
            _ => None,
        }
    }

    fn run(&mut self, function: usize, arguments: &[Value], budget: Budget) -> Result<Report, CallError> {
        if !(0..=MAX_POINTS).contains(&budget.points) || budget.slots < 0 {
            return Err(CallError::Budget);
        }
        let ty = self
            .module
            .function_type(function)
            .ok_or(CallError::Broken("function index"))?;
        if !ty
            .params()
            .iter()
            .copied()
            .eq(arguments.iter().map(|value| value.ty()))
        {
            return Err(CallError::Arguments);
        }
        let result_types = ty.results();
        let outcome = execute::call(self, function, arguments, budget);
        let (end, points) = match outcome.result {
            Ok(slots) => {
                let values = slots
                    .iter()
                    .zip(result_types)
                    .filter_map(|(slot, ty)| Value::of_slot(*slot, *ty));
                (End::Returned(values.collect()), outcome.points)
            }
            Err(Stop::Trap(trap)) => (End::Trapped(trap), outcome.points),
            Err(Stop::StackExhausted) => (End::StackExhausted, outcome.points),
            Err(Stop::OutOfPoints) => (End::OutOfPoints, 0),
            Err(Stop::Broken(what)) => return Err(CallError::Broken(what)),
        };
        Ok(Report {
            end,
            points,
            slots: outcome.slots,
            deepest: outcome.deepest,
        })
    }

    fn check_functions(&self) -> Result<(), InstantiateError> {
        for function in &self.module.functions {
            if let crate::module::Function::Imported { name, .. } = function
                && !self.imports.has_function(name)
            {
                return Err(missing(name));
            }
        }
        Ok(())
    }

    fn init_globals(&mut self) -> Result<(), InstantiateError> {
        for global in &self.module.globals {
            let slot = match &global.import {
                Some(name) => match self.imports.global_value(name) {
                    Some(value) if value.ty() == global.ty.content_type => value.slot(),
                    _ => return Err(missing(name)),
                },
                None => self.initial(global.initial)?,
            };
            self.globals.push(slot);
        }
        Ok(())
    }

    fn initial(&self, initial: Initial) -> Result<u64, InstantiateError> {
        match initial {
            Initial::Slot(slot) => Ok(slot),
            Initial::Global(index) => self
                .globals
                .get(index)
                .copied()
                .ok_or(InstantiateError::Broken("global index")),
        }
    }

    fn init_table(&mut self) -> Result<(), InstantiateError> {
        for (index, segment) in self.module.elements.iter().enumerate() {
            if let Placement::Active(offset) = segment.placement {
                let offset = self.initial(offset)?;
                let count = segment.functions.len();
                let range = span(offset, count as u64, self.table.len(), Trap::TableOutOfBounds)?;
                let target = self.table.get_mut(range).ok_or(Trap::TableOutOfBounds)?;
                target
                    .iter_mut()
                    .zip(&segment.functions)
                    .for_each(|(to, from)| *to = Some(*from));
            }
            if !matches!(segment.placement, Placement::Passive)
                && let Some(dropped) = self.elements_dropped.get_mut(index)
            {
                *dropped = true;
            }
        }
        Ok(())
    }

    fn init_memory(&mut self) -> Result<(), InstantiateError> {
        for (index, segment) in self.module.data.iter().enumerate() {
            if let Placement::Active(offset) = segment.placement {
                let offset = self.initial(offset)? as u32;
                self.memory
                    .init(offset, &segment.bytes, 0, segment.bytes.len() as u32)?;
                if let Some(dropped) = self.data_dropped.get_mut(index) {
                    *dropped = true;
                }
            }
        }
        Ok(())
    }
}

fn missing(name: &(String, String)) -> InstantiateError {
    InstantiateError::Import(name.0.clone(), name.1.clone())
}

/// A type's maximum as the page counts it: no maximum is the greatest.
fn bound(maximum: Option<u64>) -> u64 {
    maximum.unwrap_or(u64::from(u32::MAX))
}

fn memory(module: &Module, imports: &Imports<'_>, limits: Limits) -> Result<Memory, InstantiateError> {
    let Some((ty, import)) = &module.memory else {
        return Ok(Memory::default());
    };
    let (minimum, maximum) = match import {
        None => (ty.initial, bound(ty.maximum)),
        Some(name) => match imports.memory_limits(name) {
            Some(lent) if fits(lent.minimum, lent.maximum, ty.initial, ty.maximum) => {
                (lent.minimum.into(), lent.maximum.into())
            }
            _ => return Err(missing(name)),
        },
    };
    let maximum = maximum.min(limits.pages.into());
    Memory::new(minimum as u32, maximum as u32).ok_or(InstantiateError::TooLarge("memory"))
}

fn table(
    module: &Module,
    imports: &Imports<'_>,
    limits: Limits,
) -> Result<Vec<Option<usize>>, InstantiateError> {
    let Some((ty, import)) = &module.table else {
        return Ok(Vec::new());
    };
    let size = match import {
        None => ty.initial,
        Some(name) => match imports.table_limits(name) {
            Some(lent) if fits(lent.minimum, lent.maximum, ty.initial, ty.maximum) => lent.minimum.into(),
            _ => return Err(missing(name)),
        },
    };
    if size > limits.elements.into() {
        return Err(InstantiateError::TooLarge("table"));
    }
    Ok(vec![None; size as usize])
}

/// Whether what is lent is at least as large as asked for and promises as low a maximum.
fn fits(minimum: u32, maximum: u32, least: u64, most: Option<u64>) -> bool {
    u64::from(minimum) >= least && most.is_none_or(|most| u64::from(maximum) <= most)
}
