//! Integer operators and what moves bits between types.

use crate::code::Instr;
use crate::execute::Trap;
use crate::value::Slot;
use wasmparser::Operator;

macro_rules! unary {
    ($ty:ty, |$a:ident| $result:expr) => {
        Instr::Unary(|a| {
            let $a = <$ty>::of_slot(a);
            Slot::into_slot($result)
        })
    };
}

macro_rules! binary {
    ($ty:ty, |$a:ident, $b:ident| $result:expr) => {
        Instr::Binary(|a, b| {
            let ($a, $b) = (<$ty>::of_slot(a), <$ty>::of_slot(b));
            Slot::into_slot($result)
        })
    };
}

/// Division: a zero divisor traps, and so does a quotient that does not fit.
macro_rules! divide {
    ($ty:ty, |$a:ident, $b:ident| $result:expr) => {
        Instr::TryBinary(|a, b| {
            let ($a, $b) = (<$ty>::of_slot(a), <$ty>::of_slot(b));
            if $b == 0 {
                return Err(Trap::DivisionByZero);
            }
            let result: Option<$ty> = $result;
            Ok(Slot::into_slot(result.ok_or(Trap::IntegerOverflow)?))
        })
    };
}

/// The instruction of an operator on integers; none for any other operator.
pub(crate) fn instruction(op: &Operator<'_>) -> Option<Instr> {
    compare(op)
        .or_else(|| i32_arithmetic(op))
        .or_else(|| i64_arithmetic(op))
        .or_else(|| convert(op))
}

fn compare(op: &Operator<'_>) -> Option<Instr> {
    Some(match op {
        Operator::I32Eqz => unary!(u32, |a| a == 0),
        Operator::I32Eq => binary!(u32, |a, b| a == b),
        Operator::I32Ne => binary!(u32, |a, b| a != b),
        Operator::I32LtS => binary!(i32, |a, b| a < b),
        Operator::I32LtU => binary!(u32, |a, b| a < b),
        Operator::I32GtS => binary!(i32, |a, b| a > b),
        Operator::I32GtU => binary!(u32, |a, b| a > b),
        Operator::I32LeS => binary!(i32, |a, b| a <= b),
        Operator::I32LeU => binary!(u32, |a, b| a <= b),
        Operator::I32GeS => binary!(i32, |a, b| a >= b),
        Operator::I32GeU => binary!(u32, |a, b| a >= b),
        Operator::I64Eqz => unary!(u64, |a| a == 0),
        Operator::I64Eq => binary!(u64, |a, b| a == b),
        Operator::I64Ne => binary!(u64, |a, b| a != b),
        Operator::I64LtS => binary!(i64, |a, b| a < b),
        Operator::I64LtU => binary!(u64, |a, b| a < b),
        Operator::I64GtS => binary!(i64, |a, b| a > b),
        Operator::I64GtU => binary!(u64, |a, b| a > b),
        Operator::I64LeS => binary!(i64, |a, b| a <= b),
        Operator::I64LeU => binary!(u64, |a, b| a <= b),
        Operator::I64GeS => binary!(i64, |a, b| a >= b),
        Operator::I64GeU => binary!(u64, |a, b| a >= b),
        _ => return None,
    })
}

fn i32_arithmetic(op: &Operator<'_>) -> Option<Instr> {
    Some(match op {
        Operator::I32Clz => unary!(u32, |a| a.leading_zeros()),
        Operator::I32Ctz => unary!(u32, |a| a.trailing_zeros()),
        Operator::I32Popcnt => unary!(u32, |a| a.count_ones()),
        Operator::I32Add => binary!(u32, |a, b| a.wrapping_add(b)),
        Operator::I32Sub => binary!(u32, |a, b| a.wrapping_sub(b)),
        Operator::I32Mul => binary!(u32, |a, b| a.wrapping_mul(b)),
        Operator::I32DivS => divide!(i32, |a, b| a.checked_div(b)),
        Operator::I32DivU => divide!(u32, |a, b| a.checked_div(b)),
        Operator::I32RemS => divide!(i32, |a, b| Some(a.wrapping_rem(b))),
        Operator::I32RemU => divide!(u32, |a, b| a.checked_rem(b)),
        Operator::I32And => binary!(u32, |a, b| a & b),
        Operator::I32Or => binary!(u32, |a, b| a | b),
        Operator::I32Xor => binary!(u32, |a, b| a ^ b),
        Operator::I32Shl => binary!(u32, |a, b| a.wrapping_shl(b)),
        Operator::I32ShrS => binary!(i32, |a, b| a.wrapping_shr(b as u32)),
        Operator::I32ShrU => binary!(u32, |a, b| a.wrapping_shr(b)),
        Operator::I32Rotl => binary!(u32, |a, b| a.rotate_left(b % 32)),
        Operator::I32Rotr => binary!(u32, |a, b| a.rotate_right(b % 32)),
        _ => return None,
    })
}

fn i64_arithmetic(op: &Operator<'_>) -> Option<Instr> {
    Some(match op {
        Operator::I64Clz => unary!(u64, |a| u64::from(a.leading_zeros())),
        Operator::I64Ctz => unary!(u64, |a| u64::from(a.trailing_zeros())),
        Operator::I64Popcnt => unary!(u64, |a| u64::from(a.count_ones())),
        Operator::I64Add => binary!(u64, |a, b| a.wrapping_add(b)),
        Operator::I64Sub => binary!(u64, |a, b| a.wrapping_sub(b)),
        Operator::I64Mul => binary!(u64, |a, b| a.wrapping_mul(b)),
        Operator::I64DivS => divide!(i64, |a, b| a.checked_div(b)),
        Operator::I64DivU => divide!(u64, |a, b| a.checked_div(b)),
        Operator::I64RemS => divide!(i64, |a, b| Some(a.wrapping_rem(b))),
        Operator::I64RemU => divide!(u64, |a, b| a.checked_rem(b)),
        Operator::I64And => binary!(u64, |a, b| a & b),
        Operator::I64Or => binary!(u64, |a, b| a | b),
        Operator::I64Xor => binary!(u64, |a, b| a ^ b),
        Operator::I64Shl => binary!(u64, |a, b| a.wrapping_shl(b as u32)),
        Operator::I64ShrS => binary!(i64, |a, b| a.wrapping_shr(b as u32)),
        Operator::I64ShrU => binary!(u64, |a, b| a.wrapping_shr(b as u32)),
        Operator::I64Rotl => binary!(u64, |a, b| a.rotate_left((b % 64) as u32)),
        Operator::I64Rotr => binary!(u64, |a, b| a.rotate_right((b % 64) as u32)),
        _ => return None,
    })
}

fn convert(op: &Operator<'_>) -> Option<Instr> {
    Some(match op {
        Operator::I32WrapI64 => unary!(u64, |a| a as u32),
        Operator::I64ExtendI32S => unary!(i32, |a| i64::from(a)),
        Operator::I64ExtendI32U => unary!(u32, |a| u64::from(a)),
        Operator::I32Extend8S => unary!(u32, |a| i32::from(a as i8)),
        Operator::I32Extend16S => unary!(u32, |a| i32::from(a as i16)),
        Operator::I64Extend8S => unary!(u64, |a| i64::from(a as i8)),
        Operator::I64Extend16S => unary!(u64, |a| i64::from(a as i16)),
        Operator::I64Extend32S => unary!(u64, |a| i64::from(a as i32)),
        // A slot holds a float as its bits already.
        Operator::I32ReinterpretF32
        | Operator::I64ReinterpretF64
        | Operator::F32ReinterpretI32
        | Operator::F64ReinterpretI64 => Instr::Unary(|a| a),
        _ => return None,
    })
}
