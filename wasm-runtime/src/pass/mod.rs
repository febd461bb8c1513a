//! The pass that writes a contract's accounting into its module: WebAssembly in, WebAssembly out.
//!
//! It refuses what contracts may not contain and adds the charges of `docs/contracts/metering.md`, in
//! one walk over the module:
//!
//! - [`module`]: the sections, in their order, and what the host has to know about them;
//! - [`body`]: a function's body, operator by operator; [`segments`]: where its charges go;
//!   [`traps`]: which operators may end a call;
//! - [`effort`]: how long compiling a body takes at most;
//! - [`write`]: the body with its charges; [`assemble`]: the module with what is added to it;
//! - [`refusal`]: why a module is refused; [`names`]: the function's name in a refusal.
//!
//! Nothing moves: types, globals, exports and locals are appended, so all indices stay what they are,
//! and bodies are copied in pieces. Work and output are bounded by a multiple of the module's size.

mod assemble;
mod body;
mod effort;
mod module;
mod names;
mod refusal;
mod segments;
mod traps;
mod types;
mod write;

use wasmparser::WasmFeatures;

pub use names::function_name;
pub use refusal::{Place, Refusal};
pub use types::{Export, FunctionType, Import, Kind, ValueType};

use crate::limits::{Limit, Limits};
use crate::prices::{self, Prices};

/// The export that holds the points left, a mutable `i64`.
pub const POINTS: &str = "slsbft:points";
/// The export that holds the slots of the stack left, a mutable `i64`.
pub const STACK: &str = "slsbft:stack";
/// The export of the start function, if there is one.
pub const START: &str = "slsbft:start";
/// How the names of these exports begin.
const RESERVED: &str = "slsbft:";

/// The WebAssembly that contracts may use. Of reference types only the encoding: `call_indirect` with
/// its table's index in any length.
pub const FEATURES: WasmFeatures = WasmFeatures::MUTABLE_GLOBAL
    .union(WasmFeatures::SIGN_EXTENSION)
    .union(WasmFeatures::SATURATING_FLOAT_TO_INT)
    .union(WasmFeatures::BULK_MEMORY)
    .union(WasmFeatures::MULTI_VALUE)
    .union(WasmFeatures::CALL_INDIRECT_OVERLONG)
    .union(WasmFeatures::FLOATS);

/// What a module is checked against and charged by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// What it may contain at most.
    pub limits: Limits,
    /// What it costs.
    pub prices: Prices,
}

impl Rules {
    /// The rules that all nodes agree on.
    pub const CONSENSUS: Self = Self {
        limits: Limits::CONSENSUS,
        prices: prices::CURRENT,
    };
}

/// A module with its accounting, and what its host has to know about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metered {
    /// The module, valid with [`FEATURES`].
    pub wasm: Vec<u8>,
    /// What an instance costs before its first instruction, in points.
    pub instantiation: u64,
    /// Milliseconds that compiling it takes at most, by estimate.
    pub effort: u64,
    /// What it asks its host for, in order.
    pub imports: Vec<Import>,
    /// What it shows its host, without what the pass adds.
    pub exports: Vec<Export>,
    /// Whether there is a start function, to be called as [`START`] before anything else.
    pub start: bool,
}

/// Checks a module and writes its accounting into it.
///
/// # Errors
/// [`Refusal`] says what a contract may not contain, where it is and what can be done about it.
pub fn meter(code: &[u8], rules: &Rules) -> Result<Metered, Refusal> {
    module::meter(code, rules).map_err(|refusal| names::complete(code, refusal))
}

/// Refuses more than the limit.
fn check(rules: &Rules, limit: Limit, found: u64, offset: usize) -> Result<(), Refusal> {
    let allowed = rules.limits.of(limit);
    if found <= allowed {
        return Ok(());
    }
    Err(Refusal::Limit {
        place: Place::at(offset),
        limit,
        allowed,
        found,
    })
}
