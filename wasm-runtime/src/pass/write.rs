//! One function's body, written again with its accounting.

use std::ops::Range;

use wasm_encoder::{BlockType, Encode, Instruction, ValType};

use super::body::{Edit, Shape};
use super::segments::Segment;

/// The indices of the two globals that the accounting keeps its budgets in.
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
        let charges = edits.iter().any(|(_, edit)| matches!(edit, Edit::Charge(_)));
        self.locals(charges);
        let mut segments = segments.iter();
        if let Some(first) = segments.next() {
            self.entry(first.cost);
        }
        let mut at = self.shape.operators.start;
        let mut segments = segments.peekable();
        for (range, edit) in edits {
            self.run(&mut at, range.start, &mut segments);
            self.edit(range.clone(), *edit);
            at = range.end;
        }
        self.run(&mut at, self.shape.operators.end, &mut segments);
        if !self.shape.leaf {
            self.give_back();
        }
    }

    /// Copies up to the offset, with the charges of the segments that begin on the way.
    fn run<'s>(
        &mut self,
        at: &mut usize,
        end: usize,
        segments: &mut std::iter::Peekable<impl Iterator<Item = &'s Segment>>,
    ) {
        while let Some(segment) = segments.next_if(|segment| segment.at <= end) {
            self.copy(*at..segment.at);
            *at = segment.at;
            self.segment(segment);
        }
        self.copy(*at..end);
        *at = end;
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

    /// The declared locals, and one more for the operand that a charge depends on.
    fn locals(&mut self, charges: bool) {
        self.shape
            .group_count
            .saturating_add(u32::from(charges))
            .encode(self.out);
        self.copy(self.shape.groups.clone());
        if charges {
            1u32.encode(self.out);
            ValType::I32.encode(self.out);
        }
    }

    /// Takes the height and the first segment's cost, looks at both budgets, and opens the block that
    /// `return` leaves. A function that calls nothing need not write what is left of the stack, except
    /// to say that it was too little.
    fn entry(&mut self, cost: u64) {
        let Budgets { points, stack } = self.budgets;
        let lower = [
            Instruction::GlobalGet(stack),
            Instruction::I64Const(signed(self.shape.height)),
            Instruction::I64Sub,
        ];
        self.subtract(cost);
        if !self.shape.leaf {
            self.push(&lower);
            self.push(&[Instruction::GlobalSet(stack)]);
        }
        self.push(&[Instruction::GlobalGet(points)]);
        if self.shape.leaf {
            self.push(&lower);
        } else {
            self.push(&[Instruction::GlobalGet(stack)]);
        }
        self.push(&[
            Instruction::I64Or,
            Instruction::I64Const(0),
            Instruction::I64LtS,
            Instruction::If(BlockType::Empty),
        ]);
        if self.shape.leaf {
            self.push(&lower);
            self.push(&[Instruction::GlobalSet(stack)]);
        }
        self.push(&[Instruction::Unreachable, Instruction::End]);
        if !self.shape.leaf {
            self.push(&[Instruction::Block(self.results)]);
        }
    }

    fn segment(&mut self, segment: &Segment) {
        if segment.cost > 0 {
            self.subtract(segment.cost);
        }
        if segment.head {
            self.look();
        }
    }

    fn subtract(&mut self, cost: u64) {
        self.push(&[
            Instruction::GlobalGet(self.budgets.points),
            Instruction::I64Const(signed(cost)),
            Instruction::I64Sub,
            Instruction::GlobalSet(self.budgets.points),
        ]);
    }

    /// Traps if the budget is below zero.
    fn look(&mut self) {
        self.push(&[
            Instruction::GlobalGet(self.budgets.points),
            Instruction::I64Const(0),
            Instruction::I64LtS,
            Instruction::If(BlockType::Empty),
            Instruction::Unreachable,
            Instruction::End,
        ]);
    }

    fn edit(&mut self, range: Range<usize>, edit: Edit) {
        match edit {
            Edit::Unreachable => self.push(&[Instruction::Unreachable]),
            Edit::Return(_) if self.shape.leaf => self.copy(range),
            Edit::Return(depth) => self.push(&[Instruction::Br(depth)]),
            Edit::CallIndirect(type_index) => {
                self.push(&[Instruction::CallIndirect {
                    type_index,
                    table_index: 0,
                }]);
            }
            Edit::Charge(points) => {
                self.charge(points);
                self.copy(range);
            }
        }
    }

    /// Charges for each unit of the topmost operand, and looks.
    fn charge(&mut self, points: u64) {
        let operand = self.shape.locals;
        self.push(&[
            Instruction::LocalSet(operand),
            Instruction::GlobalGet(self.budgets.points),
            Instruction::LocalGet(operand),
            Instruction::I64ExtendI32U,
            Instruction::I64Const(signed(points)),
            Instruction::I64Mul,
            Instruction::I64Sub,
            Instruction::GlobalSet(self.budgets.points),
        ]);
        self.look();
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
