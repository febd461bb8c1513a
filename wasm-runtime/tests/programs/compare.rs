//! A program on both sides: under budgets that suffice, that run out somewhere, and that run out on the
//! last charge.

use super::choices::Seeded;
use super::engine::{self, Engines, Lane};
use super::observe::{self, Observation, Plan};
use slsbft_wasm::pass::{self, Rules};
use slsbft_wasm_interpreter::{Budget, End, Module, Report, Value};
use std::collections::BTreeMap;

/// Counts of what was compared.
#[derive(Debug, Default)]
pub struct Summary {
    pub programs: usize,
    /// Programs that the pass refuses, by its words up to the first figure.
    pub refused: BTreeMap<String, usize>,
    pub runs: usize,
    pub ends: BTreeMap<&'static str, usize>,
    /// Over all observations, in order.
    pub hash: u64,
}

impl Summary {
    fn count(&mut self, observation: &Observation) {
        let end = match observation {
            Observation::NoInstance(_) => "no instance",
            Observation::Ran { end, .. } => match end {
                End::Returned(_) => "returned",
                End::Trapped(_) => "trapped",
                End::OutOfPoints => "out of points",
                End::StackExhausted => "stack exhausted",
            },
        };
        *self.ends.entry(end).or_default() += 1;
        self.runs += 1;
        self.hash = observation.hash(self.hash);
    }
}

/// Compares programs in all lanes, at the prices of some rules.
pub struct Comparison<'c> {
    pub engines: &'c Engines,
    pub rules: &'c Rules,
    /// What a call may use at most.
    pub ample: Budget,
}

impl Comparison<'_> {
    /// Whatever differs is told, with the call and the lane.
    pub fn program(&self, code: &[u8], seed: u64, summary: &mut Summary) -> Result<(), String> {
        summary.programs += 1;
        let metered = match pass::meter(code, self.rules) {
            Ok(metered) => metered,
            Err(refusal) => {
                let words = refusal.to_string();
                let words = words
                    .split(|c: char| c.is_ascii_digit())
                    .next()
                    .unwrap_or_default();
                *summary.refused.entry(words.to_owned()).or_default() += 1;
                return Ok(());
            }
        };
        let module = observe::load(code, self.rules);
        if metered.instantiation != module.instantiation_price() {
            return Err(format!(
                "an instance costs {} and {}",
                metered.instantiation,
                module.instantiation_price()
            ));
        }
        let lanes = self.engines.compile(&metered.wasm);
        let mut seeded = Seeded::new(seed);
        for (export, arguments) in calls(&module, &mut seeded) {
            let ample = Plan {
                export,
                arguments,
                budget: self.ample,
            };
            let first = observe::interpret(&module, self.rules, &ample).report;
            let budgets = first.map_or_else(Vec::new, |report| budgets(self.ample, &report, &mut seeded));
            for budget in std::iter::once(self.ample).chain(budgets) {
                let plan = Plan {
                    budget,
                    ..ample.clone()
                };
                let due = observe::interpret(&module, self.rules, &plan).seen;
                summary.count(&due);
                for compiled in &lanes {
                    let seen = engine::run(compiled, &plan);
                    if seen != due {
                        return Err(different(&plan, compiled.lane, &seen, &due));
                    }
                }
            }
        }
        Ok(())
    }
}

/// Up to three exports, each with arguments.
pub fn calls(module: &Module, seeded: &mut Seeded) -> Vec<(String, Vec<Value>)> {
    let exports: Vec<_> = module
        .exported_functions()
        .filter(|(_, ty)| ty.params().len() <= 20)
        .collect();
    let mut calls = Vec::new();
    for _ in 0..exports.len().min(3) {
        let (name, ty) = exports[(seeded.next_u64() % exports.len() as u64) as usize];
        let arguments = ty.params().iter().map(|ty| argument(*ty, seeded)).collect();
        calls.push((name.to_owned(), arguments));
    }
    calls
}

fn argument(ty: wasmparser::ValType, seeded: &mut Seeded) -> Value {
    let choice = seeded.next_u64();
    // Small numbers, edges and any bits, one third each.
    let bits = match choice % 3 {
        0 => choice >> 60,
        1 => [
            0,
            1,
            u64::MAX,
            1 << 31,
            1 << 63,
            0x7fa0_0000,
            0x7ff4_0000_0000_0000,
        ][(choice >> 32) as usize % 7],
        _ => seeded.next_u64(),
    };
    match ty {
        wasmparser::ValType::I32 => Value::I32(bits as i32),
        wasmparser::ValType::I64 => Value::I64(bits as i64),
        wasmparser::ValType::F32 => Value::F32(bits as u32),
        _ => Value::F64(bits),
    }
}

/// From what the call used with an ample budget: each budget up to it where that is little, else the last
/// that does not suffice, the first that does, and some between; the same for the stack; and both at once.
fn budgets(ample: Budget, first: &Report, seeded: &mut Seeded) -> Vec<Budget> {
    let used = ample.points - first.points;
    let points: Vec<i64> = if used <= 60 {
        (0..=used).collect()
    } else {
        let between = (0..4).map(|_| (seeded.next_u64() % used as u64) as i64);
        [used - 1, used].into_iter().chain(between).collect()
    };
    let mut slots: Vec<i64> = (0..2)
        .map(|_| (seeded.next_u64() % (first.deepest as u64 + 1)) as i64)
        .collect();
    slots.extend(
        [first.deepest - 1, first.deepest]
            .into_iter()
            .filter(|slots| *slots >= 0),
    );
    let both = Budget {
        points: (seeded.next_u64() % (used as u64 + 1)) as i64,
        slots: slots[0],
    };
    let points = points.into_iter().map(|points| Budget { points, ..ample });
    let slots = slots.into_iter().map(|slots| Budget { slots, ..ample });
    points.chain(slots).chain([both]).collect()
}

fn different(plan: &Plan, lane: Lane, seen: &Observation, due: &Observation) -> String {
    let show = |observation: &Observation| match observation {
        Observation::Ran {
            end,
            points,
            slots,
            state,
        } => {
            let state = state.as_ref().map(|(memory, globals)| {
                let sum = memory.iter().fold(0_u64, |sum, byte| {
                    sum.wrapping_mul(31).wrapping_add((*byte).into())
                });
                format!(
                    "{} bytes of memory, sum {sum:x}, globals {globals:?}",
                    memory.len()
                )
            });
            format!("{end:?}, points {points}, slots {slots:?}, {state:?}")
        }
        Observation::NoInstance(trap) => format!("no instance: {trap}"),
    };
    format!("{plan:?}\n  {lane:?}: {}\n  due: {}", show(seen), show(due))
}
