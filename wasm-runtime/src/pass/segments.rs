//! Where a function body's segments begin and what they cost: the rules of
//! `docs/contracts/metering.md`, one operator at a time.

use wasmparser::Operator;

use super::traps::may_trap;
use crate::prices::MAXIMUM_CHARGE;

/// A segment of a body.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment {
    /// Where its charge goes: the offset of its first operator.
    pub at: usize,
    /// Points.
    pub cost: u64,
    /// Whether it begins at the head of a loop that is branched to: there the budget is looked at.
    pub head: bool,
    /// Whether somebody can see the budget before the next segment: it may trap, call or return.
    pub shows: bool,
}

impl Segment {
    fn new(at: usize, cost: u64) -> Self {
        Self {
            at,
            cost,
            head: false,
            shows: false,
        }
    }
}

/// The walk over one body: which operators can be reached, and what they cost.
#[derive(Debug, Default)]
pub(super) struct Segments {
    frames: Vec<Frame>,
    segments: Vec<Segment>,
    loops: usize,
    /// Whether the next operator can be reached.
    live: bool,
}

#[derive(Debug)]
struct Frame {
    kind: Kind,
    /// Whether its opening operator can be reached.
    live: bool,
    /// Whether a reachable branch names it.
    branched: bool,
    /// Of an `else`: whether the branch before it falls through.
    then_falls: bool,
    /// Of a loop: its head's segment.
    head: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Block,
    Loop,
    If,
    Else,
}

impl Segments {
    /// Begins a body whose operators begin at the offset; `entry` is what entering costs, in points.
    pub(super) fn begin(&mut self, at: usize, entry: u64) {
        self.frames.clear();
        self.segments.clear();
        self.loops = 0;
        self.live = true;
        self.segments.push(Segment::new(at, entry));
        self.open(Kind::Block);
    }

    /// Whether the next operator can be reached.
    pub(super) fn live(&self) -> bool {
        self.live
    }

    /// Blocks that are open, the function's own too.
    pub(super) fn depth(&self) -> usize {
        self.frames.len()
    }

    /// Loops that are open.
    pub(super) fn loops(&self) -> usize {
        self.loops
    }

    /// The segments in order, the body's first one first.
    pub(super) fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Takes the next operator, its price and the offset behind it. The body is valid so far. Says
    /// whether the operator has to stay: it can be reached, or closes what can be.
    pub(super) fn step(&mut self, operator: &Operator<'_>, price: u64, behind: usize) -> bool {
        let closes = matches!(operator, Operator::Else | Operator::End);
        let stays = self.live || closes && self.frames.last().is_some_and(|frame| frame.live);
        self.charge(price, may_trap(operator) || self.returns(operator));
        match operator {
            Operator::Block { .. } => self.open(Kind::Block),
            Operator::Loop { .. } => {
                self.open(Kind::Loop);
                self.segment(behind);
            }
            Operator::If { .. } => {
                self.open(Kind::If);
                self.segment(behind);
            }
            Operator::Else => self.switch(behind),
            Operator::End => self.close(behind),
            Operator::BrIf { relative_depth } => {
                self.branch(*relative_depth);
                self.segment(behind);
            }
            Operator::Br { relative_depth } => {
                self.branch(*relative_depth);
                self.live = false;
            }
            Operator::BrTable { targets } => {
                self.branch(targets.default());
                for target in targets.targets().flatten() {
                    self.branch(target);
                }
                self.live = false;
            }
            Operator::Return | Operator::Unreachable => self.live = false,
            _ => {}
        }
        stays
    }

    fn charge(&mut self, price: u64, shows: bool) {
        if self.live
            && let Some(segment) = self.segments.last_mut()
        {
            segment.cost = segment.cost.saturating_add(price).min(MAXIMUM_CHARGE);
            segment.shows |= shows;
        }
    }

    /// Whether the operator can leave the function: a return, its last `end`, a branch to its label.
    fn returns(&self, operator: &Operator<'_>) -> bool {
        let outermost = |depth: u32| (depth as usize).saturating_add(1) >= self.frames.len();
        match operator {
            Operator::Return => true,
            Operator::End => outermost(0),
            Operator::Br { relative_depth } | Operator::BrIf { relative_depth } => outermost(*relative_depth),
            Operator::BrTable { targets } => {
                outermost(targets.default()) || targets.targets().flatten().any(outermost)
            }
            _ => false,
        }
    }

    /// Begins a segment, if what follows can be reached.
    fn segment(&mut self, at: usize) {
        if self.live {
            self.segments.push(Segment::new(at, 0));
        }
    }

    fn open(&mut self, kind: Kind) {
        let head = self.segments.len();
        self.loops = self.loops.saturating_add(usize::from(kind == Kind::Loop));
        self.frames.push(Frame {
            kind,
            live: self.live,
            branched: false,
            then_falls: false,
            head,
        });
    }

    fn branch(&mut self, depth: u32) {
        let Some(index) = self.frames.len().checked_sub(1 + depth as usize) else {
            return;
        };
        let Some(frame) = self.frames.get_mut(index) else {
            return;
        };
        if !self.live || frame.branched {
            return;
        }
        frame.branched = true;
        if frame.kind == Kind::Loop
            && let Some(head) = self.segments.get_mut(frame.head)
        {
            head.head = true;
        }
    }

    /// An `else`: what follows can be reached if its `if` can.
    fn switch(&mut self, behind: usize) {
        if let Some(frame) = self.frames.last_mut() {
            frame.kind = Kind::Else;
            frame.then_falls = self.live;
            self.live = frame.live;
        }
        self.segment(behind);
    }

    fn close(&mut self, behind: usize) {
        let Some(frame) = self.frames.pop() else { return };
        self.loops = self.loops.saturating_sub(usize::from(frame.kind == Kind::Loop));
        let falls = self.live;
        self.live = frame.live
            && match frame.kind {
                Kind::Loop => falls,
                Kind::If => true,
                Kind::Block => falls || frame.branched,
                Kind::Else => falls || frame.branched || frame.then_falls,
            };
        let begins = match frame.kind {
            Kind::Loop => false,
            Kind::Block => frame.branched,
            Kind::If | Kind::Else => true,
        };
        if begins && !self.frames.is_empty() {
            self.segment(behind);
        }
    }
}
