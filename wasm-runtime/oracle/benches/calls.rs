//! What calls cost, here and in `cosmwasm-vm` (its own cache, code pinned in memory), in one run. Prints
//! medians in microseconds; `cargo bench -p slsbft-wasm --bench calls`.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a benchmark measures time, and ends when something is wrong"
)]

use std::collections::HashSet;
use std::hint::black_box;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use cosmwasm_crypto::{
    HashFunction, bls12_381_aggregate_g1, bls12_381_aggregate_g2, bls12_381_hash_to_g1, bls12_381_hash_to_g2,
    bls12_381_pairing_equality, ed25519_verify, secp256k1_recover_pubkey, secp256k1_verify,
    secp256r1_recover_pubkey, secp256r1_verify,
};
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
    host();
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

/// What the host's own computing takes, for the table of its prices.
fn host() {
    let hash = hex::decode("5ae8317d34d1e595e3fa7247db80c0af4320cce1116de187f8f7e2e099c0d8d0").unwrap();
    let signature = hex::decode(
        "45c0b7f8c09a9e1f1cea0c25785594427b6bf8f9f878a8af0b1abbb48e16d0920d8becd0c220f67c51217eecfd7184ef0732481c843857e6bc7fc095c4f6b788",
    )
    .unwrap();
    let key = secp256k1_recover_pubkey(&hash, &signature, 1).unwrap();
    one("secp256k1 verify", || {
        secp256k1_verify(&hash, &signature, &key).unwrap()
    });
    one("secp256k1 recover", || {
        secp256k1_recover_pubkey(&hash, &signature, 1).unwrap()
    });
    let hash = hex::decode("44acf6b7e36c1342c2c5897204fe09504e1e2efb1a900377dbc4e7a6a133ec56").unwrap();
    let signature = hex::decode(
        "f3ac8061b514795b8843e3d6629527ed2afd6b1f6a555a7acabb5e6f79c8c2ac8bf77819ca05a6b2786c76262bf7371cef97b218e96f175a3ccdda2acc058903",
    )
    .unwrap();
    let key = secp256r1_recover_pubkey(&hash, &signature, 1).unwrap();
    one("secp256r1 verify", || {
        secp256r1_verify(&hash, &signature, &key).unwrap()
    });
    one("secp256r1 recover", || {
        secp256r1_recover_pubkey(&hash, &signature, 1).unwrap()
    });
    let key = hex::decode("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a").unwrap();
    let signature = hex::decode(
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    )
    .unwrap();
    one("ed25519 verify", || {
        ed25519_verify(b"", &signature, &key).unwrap()
    });
    let long = vec![7; 128 << 10];
    one("ed25519 verify 128 KiB", || {
        ed25519_verify(&long, &signature, &key).unwrap()
    });
    let p = bls12_381_hash_to_g1(HashFunction::Sha256, b"p", b"d");
    let q = bls12_381_hash_to_g2(HashFunction::Sha256, b"q", b"d");
    one("hash to G1", || {
        bls12_381_hash_to_g1(HashFunction::Sha256, b"p", b"d")
    });
    one("hash to G2", || {
        bls12_381_hash_to_g2(HashFunction::Sha256, b"q", b"d")
    });
    one("hash 128 KiB to G1", || {
        bls12_381_hash_to_g1(HashFunction::Sha256, &long, b"d")
    });
    for count in [1, 10, 100] {
        let (ps, qs) = (p.repeat(count), q.repeat(count));
        one(&format!("aggregate {count} of G1"), || {
            bls12_381_aggregate_g1(&ps).unwrap()
        });
        one(&format!("aggregate {count} of G2"), || {
            bls12_381_aggregate_g2(&qs).unwrap()
        });
        one(&format!("{count} pairings"), || {
            bls12_381_pairing_equality(&ps, &qs, &p, &q).unwrap()
        });
    }
    let attributes = vec![r#"{"key":"some","value":"thing"}"#; 2000].join(",");
    let json = format!(r#"{{"ok":{{"messages":[],"attributes":[{attributes}],"events":[],"data":null}}}}"#);
    one(&format!("read a result of {} bytes", json.len()), || {
        serde_json::from_str::<cosmwasm_std::ContractResult<slsbft_wasm::cosmwasm::Response>>(&json).unwrap()
    });
}

fn one<T>(what: &str, mut body: impl FnMut() -> T) {
    let time = median((0..31).map(|_| timed(&mut body).0).collect());
    println!("{what}: {}.{:03} us", time / 1000, time % 1000);
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
