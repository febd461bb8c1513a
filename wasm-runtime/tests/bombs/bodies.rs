//! Bodies: what functions contain.

use slsbft_wasm::limits::{Limit, Limits};
use slsbft_wasm::pass::{Refusal, Rules, meter};
use wasm_encoder::{
    BlockType, CodeSection, Function, FunctionSection, Instruction, MemorySection, MemoryType, Module,
    RefType, TableSection, TableType, TypeSection, ValType,
};

use super::{body, growth, limit, module, repeat};

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
