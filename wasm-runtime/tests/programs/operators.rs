//! Numeric operators and constants for generated programs: the edges of each type more often than not.

use super::choices::Choices;
use wasm_encoder::{Ieee32, Ieee64, Instruction as I, MemArg, ValType};

/// A constant of a type.
pub fn constant(choices: &mut Choices<'_>, ty: ValType) -> I<'static> {
    match ty {
        ValType::I32 => {
            I::I32Const(choices.of(&[0, 1, 2, 3, -1, 7, 255, 65_535, 65_536, i32::MAX, i32::MIN]))
        }
        ValType::I64 => I::I64Const(choices.of(&[0, 1, 2, -1, 63, 1 << 32, 0xffff_ffff, i64::MAX, i64::MIN])),
        ValType::F32 => I::F32Const(Ieee32::new(choices.of(&[
            0,
            0x8000_0000,
            0x3fc0_0000,
            0xc020_0000,
            0x7f80_0000,
            0xff80_0000,
            0x7fc0_0000,
            0xffc0_0001,
            0x7fa0_0000,
            0x4f00_0000,
            0x5f00_0000,
            0x0000_0001,
            0x7f7f_ffff,
        ]))),
        _ => I::F64Const(Ieee64::new(choices.of(&[
            0,
            1 << 63,
            0x3ff8_0000_0000_0000,
            0xc004_0000_0000_0000,
            0x7ff0_0000_0000_0000,
            0xfff0_0000_0000_0000,
            0x7ff8_0000_0000_0000,
            0xfff8_0000_0000_0001,
            0x7ff4_0000_0000_0000,
            0x41e0_0000_0000_0000,
            0x43e0_0000_0000_0000,
            1,
            0x7fef_ffff_ffff_ffff,
        ]))),
    }
}

/// An operator with an operand of a type: with its parameters and its result.
pub fn numeric(choices: &mut Choices<'_>, ty: ValType) -> (I<'static>, Vec<ValType>, ValType) {
    let unary = choices.one_in(3);
    let compares = choices.one_in(5);
    if choices.one_in(12) {
        return (I::Select, vec![ty, ty, ValType::I32], ty);
    }
    match (unary, compares) {
        (true, _) => {
            let (instruction, result) = choices.of(&one_operand(ty));
            (instruction, vec![ty], result)
        }
        (false, true) => (choices.of(&comparisons(ty)), vec![ty, ty], ValType::I32),
        (false, false) => (choices.of(&arithmetic(ty)), vec![ty, ty], ty),
    }
}

fn one_operand(ty: ValType) -> Vec<(I<'static>, ValType)> {
    use ValType::{F32, F64, I32, I64};
    match ty {
        I32 => vec![
            (I::I32Eqz, I32),
            (I::I32Clz, I32),
            (I::I32Ctz, I32),
            (I::I32Popcnt, I32),
            (I::I32Extend8S, I32),
            (I::I32Extend16S, I32),
            (I::I64ExtendI32S, I64),
            (I::I64ExtendI32U, I64),
            (I::F32ConvertI32S, F32),
            (I::F32ConvertI32U, F32),
            (I::F64ConvertI32S, F64),
            (I::F64ConvertI32U, F64),
            (I::F32ReinterpretI32, F32),
        ],
        I64 => vec![
            (I::I64Eqz, I32),
            (I::I64Clz, I64),
            (I::I64Ctz, I64),
            (I::I64Popcnt, I64),
            (I::I64Extend8S, I64),
            (I::I64Extend16S, I64),
            (I::I64Extend32S, I64),
            (I::I32WrapI64, I32),
            (I::F32ConvertI64S, F32),
            (I::F32ConvertI64U, F32),
            (I::F64ConvertI64S, F64),
            (I::F64ConvertI64U, F64),
            (I::F64ReinterpretI64, F64),
        ],
        F32 => vec![
            (I::F32Abs, F32),
            (I::F32Neg, F32),
            (I::F32Ceil, F32),
            (I::F32Floor, F32),
            (I::F32Trunc, F32),
            (I::F32Nearest, F32),
            (I::F32Sqrt, F32),
            (I::F64PromoteF32, F64),
            (I::I32ReinterpretF32, I32),
            (I::I32TruncF32S, I32),
            (I::I32TruncF32U, I32),
            (I::I64TruncF32S, I64),
            (I::I64TruncF32U, I64),
            (I::I32TruncSatF32S, I32),
            (I::I32TruncSatF32U, I32),
            (I::I64TruncSatF32S, I64),
            (I::I64TruncSatF32U, I64),
        ],
        _ => vec![
            (I::F64Abs, F64),
            (I::F64Neg, F64),
            (I::F64Ceil, F64),
            (I::F64Floor, F64),
            (I::F64Trunc, F64),
            (I::F64Nearest, F64),
            (I::F64Sqrt, F64),
            (I::F32DemoteF64, F32),
            (I::I64ReinterpretF64, I64),
            (I::I32TruncF64S, I32),
            (I::I32TruncF64U, I32),
            (I::I64TruncF64S, I64),
            (I::I64TruncF64U, I64),
            (I::I32TruncSatF64S, I32),
            (I::I32TruncSatF64U, I32),
            (I::I64TruncSatF64S, I64),
            (I::I64TruncSatF64U, I64),
        ],
    }
}

fn comparisons(ty: ValType) -> Vec<I<'static>> {
    match ty {
        ValType::I32 => {
            vec![
                I::I32Eq,
                I::I32Ne,
                I::I32LtS,
                I::I32LtU,
                I::I32GtS,
                I::I32GtU,
                I::I32LeS,
                I::I32GeU,
            ]
        }
        ValType::I64 => {
            vec![
                I::I64Eq,
                I::I64Ne,
                I::I64LtS,
                I::I64LtU,
                I::I64GtS,
                I::I64GtU,
                I::I64LeS,
                I::I64GeU,
            ]
        }
        ValType::F32 => vec![I::F32Eq, I::F32Ne, I::F32Lt, I::F32Gt, I::F32Le, I::F32Ge],
        _ => vec![I::F64Eq, I::F64Ne, I::F64Lt, I::F64Gt, I::F64Le, I::F64Ge],
    }
}

fn arithmetic(ty: ValType) -> Vec<I<'static>> {
    match ty {
        ValType::I32 => vec![
            I::I32Add,
            I::I32Sub,
            I::I32Mul,
            I::I32And,
            I::I32Or,
            I::I32Xor,
            I::I32Shl,
            I::I32ShrS,
            I::I32ShrU,
            I::I32Rotl,
            I::I32Rotr,
            I::I32DivS,
            I::I32DivU,
            I::I32RemS,
            I::I32RemU,
        ],
        ValType::I64 => vec![
            I::I64Add,
            I::I64Sub,
            I::I64Mul,
            I::I64And,
            I::I64Or,
            I::I64Xor,
            I::I64Shl,
            I::I64ShrS,
            I::I64ShrU,
            I::I64Rotl,
            I::I64Rotr,
            I::I64DivS,
            I::I64DivU,
            I::I64RemS,
            I::I64RemU,
        ],
        ValType::F32 => vec![
            I::F32Add,
            I::F32Sub,
            I::F32Mul,
            I::F32Div,
            I::F32Min,
            I::F32Max,
            I::F32Copysign,
        ],
        _ => vec![
            I::F64Add,
            I::F64Sub,
            I::F64Mul,
            I::F64Div,
            I::F64Min,
            I::F64Max,
            I::F64Copysign,
        ],
    }
}

fn place(choices: &mut Choices<'_>) -> MemArg {
    MemArg {
        offset: choices.of(&[0, 0, 1, 4, 255, 65_535, u64::from(u32::MAX)]),
        align: 0,
        memory_index: 0,
    }
}

/// A load that results in a type; its address is in place.
pub fn load(choices: &mut Choices<'_>, ty: ValType) -> I<'static> {
    let at = place(choices);
    match ty {
        ValType::I32 => choices.of(&[
            I::I32Load(at),
            I::I32Load8S(at),
            I::I32Load8U(at),
            I::I32Load16S(at),
            I::I32Load16U(at),
        ]),
        ValType::I64 => choices.of(&[
            I::I64Load(at),
            I::I64Load8S(at),
            I::I64Load8U(at),
            I::I64Load16S(at),
            I::I64Load16U(at),
            I::I64Load32S(at),
            I::I64Load32U(at),
        ]),
        ValType::F32 => I::F32Load(at),
        _ => I::F64Load(at),
    }
}

/// A store of a type; its address and value are in place.
pub fn store(choices: &mut Choices<'_>, ty: ValType) -> I<'static> {
    let at = place(choices);
    match ty {
        ValType::I32 => choices.of(&[I::I32Store(at), I::I32Store8(at), I::I32Store16(at)]),
        ValType::I64 => choices.of(&[
            I::I64Store(at),
            I::I64Store8(at),
            I::I64Store16(at),
            I::I64Store32(at),
        ]),
        ValType::F32 => I::F32Store(at),
        _ => I::F64Store(at),
    }
}
