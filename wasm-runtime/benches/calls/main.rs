//! What a call costs beside its own instructions, and what compiling and loading cost. Prints `name value unit`, medians.
//! `wasm-runtime/oracle` compares the same with `cosmwasm-vm`.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a benchmark reads the clock and may stop at anything unexpected"
)]

mod instance;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::ops::Bound;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use slsbft_wasm::cosmwasm::{Call, Entry};
use slsbft_wasm::{Answer, CALL_STACK, Chain, Code, CodeHash, Config, Fault, Lane, Order, Page, Record, Vm};

const PLENTY: u64 = 1_000_000_000_000;
const ROUNDS: usize = 2_000;

/// Nothing but the call.
const TRIVIAL: &str = r#"(module
    (memory (export "memory") 17)
    (data (i32.const 64) "\00\02\00\00\ff\03\00\00\02\00\00\00")
    (data (i32.const 512) "{}")
    (func (export "interface_version_8"))
    (func (export "allocate") (param i32) (result i32) (i32.const 64))
    (func (export "deallocate") (param i32))
    (func (export "instantiate") (param i32 i32 i32) (result i32) (i32.const 64))
    (func (export "execute") (param i32 i32 i32) (result i32) (i32.const 64)))"#;

fn main() {
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    // As a node's threads that run contracts.
    let bench = std::thread::Builder::new().stack_size(2 * CALL_STACK);
    bench.spawn(run).unwrap().join().unwrap();
}

fn run() {
    instance::run();
    let mut trivial = Contract::new(&wat::parse_str(TRIVIAL).unwrap());
    let price = trivial.code.price();
    measure("calls::out_of_gas_at_once", || {
        trivial.execute(price, "anybody", "{}");
    });
    measure("calls::trivial_execute", || {
        trivial.execute(PLENTY, "anybody", "{}");
    });
    let mut token = Contract::new(&published("cw20_base"));
    let init = r#"{"name":"Token","symbol":"TOK","decimals":6,"initial_balances":[{"address":"alice","amount":"1000000"}]}"#;
    token.call(Entry::Instantiate, PLENTY, "alice", init);
    measure("calls::cw20_transfer", || {
        token.execute(
            PLENTY,
            "alice",
            r#"{"transfer":{"recipient":"bob","amount":"1"}}"#,
        );
    });
    compile_and_load();
}

fn compile_and_load() {
    let code = published("hackatom");
    let kb = code.len() / 1_000;
    let mut times = Vec::new();
    for _ in 0..7 {
        let vm = Vm::new(Config::default()).unwrap();
        times.push(timed(|| drop(vm.compile(&code).unwrap())));
    }
    println!("calls::compile/kb={kb} {:.1} ms", median(times) as f64 / 1e6);
    let folder = std::env::temp_dir().join(format!("slsbft-bench-{}", std::process::id()));
    let config = Config {
        cache_folder: Some(folder.clone()),
        ..Config::default()
    };
    Vm::new(config.clone()).unwrap().compile(&code).unwrap();
    let mut times = Vec::new();
    for _ in 0..31 {
        let vm = Vm::new(config.clone()).unwrap();
        let load = || drop(vm.load(CodeHash::of(&code), || Ok(code.clone())).unwrap());
        times.push(timed(load));
    }
    println!(
        "calls::load_from_disk/kb={kb} {:.2} ms",
        median(times) as f64 / 1e6
    );
    std::fs::remove_dir_all(folder).unwrap();
}

fn published(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    std::fs::read(folder.join(format!("{name}.wasm"))).unwrap()
}

fn measure(name: &str, mut body: impl FnMut()) {
    report(name, (0..ROUNDS).map(|_| timed(&mut body)).collect());
}

/// Prints the median of so many nanoseconds.
fn report(name: &str, times: Vec<u128>) {
    println!("{name} {:.2} us", median(times) as f64 / 1e3);
}

/// Nanoseconds.
fn timed(body: impl FnOnce()) -> u128 {
    let begun = Instant::now();
    body();
    begun.elapsed().as_nanos()
}

fn median(mut times: Vec<u128>) -> u128 {
    times.sort_unstable();
    times[times.len() / 2]
}

struct Contract {
    vm: Vm,
    code: Arc<Code>,
    chain: Memory,
}

impl Contract {
    fn new(code: &[u8]) -> Self {
        let vm = Vm::new(Config::default()).unwrap();
        let code = vm.compile(code).unwrap();
        let chain = Memory::default();
        Self { vm, code, chain }
    }

    fn execute(&mut self, points: u64, sender: &str, msg: &str) {
        self.call(Entry::Execute, points, sender, msg);
    }

    fn call(&mut self, entry: Entry, points: u64, sender: &str, msg: &str) {
        let env = r#"{"block":{"height":7,"time":"1700000000000000000","chain_id":"bench"},"transaction":{"index":1},"contract":{"address":"contract"}}"#;
        let info = format!(r#"{{"sender":"{sender}","funds":[]}}"#);
        let call = Call {
            vm: &self.vm,
            code: &self.code,
            chain: &mut self.chain,
            points,
            lane: Lane::Block,
        };
        let args = [env.as_bytes(), info.as_bytes(), msg.as_bytes()];
        let outcome = black_box(call.raw(entry, &args).unwrap());
        assert!(points < PLENTY || outcome.result.is_ok(), "{:?}", outcome.result);
    }
}

/// A state in memory.
#[derive(Default)]
struct Memory {
    records: BTreeMap<Vec<u8>, Vec<u8>>,
    /// Set to when it was asked for a record last, if somebody wants to know.
    asked: Option<Instant>,
}

impl Chain for Memory {
    fn get(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
        if let Some(asked) = &mut self.asked {
            *asked = Instant::now();
        }
        Ok(self.records.get(key).cloned())
    }

    fn set(&mut self, key: &[u8], value: &[u8]) -> Result<(), Fault> {
        self.records.insert(key.to_vec(), value.to_vec());
        Ok(())
    }

    fn remove(&mut self, key: &[u8]) -> Result<(), Fault> {
        self.records.remove(key);
        Ok(())
    }

    fn scan(&mut self, _: Bound<&[u8]>, _: Bound<&[u8]>, _: Order, _: Page) -> Result<Vec<Record>, Fault> {
        Ok(Vec::new())
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
}
