//! Where a body's blocks end, and which locals may be another on each way there and are read behind: known
//! before the walk.

use wasmparser::{Operator, OperatorsReader};

use super::work::look;
use crate::limits::Limits;

/// A block's place among the blocks of its body, in the order in which they begin.
pub(super) type Index = usize;

/// What the liveness of locals depends on, in order.
#[derive(Debug, Clone, Copy)]
enum Event {
    Read(u32),
    Set(u32),
    Begin(Index),
    Else(Index),
    End(Index),
    /// A branch may lead from here to a block's label.
    To(Index),
    /// Nothing leads from here to what stands behind.
    Stop,
}

#[derive(Debug, Default, Clone, Copy)]
struct Block {
    /// From the event on which a set makes ways to its label differ: the first branch there, of a loop its
    /// beginning.
    splits: usize,
    ends: usize,
    is_loop: bool,
    is_if: bool,
}

/// The outline of a body. Sets of locals are bits, `words` of 64 for each.
#[derive(Debug, Default)]
pub(super) struct Outline {
    blocks: Vec<Block>,
    events: Vec<Event>,
    words: usize,
    /// By block: the locals that are read behind its label.
    live: Vec<u64>,
    /// By local, in order: the events that set it.
    sets: Vec<Vec<usize>>,
    open: Vec<Index>,
    /// Those of them that are loops.
    loops: Vec<Index>,
}

impl Outline {
    /// Reads a body of a function with so many locals. What is malformed is left to the walk to find.
    pub(super) fn read(&mut self, locals: usize, operators: OperatorsReader<'_>) {
        self.blocks.clear();
        self.events.clear();
        self.open.clear();
        self.loops.clear();
        self.live.clear();
        self.words = locals.div_ceil(64);
        look(locals);
        self.sets.resize_with(locals, Vec::new);
        self.sets.iter_mut().for_each(Vec::clear);
        self.forwards(operators);
        self.backwards();
    }

    /// Whether the label of a block is that of a loop.
    pub(super) fn is_loop(&self, block: Index) -> bool {
        self.blocks.get(block).is_some_and(|block| block.is_loop)
    }

    /// Whether a local may have another value on each way to the label of a block, and is needed there.
    pub(super) fn joins(&self, local: usize, block: Index) -> bool {
        let Some(Block { splits, ends, .. }) = self.blocks.get(block).copied() else {
            return false;
        };
        let is_set = self.sets.get(local).is_some_and(|sets| {
            let first = sets.partition_point(|event| *event < splits);
            sets.get(first).is_some_and(|event| *event <= ends)
        });
        is_set && has(self.of(block), local)
    }

    fn forwards(&mut self, mut operators: OperatorsReader<'_>) {
        self.begin(false, false);
        // What nests deeper is refused by the walk.
        while !operators.eof()
            && self.open.len() as u64 <= Limits::CONSENSUS.nesting
            && self.loops.len() as u64 <= Limits::CONSENSUS.loop_nesting
        {
            let Ok(operator) = operators.read() else { return };
            look(1);
            match operator {
                Operator::Block { .. } => self.begin(false, false),
                Operator::If { .. } => self.begin(false, true),
                Operator::Loop { .. } => self.begin(true, false),
                Operator::Else => {
                    if let Some(block) = self.open.last() {
                        self.events.push(Event::Else(*block));
                    }
                }
                Operator::End => self.end(),
                Operator::LocalGet { local_index } => self.get(local_index),
                Operator::LocalSet { local_index } | Operator::LocalTee { local_index } => {
                    if let Some(sets) = self.sets.get_mut(local_index as usize) {
                        sets.push(self.events.len());
                    }
                    self.events.push(Event::Set(local_index));
                }
                Operator::BrIf { relative_depth } => self.to(relative_depth),
                Operator::Br { relative_depth } => {
                    self.to(relative_depth);
                    self.events.push(Event::Stop);
                }
                Operator::BrTable { targets } => {
                    let depths = targets.targets().flatten().chain([targets.default()]);
                    depths.for_each(|depth| self.to(depth));
                    self.events.push(Event::Stop);
                }
                Operator::Return | Operator::Unreachable => self.events.push(Event::Stop),
                _ => {}
            }
        }
    }

    fn begin(&mut self, is_loop: bool, is_if: bool) {
        let index = self.blocks.len();
        look(self.words);
        self.blocks.push(Block {
            splits: if is_loop || is_if {
                self.events.len()
            } else {
                usize::MAX
            },
            ends: usize::MAX,
            is_loop,
            is_if,
        });
        self.live.resize(self.live.len().saturating_add(self.words), 0);
        self.events.push(Event::Begin(index));
        self.open.push(index);
        if is_loop {
            self.loops.push(index);
        }
    }

    fn end(&mut self) {
        if let Some(index) = self.open.pop() {
            self.loops.pop_if(|open| *open == index);
            if let Some(block) = self.blocks.get_mut(index) {
                block.ends = self.events.len();
            }
            self.events.push(Event::End(index));
        }
    }

    /// A local is read: it is so behind the labels of all loops around, too.
    fn get(&mut self, local: u32) {
        self.events.push(Event::Read(local));
        look(self.loops.len());
        for index in &self.loops {
            let from = index.saturating_mul(self.words);
            put(self.live.get_mut(from..).unwrap_or_default(), local as usize);
        }
    }

    fn to(&mut self, depth: u32) {
        look(1);
        let below = (depth as usize).saturating_add(1);
        let at = self.open.len().checked_sub(below);
        let Some(index) = at.and_then(|at| self.open.get(at)).copied() else {
            return;
        };
        if let Some(block) = self.blocks.get_mut(index) {
            block.splits = block.splits.min(self.events.len());
        }
        self.events.push(Event::To(index));
    }

    /// Finds out what is read behind the labels, from the last event to the first.
    fn backwards(&mut self) {
        let mut now = vec![0; self.words];
        // Behind the labels of all open blocks, by depth; and what an `else` begins with.
        let mut around = vec![now.clone()];
        let mut elses: Vec<(Index, Vec<u64>)> = Vec::new();
        for event in std::mem::take(&mut self.events).into_iter().rev() {
            look(match event {
                Event::Read(_) | Event::Set(_) => 1,
                _ => self.words.saturating_add(1),
            });
            match event {
                Event::Read(local) => put(&mut now, local as usize),
                Event::Set(local) => take(&mut now, local as usize),
                Event::Stop => now.fill(0),
                Event::To(block) => unite(&mut now, self.of(block)),
                Event::End(block) => {
                    let mut all = around.last().cloned().unwrap_or_default();
                    // What is read after the loop is so behind its label, and what is read behind others
                    // that it may leave to.
                    unite(&mut all, &now);
                    let is_loop = self.is_loop(block);
                    unite(self.of_mut(block), if is_loop { &all } else { &now });
                    around.push(all);
                }
                Event::Else(block) => {
                    elses.push((block, now));
                    now = self.of(block).to_vec();
                }
                Event::Begin(block) => {
                    around.pop();
                    if self.blocks.get(block).is_some_and(|block| block.is_if) {
                        let other = elses.pop_if(|(index, _)| *index == block);
                        let other = other.map_or_else(|| self.of(block).to_vec(), |(_, other)| other);
                        unite(&mut now, &other);
                    }
                }
            }
        }
    }

    fn of(&self, block: Index) -> &[u64] {
        let from = block.saturating_mul(self.words);
        self.live
            .get(from..from.saturating_add(self.words))
            .unwrap_or_default()
    }

    fn of_mut(&mut self, block: Index) -> &mut [u64] {
        let from = block.saturating_mul(self.words);
        self.live
            .get_mut(from..from.saturating_add(self.words))
            .unwrap_or_default()
    }
}

const fn bit(local: usize) -> (usize, u64) {
    (local / 64, 1 << (local % 64))
}

fn has(set: &[u64], local: usize) -> bool {
    let (word, bit) = bit(local);
    set.get(word).is_some_and(|word| word & bit != 0)
}

fn put(set: &mut [u64], local: usize) {
    let (word, bit) = bit(local);
    if let Some(word) = set.get_mut(word) {
        *word |= bit;
    }
}

fn take(set: &mut [u64], local: usize) {
    let (word, bit) = bit(local);
    if let Some(word) = set.get_mut(word) {
        *word &= !bit;
    }
}

fn unite(set: &mut [u64], other: &[u64]) {
    set.iter_mut().zip(other).for_each(|(one, other)| *one |= other);
}
