//! One function's body, written again with its accounting.
//!
//! The points left are kept in a local and written to their global only where somebody can see them:
//! before what may trap, call or return. So a loop that only computes costs a subtraction and a look.

use std::iter::Peekable;
use std::ops::Range;

use wasm_encoder::{BlockType, Encode, Instruction, ValType};

use super::body::{Edit, Shape};
use super::segments::Segment;

/// The indices of the two globals that the budgets are in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Budgets {
    /// Points left.
    pub points: u32,
    /// Slots of the stack left.
    pub stack: u32,
}

/// Writes one body.
pub(super) struct Writer<'a> {
    /// The whole module, which ranges and offsets count in.
    pub code: &'a [u8],
    pub budgets: Budgets,
    pub shape: &'a Shape,
    /// The type of a block that leaves what the function returns.
    pub results: BlockType,
    pub out: &'a mut Vec<u8>,
}

impl Writer<'_> {
    /// Writes the locals and the operators, without the body's size.
    pub(super) fn body(mut self, segments: &[Segment], edits: &[(Range<usize>, Edit)]) {
        self.locals(edits.iter().any(|(_, edit)| matches!(edit, Edit::Charge(_))));
        let mut segments = segments.iter().peekable();
        if let Some(first) = segments.next() {
            self.entry(first);
        }
        let mut at = self.shape.operators.start;
        for (range, edit) in edits {
            self.run(at..range.start, &mut segments);
            self.edit(range.clone(), *edit);
            at = range.end;
        }
        self.run(at..self.shape.operators.end, &mut segments);
        if !self.shape.leaf {
            self.give_back();
        }
    }

    /// Copies a range, with the charges of the segments that begin in it.
    fn run<'s>(&mut self, range: Range<usize>, segments: &mut Peekable<impl Iterator<Item = &'s Segment>>) {
        let Range { start: mut at, end } = range;
        while let Some(segment) = segments.next_if(|segment| segment.at <= end) {
            self.copy(at..segment.at);
            self.segment(segment);
            at = segment.at;
        }
        self.copy(at..end);
    }

    fn copy(&mut self, range: Range<usize>) {
        self.out
            .extend_from_slice(self.code.get(range).unwrap_or_default());
    }

    fn push(&mut self, instructions: &[Instruction<'_>]) {
        for instruction in instructions {
            instruction.encode(self.out);
        }
    }

    /// The local that holds the points left.
    fn points(&self) -> u32 {
        self.shape.locals
    }

    /// The declared locals, one for the points and, if a charge depends on an operand, one for that.
    fn locals(&mut self, charges: bool) {
        let more = [Some(ValType::I64), charges.then_some(ValType::I32)];
        let count = more.iter().flatten().count() as u32;
        self.shape.group_count.saturating_add(count).encode(self.out);
        self.copy(self.shape.groups.clone());
        for ty in more.into_iter().flatten() {
            1u32.encode(self.out);
            ty.encode(self.out);
        }
    }

    /// Takes the height and the first segment's cost, looks at both budgets, and opens the block that
    /// `return` leaves. A function that calls nothing need not write what is left of the stack, except
    /// to say that it was too little.
    fn entry(&mut self, first: &Segment) {
        let Budgets { points, stack } = self.budgets;
        let lower = [
            Instruction::GlobalGet(stack),
            Instruction::I64Const(signed(self.shape.height)),
            Instruction::I64Sub,
        ];
        self.push(&[Instruction::GlobalGet(points)]);
        self.subtract(first.cost);
        if !self.shape.leaf {
            self.push(&lower);
            self.push(&[Instruction::GlobalSet(stack), Instruction::GlobalGet(stack)]);
        } else {
            self.push(&lower);
        }
        if first.shows {
            self.show();
        }
        self.push(&[
            Instruction::LocalGet(self.points()),
            Instruction::I64Or,
            Instruction::I64Const(0),
            Instruction::I64LtS,
            Instruction::If(BlockType::Empty),
        ]);
        if self.shape.leaf {
            self.push(&lower);
            self.push(&[Instruction::GlobalSet(stack)]);
        }
        if !first.shows {
            self.show();
        }
        self.push(&[Instruction::Unreachable, Instruction::End]);
        if !self.shape.leaf {
            self.push(&[Instruction::Block(self.results)]);
        }
    }

    fn segment(&mut self, segment: &Segment) {
        if segment.cost > 0 {
            self.push(&[Instruction::LocalGet(self.points())]);
            self.subtract(segment.cost);
        }
        if segment.shows {
            self.show();
        }
        if segment.head {
            self.look(!segment.shows);
        }
    }

    /// Takes points from what is on the stack, into the local.
    fn subtract(&mut self, cost: u64) {
        self.push(&[
            Instruction::I64Const(signed(cost)),
            Instruction::I64Sub,
            Instruction::LocalSet(self.points()),
        ]);
    }

    /// Writes the points left to where others see them.
    fn show(&mut self) {
        self.push(&[
            Instruction::LocalGet(self.points()),
            Instruction::GlobalSet(self.budgets.points),
        ]);
    }

    /// Reads the points that a call has left.
    fn read_again(&mut self) {
        self.push(&[
            Instruction::GlobalGet(self.budgets.points),
            Instruction::LocalSet(self.points()),
        ]);
    }

    /// Traps if there are fewer than no points left; then they have to be seen.
    fn look(&mut self, hidden: bool) {
        self.push(&[
            Instruction::LocalGet(self.points()),
            Instruction::I64Const(0),
            Instruction::I64LtS,
            Instruction::If(BlockType::Empty),
        ]);
        if hidden {
            self.show();
        }
        self.push(&[Instruction::Unreachable, Instruction::End]);
    }

    fn edit(&mut self, range: Range<usize>, edit: Edit) {
        match edit {
            Edit::Unreachable => self.push(&[Instruction::Unreachable]),
            Edit::Return(_) if self.shape.leaf => self.copy(range),
            Edit::Return(depth) => self.push(&[Instruction::Br(depth)]),
            Edit::Call => {
                self.copy(range);
                self.read_again();
            }
            Edit::CallIndirect(type_index) => {
                self.push(&[Instruction::CallIndirect {
                    type_index,
                    table_index: 0,
                }]);
                self.read_again();
            }
            Edit::Charge(points) => {
                self.charge(points);
                self.copy(range);
            }
        }
    }

    /// Charges for each unit of the topmost operand, and looks.
    fn charge(&mut self, points: u64) {
        let operand = self.points().saturating_add(1);
        self.push(&[
            Instruction::LocalSet(operand),
            Instruction::LocalGet(self.points()),
            Instruction::LocalGet(operand),
            Instruction::I64ExtendI32U,
            Instruction::I64Const(signed(points)),
            Instruction::I64Mul,
            Instruction::I64Sub,
            Instruction::LocalSet(self.points()),
        ]);
        self.show();
        self.look(false);
        self.push(&[Instruction::LocalGet(operand)]);
    }

    /// Gives the height back, behind the block that `return` leaves.
    fn give_back(&mut self) {
        let stack = self.budgets.stack;
        self.push(&[
            Instruction::GlobalGet(stack),
            Instruction::I64Const(signed(self.shape.height)),
            Instruction::I64Add,
            Instruction::GlobalSet(stack),
            Instruction::End,
        ]);
    }
}

/// A charge or height as an operand: both are below 2⁵⁹.
fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
