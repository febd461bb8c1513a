//! Computations that the compiler writes out more than once.
//!
//! A computation without effects has no place of its own in an e-graph: the compiler writes it where something first
//! needs it, and once more in each place that needs it and is not always reached through the first one (what Cranelift calls
//! elaboration). So a long computation that many branches need costs as if it stood in each of them. This
//! walks the same graph: what is written in a branch is forgotten behind it, unless all ways lead through it.

use std::collections::BTreeSet;

use wasmparser::{Operator, OperatorsReader};

use super::outline::{Index, Outline};
use super::work::look;
use crate::limits::Limits;

/// A computation, a value that has its place anyway ([`GIVEN`]), or a choice between two values.
#[derive(Debug, Clone, Copy)]
struct Node {
    needs: [u32; 3],
    /// Instructions that it takes, but for those it needs; none of a choice.
    own: u64,
    /// Whether it is written on every way to here.
    written: bool,
    /// The stretch without branches in which it may have been written last.
    stretch: u32,
    /// Whether it was written at all.
    ever: bool,
}

/// What parameters, loads and calls give.
const GIVEN: u32 = 0;

/// What is taken back behind a branch.
#[derive(Debug, Clone, Copy)]
enum Entry {
    Written(u32),
    /// A local, and its value before.
    Local(u32, u32),
}

#[derive(Debug)]
struct Frame {
    /// Operands below it.
    height: usize,
    block: Index,
    /// Where the log stood at the first branch to its end: what came then is not on every way there.
    split: Option<usize>,
    /// Ways to its end.
    ways: u32,
    /// What branches to its end carry.
    results: Vec<u32>,
    /// Of an `if` whose first branch comes to its end, the locals that it set, if there is another branch.
    first: Option<Vec<(u32, u32)>>,
}

/// The walk over a body.
#[derive(Debug, Default)]
pub(super) struct Elaboration {
    outline: Outline,
    /// Blocks that began so far.
    begun: usize,
    nodes: Vec<Node>,
    locals: Vec<u32>,
    stack: Vec<u32>,
    frames: Vec<Frame>,
    log: Vec<Entry>,
    work: Vec<u32>,
    /// The number of the stretch without branches.
    stretch: u32,
    /// Locals whose setting was taken back, and what they were, the latest first.
    undone: Vec<(u32, u32)>,
    /// Instructions written once more in this body.
    again: u64,
    /// Locals looked at where ways meet, of all bodies.
    looked_at: u64,
    /// Choices looked at once more, of all bodies: no instructions of their own tell how many they are.
    chosen: u64,
}

/// More instructions and choices than these are not counted: the body is refused long before, or for it.
const MOST: u64 = 2_000_000;

impl Elaboration {
    /// Begins the body of a function with so many locals, its parameters too.
    pub(super) fn begin(&mut self, locals: usize, operators: OperatorsReader<'_>) {
        self.outline.read(locals, operators);
        self.begun = 0;
        self.nodes.clear();
        self.nodes.push(Node {
            needs: [GIVEN; 3],
            own: 0,
            written: true,
            stretch: 0,
            ever: true,
        });
        look(locals);
        self.locals.clear();
        self.locals.resize(locals, GIVEN);
        self.stack.clear();
        self.frames.clear();
        self.log.clear();
        (self.again, self.stretch) = (0, 1);
        self.open(0);
    }

    /// Takes the next operator, which takes and gives so many operands; `live` says whether it can be
    /// reached. Gives how many instructions it makes the compiler write once more.
    pub(super) fn step(&mut self, operator: &Operator<'_>, arity: (u32, u32), live: bool) -> u64 {
        let before = self.again;
        let (takes, gives) = (arity.0 as usize, arity.1 as usize);
        match operator {
            Operator::Block { .. } | Operator::Loop { .. } => self.open(takes),
            Operator::If { .. } => self.open_if(takes, live),
            Operator::Else => self.turn(takes, live),
            Operator::End => self.close(gives, live),
            _ if !live || before >= MOST => {}
            operator => self.reached(operator, takes, gives),
        }
        self.again.saturating_sub(before)
    }

    fn reached(&mut self, operator: &Operator<'_>, takes: usize, gives: usize) {
        match operator {
            Operator::LocalGet { local_index } => {
                let value = self.local(*local_index);
                self.stack.push(value);
            }
            Operator::LocalSet { local_index } => {
                let value = self.stack.pop().unwrap_or(GIVEN);
                self.set(*local_index, value);
            }
            Operator::LocalTee { local_index } => {
                let value = self.stack.last().copied().unwrap_or(GIVEN);
                self.set(*local_index, value);
            }
            Operator::Drop => {
                self.stack.pop();
            }
            Operator::Br { relative_depth } => self.branch([*relative_depth], takes),
            Operator::BrIf { relative_depth } => {
                self.need_top();
                self.branch([*relative_depth], gives);
            }
            Operator::BrTable { targets } => {
                self.need_top();
                let depths = targets.targets().chain([Ok(targets.default())]);
                self.branch(depths.flatten(), takes.saturating_sub(1));
            }
            Operator::Return => self.may_need(takes),
            operator => match Kind::of(operator) {
                Kind::Pure => self.compute(takes),
                Kind::PureOrNot => {
                    self.may_need_here(takes);
                    self.compute(takes);
                }
                Kind::Placed => {
                    (0..takes).for_each(|_| self.need_top());
                    let height = self.stack.len().saturating_add(gives);
                    self.stack.resize(height, GIVEN);
                }
            },
        }
    }

    /// Puts the result of a computation in the place of its operands.
    fn compute(&mut self, takes: usize) {
        let mut needs = [GIVEN; 3];
        for need in needs.iter_mut().take(takes) {
            *need = self.stack.pop().unwrap_or(GIVEN);
        }
        let node = self.node(needs, 1);
        self.stack.push(node);
    }

    fn node(&mut self, needs: [u32; 3], own: u64) -> u32 {
        // A body has fewer operators than there are numbers.
        let index = u32::try_from(self.nodes.len()).unwrap_or(GIVEN);
        self.nodes.push(Node {
            needs,
            own,
            written: false,
            stretch: 0,
            ever: false,
        });
        index
    }

    fn local(&self, index: u32) -> u32 {
        self.locals.get(index as usize).copied().unwrap_or(GIVEN)
    }

    fn set(&mut self, index: u32, value: u32) {
        if let Some(local) = self.locals.get_mut(index as usize) {
            self.log.push(Entry::Local(index, *local));
            *local = value;
        }
    }

    /// The topmost operand is needed here for certain.
    fn need_top(&mut self) {
        if let Some(value) = self.stack.pop() {
            self.write(value);
        }
    }

    /// The topmost operands are needed if the function returns here.
    fn may_need(&mut self, count: usize) {
        let mark = self.log.len();
        self.write_top(count);
        self.undo(mark);
    }

    /// The topmost operands may be needed here. What may be needed in one stretch is written in it once.
    fn may_need_here(&mut self, count: usize) {
        let (mark, stretch) = (self.log.len(), self.stretch);
        let at = self.stack.len().saturating_sub(count);
        for index in at..self.stack.len() {
            self.work.extend(self.stack.get(index));
        }
        let fresh = |node: &Node| node.stretch != stretch;
        self.write_all(fresh);
        for entry in self.log.get(mark..).unwrap_or_default() {
            if let Entry::Written(index) = entry
                && let Some(node) = self.nodes.get_mut(*index as usize)
            {
                node.stretch = stretch;
            }
        }
        self.undo(mark);
    }

    fn write_top(&mut self, count: usize) {
        let at = self.stack.len().saturating_sub(count);
        for index in at..self.stack.len() {
            self.write(self.stack.get(index).copied().unwrap_or(GIVEN));
        }
    }

    /// Where two ways meet, each brings the values of the locals that may differ.
    fn write_locals(&mut self, target: Index) {
        // Of more than these, the walk refuses the body.
        self.looked_at = self.looked_at.saturating_add(self.locals.len() as u64);
        if self.looked_at > Limits::CONSENSUS.joined {
            return;
        }
        look(self.locals.len());
        for index in 0..self.locals.len() {
            let value = self.local(index as u32);
            let open = self.nodes.get(value as usize).is_some_and(|node| !node.written);
            if open && self.outline.joins(index, target) {
                self.write(value);
            }
        }
    }

    /// Writes what a value needs and is not written on the way here.
    fn write(&mut self, value: u32) {
        self.work.push(value);
        self.write_all(|_| true);
    }

    /// The same for all values at hand, but for nodes that are not `fresh` and what they need.
    fn write_all(&mut self, fresh: impl Fn(&Node) -> bool) {
        while let Some(index) = self.work.pop() {
            look(1);
            let Some(node) = self.nodes.get_mut(index as usize) else {
                continue;
            };
            if node.written || self.again >= MOST || !fresh(node) {
                continue;
            }
            node.written = true;
            if node.ever {
                self.again = self.again.saturating_add(node.own);
                self.chosen = self.chosen.saturating_add(u64::from(node.own == 0));
            }
            if self.chosen > MOST {
                self.again = MOST;
            }
            node.ever = true;
            self.work.extend(node.needs.iter().filter(|need| **need != GIVEN));
            self.log.push(Entry::Written(index));
        }
    }

    /// Takes back what was written and set since.
    fn undo(&mut self, mark: usize) {
        self.undone.clear();
        while self.log.len() > mark {
            look(1);
            match self.log.pop() {
                Some(Entry::Written(index)) => {
                    if let Some(node) = self.nodes.get_mut(index as usize) {
                        node.written = false;
                    }
                }
                Some(Entry::Local(index, before)) => {
                    if let Some(local) = self.locals.get_mut(index as usize) {
                        self.undone.push((index, *local));
                        *local = before;
                    }
                }
                None => return,
            }
        }
    }

    fn either(&mut self, one: u32, other: u32) -> u32 {
        match (one, other) {
            (one, other) if one == other => one,
            (GIVEN, value) | (value, GIVEN) => value,
            (one, other) => self.node([one, other, GIVEN], 0),
        }
    }

    fn open(&mut self, takes: usize) {
        self.stretch = self.stretch.saturating_add(1);
        self.frames.push(Frame {
            height: self.stack.len().saturating_sub(takes),
            block: self.begun,
            split: None,
            ways: 0,
            results: Vec::new(),
            first: None,
        });
        self.begun = self.begun.saturating_add(1);
    }

    fn open_if(&mut self, takes: usize, live: bool) {
        if live {
            self.need_top();
        }
        self.open(takes.saturating_sub(1));
        if live {
            self.branch([0], 0);
        }
    }

    /// A branch that carries so many operands to one of its targets.
    fn branch(&mut self, depths: impl IntoIterator<Item = u32>, carries: usize) {
        self.stretch = self.stretch.saturating_add(1);
        let split = self.log.len();
        self.write_top(carries);
        for depth in depths {
            look(1);
            let below = (depth as usize).saturating_add(1);
            let Some(index) = self.frames.len().checked_sub(below) else {
                continue;
            };
            let Some(frame) = self.frames.get_mut(index) else {
                continue;
            };
            let block = frame.block;
            frame.ways = frame.ways.saturating_add(1);
            if !self.outline.is_loop(block) {
                frame.split.get_or_insert(split);
                self.carry(index, carries);
            }
            // Who returns needs no locals.
            if index > 0 {
                self.write_locals(block);
            }
        }
        self.undo(split);
    }

    fn carry(&mut self, frame: usize, count: usize) {
        let at = self.stack.len().saturating_sub(count);
        look(count);
        for index in 0..count {
            let value = self.stack.get(at.saturating_add(index)).copied().unwrap_or(GIVEN);
            let results = self.frames.get(frame).map_or(&[][..], |frame| &frame.results);
            let before = results.get(index).copied().unwrap_or(GIVEN);
            let either = self.either(value, before);
            let Some(frame) = self.frames.get_mut(frame) else {
                return;
            };
            match frame.results.get_mut(index) {
                Some(result) => *result = either,
                None => frame.results.push(either),
            }
        }
    }

    /// From the end of an `if`'s first branch to its other one, where its condition leads.
    fn turn(&mut self, carries: usize, live: bool) {
        if live {
            self.branch([0], carries);
        }
        let Some(frame) = self.frames.last_mut() else {
            return;
        };
        self.stretch = self.stretch.saturating_add(1);
        frame.ways = frame.ways.saturating_sub(1);
        self.stack.truncate(frame.height);
        if let Some(split) = frame.split {
            self.undo(split);
        }
        look(self.undone.len());
        let first = live.then(|| self.undone.clone());
        if let Some(frame) = self.frames.last_mut() {
            frame.first = first;
        }
    }

    fn close(&mut self, gives: usize, live: bool) {
        let is_split = self.frames.last().is_some_and(|frame| frame.split.is_some());
        if live && is_split && self.frames.len() > 1 {
            self.branch([0], gives);
        }
        let Some(mut frame) = self.frames.pop() else {
            return;
        };
        if let Some(split) = frame.split {
            self.stretch = self.stretch.saturating_add(1);
            self.undo(split);
            self.join(&frame, live);
        }
        if is_split || !live {
            self.stack.truncate(frame.height);
            self.stack.append(&mut frame.results);
        }
        self.stack.resize(frame.height.saturating_add(gives), GIVEN);
    }

    /// Sets the locals behind the end of a block as its ways there leave them: where they differ, the value
    /// has its place there.
    fn join(&mut self, frame: &Frame, live: bool) {
        let undone = std::mem::take(&mut self.undone);
        let first = frame.first.as_deref().unwrap_or_default();
        let mut seen = BTreeSet::new();
        for (local, value) in undone.iter().chain(first).copied() {
            look(1);
            let is_latest = seen.insert(local);
            let now = self.local(local);
            let joined = match (frame.ways, live) {
                (0 | 1, true) | (0, false) if is_latest => value,
                (1, false) if frame.first.is_some() && is_latest => value,
                (2.., true) if is_latest && value != now => GIVEN,
                (_, true) | (0, false) => continue,
                (1, false) if frame.first.is_none() => continue,
                _ => self.either(now, value),
            };
            self.set(local, joined);
        }
        self.undone = undone;
    }
}

/// What the compiler makes of an operator's place.
enum Kind {
    /// None: it is computed where something needs it.
    Pure,
    /// It has one, unless its operands are constants that let it have none.
    PureOrNot,
    /// It stays there, and what it takes is needed there.
    Placed,
}

impl Kind {
    fn of(operator: &Operator<'_>) -> Self {
        macro_rules! any {
            ($($name:ident)*) => { matches!(operator, $(Operator::$name { .. })|*) };
        }
        if any!(
            I32DivS I32DivU I32RemS I32RemU I64DivS I64DivU I64RemS I64RemU
            I32TruncF32S I32TruncF32U I32TruncF64S I32TruncF64U I64TruncF32S I64TruncF32U I64TruncF64S I64TruncF64U
        ) {
            Self::PureOrNot
        } else if any!(
            Call CallIndirect GlobalGet GlobalSet MemorySize MemoryGrow MemoryCopy MemoryFill MemoryInit DataDrop
            TableCopy TableInit ElemDrop Unreachable Nop
            I32Load I64Load F32Load F64Load I32Load8S I32Load8U I32Load16S I32Load16U
            I64Load8S I64Load8U I64Load16S I64Load16U I64Load32S I64Load32U
            I32Store I64Store F32Store F64Store I32Store8 I32Store16 I64Store8 I64Store16 I64Store32
        ) {
            Self::Placed
        } else {
            Self::Pure
        }
    }
}
