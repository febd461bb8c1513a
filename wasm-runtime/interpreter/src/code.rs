//! The internal form of a body: a line of instructions with absolute jumps, in which each segment begins
//! with its charge. Code that cannot be reached is not in it.

use crate::execute::Trap;

/// One instruction. Numeric operators are the function that computes them.
pub(crate) enum Instr {
    /// Subtracts the cost of a segment, in points.
    Charge(u64),
    Const(u64),
    Unary(fn(u64) -> u64),
    TryUnary(fn(u64) -> Result<u64, Trap>),
    Binary(fn(u64, u64) -> u64),
    TryBinary(fn(u64, u64) -> Result<u64, Trap>),
    Drop,
    Select,
    LocalGet(usize),
    LocalSet(usize),
    LocalTee(usize),
    GlobalGet(usize),
    GlobalSet(usize),
    /// Reads `width` bytes, little-endian, and extends them to a slot.
    Load {
        offset: u64,
        width: usize,
        extend: fn(u64) -> u64,
    },
    /// Writes the low `width` bytes of a slot.
    Store {
        offset: u64,
        width: usize,
    },
    MemorySize,
    MemoryGrow,
    MemoryFill,
    MemoryCopy,
    MemoryInit(usize),
    DataDrop(usize),
    TableCopy,
    TableInit(usize),
    ElemDrop(usize),
    Unreachable,
    /// Goes on at an instruction, with the operands as they are.
    Goto(usize),
    /// The condition of an `if`.
    GotoIfZero(usize),
    Br(Jump),
    BrIf(Jump),
    /// The last is the default.
    BrTable(Vec<Jump>),
    Return,
    Call(usize),
    /// Calls through the table, checking for the type of that index.
    CallIndirect(usize),
}

/// A branch: keeps the `keep` topmost operands and drops those between them and `height`.
#[derive(Clone, Copy)]
pub(crate) struct Jump {
    pub target: usize,
    pub keep: usize,
    /// In slots above the first local.
    pub height: usize,
}

/// A function of the module itself.
pub(crate) struct Body {
    pub code: Vec<Instr>,
    pub params: usize,
    /// Parameters and declared locals.
    pub locals: usize,
    pub results: usize,
    /// The height by the page, in slots, with the frame's fixed part.
    pub height: u64,
}
