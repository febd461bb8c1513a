//! What is around the bodies of a generated module: types, imports, a table, a memory, globals, segments.

use super::choices::Choices;
use super::generate::TYPES;
use wasm_encoder::{
    CodeSection, ConstExpr, DataCountSection, DataSection, ElementSection, Elements, EntityType, ExportKind,
    ExportSection, FunctionSection, GlobalSection, GlobalType, ImportSection, MemorySection, MemoryType,
    Module, RefType, TableSection, TableType, TypeSection, ValType,
};

/// Elements of the table, of which some stay empty.
const TABLE: u64 = 6;

/// Parameters and results.
#[derive(Clone, PartialEq)]
pub struct Signature(pub Vec<ValType>, pub Vec<ValType>);

/// The functions that programs import from `env`, by name.
pub fn host_functions() -> [(&'static str, Vec<ValType>, Vec<ValType>); 3] {
    [
        ("none", vec![], vec![]),
        ("one", vec![ValType::I32], vec![ValType::I32]),
        (
            "two",
            vec![ValType::I64, ValType::F64],
            vec![ValType::F64, ValType::I32],
        ),
    ]
}

/// A module of these types, of functions by their types' indices (imported ones first), and of their code.
pub fn assemble(
    types: &[Signature],
    functions: &[usize],
    code: CodeSection,
    choices: &mut Choices<'_>,
) -> Vec<u8> {
    let hosts = host_functions();
    let mut type_section = TypeSection::new();
    for Signature(params, results) in types {
        type_section
            .ty()
            .function(params.iter().copied(), results.iter().copied());
    }
    let mut imports = ImportSection::new();
    for (index, (name, ..)) in hosts.iter().enumerate() {
        imports.import("env", name, EntityType::Function(index as u32));
    }
    let (mut declared, mut exports) = (FunctionSection::new(), ExportSection::new());
    for (index, ty) in functions.iter().enumerate().skip(hosts.len()) {
        declared.function(*ty as u32);
        exports.export(
            &format!("f{}", index - hosts.len()),
            ExportKind::Func,
            index as u32,
        );
    }
    let mut tables = TableSection::new();
    tables.table(TableType {
        element_type: RefType::FUNCREF,
        table64: false,
        minimum: TABLE,
        maximum: None,
        shared: false,
    });
    let mut memories = MemorySection::new();
    memories.memory(MemoryType {
        minimum: 1,
        maximum: Some(3),
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    let mut globals = GlobalSection::new();
    for (index, ty) in TYPES.into_iter().enumerate() {
        globals.global(
            GlobalType {
                val_type: ty,
                mutable: true,
                shared: false,
            },
            &zero(ty),
        );
        exports.export(&format!("g{index}"), ExportKind::Global, index as u32);
    }
    exports.export("memory", ExportKind::Memory, 0);
    let some: Vec<u32> = (0..4).map(|_| choices.below(functions.len()) as u32).collect();
    let mut elements = ElementSection::new();
    elements.active(
        None,
        &ConstExpr::i32_const(0),
        Elements::Functions(some.as_slice().into()),
    );
    elements.passive(Elements::Functions(some.as_slice().into()));
    let mut data = DataSection::new();
    data.active(
        0,
        &ConstExpr::i32_const(choices.below(256) as i32),
        [1, 2, 3, 4, 5, 6, 7, 8],
    );
    data.passive((0..32).collect::<Vec<u8>>());
    let mut module = Module::new();
    module
        .section(&type_section)
        .section(&imports)
        .section(&declared)
        .section(&tables)
        .section(&memories);
    module.section(&globals).section(&exports).section(&elements);
    module
        .section(&DataCountSection { count: 2 })
        .section(&code)
        .section(&data);
    module.finish()
}

fn zero(ty: ValType) -> ConstExpr {
    match ty {
        ValType::I32 => ConstExpr::i32_const(0),
        ValType::I64 => ConstExpr::i64_const(0),
        ValType::F32 => ConstExpr::f32_const(0.0.into()),
        _ => ConstExpr::f64_const(0.0.into()),
    }
}
