//! How long the compiler takes for a body at most: an estimate from above, in one walk.
//!
//! The compiler is fast for what compilers of contracts write, and squared in size for what is made for
//! it. Its time goes where these meet:
//!
//! - values that one function keeps and the instructions behind them: the register allocator looks
//!   through all pieces of code that hold a register while a value is alive. It stops at the first call,
//!   which leaves no register as it was; so what counts is the code up to the third call behind a value.
//!   Values computed in a loop may be moved in front of it, so all of them count for the code behind its
//!   beginning;
//! - values and edges: a value that is used again far behind is alive along all edges between;
//! - locals and edges: each local may differ on each edge into a join, and is allocated there anew,
//!   among all others and in as many pieces.
//!
//! What the compiler writes out in several branches counts in each of them: see [`elaboration`].
//!
//! `examples/compile_bombs.rs` measures the figures; `docs/contracts/limits.md` tells them.

mod elaboration;
mod outline;
#[cfg(test)]
mod tests;
mod work;

use wasmparser::{Operator, OperatorsReader};

use elaboration::Elaboration;

/// Nanoseconds of the terms. They are twice what the slowest of the measured modules took, or more.
const FUNCTION: u64 = 240_000;
const PARAMETER: u64 = 40_000;
const OPERATOR: u64 = 2_000;
const INSTRUCTION: u64 = 3_000;
const VALUE_NEAR_INSTRUCTION: u64 = 3;
const VALUE_ACROSS_EDGE: u64 = 20;
const LOCAL_AT_EDGE: u64 = 600;
/// Of each local at an edge with the pieces of all others: so many take a nanosecond.
const PIECES: u64 = 6;
/// Nanoseconds of a millisecond, which efforts are told in.
const MILLISECOND: u64 = 1_000_000;

/// Calls behind a value up to which it is looked for.
const CALLS: u64 = 3;

/// The walk over bodies: sums of the body at hand and what went before.
#[derive(Debug, Default)]
pub(super) struct Effort {
    /// Nanoseconds of the bodies so far.
    total: u64,
    /// Locals at edges of the bodies so far.
    joined: u64,
    /// The way to where each open block began.
    began: Vec<Path>,
    loops: Vec<Loop>,
    path: Path,
    made: Made,
    /// Values times instructions near them, and times edges that they may cross.
    near: u64,
    across: u64,
    elaboration: Elaboration,
}

/// What a body holds so far.
#[derive(Debug, Default, Clone, Copy)]
struct Made {
    operators: u64,
    instructions: u64,
    values: u64,
    edges: u64,
}

/// What the code at one place can find before it.
#[derive(Debug, Default, Clone, Copy)]
struct Path {
    /// Values made since the last call that every way here passes, since the one before, and since the
    /// one before that.
    recent: [u64; CALLS as usize],
    /// Calls that every way here passes.
    calls: u64,
    /// All values made before the block began.
    values: u64,
}

/// An open loop.
#[derive(Debug)]
struct Loop {
    /// Blocks that are open in it, its own too.
    depth: usize,
    before: Made,
    calls: u64,
    /// Instructions behind its beginning, up to the third call.
    near: u64,
}

impl Effort {
    /// Begins the body of a function with so many locals, its parameters too.
    pub(super) fn begin(&mut self, locals: usize, operators: OperatorsReader<'_>) {
        self.elaboration.begin(locals, operators);
        self.began.clear();
        self.loops.clear();
        self.path = Path::default();
        self.made = Made::default();
        (self.near, self.across) = (0, 0);
        self.open();
    }

    /// Takes the next operator, which takes and gives so many operands; `live` says whether it can be
    /// reached.
    pub(super) fn step(&mut self, operator: &Operator<'_>, arity: (u32, u32), live: bool) {
        work::look(1);
        let again = self.elaboration.step(operator, arity, live);
        match operator {
            Operator::Block { .. } | Operator::If { .. } => self.open(),
            Operator::Loop { .. } => self.open_loop(),
            Operator::Else => self.go_back(),
            Operator::End => self.close(live),
            _ => {}
        }
        if !live {
            return;
        }
        let step = Made::of(operator).plus(Made::again(again));
        self.made = self.made.plus(step);
        add(&mut self.across, step.edges, self.made.values);
        add(&mut self.path.recent[0], step.values, 1);
        add(&mut self.near, step.instructions, sum(&self.path.recent));
        let calls = self.path.calls;
        work::look(self.loops.len());
        for open in self.loops.iter_mut().filter(|open| open.reaches(calls)) {
            add(&mut open.near, step.instructions, 1);
        }
        if is_call(operator) {
            self.path.recent.rotate_right(1);
            self.path.recent[0] = 0;
            add(&mut self.path.calls, 1, 1);
        }
    }

    /// Ends a body of a function with so many locals, its parameters too, and so many parameters and
    /// results. Gives the milliseconds and the locals at edges, of it and all before.
    pub(super) fn finish(&mut self, locals: u64, parameters: u64) -> (u64, u64) {
        // The local that holds the points is one more.
        let locals = locals.saturating_add(1);
        let joined = self.made.edges.saturating_mul(locals);
        add(&mut self.joined, joined, 1);
        let pieces = joined
            .saturating_mul(locals)
            .saturating_mul(locals.min(self.made.edges));
        let terms = [
            (FUNCTION, 1),
            (PARAMETER, parameters),
            (OPERATOR, self.made.operators),
            (INSTRUCTION, self.made.instructions),
            (VALUE_NEAR_INSTRUCTION, self.near),
            (VALUE_ACROSS_EDGE, self.across),
            (LOCAL_AT_EDGE, joined),
            (1, pieces / PIECES),
        ];
        for (nanoseconds, times) in terms {
            add(&mut self.total, nanoseconds, times);
        }
        (self.milliseconds(), self.joined)
    }

    /// Milliseconds of the bodies so far.
    pub(super) fn milliseconds(&self) -> u64 {
        self.total.div_ceil(MILLISECOND)
    }

    fn open(&mut self) {
        self.path.values = self.made.values;
        self.began.push(self.path);
    }

    fn open_loop(&mut self) {
        self.open();
        self.loops.push(Loop {
            depth: self.began.len(),
            before: self.made,
            calls: self.path.calls,
            near: 0,
        });
    }

    /// Goes on from where the block began. The calls in a branch that does not come to its end are not on
    /// the way behind it, and the compiler may put them anywhere.
    fn go_back(&mut self) {
        if let Some(began) = self.began.last() {
            let inside = self.made.values.saturating_sub(began.values);
            self.path = *began;
            add(&mut self.path.recent[0], inside, 1);
        }
    }

    fn close(&mut self, live: bool) {
        if !live {
            self.go_back();
        }
        let depth = self.began.len();
        self.began.pop();
        if let Some(open) = self.loops.pop_if(|open| open.depth == depth) {
            let values = self.made.values.saturating_sub(open.before.values);
            let edges = self.made.edges.saturating_sub(open.before.edges);
            add(&mut self.near, values, open.near);
            add(&mut self.across, values, edges);
        }
    }
}

impl Loop {
    /// Whether a place behind so many calls can find what was moved in front of the loop.
    fn reaches(&self, calls: u64) -> bool {
        calls < self.calls.saturating_add(CALLS)
    }
}

impl Made {
    /// What the compiler makes of an operator, its accounting included: about so many machine
    /// instructions, values and edges between blocks.
    fn of(operator: &Operator<'_>) -> Self {
        let (instructions, values, edges) = match operator {
            Operator::LocalGet { .. } | Operator::Nop | Operator::Drop => (0, 0, 0),
            Operator::LocalSet { .. } | Operator::LocalTee { .. } => (1, 0, 0),
            Operator::I32Const { .. } | Operator::I64Const { .. } => (1, 1, 0),
            Operator::Block { .. } | Operator::Loop { .. } | Operator::End | Operator::Else => (2, 0, 1),
            Operator::If { .. } | Operator::BrIf { .. } => (4, 1, 2),
            Operator::Br { .. } | Operator::Return | Operator::Unreachable => (1, 0, 1),
            Operator::BrTable { targets } => (8, 1, u64::from(targets.len()).saturating_add(1)),
            Operator::Call { .. }
            | Operator::MemoryGrow { .. }
            | Operator::MemoryFill { .. }
            | Operator::MemoryCopy { .. }
            | Operator::MemoryInit { .. }
            | Operator::TableCopy { .. }
            | Operator::TableInit { .. } => (24, 8, 0),
            Operator::CallIndirect { .. } => (60, 12, 0),
            operator if is_float(operator) => (5, 5, 0),
            _ => (2, 2, 0),
        };
        Self {
            operators: 1,
            instructions,
            values,
            edges,
        }
    }

    /// Computations that are written once more.
    const fn again(count: u64) -> Self {
        Self {
            operators: 0,
            instructions: count.saturating_mul(3),
            values: count.saturating_mul(2),
            edges: 0,
        }
    }

    fn plus(self, other: Self) -> Self {
        Self {
            operators: self.operators.saturating_add(other.operators),
            instructions: self.instructions.saturating_add(other.instructions),
            values: self.values.saturating_add(other.values),
            edges: self.edges.saturating_add(other.edges),
        }
    }
}

/// Whether an operator calls for certain, which leaves no register as it was.
const fn is_call(operator: &Operator<'_>) -> bool {
    matches!(
        operator,
        Operator::Call { .. } | Operator::CallIndirect { .. } | Operator::MemoryGrow { .. }
    )
}

/// Whether an operator computes a float, whose bits are made the same everywhere, or rounds one.
fn is_float(operator: &Operator<'_>) -> bool {
    macro_rules! any {
        ($($name:ident)*) => { matches!(operator, $(Operator::$name { .. })|*) };
    }
    any!(
        F32Const F32Add F32Sub F32Mul F32Div F32Min F32Max F32Sqrt F32Ceil F32Floor F32Trunc F32Nearest
        F64Const F64Add F64Sub F64Mul F64Div F64Min F64Max F64Sqrt F64Ceil F64Floor F64Trunc F64Nearest
        F32DemoteF64 F64PromoteF32 F32ConvertI64U F64ConvertI64U
        I32TruncF32S I32TruncF32U I32TruncF64S I32TruncF64U I64TruncF32S I64TruncF32U I64TruncF64S I64TruncF64U
        I32TruncSatF32S I32TruncSatF32U I32TruncSatF64S I32TruncSatF64U
        I64TruncSatF32S I64TruncSatF32U I64TruncSatF64S I64TruncSatF64U
    )
}

fn sum(list: &[u64]) -> u64 {
    list.iter().fold(0, |all, one| all.saturating_add(*one))
}

/// Adds a product. No sum of a module within the limits is near the end of the numbers.
fn add(sum: &mut u64, a: u64, b: u64) {
    *sum = sum.saturating_add(a.saturating_mul(b));
}
