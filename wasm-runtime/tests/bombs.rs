//! Modules made to cost more than their size: each is refused by name, or stays within a multiple of
//! its size.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_types,
    reason = "a test fails by panicking, and floats are values of WebAssembly"
)]

mod common;

use slsbft_wasm::limits::{Limit, Limits};
use slsbft_wasm::pass::{FEATURES, Refusal, Rules, meter};
use wasm_encoder::{
    BlockType, CodeSection, CustomSection, DataSection, ElementSection, Elements, Encode, ExportKind,
    ExportSection, Function, FunctionSection, Instruction, MemorySection, MemoryType, Module, RefType,
    TableSection, TableType, TypeSection, ValType,
};

/// The limit that refuses a module, the number found, and the function it is in.
fn limit(code: &[u8]) -> (Limit, u64, Option<u32>) {
    match meter(code, &Rules::CONSENSUS) {
        Err(Refusal::Limit {
            limit,
            found,
            allowed,
            place,
        }) => {
            assert_eq!(allowed, Limits::CONSENSUS.of(limit));
            assert!(found > allowed);
            (limit, found, place.function.map(|(index, _)| index))
        }
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("accepted"),
    }
}

/// A module of functions without parameters and results.
fn module(bodies: &[Function]) -> Module {
    let mut module = Module::new();
    let mut types = TypeSection::new();
    types.ty().function([], []);
    let mut functions = FunctionSection::new();
    let mut code = CodeSection::new();
    for body in bodies {
        functions.function(0);
        code.function(body);
    }
    module.section(&types).section(&functions).section(&code);
    module
}

/// A body of these bytes of operators, an `end` behind them.
fn body(operators: Vec<u8>) -> Function {
    let mut function = Function::new([]);
    function.raw(operators);
    function.instruction(&Instruction::End);
    function
}

fn repeat(instructions: &[Instruction<'_>], times: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    instructions
        .iter()
        .for_each(|instruction| instruction.encode(&mut bytes));
    bytes.repeat(times)
}

/// Meters a module that must be accepted: bytes written per byte read, rounded up.
fn growth(code: &[u8]) -> usize {
    let metered = meter(code, &Rules::CONSENSUS).unwrap_or_else(|refusal| panic!("{refusal}"));
    let mut validator = wasmparser::Validator::new_with_features(FEATURES);
    validator
        .validate_all(&metered.wasm)
        .expect("what the pass writes is valid");
    metered.wasm.len().div_ceil(code.len())
}

#[test]
fn a_function_type_of_too_many_parameters_is_refused() {
    for count in [101, 1_000, 100_000] {
        let mut types = TypeSection::new();
        types.ty().function(std::iter::repeat_n(ValType::I64, count), []);
        let code = Module::new().section(&types).clone().finish();
        let found = meter(&code, &Rules::CONSENSUS).unwrap_err();
        assert!(
            matches!(
                found,
                Refusal::Limit {
                    limit: Limit::Parameters,
                    ..
                } | Refusal::Invalid { .. }
            ),
            "{found}"
        );
    }
    let mut types = TypeSection::new();
    types.ty().function([], [ValType::I32; 17]);
    assert_eq!(
        limit(&Module::new().section(&types).clone().finish()).0,
        Limit::Results
    );
}

#[test]
fn many_function_types_are_refused_by_number_and_by_their_parameters() {
    let mut types = TypeSection::new();
    (0..2_001).for_each(|_| types.ty().function([], []));
    assert_eq!(
        limit(&Module::new().section(&types).clone().finish()),
        (Limit::Types, 2_001, None)
    );
    let mut types = TypeSection::new();
    (0..2_000).for_each(|_| types.ty().function([ValType::I32; 100], []));
    assert_eq!(
        limit(&Module::new().section(&types).clone().finish()).0,
        Limit::ParametersTotal
    );
}

#[test]
fn locals_by_the_thousand_million_are_refused_before_they_are_made() {
    for count in [2_001, 60_000, u32::MAX] {
        let mut large = Function::new([(count, ValType::I64)]);
        large.instruction(&Instruction::End);
        let code = module(&[body(Vec::new()), large]).finish();
        assert_eq!(limit(&code), (Limit::Locals, u64::from(count), Some(1)));
    }
    let mut function = Function::new([(2_000, ValType::I64)]);
    function.instruction(&Instruction::End);
    let code = module(&vec![function; 501]).finish();
    assert_eq!(limit(&code), (Limit::LocalsTotal, 1_002_000, Some(500)));
}

#[test]
fn a_hundred_thousand_nested_blocks_or_loops_are_refused_at_the_limit() {
    for (block, which) in [
        (Instruction::Block as fn(_) -> _, Limit::Nesting),
        (Instruction::Loop, Limit::LoopNesting),
    ] {
        let operators = repeat(&[block(BlockType::Empty)], 100_000);
        let found = limit(&module(&[body(operators)]).finish());
        assert_eq!(
            found,
            (which, Limits::CONSENSUS.of(which) + 1, Some(0)),
            "no deeper than the limit"
        );
    }
}

#[test]
fn a_deep_operand_stack_is_refused_at_the_limit() {
    let code = module(&[body(repeat(&[Instruction::I32Const(1)], 100_000))]).finish();
    assert_eq!(limit(&code), (Limit::Operands, 1_001, Some(0)));
}

#[test]
fn a_million_targets_of_one_br_table_are_refused_and_so_are_many_tables() {
    let table = |targets: usize| {
        let instruction = Instruction::BrTable(vec![0; targets].into(), 0);
        repeat(
            &[
                Instruction::Block(BlockType::Empty),
                Instruction::I32Const(0),
                instruction,
                Instruction::End,
            ],
            1,
        )
    };
    let mut large = Vec::new();
    large.extend(table(100_000));
    assert_eq!(
        limit(&module(&[body(large)]).finish()),
        (Limit::BranchTargets, 100_000, Some(0))
    );
    let functions = vec![body(table(10_000)); 21];
    assert_eq!(
        limit(&module(&functions).finish()),
        (Limit::BranchTargetsTotal, 210_000, Some(20))
    );
}

#[test]
fn large_tables_memories_and_segments_are_refused() {
    let mut tables = TableSection::new();
    let mut table = TableType {
        element_type: RefType::FUNCREF,
        table64: false,
        minimum: 1_000_000_000,
        maximum: None,
        shared: false,
    };
    tables.table(table);
    assert_eq!(
        limit(&Module::new().section(&tables).clone().finish()).0,
        Limit::TableElements
    );
    table.minimum = 1;
    let mut tables = TableSection::new();
    tables.table(table).table(table);
    assert_eq!(
        limit(&Module::new().section(&tables).clone().finish()).0,
        Limit::Tables
    );

    let mut memories = MemorySection::new();
    let memory = MemoryType {
        minimum: 65_536,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    };
    memories.memory(memory);
    assert_eq!(
        limit(&Module::new().section(&memories).clone().finish()),
        (Limit::MemoryPages, 65_536, None)
    );

    let mut data = DataSection::new();
    (0..10_001).for_each(|_| {
        data.passive([]);
    });
    assert_eq!(
        limit(&Module::new().section(&data).clone().finish()).0,
        Limit::DataSegments
    );

    let mut elements = ElementSection::new();
    (0..1_001).for_each(|_| {
        elements.passive(Elements::Functions([].as_slice().into()));
    });
    assert_eq!(
        limit(&Module::new().section(&elements).clone().finish()).0,
        Limit::ElementSegments
    );
}

#[test]
fn a_module_a_body_and_a_number_of_functions_have_their_limits() {
    assert_eq!(
        limit(&vec![0; (4 << 20) + 1]),
        (Limit::CodeBytes, (4 << 20) + 1, None)
    );
    let code = module(&[body(repeat(&[Instruction::Nop], (4 << 20) - 100))]).finish();
    let (which, found, function) = limit(&code);
    assert_eq!((which, function), (Limit::BodyBytes, Some(0)));
    assert!(found > 4_000_000);
    let code = module(&vec![body(Vec::new()); 100_000]).finish();
    assert_eq!(limit(&code), (Limit::Functions, 100_000, None));
    let bodies = vec![body(repeat(&[Instruction::Nop], 150_000)); 14];
    assert_eq!(
        limit(&module(&bodies).finish()),
        (Limit::Operators, 2_000_001, Some(13))
    );
}

#[test]
fn names_of_imports_and_exports_are_bounded_in_length_and_number() {
    let mut exports = ExportSection::new();
    exports.export(&"x".repeat(257), ExportKind::Func, 0);
    assert_eq!(
        limit(&Module::new().section(&exports).clone().finish()),
        (Limit::NameBytes, 257, None)
    );
    let mut exports = ExportSection::new();
    (0..1_001).for_each(|index| {
        exports.export(&index.to_string(), ExportKind::Func, 0);
    });
    assert_eq!(
        limit(&Module::new().section(&exports).clone().finish()).0,
        Limit::Exports
    );
}

#[test]
fn custom_sections_are_dropped_whatever_they_hold() {
    let mut code = module(&[body(Vec::new())]);
    let plain = meter(&code.clone().finish(), &Rules::CONSENSUS).unwrap();
    let garbage = vec![0xff; 1 << 20];
    for name in ["name", "producers", "linking", ""] {
        code.section(&CustomSection {
            name: name.into(),
            data: garbage.as_slice().into(),
        });
        let metered = meter(&code.clone().finish(), &Rules::CONSENSUS);
        assert_eq!(metered.as_ref(), Ok(&plain), "{name}");
        code = module(&[body(Vec::new())]);
    }
}

#[test]
fn code_that_cannot_be_reached_is_left_out() {
    let mut operators = repeat(&[Instruction::Unreachable], 1);
    let noise = [
        Instruction::I32Const(1),
        Instruction::I32Const(2),
        Instruction::I32DivS,
        Instruction::Drop,
    ];
    operators.extend(repeat(&noise, 20_000));
    let dead = module(&[body(operators)]).finish();
    let metered = meter(&dead, &Rules::CONSENSUS).unwrap();
    assert!(dead.len() > 100_000);
    assert!(metered.wasm.len() < 200, "{}", metered.wasm.len());
}

#[test]
fn output_is_at_most_a_small_multiple_of_the_input() {
    let empty = BlockType::Empty;
    let worst = [
        // A segment in every few bytes, dear enough for a long constant.
        repeat(&[Instruction::MemorySize(0), Instruction::BrIf(0)], 30_000),
        repeat(
            &[
                Instruction::MemorySize(0),
                Instruction::If(empty),
                Instruction::End,
            ],
            30_000,
        ),
        repeat(
            &[
                Instruction::Loop(empty),
                Instruction::MemorySize(0),
                Instruction::BrIf(0),
                Instruction::End,
            ],
            30_000,
        ),
        repeat(
            &[Instruction::Block(empty), Instruction::Br(0), Instruction::End],
            30_000,
        ),
        repeat(
            &[
                Instruction::MemorySize(0),
                Instruction::MemoryGrow(0),
                Instruction::Drop,
            ],
            30_000,
        ),
    ];
    for operators in worst {
        let mut memories = MemorySection::new();
        memories.memory(MemoryType {
            minimum: 0,
            maximum: None,
            memory64: false,
            shared: false,
            page_size_log2: None,
        });
        let mut module = Module::new();
        let mut types = TypeSection::new();
        types.ty().function([], []);
        let mut functions = FunctionSection::new();
        functions.function(0);
        let mut code = CodeSection::new();
        code.function(&body(operators));
        module
            .section(&types)
            .section(&functions)
            .section(&memories)
            .section(&code);
        let growth = growth(&module.finish());
        assert!(growth <= 8, "{growth}");
    }
    let mut functions = vec![body(repeat(&[Instruction::Call(0)], 1)); 19_000];
    functions.push(body(Vec::new()));
    let growth = growth(&module(&functions).finish());
    assert!(growth <= 12, "{growth}");
}

#[test]
fn names_that_begin_like_the_metering_are_refused() {
    for text in [
        r#"(module (func (export "slsbft:points")))"#,
        r#"(module (global (export "slsbft:x") i32 (i32.const 0)))"#,
        r#"(module (import "slsbft:a" "b" (func)))"#,
        r#"(module (import "env" "slsbft:b" (func)))"#,
    ] {
        let code = wat::parse_str(text).unwrap();
        assert!(
            matches!(meter(&code, &Rules::CONSENSUS), Err(Refusal::Reserved { .. })),
            "{text}"
        );
    }
}

#[test]
fn imports_other_than_functions_are_refused() {
    for (text, which) in [
        (
            r#"(module (import "env" "m" (memory 1)))"#,
            Limit::ImportedMemories,
        ),
        (
            r#"(module (import "env" "t" (table 1 funcref)))"#,
            Limit::ImportedTables,
        ),
        (
            r#"(module (import "env" "g" (global i32)))"#,
            Limit::ImportedGlobals,
        ),
    ] {
        assert_eq!(limit(&wat::parse_str(text).unwrap()).0, which);
    }
}

#[test]
fn a_refused_operator_is_named_with_its_function_and_what_to_do() {
    let cases = [
        ("(func $vector (drop (v128.const i32x4 0 0 0 0)))", "v128", "simd"),
        (
            "(func $null (drop (ref.null func)))",
            "ref.null",
            "reference_types",
        ),
        (
            "(table 1 funcref) (func $size (drop (table.size 0)))",
            "table.size",
            "reference_types",
        ),
        ("(func $tail return_call 0)", "return_call", "tail_call"),
        (
            "(memory 1) (func $fence (atomic.fence))",
            "atomic.fence",
            "threads",
        ),
        (
            "(func $pick (drop (select (result i32) (i32.const 1) (i32.const 1) (i32.const 1))))",
            "typed_select",
            "reference_types",
        ),
    ];
    for (text, name, proposal) in cases {
        let code = wat::parse_str(format!("(module {text})")).unwrap();
        let refusal = meter(&code, &Rules::CONSENSUS).unwrap_err();
        let message = refusal.to_string();
        assert!(matches!(refusal, Refusal::Operator { .. }), "{message}");
        assert!(message.contains(name) && message.contains(proposal), "{message}");
        let function = text.split('$').nth(1).unwrap().split([' ', ')']).next().unwrap();
        assert!(
            message.contains(&format!("in function 0 `{function}` at byte 0x")),
            "{message}"
        );
    }
}

#[test]
fn a_component_and_elements_as_expressions_are_refused_by_what_they_are() {
    for (text, what) in [
        ("(component)", "component"),
        (
            "(module (table 1 funcref) (elem (i32.const 0) funcref (ref.null func)))",
            "element segment of expressions",
        ),
        ("(module (func (param v128)))", "vector or reference"),
        ("(module (func (param externref)))", "vector or reference"),
    ] {
        let refusal = meter(&wat::parse_str(text).unwrap(), &Rules::CONSENSUS).unwrap_err();
        assert!(refusal.to_string().contains(what), "{refusal}");
    }
}

#[test]
fn a_call_through_the_table_may_write_its_table_at_any_length() {
    // `call_indirect` type 0, table 0 in five bytes, as linkers leave it for relocation.
    let mut tables = TableSection::new();
    let element_type = RefType::FUNCREF;
    tables.table(TableType {
        element_type,
        table64: false,
        minimum: 1,
        maximum: None,
        shared: false,
    });
    let mut module = Module::new();
    let mut types = TypeSection::new();
    types.ty().function([], []);
    let mut functions = FunctionSection::new();
    functions.function(0);
    let mut code = CodeSection::new();
    let mut operators = repeat(&[Instruction::I32Const(0)], 1);
    operators.extend([0x11, 0x00, 0x80, 0x80, 0x80, 0x80, 0x00]);
    code.function(&body(operators));
    module
        .section(&types)
        .section(&functions)
        .section(&tables)
        .section(&code);
    let metered = meter(&module.finish(), &Rules::CONSENSUS).unwrap();
    assert!(
        !metered.wasm.windows(2).any(|bytes| bytes == [0x80, 0x80]),
        "the index takes one byte"
    );
}

#[test]
fn declared_limits_are_the_ones_of_the_page() {
    let page = include_str!("../../docs/contracts/limits.md");
    for limit in Limit::ALL {
        let value = Limits::CONSENSUS.of(*limit);
        let line = page.lines().find(|line| line.contains(&format!("| {limit} |")));
        let line = line.unwrap_or_else(|| panic!("the page lacks: {limit}"));
        assert!(
            line.contains(&format!("| {} |", thousands(value))),
            "{limit} is {value}: {line}"
        );
    }
}

/// `1234567` as `1,234,567`.
fn thousands(value: u64) -> String {
    let digits = value.to_string();
    let groups: Vec<_> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|group| std::str::from_utf8(group).unwrap())
        .collect();
    groups.join(",")
}
