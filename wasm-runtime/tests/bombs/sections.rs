//! Sections: what a module declares.

use slsbft_wasm::limits::Limit;
use slsbft_wasm::pass::{Refusal, Rules, meter};
use wasm_encoder::{
    CustomSection, DataSection, ElementSection, Elements, ExportKind, ExportSection, Instruction,
    MemorySection, MemoryType, Module, RefType, TableSection, TableType, TypeSection, ValType,
};

use super::{body, limit, module, repeat};

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
