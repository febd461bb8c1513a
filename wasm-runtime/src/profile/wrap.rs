//! Puts a wrapper around every function of a metered module, imported ones included, that tells the host
//! when it is entered and left. Nothing of it is charged: the module was metered before.

use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{
    CodeSection, EntityType, Function, FunctionSection, ImportSection, Instruction, Module, SectionId,
    TypeSection, ValType,
};
use wasmparser::{
    CodeSectionReader, FunctionSectionReader, ImportSectionReader, KnownCustom, Name, Parser, Payload,
    TypeRef, TypeSectionReader,
};

use crate::Fault;

/// The module that wrappers import from, and what they import.
pub(super) const MODULE: &str = "slsbft:profile";
pub(super) const ENTER: &str = "enter";
pub(super) const LEAVE: &str = "leave";

/// A module with its wrappers, and the names of its functions, by the number that wrappers tell.
pub(super) struct Wrapped {
    pub(super) wasm: Vec<u8>,
    pub(super) names: Vec<String>,
}

/// Wraps all functions of a module that is valid.
///
/// # Errors
/// When it is not.
pub(super) fn wrap(metered: &[u8], source: &[u8]) -> Result<Wrapped, Fault> {
    let functions = Functions::of(metered).map_err(Fault::engine)?;
    let names = functions.names(source);
    let mut module = Module::new();
    let mut wrapper = Wrapper {
        functions,
        imported: false,
    };
    wrapper
        .parse_core_module(&mut module, Parser::new(0), metered)
        .map_err(|error| Fault::engine(format!("cannot wrap a module: {error:?}")))?;
    Ok(Wrapped {
        wasm: module.finish(),
        names,
    })
}

/// A module's functions.
#[derive(Default)]
struct Functions {
    /// How many types there are, and how many parameters each has.
    parameters: Vec<u32>,
    /// The types of all functions, imported ones first.
    types: Vec<u32>,
    imports: Vec<String>,
}

impl Functions {
    fn of(module: &[u8]) -> wasmparser::Result<Self> {
        let mut found = Self::default();
        for payload in Parser::new(0).parse_all(module) {
            match payload? {
                Payload::TypeSection(section) => {
                    for ty in section.into_iter_err_on_gc_types() {
                        let parameters = u32::try_from(ty?.params().len());
                        found.parameters.push(parameters.unwrap_or(u32::MAX));
                    }
                }
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let import = import?;
                        if let TypeRef::Func(ty) = import.ty {
                            found.types.push(ty);
                            found.imports.push(format!("host: {}", import.name));
                        }
                    }
                }
                Payload::FunctionSection(section) => {
                    for ty in section {
                        found.types.push(ty?);
                    }
                }
                _ => {}
            }
        }
        Ok(found)
    }

    fn imported(&self) -> u32 {
        u32::try_from(self.imports.len()).unwrap_or(u32::MAX)
    }

    fn count(&self) -> u32 {
        u32::try_from(self.types.len()).unwrap_or(u32::MAX)
    }

    /// The type of what wrappers call, behind all others.
    fn signal(&self) -> u32 {
        u32::try_from(self.parameters.len()).unwrap_or(u32::MAX)
    }

    /// Names from the source's name section, else numbers.
    fn names(&self, source: &[u8]) -> Vec<String> {
        let mut names = self.imports.clone();
        names.extend((self.imported()..self.count()).map(|index| format!("function {index}")));
        for payload in Parser::new(0).parse_all(source).map_while(Result::ok) {
            let Payload::CustomSection(section) = payload else {
                continue;
            };
            let KnownCustom::Name(section) = section.as_known() else {
                continue;
            };
            for subsection in section.into_iter().map_while(Result::ok) {
                let Name::Function(map) = subsection else { continue };
                for naming in map.into_iter().map_while(Result::ok) {
                    let place = usize::try_from(naming.index).ok().and_then(|i| names.get_mut(i));
                    if let Some(place) = place.filter(|_| naming.index >= self.imported()) {
                        naming.name.clone_into(place);
                    }
                }
            }
        }
        names
    }
}

/// Functions keep their order: imports, the two signals, what was defined, and a wrapper for each of the
/// imports and the defined ones. Whoever named a function names its wrapper now.
struct Wrapper {
    functions: Functions,
    imported: bool,
}

impl Wrapper {
    fn add_imports(&mut self, imports: &mut ImportSection) {
        let signal = EntityType::Function(self.functions.signal());
        imports.import(MODULE, ENTER, signal);
        imports.import(MODULE, LEAVE, signal);
        self.imported = true;
    }

    /// What a wrapper wraps.
    fn inner(&self, function: u32) -> u32 {
        match function < self.functions.imported() {
            true => function,
            false => function.saturating_add(2),
        }
    }

    fn wrapper(&self, function: u32, ty: u32) -> Function {
        let parameters = usize::try_from(ty)
            .ok()
            .and_then(|ty| self.functions.parameters.get(ty));
        let number = Instruction::I32Const(function.cast_signed());
        let mut body = Function::new([]);
        body.instruction(&number);
        body.instruction(&Instruction::Call(self.functions.imported()));
        for parameter in 0..parameters.copied().unwrap_or_default() {
            body.instruction(&Instruction::LocalGet(parameter));
        }
        body.instruction(&Instruction::Call(self.inner(function)));
        body.instruction(&number);
        body.instruction(&Instruction::Call(self.functions.imported().saturating_add(1)));
        body.instruction(&Instruction::End);
        body
    }
}

impl Reencode for Wrapper {
    type Error = std::convert::Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, Error<Self::Error>> {
        let first = self.functions.count().saturating_add(2);
        Ok(first.saturating_add(function))
    }

    fn parse_type_section(
        &mut self,
        types: &mut TypeSection,
        section: TypeSectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        utils::parse_type_section(self, types, section)?;
        types.ty().function([ValType::I32], []);
        Ok(())
    }

    fn intersperse_section_hook(
        &mut self,
        module: &mut Module,
        after: Option<SectionId>,
        before: Option<SectionId>,
    ) -> Result<(), Error<Self::Error>> {
        // A module that imports nothing has no section to add to; imports follow the types.
        if after == Some(SectionId::Type) && before != Some(SectionId::Import) && !self.imported {
            let mut imports = ImportSection::new();
            self.add_imports(&mut imports);
            module.section(&imports);
        }
        Ok(())
    }

    fn parse_import_section(
        &mut self,
        imports: &mut ImportSection,
        section: ImportSectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        utils::parse_import_section(self, imports, section)?;
        self.add_imports(imports);
        Ok(())
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        utils::parse_function_section(self, functions, section)?;
        for ty in &self.functions.types {
            functions.function(*ty);
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: CodeSectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        utils::parse_code_section(self, code, section)?;
        let types = std::mem::take(&mut self.functions.types);
        for (function, ty) in (0..).zip(&types) {
            code.function(&self.wrapper(function, *ty));
        }
        self.functions.types = types;
        Ok(())
    }
}
