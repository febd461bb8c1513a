//! A module, written from its sections and what the pass adds to them.

use std::collections::BTreeMap;
use std::ops::Range;

use wasm_encoder::{
    BlockType, ConstExpr, Encode, ExportKind, GlobalType, MemoryType, Module, RawSection, SectionId, ValType,
};
use wasmparser::Payload;

use super::types::{FunctionType, ValueType};
use super::{POINTS, STACK, START};

/// The sections that are written, in their order.
const ORDER: [SectionId; 11] = [
    SectionId::Type,
    SectionId::Import,
    SectionId::Function,
    SectionId::Table,
    SectionId::Memory,
    SectionId::Global,
    SectionId::Export,
    SectionId::Element,
    SectionId::DataCount,
    SectionId::Code,
    SectionId::Data,
];

/// How a function type begins.
const FUNCTION_TYPE: u8 = 0x60;

/// A section's items: how many, and where.
pub(super) type Items = Option<(u32, Range<usize>)>;

/// What a module is written from.
pub(super) struct Parts<'a> {
    code: &'a [u8],
    pub types: Items,
    pub globals: Items,
    pub exports: Items,
    /// Minimum and maximum of each memory, in pages.
    pub memories: Vec<(u64, u64)>,
    /// The start function.
    pub start: Option<u32>,
    /// Sections that stay as they are.
    kept: BTreeMap<u8, Range<usize>>,
    /// Types of blocks without parameters and with these results, and those of them that are added.
    blocks: Option<BTreeMap<Vec<ValueType>, u32>>,
    added_types: Vec<Vec<ValueType>>,
    bodies: Vec<u8>,
    body_count: u32,
}

impl<'a> Parts<'a> {
    pub(super) fn new(code: &'a [u8]) -> Self {
        Self {
            code,
            types: None,
            globals: None,
            exports: None,
            memories: Vec::new(),
            start: None,
            kept: BTreeMap::new(),
            blocks: None,
            added_types: Vec::new(),
            bodies: Vec::new(),
            body_count: 0,
        }
    }

    /// Keeps a section that stays as it is. Custom sections are dropped.
    pub(super) fn keep(&mut self, payload: &Payload<'a>) {
        let (id, range) = match payload {
            Payload::ImportSection(section) => (SectionId::Import, section.range()),
            Payload::FunctionSection(section) => (SectionId::Function, section.range()),
            Payload::TableSection(section) => (SectionId::Table, section.range()),
            Payload::ElementSection(section) => (SectionId::Element, section.range()),
            Payload::DataCountSection { range, .. } => (SectionId::DataCount, range.clone()),
            Payload::DataSection(section) => (SectionId::Data, section.range()),
            _ => return,
        };
        self.kept.insert(id.into(), range);
    }

    /// The type of a block that leaves the results; a function type is added for several of them if
    /// the module has none.
    pub(super) fn block(&mut self, types: &[FunctionType], results: &[ValueType]) -> BlockType {
        match results {
            [] => return BlockType::Empty,
            [one] => return BlockType::Result((*one).into()),
            _ => {}
        }
        let blocks = self.blocks.get_or_insert_with(|| {
            let mut blocks = BTreeMap::new();
            for (index, function) in (0u32..)
                .zip(types)
                .filter(|(_, function)| function.parameters.is_empty())
            {
                blocks.entry(function.results.clone()).or_insert(index);
            }
            blocks
        });
        if let Some(index) = blocks.get(results) {
            return BlockType::FunctionType(*index);
        }
        let index = types.len().saturating_add(self.added_types.len()) as u32;
        blocks.insert(results.to_vec(), index);
        self.added_types.push(results.to_vec());
        BlockType::FunctionType(index)
    }

    /// Adds a body to the code section.
    pub(super) fn body(&mut self, body: &[u8]) {
        body.encode(&mut self.bodies);
        self.body_count = self.body_count.saturating_add(1);
    }

    /// Writes the module, whose own globals are so many.
    pub(super) fn assemble(self, globals: u32) -> Vec<u8> {
        let mut module = Module::new();
        for id in ORDER {
            let section = match id {
                SectionId::Type => self.type_section(),
                SectionId::Memory => self.memory_section(),
                SectionId::Global => Some(self.global_section()),
                SectionId::Export => Some(self.export_section(globals)),
                SectionId::Code => self.code_section(),
                id => self.kept.get(&id.into()).map(|range| self.bytes(range).to_vec()),
            };
            if let Some(data) = section {
                module.section(&RawSection {
                    id: id.into(),
                    data: &data,
                });
            }
        }
        module.finish()
    }

    fn bytes(&self, range: &Range<usize>) -> &[u8] {
        self.code.get(range.clone()).unwrap_or_default()
    }

    /// The items and so many more.
    fn longer(&self, items: &Items, more: u32) -> Vec<u8> {
        let mut section = Vec::new();
        let (count, range) = items.clone().unwrap_or_default();
        count.saturating_add(more).encode(&mut section);
        section.extend_from_slice(self.bytes(&range));
        section
    }

    fn type_section(&self) -> Option<Vec<u8>> {
        self.types.as_ref()?;
        let mut section = self.longer(&self.types, self.added_types.len() as u32);
        for results in &self.added_types {
            section.extend([FUNCTION_TYPE, 0]);
            (results.len() as u32).encode(&mut section);
            results
                .iter()
                .for_each(|value| ValType::from(*value).encode(&mut section));
        }
        Some(section)
    }

    fn memory_section(&self) -> Option<Vec<u8>> {
        if self.memories.is_empty() {
            return None;
        }
        let mut section = Vec::new();
        (self.memories.len() as u32).encode(&mut section);
        for (minimum, maximum) in &self.memories {
            MemoryType {
                minimum: *minimum,
                maximum: Some(*maximum),
                memory64: false,
                shared: false,
                page_size_log2: None,
            }
            .encode(&mut section);
        }
        Some(section)
    }

    fn global_section(&self) -> Vec<u8> {
        let mut section = self.longer(&self.globals, 2);
        for _ in [POINTS, STACK] {
            GlobalType {
                val_type: ValType::I64,
                mutable: true,
                shared: false,
            }
            .encode(&mut section);
            ConstExpr::i64_const(0).encode(&mut section);
        }
        section
    }

    fn export_section(&self, globals: u32) -> Vec<u8> {
        let start = self.start.map(|function| (START, ExportKind::Func, function));
        let mut section = self.longer(&self.exports, if start.is_some() { 3 } else { 2 });
        let budgets = [
            (POINTS, ExportKind::Global, globals),
            (STACK, ExportKind::Global, globals.saturating_add(1)),
        ];
        for (name, kind, index) in budgets.into_iter().chain(start) {
            name.encode(&mut section);
            kind.encode(&mut section);
            index.encode(&mut section);
        }
        section
    }

    fn code_section(&self) -> Option<Vec<u8>> {
        if self.body_count == 0 {
            return None;
        }
        let mut section = Vec::new();
        self.body_count.encode(&mut section);
        section.extend_from_slice(&self.bodies);
        Some(section)
    }
}
