//! The price table: points for each operator and for what else costs (`docs/contracts/metering.md`).
//!
//! The figures are data: `v2.txt`, one `name = points` a line in the order of [`OPERATORS`] and then
//! [`RULES`], so that a calibration (`examples/calibrate`) can write a new one. The compiler reads it; a
//! wrong table does not build. Prices are consensus: a new table is a new [`VERSION`], in a file of its own.

mod entries;
mod table;

pub use entries::{OPERATORS, RULES, Rule};
pub use table::TableError;
use wasmparser::Operator;

/// The greatest price of an operator or a rule, in points: so a segment of 2²² operators stays below
/// the greatest charge.
pub const MAXIMUM_PRICE: u64 = 1 << 32;

/// The greatest price per unit of an operand, in points: times an operand of 32 bits it stays within
/// the greatest charge.
pub const MAXIMUM_UNIT_PRICE: u64 = 1 << 26;

/// The greatest single charge, in points.
pub const MAXIMUM_CHARGE: u64 = 1 << 58;

/// The version of [`CURRENT`]. Compiled code has its charges in it, so it is kept by this version too.
pub const VERSION: u32 = 2;

/// The table that all nodes agree on.
#[allow(
    clippy::panic,
    reason = "evaluated by the compiler: a wrong table does not build"
)]
pub const CURRENT: Prices = match Prices::parse(include_str!("v2.txt")) {
    Ok(prices) => prices,
    Err(_) => panic!("v2.txt is not a price table"),
};

/// A price table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prices {
    operators: [u64; OPERATORS.len()],
    rules: [u64; RULES.len()],
}

/// A price per unit of an operator's last operand, charged right before the operator runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// For each page of memory.
    Page,
    /// For each byte.
    Byte,
    /// For each element of a table.
    Element,
}

impl Prices {
    /// Reads a table: `name = points` in the one order, `#` before comments.
    ///
    /// # Errors
    /// [`TableError`] names the line (from 1) that is not what the order asks for.
    pub const fn parse(text: &str) -> Result<Self, TableError> {
        table::parse(text)
    }

    /// The fixed price of an operator in points, charged with its segment; nothing for an operator
    /// that contracts may not use.
    pub fn operator(&self, operator: &Operator<'_>) -> Option<u64> {
        self.operators.get(entries::position(operator)?).copied()
    }

    /// The price of what is not an operator, in points (heights: in slots and operators per slot).
    pub fn rule(&self, rule: Rule) -> u64 {
        self.rules.get(rule as usize).copied().unwrap_or(MAXIMUM_PRICE)
    }

    /// What the operator pays for each unit of its topmost operand (an unsigned 32-bit number), on
    /// top of its fixed price: points and the unit; nothing for an operator of one price.
    pub fn per_unit(&self, operator: &Operator<'_>) -> Option<(u64, Unit)> {
        let (rule, unit) = match operator {
            Operator::MemoryGrow { .. } => (Rule::MemoryGrowPage, Unit::Page),
            Operator::MemoryFill { .. } => (Rule::MemoryFillByte, Unit::Byte),
            Operator::MemoryCopy { .. } => (Rule::MemoryCopyByte, Unit::Byte),
            Operator::MemoryInit { .. } => (Rule::MemoryInitByte, Unit::Byte),
            Operator::TableCopy { .. } => (Rule::TableCopyElement, Unit::Element),
            Operator::TableInit { .. } => (Rule::TableInitElement, Unit::Element),
            _ => return None,
        };
        Some((self.rule(rule), unit))
    }
}
