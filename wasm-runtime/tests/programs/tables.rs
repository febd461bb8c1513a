//! Price tables for tests, and the same tables as the interpreter takes them.

use slsbft_wasm::pass::Rules;
use slsbft_wasm::prices::{OPERATORS, Prices, RULES, Rule};
use slsbft_wasm_interpreter::{Budget, Costs, InstantiationCosts, LoadError, Module};
use std::fmt::Write;
use std::num::NonZeroU64;

/// A table in which every operator costs something, most of them something else than the others.
/// With it, a budget that lets most calls end.
pub fn distinct() -> (Rules, Budget) {
    let mut text = String::new();
    for (index, name) in OPERATORS.iter().enumerate() {
        writeln!(text, "{name} = {}", 1 + (index * 7) % 31).unwrap();
    }
    for (index, name) in RULES.iter().enumerate() {
        let price = match *name {
            "memory.grow/page" => 900,
            "memory.kept" => 2,
            "height.frame" => 3,
            "height.operators" => 11,
            _ => 1 + index,
        };
        writeln!(text, "{name} = {price}").unwrap();
    }
    let rules = Rules {
        prices: Prices::parse(&text).unwrap(),
        ..Rules::CONSENSUS
    };
    (
        rules,
        Budget {
            points: 40_000,
            slots: 4_000,
        },
    )
}

/// The table that all nodes agree on, and a budget that lets most calls end.
pub fn consensus() -> (Rules, Budget) {
    (
        Rules::CONSENSUS,
        Budget {
            points: 20_000_000,
            slots: 20_000,
        },
    )
}

/// Loads a module into the interpreter at the prices of some rules.
pub fn load(code: &[u8], rules: &Rules) -> Result<Module, LoadError> {
    let price = |op: &wasmparser::Operator<'_>| rules.prices.operator(op).unwrap_or(0);
    Module::parse(code, &price, &costs(&rules.prices))
}

fn costs(prices: &Prices) -> Costs {
    let of = |rule| prices.rule(rule);
    Costs {
        entry: of(Rule::FunctionEntry),
        local: of(Rule::FunctionLocal),
        frame_slots: of(Rule::HeightFrame),
        operators_per_slot: NonZeroU64::new(of(Rule::HeightOperators)),
        page_grown: of(Rule::MemoryGrowPage),
        byte_filled: of(Rule::MemoryFillByte),
        byte_copied: of(Rule::MemoryCopyByte),
        byte_initialised: of(Rule::MemoryInitByte),
        element_copied: of(Rule::TableCopyElement),
        element_initialised: of(Rule::TableInitElement),
        instantiation: InstantiationCosts {
            module: of(Rule::Instance),
            page: of(Rule::InstancePage),
            kept_pages: of(Rule::MemoryKept),
            fresh_page: of(Rule::InstanceFreshPage),
            data_byte: of(Rule::InstanceDataByte),
            segment_element: of(Rule::InstanceElement),
            table_element: of(Rule::InstanceElement),
            global: of(Rule::InstanceGlobal),
        },
    }
}
