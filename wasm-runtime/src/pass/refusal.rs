//! Why a module is refused: where, what was found, and what its developer can do.

use std::fmt;

use crate::limits::Limit;

/// A refused module. The message is the same on every node, so it may go into a transaction's log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Not WebAssembly, or not valid with the features that contracts may use.
    #[error("invalid WebAssembly {place}: {reason}")]
    Invalid {
        /// Where.
        place: Place,
        /// The rule that is broken.
        reason: String,
    },
    /// More of something than a contract may have.
    #[error("too large {place}: {found} {limit}, at most {allowed} are allowed; {}", limit.advice())]
    Limit {
        /// Where.
        place: Place,
        /// What was counted.
        limit: Limit,
        /// How many are allowed.
        allowed: u64,
        /// How many were found (at least: counting stops where it cannot end well).
        found: u64,
    },
    /// An operator that contracts may not use.
    #[error("operator not allowed {place}: {operator} ({proposal}); {advice}")]
    Operator {
        /// Where.
        place: Place,
        /// The operator, as WebAssembly's text format names it.
        operator: String,
        /// The extension of WebAssembly it belongs to.
        proposal: &'static str,
        /// What to do.
        advice: &'static str,
    },
    /// An import or export whose name belongs to the metering.
    #[error("the name `{name}` is reserved: names of imports and exports may not begin with `slsbft:`")]
    Reserved {
        /// The name, cut to its first 64 characters.
        name: String,
    },
    /// A kind of import, type or segment that contracts may not use.
    #[error("not allowed {place}: {what}")]
    Unsupported {
        /// Where.
        place: Place,
        /// What it is, and what to do instead.
        what: &'static str,
    },
}

/// A place in a module: a byte offset and, in a body, its function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Bytes from the beginning of the module.
    pub offset: u64,
    /// The function's index and, from the name section, its name.
    pub function: Option<(u32, Option<String>)>,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.function {
            Some((index, Some(name))) => write!(formatter, "in function {index} `{name}` ")?,
            Some((index, None)) => write!(formatter, "in function {index} ")?,
            None => {}
        }
        write!(formatter, "at byte {:#x}", self.offset)
    }
}

impl Refusal {
    pub(super) fn operator(operator: &wasmparser::Operator<'_>, offset: usize) -> Self {
        let (operator, proposal) = describe(operator);
        Self::Operator {
            place: Place::at(offset),
            operator,
            proposal,
            advice: advice(proposal),
        }
    }

    pub(super) fn unsupported(what: &'static str, offset: usize) -> Self {
        Self::Unsupported {
            place: Place::at(offset),
            what,
        }
    }

    /// The same refusal in a function's body.
    pub(super) fn in_function(mut self, index: u32) -> Self {
        if let Some(place) = self.place_mut() {
            place.function = Some((index, None));
        }
        self
    }

    pub(super) fn place_mut(&mut self) -> Option<&mut Place> {
        match self {
            Self::Invalid { place, .. }
            | Self::Limit { place, .. }
            | Self::Operator { place, .. }
            | Self::Unsupported { place, .. } => Some(place),
            Self::Reserved { .. } => None,
        }
    }
}

impl From<wasmparser::Error> for Refusal {
    fn from(error: wasmparser::Error) -> Self {
        Self::Invalid {
            place: Place::at(error.offset()),
            reason: error.message().to_string(),
        }
    }
}

impl Place {
    pub(super) fn at(offset: usize) -> Self {
        Self {
            offset: offset as u64,
            function: None,
        }
    }
}

/// Makes the names of all operators that the parser knows, and their proposals, from its own list.
macro_rules! describe {
    ($(@$proposal:ident $variant:ident $({ $($field:ident: $type:ty),* })? => $visit:ident ($($rest:tt)*))*) => {
        fn describe(operator: &wasmparser::Operator<'_>) -> (String, &'static str) {
            let (visit, proposal) = match operator {
                $(wasmparser::Operator::$variant { .. } => (stringify!($visit), stringify!($proposal)),)*
                _ => ("visit_v128_operator", "simd"),
            };
            (dotted(visit.trim_start_matches("visit_")), proposal)
        }
    };
}
wasmparser::for_each_operator!(describe);

/// `i32_add` as `i32.add`: the first word is a type or a kind of thing, or the name has no dot.
fn dotted(name: &str) -> String {
    const WITHOUT_DOT: [&str; 6] = ["br", "call", "return", "try", "throw", "typed"];
    match name.split_once('_') {
        Some((head, rest)) if !WITHOUT_DOT.contains(&head) => format!("{head}.{rest}"),
        _ => name.to_owned(),
    }
}

fn advice(proposal: &str) -> &'static str {
    match proposal {
        "simd" | "relaxed_simd" => "compile without vector instructions (Rust: -C target-feature=-simd128)",
        "threads" | "shared_everything_threads" => "compile without threads and atomics",
        "tail_call" => "compile without tail calls",
        "reference_types" | "gc" | "function_references" => {
            "contracts have no references; call through the table of functions"
        }
        "exceptions" | "legacy_exceptions" => "compile with panics that abort and without exceptions",
        _ => "compile for WebAssembly 1.0 (Rust: -C target-cpu=mvp)",
    }
}
