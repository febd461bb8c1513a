//! Values at the border of an instance, and slots inside: 64 bits each, 32-bit values zero-extended.

use wasmparser::ValType;

/// A value of one of the four number types. Floats are their bits, so that equality is exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// `i32`
    I32(i32),
    /// `i64`
    I64(i64),
    /// The bits of an `f32`
    F32(u32),
    /// The bits of an `f64`
    F64(u64),
}

impl Value {
    pub(crate) fn ty(self) -> ValType {
        match self {
            Self::I32(_) => ValType::I32,
            Self::I64(_) => ValType::I64,
            Self::F32(_) => ValType::F32,
            Self::F64(_) => ValType::F64,
        }
    }

    pub(crate) fn slot(self) -> u64 {
        match self {
            Self::I32(v) => v.into_slot(),
            Self::I64(v) => v.into_slot(),
            Self::F32(v) => u64::from(v),
            Self::F64(v) => v,
        }
    }

    /// None for a reference type, which no slot holds.
    pub(crate) fn of_slot(slot: u64, ty: ValType) -> Option<Self> {
        match ty {
            ValType::I32 => Some(Self::I32(i32::of_slot(slot))),
            ValType::I64 => Some(Self::I64(i64::of_slot(slot))),
            ValType::F32 => Some(Self::F32(u32::of_slot(slot))),
            ValType::F64 => Some(Self::F64(slot)),
            ValType::V128 | ValType::Ref(_) => None,
        }
    }
}

/// A machine type as the contents of a slot.
pub(crate) trait Slot {
    fn of_slot(slot: u64) -> Self;
    fn into_slot(self) -> u64;
}

macro_rules! integer_slots {
    ($($ty:ty as $unsigned:ty),*) => { $(
        impl Slot for $ty {
            fn of_slot(slot: u64) -> Self { slot as $ty }
            fn into_slot(self) -> u64 { self as $unsigned as u64 }
        }
    )* };
}
integer_slots!(u32 as u32, i32 as u32, u64 as u64, i64 as u64);

impl Slot for f32 {
    fn of_slot(slot: u64) -> Self {
        Self::from_bits(slot as u32)
    }
    fn into_slot(self) -> u64 {
        u64::from(self.to_bits())
    }
}

impl Slot for f64 {
    fn of_slot(slot: u64) -> Self {
        Self::from_bits(slot)
    }
    fn into_slot(self) -> u64 {
        self.to_bits()
    }
}

/// The result of a comparison.
impl Slot for bool {
    fn of_slot(slot: u64) -> Self {
        slot as u32 != 0
    }
    fn into_slot(self) -> u64 {
        u64::from(self)
    }
}
