//! The machine: one stack of slots for the locals and operands of all open functions, and a list of frames.
//! It never recurses. Every charge is looked at right when it is made, which is the definition; the pass
//! may look later.

use crate::code::{Body, Instr, Jump};
use crate::costs::MAX_CHARGE;
use crate::imports::{HostContext, HostTrap};
use crate::instance::{Budget, Instance};
use crate::memory::span;
use crate::module::Function;
use crate::value::{Slot, Value};

/// What ended a call, other than its budgets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trap {
    /// `unreachable` was reached.
    #[error("unreachable code was reached")]
    Unreachable,
    /// An integer was divided by zero.
    #[error("integer divided by zero")]
    DivisionByZero,
    /// A quotient or a converted float does not fit the integer.
    #[error("integer overflow")]
    IntegerOverflow,
    /// A NaN was converted to an integer.
    #[error("NaN converted to an integer")]
    BadConversion,
    /// An access beyond the memory, or beyond a data segment.
    #[error("out of bounds of the memory")]
    MemoryOutOfBounds,
    /// An access beyond the table, or beyond an element segment.
    #[error("out of bounds of the table")]
    TableOutOfBounds,
    /// A call through an empty element of the table.
    #[error("called an empty element of the table")]
    NullCall,
    /// A call through the table to a function of another type.
    #[error("called a function of another type")]
    SignatureMismatch,
    /// A host function failed.
    #[error(transparent)]
    Host(#[from] HostTrap),
}

/// Why the machine stopped before it returned.
#[derive(Debug)]
pub(crate) enum Stop {
    Trap(Trap),
    OutOfPoints,
    StackExhausted,
    /// A fault of the interpreter or of a host function.
    Broken(&'static str),
}

impl From<Trap> for Stop {
    fn from(trap: Trap) -> Self {
        Self::Trap(trap)
    }
}

const UNDERFLOW: Stop = Stop::Broken("operand stack");
const NO_SUCH: Stop = Stop::Broken("index");

/// What a call leaves.
pub(crate) struct Outcome {
    pub result: Result<Vec<u64>, Stop>,
    pub points: i64,
    pub slots: i64,
    pub deepest: i64,
}

/// Calls a function with arguments of its type.
pub(crate) fn call(
    instance: &mut Instance<'_, '_>,
    function: usize,
    arguments: &[Value],
    budget: Budget,
) -> Outcome {
    let stack = arguments.iter().map(|value| value.slot()).collect();
    let Budget { points, slots } = budget;
    let mut machine = Machine {
        instance,
        stack,
        frames: Vec::new(),
        points,
        slots,
        least: slots,
    };
    let end = machine.enter(function).and_then(|()| machine.run());
    let Machine {
        stack,
        points,
        slots,
        least,
        ..
    } = machine;
    Outcome {
        result: end.map(|()| stack),
        points,
        slots,
        deepest: budget.slots - least,
    }
}

struct Frame<'m> {
    body: &'m Body,
    next: usize,
    /// Where its first local is in the stack.
    base: usize,
}

struct Machine<'i, 'm, 'h> {
    instance: &'i mut Instance<'m, 'h>,
    stack: Vec<u64>,
    frames: Vec<Frame<'m>>,
    points: i64,
    slots: i64,
    /// The least that was left of the slots.
    least: i64,
}

impl<'m> Machine<'_, 'm, '_> {
    fn run(&mut self) -> Result<(), Stop> {
        while let Some(frame) = self.frames.last_mut() {
            let body = frame.body;
            let base = frame.base;
            let instr = body.code.get(frame.next).ok_or(Stop::Broken("ran past a body"))?;
            frame.next += 1;
            match instr {
                Instr::Charge(cost) => self.charge(*cost)?,
                Instr::Const(value) => self.push(*value),
                Instr::LocalGet(index) => {
                    let value = *self.stack.get(base + index).ok_or(UNDERFLOW)?;
                    self.push(value);
                }
                Instr::LocalSet(index) => {
                    let value = self.pop()?;
                    *self.stack.get_mut(base + index).ok_or(UNDERFLOW)? = value;
                }
                Instr::LocalTee(index) => {
                    let value = *self.stack.last().ok_or(UNDERFLOW)?;
                    *self.stack.get_mut(base + index).ok_or(UNDERFLOW)? = value;
                }
                Instr::Unreachable => return Err(Trap::Unreachable.into()),
                Instr::Goto(target) => frame.next = *target,
                Instr::GotoIfZero(target) => {
                    if !bool::of_slot(self.pop()?) {
                        self.go(*target);
                    }
                }
                Instr::Br(jump) => self.branch(base, jump)?,
                Instr::BrIf(jump) => {
                    if bool::of_slot(self.pop()?) {
                        self.branch(base, jump)?;
                    }
                }
                Instr::BrTable(jumps) => {
                    let choice = u32::of_slot(self.pop()?) as usize;
                    self.branch(base, jumps.get(choice).or(jumps.last()).ok_or(NO_SUCH)?)?;
                }
                Instr::Return => {
                    self.keep(base, body.results)?;
                    self.frames.pop();
                    self.slots += body.height as i64;
                }
                Instr::Call(function) => self.enter(*function)?,
                Instr::CallIndirect(ty) => {
                    let index = u32::of_slot(self.pop()?) as usize;
                    let element = *self.instance.table.get(index).ok_or(Trap::TableOutOfBounds)?;
                    let function = element.ok_or(Trap::NullCall)?;
                    if self.instance.module.signature(function) != Some(*ty) {
                        return Err(Trap::SignatureMismatch.into());
                    }
                    self.enter(function)?;
                }
                other => self.plain(other)?,
            }
        }
        Ok(())
    }

    /// Opens a function: its height is taken and its first segment charged before either is looked at.
    fn enter(&mut self, function: usize) -> Result<(), Stop> {
        let module = self.instance.module;
        match module.functions.get(function).ok_or(NO_SUCH)? {
            Function::Imported { name, .. } => self.call_host(function, name),
            Function::Own(body) => {
                let Some(Instr::Charge(first)) = body.code.first() else {
                    return Err(Stop::Broken("a body begins with its charge"));
                };
                self.slots = self
                    .slots
                    .checked_sub_unsigned(body.height)
                    .ok_or(Stop::StackExhausted)?;
                self.least = self.least.min(self.slots);
                self.charge(*first)?;
                if self.slots < 0 {
                    return Err(Stop::StackExhausted);
                }
                let base = self.stack.len().checked_sub(body.params).ok_or(UNDERFLOW)?;
                self.stack.resize(base + body.locals, 0);
                self.frames.push(Frame { body, next: 1, base });
                Ok(())
            }
        }
    }

    fn call_host(&mut self, function: usize, name: &(String, String)) -> Result<(), Stop> {
        let ty = self.instance.module.function_type(function).ok_or(NO_SUCH)?;
        let first = self.stack.len().checked_sub(ty.params().len()).ok_or(UNDERFLOW)?;
        let slots = self.stack.split_off(first);
        let arguments: Vec<Value> = slots
            .iter()
            .zip(ty.params())
            .filter_map(|(slot, ty)| Value::of_slot(*slot, *ty))
            .collect();
        let context = HostContext {
            memory: self.instance.memory.bytes_mut(),
            points: &mut self.points,
        };
        let host = self.instance.imports.function_mut(name).ok_or(NO_SUCH)?;
        let answer = host(context, &arguments);
        if self.points < 0 {
            return Err(Stop::OutOfPoints);
        }
        let results = answer.map_err(Trap::Host)?;
        if !results
            .iter()
            .map(|value| value.ty())
            .eq(ty.results().iter().copied())
        {
            return Err(Stop::Broken("the results of a host function do not fit its type"));
        }
        self.stack.extend(results.iter().map(|value| value.slot()));
        Ok(())
    }

    /// What goes on at the next instruction.
    fn plain(&mut self, instr: &Instr) -> Result<(), Stop> {
        match instr {
            Instr::Unary(compute) => {
                let a = self.pop()?;
                self.push(compute(a));
            }
            Instr::TryUnary(compute) => {
                let a = self.pop()?;
                self.push(compute(a)?);
            }
            Instr::Binary(compute) => {
                let (b, a) = (self.pop()?, self.pop()?);
                self.push(compute(a, b));
            }
            Instr::TryBinary(compute) => {
                let (b, a) = (self.pop()?, self.pop()?);
                self.push(compute(a, b)?);
            }
            Instr::Drop => {
                self.pop()?;
            }
            Instr::Select => {
                let (condition, b, a) = (self.pop()?, self.pop()?, self.pop()?);
                self.push(if bool::of_slot(condition) { a } else { b });
            }
            Instr::GlobalGet(index) => {
                let value = *self.instance.globals.get(*index).ok_or(NO_SUCH)?;
                self.push(value);
            }
            Instr::GlobalSet(index) => {
                let value = self.pop()?;
                *self.instance.globals.get_mut(*index).ok_or(NO_SUCH)? = value;
            }
            Instr::Load {
                offset,
                width,
                extend,
            } => {
                let address = u64::from(u32::of_slot(self.pop()?)) + offset;
                let value = self.instance.memory.load(address, *width)?;
                self.push(extend(value));
            }
            Instr::Store { offset, width } => {
                let value = self.pop()?;
                let address = u64::from(u32::of_slot(self.pop()?)) + offset;
                self.instance.memory.store(address, *width, value)?;
            }
            Instr::MemorySize => self.push(self.instance.memory.pages().into()),
            other => self.bulk(other)?,
        }
        Ok(())
    }

    /// What is charged by a value: before it runs, after its operands.
    fn bulk(&mut self, instr: &Instr) -> Result<(), Stop> {
        let costs = self.instance.module.costs;
        match instr {
            Instr::MemoryGrow => {
                let pages = u32::of_slot(self.pop()?);
                self.charge_each(pages, costs.page_grown)?;
                let before = self.instance.memory.grow(pages);
                self.push(before.into());
            }
            Instr::MemoryFill => {
                let (count, value, to) = self.pop_three()?;
                self.charge_each(count, costs.byte_filled)?;
                self.instance.memory.fill(to, value as u8, count)?;
            }
            Instr::MemoryCopy => {
                let (count, from, to) = self.pop_three()?;
                self.charge_each(count, costs.byte_copied)?;
                self.instance.memory.copy(to, from, count)?;
            }
            Instr::MemoryInit(segment) => {
                let (count, from, to) = self.pop_three()?;
                self.charge_each(count, costs.byte_initialised)?;
                let dropped = *self.instance.data_dropped.get(*segment).ok_or(NO_SUCH)?;
                let data = self.instance.module.data.get(*segment).ok_or(NO_SUCH)?;
                let bytes: &[u8] = if dropped { &[] } else { &data.bytes };
                self.instance.memory.init(to, bytes, from, count)?;
            }
            Instr::DataDrop(segment) => {
                *self.instance.data_dropped.get_mut(*segment).ok_or(NO_SUCH)? = true;
            }
            Instr::TableCopy => {
                let (count, from, to) = self.pop_three()?;
                self.charge_each(count, costs.element_copied)?;
                let table = &mut self.instance.table;
                let source = span(from.into(), count.into(), table.len(), Trap::TableOutOfBounds)?;
                let target = span(to.into(), count.into(), table.len(), Trap::TableOutOfBounds)?;
                table.copy_within(source, target.start);
            }
            Instr::TableInit(segment) => {
                let (count, from, to) = self.pop_three()?;
                self.charge_each(count, costs.element_initialised)?;
                self.init_table(*segment, to, from, count)?;
            }
            Instr::ElemDrop(segment) => {
                *self.instance.elements_dropped.get_mut(*segment).ok_or(NO_SUCH)? = true;
            }
            _ => return Err(Stop::Broken("an instruction nobody runs")),
        }
        Ok(())
    }

    fn init_table(&mut self, segment: usize, to: u32, from: u32, count: u32) -> Result<(), Stop> {
        let dropped = *self.instance.elements_dropped.get(segment).ok_or(NO_SUCH)?;
        let elements = &self
            .instance
            .module
            .elements
            .get(segment)
            .ok_or(NO_SUCH)?
            .functions;
        let elements: &[usize] = if dropped { &[] } else { elements };
        let source = span(from.into(), count.into(), elements.len(), Trap::TableOutOfBounds)?;
        let target = span(
            to.into(),
            count.into(),
            self.instance.table.len(),
            Trap::TableOutOfBounds,
        )?;
        let source = elements.get(source).ok_or(NO_SUCH)?;
        let target = self.instance.table.get_mut(target).ok_or(NO_SUCH)?;
        target
            .iter_mut()
            .zip(source)
            .for_each(|(to, from)| *to = Some(*from));
        Ok(())
    }

    fn charge(&mut self, cost: u64) -> Result<(), Stop> {
        // The budget is at least zero here and a charge at most 2⁵⁸, so it stays in range.
        self.points = self.points.checked_sub_unsigned(cost).ok_or(Stop::OutOfPoints)?;
        if self.points < 0 {
            Err(Stop::OutOfPoints)
        } else {
            Ok(())
        }
    }

    fn charge_each(&mut self, count: u32, price: u64) -> Result<(), Stop> {
        match price.checked_mul(count.into()) {
            Some(cost) if cost <= MAX_CHARGE => self.charge(cost),
            _ => Err(Stop::Broken(
                "a price by value so high that a charge exceeds its bound",
            )),
        }
    }

    fn push(&mut self, slot: u64) {
        self.stack.push(slot);
    }

    fn pop(&mut self) -> Result<u64, Stop> {
        self.stack.pop().ok_or(UNDERFLOW)
    }

    /// The three operands of a bulk operator, topmost first.
    fn pop_three(&mut self) -> Result<(u32, u32, u32), Stop> {
        Ok((
            u32::of_slot(self.pop()?),
            u32::of_slot(self.pop()?),
            u32::of_slot(self.pop()?),
        ))
    }

    fn go(&mut self, target: usize) {
        if let Some(frame) = self.frames.last_mut() {
            frame.next = target;
        }
    }

    fn branch(&mut self, base: usize, jump: &Jump) -> Result<(), Stop> {
        self.keep(base + jump.height, jump.keep)?;
        self.go(jump.target);
        Ok(())
    }

    /// Drops the slots from `height` up to the topmost `count`.
    fn keep(&mut self, height: usize, count: usize) -> Result<(), Stop> {
        let first = self.stack.len().checked_sub(count).ok_or(UNDERFLOW)?;
        if height > first {
            return Err(UNDERFLOW);
        }
        self.stack.drain(height..first);
        Ok(())
    }
}
