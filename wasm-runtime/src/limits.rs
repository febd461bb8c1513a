//! What a contract's module may contain at most. The figures are consensus; their reasons are in
//! `docs/contracts/limits.md`.

use std::fmt;

/// Writes the list of limits once: the kind, the field of [`Limits`], the consensus figure, what is
/// counted, and what a developer can do about it.
macro_rules! limits {
    ($($kind:ident $field:ident = $value:expr, $what:literal, $advice:literal;)*) => {
        /// Which limit.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Limit {
            $(#[doc = $what] $kind,)*
        }

        /// The greatest number allowed of each thing.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct Limits {
            $(#[doc = $what] pub $field: u64,)*
        }

        impl Limits {
            /// The limits that all nodes agree on.
            pub const CONSENSUS: Self = Self { $($field: $value,)* };

            /// The greatest number allowed.
            pub fn of(&self, limit: Limit) -> u64 {
                match limit {
                    $(Limit::$kind => self.$field,)*
                }
            }
        }

        impl Limit {
            /// All limits, in the order of `docs/contracts/limits.md`.
            pub const ALL: &[Self] = &[$(Self::$kind,)*];

            /// What can be done to come below the limit.
            pub fn advice(self) -> &'static str {
                match self {
                    $(Self::$kind => $advice,)*
                }
            }
        }

        /// What is counted.
        impl fmt::Display for Limit {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(match self {
                    $(Self::$kind => $what,)*
                })
            }
        }
    };
}

limits! {
    CodeBytes code_bytes = 4 << 20, "bytes of the module",
        "optimise for size (opt-level \"z\", wasm-opt -Oz) and strip symbols";
    Types types = 2_000, "function types", "use fewer distinct signatures";
    Parameters parameters = 100, "parameters of a function type", "pass a pointer to a structure";
    ParametersTotal parameters_total = 10_000, "parameters and results of all function types",
        "use fewer distinct signatures";
    Results results = 16, "results of a function type", "return through memory";
    BlockValues block_values = 16, "parameters and results of a block", "keep values in locals";
    Imports imports = 100, "imports", "import only host functions that are used";
    ImportedMemories imported_memories = 0, "imported memories", "define and export the memory";
    ImportedTables imported_tables = 0, "imported tables", "define the table";
    ImportedGlobals imported_globals = 0, "imported globals", "define the global";
    Exports exports = 1_000, "exports", "export entry points only";
    NameBytes name_bytes = 256, "bytes of the name of an import or export", "use a shorter name";
    Functions functions = 20_000, "functions", "remove unused code";
    Globals globals = 1_000, "globals", "keep state in memory";
    Memories memories = 1, "memories", "use one memory";
    MemoryPages memory_pages = 512, "pages of the memory's minimum", "start smaller and grow the memory";
    Tables tables = 1, "tables", "use one table";
    TableElements table_elements = 10_000, "elements of the table's minimum",
        "use fewer functions through pointers";
    ElementSegments element_segments = 1_000, "element segments", "join segments";
    ElementsTotal elements_total = 20_000, "elements of all element segments",
        "use fewer functions through pointers";
    DataSegments data_segments = 10_000, "data segments", "join segments (wasm-opt --limit-segments)";
    BodyBytes body_bytes = 256 << 10, "bytes of a function's body", "split the function";
    Locals locals = 2_000, "locals of a function, its parameters too", "split the function";
    LocalsTotal locals_total = 1_000_000, "declared locals of all functions", "split the module";
    Operators operators = 2_000_000, "operators of all functions", "split the module";
    Operands operands = 1_000, "operands on the stack of a function at once", "split the function";
    Nesting nesting = 1_000, "blocks nested in each other", "nest less deeply";
    LoopNesting loop_nesting = 32, "loops nested in each other", "nest less deeply";
    BranchTargets branch_targets = 10_000, "targets of a br_table", "split the switch";
    BranchTargetsTotal branch_targets_total = 200_000, "targets of all br_tables", "split the module";
    Joined joined = 4_000_000, "branches times locals of all functions",
        "split functions that have many locals and many branches or targets";
    Effort effort = 240_000, "milliseconds that compiling takes, by estimate", "split the largest functions";
    Instantiation instantiation = 10_000_000_000, "points that an instance costs",
        "use less data, memory and table from the start";
    MemoryMaximum memory_maximum = 512, "pages that the memory may grow to",
        "the pass lowers the declared maximum by itself";
}
