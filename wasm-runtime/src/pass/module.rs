//! A module's sections: checked in their order, and kept for writing.

use std::ops::Range;

use wasmparser::{
    DataSectionReader, ElementItems, ElementSectionReader, Encoding, ExportSectionReader, ExternalKind,
    FunctionBody, ImportSectionReader, MemorySectionReader, Parser, Payload, TableSectionReader, TypeRef,
    TypeSectionReader, ValidPayload, Validator,
};

use super::assemble::Parts;
use super::body::Walk;
use super::refusal::{Place, Refusal};
use super::types::{Export, FunctionType, Import, Kind, ValueType};
use super::write::{Budgets, Writer};
use super::{FEATURES, Metered, RESERVED, Rules, check};
use crate::limits::Limit;
use crate::prices::{MAXIMUM_CHARGE, Rule};

/// Checks a module and writes it with its accounting.
pub(super) fn meter(code: &[u8], rules: &Rules) -> Result<Metered, Refusal> {
    check(rules, Limit::CodeBytes, code.len() as u64, 0)?;
    let mut parser = Parser::new(0);
    parser.set_features(FEATURES);
    let mut validator = Validator::new_with_features(FEATURES);
    let mut module = Module::new(code, rules);
    let mut walk = Walk::default();
    for payload in parser.parse_all(code) {
        let payload = payload?;
        module.section(&payload)?;
        if let ValidPayload::Func(function, body) = validator.payload(&payload)? {
            let index = function.index;
            let shape = walk
                .body(rules, &module.types, function, &body)
                .map_err(|refusal| refusal.in_function(index))?;
            module.body(index, &body, &shape, &walk);
        }
    }
    module.finish(walk.effort.milliseconds())
}

/// What the sections so far hold.
struct Module<'a> {
    code: &'a [u8],
    rules: &'a Rules,
    types: Vec<FunctionType>,
    /// The type of each function, imported ones first.
    functions: Vec<u32>,
    globals: u32,
    imports: Vec<Import>,
    exports: Vec<Export>,
    instantiation: u64,
    parts: Parts<'a>,
}

impl<'a> Module<'a> {
    fn new(code: &'a [u8], rules: &'a Rules) -> Self {
        Self {
            code,
            rules,
            types: Vec::new(),
            functions: Vec::new(),
            globals: 0,
            imports: Vec::new(),
            exports: Vec::new(),
            instantiation: rules.prices.rule(Rule::Instance),
            parts: Parts::new(code),
        }
    }

    /// Checks a section against the limits, before it is validated, and keeps it.
    fn section(&mut self, payload: &Payload<'a>) -> Result<(), Refusal> {
        match payload {
            Payload::Version {
                encoding: Encoding::Component,
                range,
                ..
            } => {
                return Err(Refusal::unsupported(
                    "a component; contracts are core modules",
                    range.start,
                ));
            }
            Payload::TypeSection(section) => self.type_section(section)?,
            Payload::ImportSection(section) => self.import_section(section)?,
            Payload::FunctionSection(section) => {
                self.count(Limit::Functions, section.count(), &section.range())?;
                for ty in section.clone() {
                    self.functions.push(ty?);
                }
            }
            Payload::TableSection(section) => self.table_section(section)?,
            Payload::MemorySection(section) => self.memory_section(section)?,
            Payload::GlobalSection(section) => {
                self.count(Limit::Globals, section.count(), &section.range())?;
                self.globals = self.globals.saturating_add(section.count());
                self.pay(Rule::InstanceGlobal, u64::from(section.count()));
                self.parts.globals = Some((section.count(), items(section)));
            }
            Payload::ExportSection(section) => self.export_section(section)?,
            Payload::StartSection { func, .. } => self.parts.start = Some(*func),
            Payload::ElementSection(section) => self.element_section(section)?,
            Payload::DataSection(section) => self.data_section(section)?,
            _ => {}
        }
        self.parts.keep(payload);
        Ok(())
    }

    fn count(&self, limit: Limit, count: u32, range: &Range<usize>) -> Result<(), Refusal> {
        check(self.rules, limit, u64::from(count), range.start)
    }

    /// Adds so many times the rule's price to what an instance costs.
    fn pay(&mut self, rule: Rule, times: u64) {
        let price = self.rules.prices.rule(rule).saturating_mul(times);
        self.instantiation = self.instantiation.saturating_add(price).min(MAXIMUM_CHARGE);
    }

    fn type_section(&mut self, section: &TypeSectionReader<'a>) -> Result<(), Refusal> {
        self.count(Limit::Types, section.count(), &section.range())?;
        self.parts.types = Some((section.count(), items(section)));
        let start = section.range().start;
        let mut total = 0u64;
        for function in section.clone().into_iter_err_on_gc_types() {
            let function = function?;
            check(
                self.rules,
                Limit::Parameters,
                function.params().len() as u64,
                start,
            )?;
            check(self.rules, Limit::Results, function.results().len() as u64, start)?;
            let values =
                |list: &[wasmparser::ValType]| list.iter().map(|value| ValueType::of(*value)).collect();
            let (Some(parameters), Some(results)) = (values(function.params()), values(function.results()))
            else {
                return Err(Refusal::unsupported(
                    "a vector or reference as a parameter or result",
                    start,
                ));
            };
            let function = FunctionType { parameters, results };
            total = total.saturating_add(function.len() as u64);
            check(self.rules, Limit::ParametersTotal, total, start)?;
            self.types.push(function);
        }
        Ok(())
    }

    fn import_section(&mut self, section: &ImportSectionReader<'a>) -> Result<(), Refusal> {
        self.count(Limit::Imports, section.count(), &section.range())?;
        let (mut memories, mut tables) = (0u64, 0u64);
        for import in section.clone().into_imports_with_offsets() {
            let (at, import) = import?;
            self.name(import.module, at)?;
            self.name(import.name, at)?;
            let kind = match import.ty {
                TypeRef::Func(ty) => {
                    self.functions.push(ty);
                    Kind::Function(self.types.get(ty as usize).cloned().unwrap_or_default())
                }
                TypeRef::Memory(_) => {
                    memories = memories.saturating_add(1);
                    check(self.rules, Limit::ImportedMemories, memories, at)?;
                    Kind::Memory
                }
                TypeRef::Table(_) => {
                    tables = tables.saturating_add(1);
                    check(self.rules, Limit::ImportedTables, tables, at)?;
                    Kind::Table
                }
                TypeRef::Global(_) => {
                    self.globals = self.globals.saturating_add(1);
                    check(self.rules, Limit::ImportedGlobals, u64::from(self.globals), at)?;
                    Kind::Global
                }
                TypeRef::Tag(_) | TypeRef::FuncExact(_) => {
                    return Err(Refusal::unsupported(
                        "an import of this kind; import functions only",
                        at,
                    ));
                }
            };
            let (module, name) = (import.module.to_owned(), import.name.to_owned());
            self.imports.push(Import { module, name, kind });
            check(self.rules, Limit::Imports, self.imports.len() as u64, at)?;
        }
        Ok(())
    }

    /// A name of an import or export: neither long nor reserved.
    fn name(&self, name: &str, at: usize) -> Result<(), Refusal> {
        check(self.rules, Limit::NameBytes, name.len() as u64, at)?;
        if name.starts_with(RESERVED) {
            return Err(Refusal::Reserved {
                name: name.chars().take(64).collect(),
            });
        }
        Ok(())
    }

    fn table_section(&mut self, section: &TableSectionReader<'a>) -> Result<(), Refusal> {
        self.count(Limit::Tables, section.count(), &section.range())?;
        for table in section.clone() {
            let initial = table?.ty.initial;
            check(self.rules, Limit::TableElements, initial, section.range().start)?;
            self.pay(Rule::InstanceElement, initial);
        }
        Ok(())
    }

    fn memory_section(&mut self, section: &MemorySectionReader<'a>) -> Result<(), Refusal> {
        self.count(Limit::Memories, section.count(), &section.range())?;
        for memory in section.clone() {
            let memory = memory?;
            check(
                self.rules,
                Limit::MemoryPages,
                memory.initial,
                section.range().start,
            )?;
            let kept = memory.initial.min(self.rules.prices.rule(Rule::MemoryKept));
            self.pay(Rule::InstancePage, kept);
            self.pay(Rule::InstanceFreshPage, memory.initial.saturating_sub(kept));
            let maximum = memory
                .maximum
                .unwrap_or(u64::MAX)
                .min(self.rules.limits.memory_maximum);
            self.parts.memories.push((memory.initial, maximum));
        }
        Ok(())
    }

    fn export_section(&mut self, section: &ExportSectionReader<'a>) -> Result<(), Refusal> {
        self.count(Limit::Exports, section.count(), &section.range())?;
        self.parts.exports = Some((section.count(), items(section)));
        for export in section.clone().into_iter_with_offsets() {
            let (at, export) = export?;
            self.name(export.name, at)?;
            let kind = match export.kind {
                ExternalKind::Func => {
                    Kind::Function(self.function_type(export.index).cloned().unwrap_or_default())
                }
                ExternalKind::Table => Kind::Table,
                ExternalKind::Memory => Kind::Memory,
                ExternalKind::Global => Kind::Global,
                ExternalKind::Tag | ExternalKind::FuncExact => {
                    return Err(Refusal::unsupported("an export of this kind", at));
                }
            };
            self.exports.push(Export {
                name: export.name.to_owned(),
                kind,
            });
        }
        Ok(())
    }

    fn function_type(&self, function: u32) -> Option<&FunctionType> {
        self.types.get(*self.functions.get(function as usize)? as usize)
    }

    fn element_section(&mut self, section: &ElementSectionReader<'a>) -> Result<(), Refusal> {
        self.count(Limit::ElementSegments, section.count(), &section.range())?;
        let mut total = 0u64;
        for element in section.clone() {
            let element = element?;
            let ElementItems::Functions(functions) = element.items else {
                let what = "an element segment of expressions; list functions by index";
                return Err(Refusal::unsupported(what, element.range.start));
            };
            total = total.saturating_add(u64::from(functions.count()));
            check(self.rules, Limit::ElementsTotal, total, element.range.start)?;
        }
        self.pay(Rule::InstanceElement, total);
        Ok(())
    }

    fn data_section(&mut self, section: &DataSectionReader<'a>) -> Result<(), Refusal> {
        self.count(Limit::DataSegments, section.count(), &section.range())?;
        let mut bytes = 0u64;
        for data in section.clone() {
            bytes = bytes.saturating_add(data?.data.len() as u64);
        }
        self.pay(Rule::InstanceDataByte, bytes);
        Ok(())
    }

    /// Writes a walked body.
    fn body(&mut self, index: u32, body: &FunctionBody<'_>, shape: &super::body::Shape, walk: &Walk) {
        let results = self
            .function_type(index)
            .map(|function| function.results.clone())
            .unwrap_or_default();
        let results = if shape.leaf {
            wasm_encoder::BlockType::Empty
        } else {
            self.parts.block(&self.types, &results)
        };
        let budgets = Budgets {
            points: self.globals,
            stack: self.globals.saturating_add(1),
        };
        let mut out = Vec::with_capacity(body.range().len().saturating_mul(2));
        Writer {
            code: self.code,
            budgets,
            shape,
            results,
            out: &mut out,
        }
        .body(walk.segments.segments(), &walk.edits);
        self.parts.body(&out);
    }

    fn finish(self, effort: u64) -> Result<Metered, Refusal> {
        let allowed = self.rules.limits.instantiation;
        if self.instantiation > allowed {
            let place = Place::at(0);
            return Err(Refusal::Limit {
                place,
                limit: Limit::Instantiation,
                allowed,
                found: self.instantiation,
            });
        }
        Ok(Metered {
            start: self.parts.start.is_some(),
            wasm: self.parts.assemble(self.globals),
            instantiation: self.instantiation,
            effort,
            imports: self.imports,
            exports: self.exports,
        })
    }
}

/// Where a section's items are, behind their number.
fn items<T>(section: &wasmparser::SectionLimited<'_, T>) -> Range<usize> {
    section.original_position()..section.range().end
}
