//! The types of what a module imports and exports.

use std::fmt;

/// A value's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ValueType {
    /// A 32-bit integer.
    I32,
    /// A 64-bit integer.
    I64,
    /// A 32-bit float.
    F32,
    /// A 64-bit float.
    F64,
}

/// A function's type.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct FunctionType {
    /// What it takes.
    pub parameters: Vec<ValueType>,
    /// What it returns.
    pub results: Vec<ValueType>,
}

/// What an import or export is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A function.
    Function(FunctionType),
    /// A table of functions.
    Table,
    /// A memory.
    Memory,
    /// A global.
    Global,
}

/// What a module asks its host for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// The name of the host's module.
    pub module: String,
    /// The name in it.
    pub name: String,
    /// What it is.
    pub kind: Kind,
}

/// What a module shows its host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// The name.
    pub name: String,
    /// What it is.
    pub kind: Kind,
}

impl ValueType {
    /// The type, if contracts may use it: vectors and references they may not.
    pub(super) fn of(value: wasmparser::ValType) -> Option<Self> {
        match value {
            wasmparser::ValType::I32 => Some(Self::I32),
            wasmparser::ValType::I64 => Some(Self::I64),
            wasmparser::ValType::F32 => Some(Self::F32),
            wasmparser::ValType::F64 => Some(Self::F64),
            wasmparser::ValType::V128 | wasmparser::ValType::Ref(_) => None,
        }
    }
}

impl From<ValueType> for wasm_encoder::ValType {
    fn from(value: ValueType) -> Self {
        match value {
            ValueType::I32 => Self::I32,
            ValueType::I64 => Self::I64,
            ValueType::F32 => Self::F32,
            ValueType::F64 => Self::F64,
        }
    }
}

impl fmt::Display for ValueType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::F32 => "f32",
            Self::F64 => "f64",
        })
    }
}

/// As in `(i32, i32) -> (i64)`.
impl fmt::Display for FunctionType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |values: &[ValueType]| {
            values
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(", ")
        };
        write!(
            formatter,
            "({}) -> ({})",
            list(&self.parameters),
            list(&self.results)
        )
    }
}

impl FunctionType {
    /// How many parameters and results there are.
    pub(super) fn len(&self) -> usize {
        self.parameters.len().saturating_add(self.results.len())
    }
}
