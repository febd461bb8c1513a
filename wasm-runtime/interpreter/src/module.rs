//! From bytes to a checked module in the internal form.

use crate::code::Body;
use crate::costs::{Costs, MAX_CHARGE};
use crate::lower;
use crate::value::{Slot, Value};
use std::collections::BTreeMap;
use wasmparser::{
    ConstExpr, DataKind, Element, ElementItems, ElementKind, ExternalKind, FuncType, FunctionBody, Global,
    GlobalType, MemoryType, Operator, Parser, Payload, TableType, TypeRef, Validator, WasmFeatures,
};

/// Why a module cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The bytes are no valid module of the supported features.
    #[error("not a valid module: {0}")]
    Invalid(#[from] wasmparser::Error),
    /// A valid operator or declaration outside the supported features.
    #[error("{0} is not supported: compile without reference types")]
    Unsupported(String),
    /// A charge above [`MAX_CHARGE`].
    #[error("a segment costs more than {MAX_CHARGE} points: lower the prices or shorten the function")]
    TooExpensive,
    /// The module refers to something that validation promised. A fault of the interpreter.
    #[error("validation let something through: {0}")]
    Broken(&'static str),
}

/// What decides a value at instantiation.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Initial {
    Slot(u64),
    Global(usize),
}

/// An active segment is written to `offset` at instantiation and dropped; a declared one is only dropped.
pub(crate) enum Placement {
    Active(Initial),
    Passive,
    Declared,
}

pub(crate) struct DataSegment {
    pub placement: Placement,
    pub bytes: Vec<u8>,
}

pub(crate) struct ElementSegment {
    pub placement: Placement,
    pub functions: Vec<usize>,
}

pub(crate) type ImportName = (String, String);

/// A function is a body of the module's own, or a name to ask the host for.
pub(crate) enum Function {
    Imported { name: ImportName, ty: usize },
    Own(Body),
}

pub(crate) struct GlobalDeclaration {
    pub ty: GlobalType,
    pub initial: Initial,
    pub import: Option<ImportName>,
}

/// A valid module in the internal form, with the charges of one price table in it.
#[derive(Default)]
pub struct Module {
    pub(crate) costs: Costs,
    pub(crate) types: Vec<FuncType>,
    /// The type numbers of the module's own functions. Types that are equal have one number, the first's.
    signatures: Vec<usize>,
    /// How many functions are imported; they come first.
    imported: usize,
    pub(crate) functions: Vec<Function>,
    pub(crate) table: Option<(TableType, Option<ImportName>)>,
    pub(crate) memory: Option<(MemoryType, Option<ImportName>)>,
    pub(crate) globals: Vec<GlobalDeclaration>,
    pub(crate) exports: BTreeMap<String, (ExternalKind, usize)>,
    pub(crate) start: Option<usize>,
    pub(crate) elements: Vec<ElementSegment>,
    pub(crate) data: Vec<DataSegment>,
}

/// The price of an operator, in points.
pub type OperatorPrice<'p> = &'p dyn Fn(&Operator<'_>) -> u64;

impl Module {
    /// Checks `code` and brings it to the internal form, charged at these prices.
    ///
    /// # Errors
    /// See [`LoadError`].
    pub fn parse(code: &[u8], price: OperatorPrice<'_>, costs: &Costs) -> Result<Self, LoadError> {
        Validator::new_with_features(features()).validate_all(code)?;
        let mut module = Self {
            costs: *costs,
            ..Self::default()
        };
        for payload in Parser::new(0).parse_all(code) {
            module.section(payload?, price)?;
        }
        Ok(module)
    }

    /// What instantiation costs, in points, before the first instruction runs.
    pub fn instantiation_price(&self) -> u64 {
        let own_pages = self
            .memory
            .as_ref()
            .filter(|m| m.1.is_none())
            .map_or(0, |m| m.0.initial);
        let own_elements = self
            .table
            .as_ref()
            .filter(|t| t.1.is_none())
            .map_or(0, |t| t.0.initial);
        let data: usize = self.data.iter().map(|segment| segment.bytes.len()).sum();
        let elements: usize = self.elements.iter().map(|segment| segment.functions.len()).sum();
        let globals = self
            .globals
            .iter()
            .filter(|global| global.import.is_none())
            .count();
        let prices = &self.costs.instantiation;
        let kept_pages = own_pages.min(prices.kept_pages);
        [
            (prices.page, kept_pages),
            (prices.fresh_page, own_pages.saturating_sub(kept_pages)),
            (prices.table_element, own_elements),
            (prices.data_byte, data as u64),
            (prices.segment_element, elements as u64),
            (prices.global, globals as u64),
        ]
        .into_iter()
        .fold(prices.module, |sum, (price, count)| {
            sum.saturating_add(price.saturating_mul(count))
        })
    }

    /// The height of a function of the module's own, in slots; none for imported ones.
    pub fn height(&self, function: usize) -> Option<u64> {
        match self.functions.get(function)? {
            Function::Own(body) => Some(body.height),
            Function::Imported { .. } => None,
        }
    }

    /// Names of exported functions with their types, in order of the names.
    pub fn exported_functions(&self) -> impl Iterator<Item = (&str, &FuncType)> {
        self.exports
            .iter()
            .filter_map(|(name, (kind, index))| match kind {
                ExternalKind::Func => Some((name.as_str(), self.function_type(*index)?)),
                _ => None,
            })
    }

    /// Names of exported globals, in their order.
    pub fn exported_globals(&self) -> impl Iterator<Item = &str> {
        self.exports
            .iter()
            .filter(|(_, (kind, _))| *kind == ExternalKind::Global)
            .map(|(name, _)| name.as_str())
    }

    pub(crate) fn function_type(&self, function: usize) -> Option<&FuncType> {
        self.types.get(self.signature(function)?)
    }

    /// The number of a function's type: equal for equal types, and known before bodies are read.
    pub(crate) fn signature(&self, function: usize) -> Option<usize> {
        match function.checked_sub(self.imported) {
            Some(own) => self.signatures.get(own).copied(),
            None => match self.functions.get(function)? {
                Function::Imported { ty, .. } => Some(*ty),
                Function::Own(_) => None,
            },
        }
    }

    fn section(&mut self, payload: Payload<'_>, price: OperatorPrice<'_>) -> Result<(), LoadError> {
        match payload {
            Payload::TypeSection(types) => {
                for ty in types.into_iter_err_on_gc_types() {
                    self.types.push(ty?);
                }
            }
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    let import = import?;
                    self.import((import.module.to_owned(), import.name.to_owned()), import.ty)?;
                }
            }
            Payload::FunctionSection(functions) => {
                for ty in functions {
                    self.signatures.push(self.first_equal(ty?)?);
                }
            }
            Payload::TableSection(tables) => {
                for table in tables {
                    self.set_table(table?.ty, None)?;
                }
            }
            Payload::MemorySection(memories) => {
                for memory in memories {
                    self.memory = Some((memory?, None));
                }
            }
            Payload::GlobalSection(globals) => {
                for global in globals {
                    self.global(global?)?;
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports {
                    let export = export?;
                    self.exports
                        .insert(export.name.to_owned(), (export.kind, export.index as usize));
                }
            }
            Payload::StartSection { func, .. } => self.start = Some(func as usize),
            Payload::ElementSection(elements) => {
                for element in elements {
                    self.elements.push(element_segment(element?)?);
                }
            }
            Payload::DataSection(data) => {
                for segment in data {
                    let segment = segment?;
                    let placement = match segment.kind {
                        DataKind::Passive => Placement::Passive,
                        DataKind::Active { offset_expr, .. } => Placement::Active(initial(&offset_expr)?),
                    };
                    self.data.push(DataSegment {
                        placement,
                        bytes: segment.data.to_vec(),
                    });
                }
            }
            Payload::CodeSectionEntry(body) => self.body(&body, price)?,
            _ => {}
        }
        Ok(())
    }

    fn import(&mut self, name: ImportName, ty: TypeRef) -> Result<(), LoadError> {
        match ty {
            TypeRef::Func(ty) => {
                let ty = self.first_equal(ty)?;
                self.functions.push(Function::Imported { name, ty });
                self.imported += 1;
            }
            TypeRef::Table(ty) => self.set_table(ty, Some(name))?,
            TypeRef::Memory(ty) => self.memory = Some((ty, Some(name))),
            TypeRef::Global(ty) => {
                self.globals.push(GlobalDeclaration {
                    ty,
                    initial: Initial::Slot(0),
                    import: Some(name),
                });
            }
            TypeRef::Tag(_) | TypeRef::FuncExact(_) => return Err(LoadError::Broken("import kind")),
        }
        Ok(())
    }

    fn set_table(&mut self, ty: TableType, import: Option<ImportName>) -> Result<(), LoadError> {
        if self.table.is_some() {
            return Err(LoadError::Unsupported("a second table".to_owned()));
        }
        self.table = Some((ty, import));
        Ok(())
    }

    fn global(&mut self, global: Global<'_>) -> Result<(), LoadError> {
        if Value::of_slot(0, global.ty.content_type).is_none() {
            return Err(LoadError::Unsupported(
                "a global that holds a reference".to_owned(),
            ));
        }
        let initial = initial(&global.init_expr)?;
        self.globals.push(GlobalDeclaration {
            ty: global.ty,
            initial,
            import: None,
        });
        Ok(())
    }

    /// Bodies come in the order of the function section, whose types `signatures` keeps.
    fn body(&mut self, body: &FunctionBody<'_>, price: OperatorPrice<'_>) -> Result<(), LoadError> {
        let own = self.functions.len().checked_sub(self.imported);
        let ty = *own
            .and_then(|own| self.signatures.get(own))
            .ok_or(LoadError::Broken("body without a type"))?;
        let body = lower::body(self, ty, body, price)?;
        self.functions.push(Function::Own(body));
        Ok(())
    }

    pub(crate) fn first_equal(&self, ty: u32) -> Result<usize, LoadError> {
        let wanted = self
            .types
            .get(ty as usize)
            .ok_or(LoadError::Broken("type index"))?;
        self.types
            .iter()
            .position(|t| t == wanted)
            .ok_or(LoadError::Broken("type index"))
    }
}

fn features() -> WasmFeatures {
    WasmFeatures::MUTABLE_GLOBAL
        | WasmFeatures::SATURATING_FLOAT_TO_INT
        | WasmFeatures::SIGN_EXTENSION
        | WasmFeatures::CALL_INDIRECT_OVERLONG
        | WasmFeatures::MULTI_VALUE
        | WasmFeatures::BULK_MEMORY
        | WasmFeatures::FLOATS
}

fn element_segment(element: Element<'_>) -> Result<ElementSegment, LoadError> {
    let placement = match element.kind {
        ElementKind::Active {
            table_index: None | Some(0),
            offset_expr,
        } => Placement::Active(initial(&offset_expr)?),
        ElementKind::Active { .. } => return Err(LoadError::Unsupported("a second table".to_owned())),
        ElementKind::Passive => Placement::Passive,
        ElementKind::Declared => Placement::Declared,
    };
    let ElementItems::Functions(items) = element.items else {
        return Err(LoadError::Unsupported(
            "an element segment of expressions".to_owned(),
        ));
    };
    let mut functions = Vec::new();
    for function in items {
        functions.push(function? as usize);
    }
    Ok(ElementSegment { placement, functions })
}

fn initial(expression: &ConstExpr<'_>) -> Result<Initial, LoadError> {
    Ok(match expression.get_operators_reader().read()? {
        Operator::I32Const { value } => Initial::Slot(value.into_slot()),
        Operator::I64Const { value } => Initial::Slot(value.into_slot()),
        Operator::F32Const { value } => Initial::Slot(u64::from(value.bits())),
        Operator::F64Const { value } => Initial::Slot(value.bits()),
        Operator::GlobalGet { global_index } => Initial::Global(global_index as usize),
        other => {
            return Err(LoadError::Unsupported(format!(
                "{other:?} in a constant expression"
            )));
        }
    })
}
