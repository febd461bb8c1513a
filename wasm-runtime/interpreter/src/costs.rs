//! What the caller sets. Points and slots are defined in `docs/contracts/metering.md`.

use std::num::NonZeroU64;

/// The greatest budget of points, 2⁶².
pub const MAX_POINTS: i64 = 1 << 62;

/// The greatest single charge, 2⁵⁸: above it a module is refused.
pub const MAX_CHARGE: u64 = 1 << 58;

/// Prices, in points, of all that is not one operator, and the height of a frame, in slots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Costs {
    /// Entering a function.
    pub entry: u64,
    /// Each declared local.
    pub local: u64,
    /// The fixed part of a function's height, in slots.
    pub frame_slots: u64,
    /// A function's height has one slot more for every so many of its reachable operators.
    pub operators_per_slot: Option<NonZeroU64>,
    /// Each page that `memory.grow` asks for.
    pub page_grown: u64,
    /// Each byte of `memory.fill`.
    pub byte_filled: u64,
    /// Each byte of `memory.copy`.
    pub byte_copied: u64,
    /// Each byte of `memory.init`.
    pub byte_initialised: u64,
    /// Each element of `table.copy`.
    pub element_copied: u64,
    /// Each element of `table.init`.
    pub element_initialised: u64,
    /// What comes before the first instruction.
    pub instantiation: InstantiationCosts,
}

/// Prices, in points, of instantiating a module.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InstantiationCosts {
    /// The fixed part.
    pub module: u64,
    /// Each of the first pages of the minimum memory.
    pub page: u64,
    /// How many are the first.
    pub kept_pages: u64,
    /// Each further page of it.
    pub fresh_page: u64,
    /// Each byte of the data segments.
    pub data_byte: u64,
    /// Each element of the element segments.
    pub segment_element: u64,
    /// Each element of the minimum table.
    pub table_element: u64,
    /// Each global that the module declares.
    pub global: u64,
}

/// Bounds on what an instance may hold, whatever its module allows itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Pages of memory; `memory.grow` beyond them yields −1.
    pub pages: u32,
    /// Elements of the table.
    pub elements: u32,
}
