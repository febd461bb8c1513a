//! Time and points of one turn of a contract's loop.
//!
//! A contract runs with few turns and with many, in turns with the reference loop, several times; what is
//! told is the difference of the fastest runs, set against that of the reference loop. So neither an
//! instance's cost, nor the machine's clock, nor what else the machine does is in it.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::ops::Bound;
use std::sync::Arc;
use std::time::Instant;

use slsbft_wasm::bus::{Call, Context, Entry, Transaction};
use slsbft_wasm::{Answer, Chain, Code, Config, Fault, Interface, Lane, Order, Page, Record, Vm, cosmwasm};

use crate::programs::{looped, module};

/// Points of one round of the reference loop, six dependent operators on a 64-bit integer: a nanosecond has
/// 1,000 points on a machine that takes 1.6 for it.
pub const ROUND_POINTS: f64 = 1_600.0;

/// Rounds in each turn of the reference loop.
const UNROLLED: usize = 16;

/// The budget of every call.
const PLENTY: u64 = 1 << 60;

/// How long the greater number of turns takes at least, if the benchmark allows so many.
const LONG_NS: f64 = 1_500_000.0;

/// What a turn took.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Turn {
    /// Nanoseconds of the reference machine.
    pub ns: f64,
    /// What it paid.
    pub points: f64,
}

impl Turn {
    /// Nanoseconds for each gas (1,000 points): above 1 it is too cheap.
    pub fn ratio(self) -> f64 {
        self.ns * 1_000.0 / self.points
    }
}

/// A contract and how many turns it is told to make.
#[derive(Clone)]
pub struct Program {
    pub code: Arc<Code>,
    pub turns: u64,
}

/// Runs contracts.
pub struct Bench {
    vm: Vm,
    reference: (Program, Program),
    /// How often each is run.
    runs: usize,
}

impl Bench {
    pub fn new(runs: usize) -> Self {
        let vm = Vm::new(Config::default()).unwrap();
        let round = "(local.set $x (i64.xor (local.get $x) (i64.shl (local.get $x) (i64.const 13))))
            (local.set $x (i64.xor (local.get $x) (i64.shr_u (local.get $x) (i64.const 7))))
            (local.set $x (i64.xor (local.get $x) (i64.shl (local.get $x) (i64.const 17))))";
        let text = module(
            "(memory (export \"memory\") 1)",
            &looped(
                "(local $x i64)",
                "(local.set $x (i64.const 88172645463325252))",
                &round.repeat(UNROLLED),
                "(i64.store (i32.const 0) (local.get $x))",
            ),
        );
        let code = vm.compile(&wat::parse_str(text).unwrap()).unwrap();
        let program = |turns| Program {
            code: Arc::clone(&code),
            turns,
        };
        let reference = (program(1), program(8_000));
        Self { vm, reference, runs }
    }

    /// Nanoseconds that a round of the reference loop takes on this machine.
    pub fn round_ns(&self) -> f64 {
        let (few, many) = &self.reference;
        self.round_of(self.fastest([few, many]))
    }

    fn round_of(&self, [few, many]: [f64; 2]) -> f64 {
        let turns = self.reference.1.turns - self.reference.0.turns;
        (many - few) / (turns as f64 * UNROLLED as f64)
    }

    fn compile(&self, text: &str) -> Arc<Code> {
        let wasm = wat::parse_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
        self.vm
            .compile(&wasm)
            .unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// A turn of a contract that makes as many as the block's height says, at most `most`.
    pub fn turn(&self, text: &str, most: u64) -> Turn {
        let code = self.compile(text);
        let program = |turns| Program {
            code: Arc::clone(&code),
            turns,
        };
        let [before] = self.fastest([&program(1)]);
        let mut turns = most.min(16);
        // What comes before the loop varies from run to run; the loop has to stand out.
        while turns < most && self.fastest([&program(turns)])[0] < 1.5 * before + LONG_NS {
            turns = turns.saturating_mul(2).min(most);
        }
        self.between(
            &program(1),
            &program(turns),
            turns.saturating_sub(1).max(1) as f64,
        )
    }

    /// The difference of two contracts, each with its turns.
    pub fn pair(&self, small: &(String, u64), large: &(String, u64)) -> Turn {
        let [small, large] = [small, large].map(|(text, turns)| Program {
            code: self.compile(text),
            turns: *turns,
        });
        self.between(&small, &large, 1.0)
    }

    /// All of a call with one turn.
    pub fn whole(&self, text: &str) -> Turn {
        let program = Program {
            code: self.compile(text),
            turns: 1,
        };
        let (few, many) = &self.reference;
        let [call, few, many] = self.fastest([&program, few, many]);
        Turn {
            ns: self.in_reference(call, [few, many]),
            points: self.run(&program).1 as f64,
        }
    }

    /// A turn, by two programs that differ in the number of turns.
    fn between(&self, small: &Program, large: &Program, turns: f64) -> Turn {
        let points = (self.run(large).1 as f64 - self.run(small).1 as f64) / turns;
        let (few, many) = &self.reference;
        let [small, large, few, many] = self.fastest([small, large, few, many]);
        let ns = self.in_reference(((large - small) / turns).max(0.0), [few, many]);
        Turn { ns, points }
    }

    /// Nanoseconds of this machine as those of the reference machine.
    fn in_reference(&self, ns: f64, reference: [f64; 2]) -> f64 {
        ns / self.round_of(reference) * ROUND_POINTS / 1_000.0
    }

    /// Nanoseconds of the fastest run of each program, run in turns.
    fn fastest<const N: usize>(&self, programs: [&Program; N]) -> [f64; N] {
        let mut fastest = [f64::INFINITY; N];
        for _ in 0..self.runs {
            for (fastest, program) in fastest.iter_mut().zip(programs) {
                *fastest = fastest.min(self.run(program).0);
            }
        }
        fastest
    }

    /// Nanoseconds and points of one call.
    fn run(&self, program: &Program) -> (f64, u64) {
        let mut chain = Memory::default();
        let begun = Instant::now();
        let outcome = black_box(self.call(program, &mut chain));
        let time = begun.elapsed().as_nanos() as f64;
        (time, outcome)
    }

    fn call(&self, Program { code, turns }: &Program, chain: &mut dyn Chain) -> u64 {
        let (vm, points, lane) = (&self.vm, PLENTY, Lane::Block);
        let (used, failure) = match code.interface() {
            Interface::Bus => {
                let context = context(*turns);
                let call = Call {
                    vm,
                    code,
                    chain,
                    points,
                    lane,
                    context,
                };
                let outcome = call.run(Entry::Execute, b"{}").unwrap();
                (outcome.used, outcome.result.err())
            }
            Interface::CosmWasm => {
                let call = cosmwasm::Call {
                    vm,
                    code,
                    chain,
                    points,
                    lane,
                };
                let outcome = call
                    .raw(cosmwasm::Entry::Execute, &[b"{}", b"{}", b"{}"])
                    .unwrap();
                (outcome.used, outcome.result.err())
            }
        };
        assert_eq!(failure, None);
        used
    }
}

fn context(height: u64) -> Context {
    Context {
        height,
        time: 1_700_000_000_000_000_000,
        chain_id: "calibrate".to_owned(),
        contract: "here".to_owned(),
        sender: "somebody".to_owned(),
        funds: String::new(),
        transaction: Some(Transaction {
            index: 0,
            hash: [9; 32],
        }),
    }
}

/// A state in memory, in place of the node's store.
#[derive(Default)]
struct Memory(BTreeMap<Vec<u8>, Vec<u8>>);

impl Chain for Memory {
    fn get(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
        Ok(self.0.get(key).cloned())
    }

    fn set(&mut self, key: &[u8], value: &[u8]) -> Result<(), Fault> {
        self.0.insert(key.to_vec(), value.to_vec());
        Ok(())
    }

    fn remove(&mut self, key: &[u8]) -> Result<(), Fault> {
        self.0.remove(key);
        Ok(())
    }

    fn scan(
        &mut self,
        start: Bound<&[u8]>,
        end: Bound<&[u8]>,
        _: Order,
        page: Page,
    ) -> Result<Vec<Record>, Fault> {
        let records = self.0.range::<[u8], _>((start, end)).take(page.records);
        Ok(records.map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    fn validate_address(&mut self, _: &str) -> Result<Result<(), String>, Fault> {
        Ok(Ok(()))
    }

    fn canonicalize_address(&mut self, human: &str) -> Result<Result<Vec<u8>, String>, Fault> {
        Ok(Ok(human.as_bytes().to_vec()))
    }

    fn humanize_address(&mut self, canonical: &[u8]) -> Result<Result<String, String>, Fault> {
        Ok(String::from_utf8(canonical.to_vec()).map_err(|error| error.to_string()))
    }

    fn query(&mut self, _: &[u8], _: u64) -> Result<Answer, Fault> {
        Err(Fault::chain("nobody asks"))
    }

    fn beacon(&mut self, _: u64) -> Result<Option<[u8; 32]>, Fault> {
        Ok(Some([7; 32]))
    }
}
