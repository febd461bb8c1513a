//! Float operators. A NaN that arithmetic results in is the canonical one: of `add`, `sub`, `mul`, `div`,
//! `min`, `max`, `sqrt`, the four roundings, `demote` and `promote`. `neg`, `abs` and `copysign` touch the
//! sign bit only and keep a NaN's payload; so do loads, stores and reinterpretations.

use crate::code::Instr;
use crate::execute::Trap;
use crate::value::Slot;
use wasmparser::Operator;

/// The value of a slot for the result of arithmetic.
trait Canonical {
    fn canonical(self) -> u64;
}

impl Canonical for f32 {
    fn canonical(self) -> u64 {
        if self.is_nan() {
            0x7fc0_0000
        } else {
            self.into_slot()
        }
    }
}

impl Canonical for f64 {
    fn canonical(self) -> u64 {
        if self.is_nan() {
            0x7ff8_0000_0000_0000
        } else {
            self.into_slot()
        }
    }
}

macro_rules! unary {
    ($ty:ty, |$a:ident| $result:expr) => {
        Instr::Unary(|a| {
            let $a = <$ty>::of_slot(a);
            Canonical::canonical($result)
        })
    };
}

macro_rules! binary {
    ($ty:ty, |$a:ident, $b:ident| $result:expr) => {
        Instr::Binary(|a, b| {
            let ($a, $b) = (<$ty>::of_slot(a), <$ty>::of_slot(b));
            Canonical::canonical($result)
        })
    };
}

macro_rules! compare {
    ($ty:ty, $operator:tt) => {
        Instr::Binary(|a, b| (<$ty>::of_slot(a) $operator <$ty>::of_slot(b)).into_slot())
    };
}

/// The least of two, where −0 is below +0 and a NaN wins.
macro_rules! least {
    ($a:expr, $b:expr) => {
        if $a.is_nan() || $b.is_nan() {
            $a + $b
        } else if $a < $b || ($a == $b && $a.is_sign_negative()) {
            $a
        } else {
            $b
        }
    };
}

/// The greatest of two, where +0 is above −0 and a NaN wins.
macro_rules! greatest {
    ($a:expr, $b:expr) => {
        if $a.is_nan() || $b.is_nan() {
            $a + $b
        } else if $a > $b || ($a == $b && $a.is_sign_positive()) {
            $a
        } else {
            $b
        }
    };
}

/// The instruction of an operator on floats; none for any other operator.
pub(crate) fn instruction(op: &Operator<'_>) -> Option<Instr> {
    f32_operator(op)
        .or_else(|| f64_operator(op))
        .or_else(|| from_integer(op))
        .or_else(|| truncate(op))
        .or_else(|| truncate_saturating(op))
}

fn f32_operator(op: &Operator<'_>) -> Option<Instr> {
    const SIGN: u64 = 1 << 31;
    Some(match op {
        Operator::F32Eq => compare!(f32, ==),
        Operator::F32Ne => compare!(f32, !=),
        Operator::F32Lt => compare!(f32, <),
        Operator::F32Gt => compare!(f32, >),
        Operator::F32Le => compare!(f32, <=),
        Operator::F32Ge => compare!(f32, >=),
        Operator::F32Abs => Instr::Unary(|a| a & !SIGN),
        Operator::F32Neg => Instr::Unary(|a| a ^ SIGN),
        Operator::F32Copysign => Instr::Binary(|a, b| (a & !SIGN) | (b & SIGN)),
        Operator::F32Ceil => unary!(f32, |a| a.ceil()),
        Operator::F32Floor => unary!(f32, |a| a.floor()),
        Operator::F32Trunc => unary!(f32, |a| a.trunc()),
        Operator::F32Nearest => unary!(f32, |a| a.round_ties_even()),
        Operator::F32Sqrt => unary!(f32, |a| a.sqrt()),
        Operator::F32Add => binary!(f32, |a, b| a + b),
        Operator::F32Sub => binary!(f32, |a, b| a - b),
        Operator::F32Mul => binary!(f32, |a, b| a * b),
        Operator::F32Div => binary!(f32, |a, b| a / b),
        Operator::F32Min => binary!(f32, |a, b| least!(a, b)),
        Operator::F32Max => binary!(f32, |a, b| greatest!(a, b)),
        Operator::F32DemoteF64 => unary!(f64, |a| a as f32),
        _ => return None,
    })
}

fn f64_operator(op: &Operator<'_>) -> Option<Instr> {
    const SIGN: u64 = 1 << 63;
    Some(match op {
        Operator::F64Eq => compare!(f64, ==),
        Operator::F64Ne => compare!(f64, !=),
        Operator::F64Lt => compare!(f64, <),
        Operator::F64Gt => compare!(f64, >),
        Operator::F64Le => compare!(f64, <=),
        Operator::F64Ge => compare!(f64, >=),
        Operator::F64Abs => Instr::Unary(|a| a & !SIGN),
        Operator::F64Neg => Instr::Unary(|a| a ^ SIGN),
        Operator::F64Copysign => Instr::Binary(|a, b| (a & !SIGN) | (b & SIGN)),
        Operator::F64Ceil => unary!(f64, |a| a.ceil()),
        Operator::F64Floor => unary!(f64, |a| a.floor()),
        Operator::F64Trunc => unary!(f64, |a| a.trunc()),
        Operator::F64Nearest => unary!(f64, |a| a.round_ties_even()),
        Operator::F64Sqrt => unary!(f64, |a| a.sqrt()),
        Operator::F64Add => binary!(f64, |a, b| a + b),
        Operator::F64Sub => binary!(f64, |a, b| a - b),
        Operator::F64Mul => binary!(f64, |a, b| a * b),
        Operator::F64Div => binary!(f64, |a, b| a / b),
        Operator::F64Min => binary!(f64, |a, b| least!(a, b)),
        Operator::F64Max => binary!(f64, |a, b| greatest!(a, b)),
        Operator::F64PromoteF32 => unary!(f32, |a| f64::from(a)),
        _ => return None,
    })
}

fn from_integer(op: &Operator<'_>) -> Option<Instr> {
    macro_rules! convert {
        ($from:ty, $to:ty) => {
            Instr::Unary(|a| (<$from>::of_slot(a) as $to).into_slot())
        };
    }
    Some(match op {
        Operator::F32ConvertI32S => convert!(i32, f32),
        Operator::F32ConvertI32U => convert!(u32, f32),
        Operator::F32ConvertI64S => convert!(i64, f32),
        Operator::F32ConvertI64U => convert!(u64, f32),
        Operator::F64ConvertI32S => convert!(i32, f64),
        Operator::F64ConvertI32U => convert!(u32, f64),
        Operator::F64ConvertI64S => convert!(i64, f64),
        Operator::F64ConvertI64U => convert!(u64, f64),
        _ => return None,
    })
}

/// Conversion to an integer that traps where the whole part does not fit: `low` and `high` are the
/// powers of two that bound it, the lower one included. All of `f32` is in `f64`, exactly.
macro_rules! whole {
    ($from:ty, $to:ty, $low:expr, $high:expr) => {
        Instr::TryUnary(|a| {
            let whole = f64::from(<$from>::of_slot(a)).trunc();
            if whole.is_nan() {
                return Err(Trap::BadConversion);
            }
            if !($low..$high).contains(&whole) {
                return Err(Trap::IntegerOverflow);
            }
            Ok((whole as $to).into_slot())
        })
    };
}

fn truncate(op: &Operator<'_>) -> Option<Instr> {
    const TO_31: f64 = (1_u64 << 31) as f64;
    const TO_32: f64 = (1_u64 << 32) as f64;
    const TO_63: f64 = (1_u64 << 63) as f64;
    const TO_64: f64 = 2.0 * TO_63;
    Some(match op {
        Operator::I32TruncF32S => whole!(f32, i32, -TO_31, TO_31),
        Operator::I32TruncF32U => whole!(f32, u32, 0.0, TO_32),
        Operator::I32TruncF64S => whole!(f64, i32, -TO_31, TO_31),
        Operator::I32TruncF64U => whole!(f64, u32, 0.0, TO_32),
        Operator::I64TruncF32S => whole!(f32, i64, -TO_63, TO_63),
        Operator::I64TruncF32U => whole!(f32, u64, 0.0, TO_64),
        Operator::I64TruncF64S => whole!(f64, i64, -TO_63, TO_63),
        Operator::I64TruncF64U => whole!(f64, u64, 0.0, TO_64),
        _ => return None,
    })
}

/// Rust's own conversion saturates, and takes NaN to zero.
fn truncate_saturating(op: &Operator<'_>) -> Option<Instr> {
    macro_rules! saturate {
        ($from:ty, $to:ty) => {
            Instr::Unary(|a| (<$from>::of_slot(a) as $to).into_slot())
        };
    }
    Some(match op {
        Operator::I32TruncSatF32S => saturate!(f32, i32),
        Operator::I32TruncSatF32U => saturate!(f32, u32),
        Operator::I32TruncSatF64S => saturate!(f64, i32),
        Operator::I32TruncSatF64U => saturate!(f64, u32),
        Operator::I64TruncSatF32S => saturate!(f32, i64),
        Operator::I64TruncSatF32U => saturate!(f32, u64),
        Operator::I64TruncSatF64S => saturate!(f64, i64),
        Operator::I64TruncSatF64U => saturate!(f64, u64),
        _ => return None,
    })
}
