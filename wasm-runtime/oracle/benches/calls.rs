//! What calls cost, here and in `cosmwasm-vm` (its own cache, code pinned in memory): the same contract and
//! message in both, one after the other, in one run. Prints medians in microseconds and their ratio.

use std::collections::HashSet;
use std::hint::black_box;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use cosmwasm_std::Checksum;
use cosmwasm_vm::testing::{MockApi, MockQuerier, MockStorage, mock_env, mock_info};
use cosmwasm_vm::{
    Backend, Cache, CacheOptions, InstanceOptions, Size, call_execute_raw, call_instantiate_raw,
};
use slsbft_wasm::cosmwasm::{Call, Entry};
use slsbft_wasm::{Code, CodeHash, Config, Lane, Vm};

use chain::MemoryChain;

#[path = "../tests/engine/chain.rs"]
mod chain;
#[path = "../tests/engine/link.rs"]
mod link;

const PLENTY: u64 = 1_000_000_000_000;
const ROUNDS: usize = 300;

type Theirs = Cache<MockApi, MockStorage, MockQuerier>;
type TheirBackend = Backend<MockApi, MockStorage, MockQuerier>;

/// An empty contract: what is left is the call itself.
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
    // As deep as a node's threads that run contracts.
    let bench = thread::Builder::new().stack_size(256 << 20).spawn(run).unwrap();
    bench.join().unwrap();
}

fn run() {
    compile();
    load();
    let trivial = wat::parse_str(TRIVIAL).unwrap();
    let mut pair = Pair::new(&trivial);
    pair.instantiate(b"{}");
    pair.compare("trivial execute", b"{}", "anybody");
    pair.out_of_gas();

    let alice = MockApi::default().addr_make("alice");
    let bob = MockApi::default().addr_make("bob");
    let mut pair = Pair::new(&published("hackatom"));
    pair.instantiate(format!(r#"{{"verifier":"{alice}","beneficiary":"{bob}"}}"#).as_bytes());
    pair.compare("hackatom release", br#"{"release":{"denom":"earth"}}"#, &alice);

    let mut pair = Pair::new(&published("cw20_base"));
    let msg = format!(
        r#"{{"name":"Token","symbol":"TOK","decimals":6,"initial_balances":[{{"address":"{alice}","amount":"1000000"}}]}}"#
    );
    pair.instantiate(msg.as_bytes());
    let transfer = format!(r#"{{"transfer":{{"recipient":"{bob}","amount":"1"}}}}"#);
    pair.compare("cw20 transfer", transfer.as_bytes(), &alice);
}

fn published(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/../testdata/{name}.wasm", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn median(mut times: Vec<u128>) -> u128 {
    times.sort_unstable();
    times[times.len() / 2]
}

fn timed<T>(body: impl FnOnce() -> T) -> (u128, T) {
    let start = Instant::now();
    let result = black_box(body());
    (start.elapsed().as_nanos(), result)
}

fn report(what: &str, ours: Vec<u128>, theirs: Vec<u128>) {
    let (ours, theirs) = (median(ours), median(theirs));
    let ratio = theirs * 100 / ours.max(1);
    println!(
        "{what}: {}.{:03} us here, {}.{:03} us there, {}.{:02}x",
        ours / 1000,
        ours % 1000,
        theirs / 1000,
        theirs % 1000,
        ratio / 100,
        ratio % 100
    );
}

fn their_cache(folder: &std::path::Path) -> Theirs {
    let capabilities: HashSet<String> = slsbft_wasm::cosmwasm::CAPABILITIES
        .iter()
        .map(|name| (*name).to_owned())
        .collect();
    let options = CacheOptions::new(folder, capabilities, Size::mebi(200), Size::mebi(32));
    #[allow(unsafe_code, reason = "the folder is this benchmark's own")]
    // SAFETY: nobody else writes into the folder.
    unsafe {
        Cache::new(options).unwrap()
    }
}

fn compile() {
    let wasm = published("hackatom");
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..7 {
        let vm = Vm::new(Config::default()).unwrap();
        ours.push(timed(|| vm.compile(&wasm).unwrap()).0);
        let folder = tempfile::tempdir().unwrap();
        let cache = their_cache(folder.path());
        theirs.push(timed(|| cache.store_code(&wasm, true, true).unwrap()).0);
    }
    report("compile 296 KB", ours, theirs);
}

fn load() {
    let wasm = published("hackatom");
    let folder = tempfile::tempdir().unwrap();
    let config = Config {
        cache_folder: Some(folder.path().to_owned()),
        ..Config::default()
    };
    Vm::new(config.clone()).unwrap().compile(&wasm).unwrap();
    let theirs_folder = tempfile::tempdir().unwrap();
    let checksum = their_cache(theirs_folder.path())
        .store_code(&wasm, true, true)
        .unwrap();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..31 {
        let vm = Vm::new(config.clone()).unwrap();
        let hash = CodeHash::of(&wasm);
        ours.push(timed(|| vm.load(hash, || panic!("it is on disk")).unwrap()).0);
        let cache = their_cache(theirs_folder.path());
        theirs.push(timed(|| cache.pin(&checksum).unwrap()).0);
    }
    report("load 296 KB from disk", ours, theirs);
}

struct Pair {
    vm: Vm,
    code: Arc<Code>,
    chain: MemoryChain,
    cache: Theirs,
    checksum: Checksum,
    backend: Option<TheirBackend>,
    _folder: tempfile::TempDir,
}

impl Pair {
    fn new(wasm: &[u8]) -> Self {
        let vm = Vm::new(Config::default()).unwrap();
        let code = vm.compile(wasm).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let cache = their_cache(folder.path());
        let checksum = cache.store_code(wasm, true, true).unwrap();
        cache.pin(&checksum).unwrap();
        let backend = Backend {
            api: MockApi::default(),
            storage: MockStorage::new(),
            querier: MockQuerier::new(&[]),
        };
        let chain = MemoryChain::default();
        Self {
            vm,
            code,
            chain,
            cache,
            checksum,
            backend: Some(backend),
            _folder: folder,
        }
    }

    fn ours(&mut self, entry: Entry, points: u64, args: &[&[u8]]) {
        let call = Call {
            vm: &self.vm,
            code: &self.code,
            chain: &mut self.chain,
            points,
            lane: Lane::Block,
        };
        let _ = black_box(call.raw(entry, args).unwrap());
    }

    fn theirs(&mut self, entry: Entry, args: &[&[u8]]) {
        let options = InstanceOptions { gas_limit: PLENTY };
        let backend = self.backend.take().unwrap();
        let mut instance = self.cache.get_instance(&self.checksum, backend, options).unwrap();
        let [env, info, msg] = args else {
            panic!("three arguments")
        };
        let result = match entry {
            Entry::Instantiate => call_instantiate_raw(&mut instance, env, info, msg),
            _ => call_execute_raw(&mut instance, env, info, msg),
        };
        let _ = black_box(result.unwrap());
        self.backend = instance.recycle();
    }

    fn instantiate(&mut self, msg: &[u8]) {
        let (env, info) = arguments("creator");
        self.ours(Entry::Instantiate, PLENTY, &[&env, &info, msg]);
        self.theirs(Entry::Instantiate, &[&env, &info, msg]);
    }

    fn compare(&mut self, what: &str, msg: &[u8], sender: &str) {
        let (env, info) = arguments(sender);
        let args: [&[u8]; 3] = [&env, &info, msg];
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            ours.push(timed(|| self.ours(Entry::Execute, PLENTY, &args)).0);
            theirs.push(timed(|| self.theirs(Entry::Execute, &args)).0);
        }
        report(what, ours, theirs);
    }

    /// An instance that runs out of gas in its first function, beside what `cosmwasm-vm` takes for an
    /// instance alone.
    fn out_of_gas(&mut self) {
        let price = self.code.price();
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            ours.push(timed(|| self.ours(Entry::Execute, price, &[b"", b"", b""])).0);
            let backend = self.backend.take().unwrap();
            let options = InstanceOptions { gas_limit: PLENTY };
            let (time, backend) = timed(|| {
                self.cache
                    .get_instance(&self.checksum, backend, options)
                    .unwrap()
                    .recycle()
            });
            self.backend = backend;
            theirs.push(time);
        }
        report("instance (here: and a trap)", ours, theirs);
    }
}

fn arguments(sender: &str) -> (Vec<u8>, Vec<u8>) {
    (
        serde_json::to_vec(&mock_env()).unwrap(),
        serde_json::to_vec(&mock_info(sender, &[])).unwrap(),
    )
}
