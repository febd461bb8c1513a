//! Prints one line per figure, `name value unit`; medians. The reference, plain `jmt`, runs on the
//! same writes in the same process. Arguments: the number of keys (1,000,000 unless given), and
//! `alone` to leave the reference out. Figures `cpu` are processor time, for a busy machine.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a benchmark measures time, and fails by panicking"
)]

#[path = "support/plain_jmt.rs"]
mod plain_jmt;

use std::path::Path;
use std::time::{Duration, Instant};

use ics23::HostFunctionsManager;
use plain_jmt::PlainJmt;
use slsbft_store::{BlockMeta, Changes, Read, Space, Store, StoreConfig, app_hash, tree_spec};

/// As in the node.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const KEY_LEN: usize = 40;
const VALUE_LEN: usize = 100;

/// Numbers that look random and are the same in every run (xorshift64*).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
}

fn key(index: u64) -> Vec<u8> {
    let mut key = Vec::from(*b"bank/");
    let mut numbers = Numbers(index + 1);
    while key.len() < KEY_LEN {
        key.extend(numbers.next().to_be_bytes());
    }
    key.truncate(KEY_LEN);
    key
}

fn value(numbers: &mut Numbers) -> Vec<u8> {
    let mut value = Vec::with_capacity(VALUE_LEN + 8);
    while value.len() < VALUE_LEN {
        value.extend(numbers.next().to_be_bytes());
    }
    value.truncate(VALUE_LEN);
    value
}

type Writes = Vec<(Vec<u8>, Vec<u8>)>;

fn random_block(numbers: &mut Numbers, keys: u64, len: u64) -> Writes {
    (0..len)
        .map(|_| (key(numbers.next() % keys), value(numbers)))
        .collect()
}

fn report(name: &str, value: f64, unit: &str) {
    println!("{name} {value:.2} {unit}");
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1e6
}

fn timed<T>(run: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let result = run();
    (start.elapsed(), result)
}

fn changes(writes: &Writes) -> Changes {
    let mut changes = Changes::default();
    writes
        .iter()
        .for_each(|(key, value)| changes.set(Space::Main, key.clone(), value.clone()));
    changes
}

fn resident_mib() -> f64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let resident: f64 = pages
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse().ok())
        .unwrap_or_default();
    resident * 4096.0 / f64::from(1 << 20)
}

/// Processor time of this thread so far, from the scheduler's own count.
fn thread_cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(
        stat.split(' ')
            .next()
            .and_then(|time| time.parse().ok())
            .unwrap_or_default(),
    )
}

/// Processor time of all threads so far: fields 14 and 15 of `stat`, in hundredths of a second.
fn process_cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split(' ')
        .skip(12)
        .take(2);
    Duration::from_millis(ticks.filter_map(|ticks| ticks.parse::<u64>().ok()).sum::<u64>() * 10)
}

/// Bytes this process has written to files so far.
fn written_bytes() -> u64 {
    let io = std::fs::read_to_string("/proc/self/io").unwrap_or_default();
    let line = io.lines().find_map(|line| line.strip_prefix("write_bytes: "));
    line.and_then(|bytes| bytes.parse().ok()).unwrap_or_default()
}

/// Size of the tables in a database's folder; its log, which does not grow with it, is left out.
fn table_bytes(path: &Path) -> u64 {
    let files = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap());
    files
        .filter(|file| {
            file.path()
                .extension()
                .is_some_and(|extension| extension == "sst")
        })
        .map(|file| file.metadata().map_or(0, |metadata| metadata.len()))
        .sum()
}

struct Bench {
    store: Store,
    keys: u64,
}

impl Bench {
    fn next_block(&self) -> BlockMeta {
        BlockMeta {
            height: self.store.latest().height() + 1,
            ..BlockMeta::default()
        }
    }

    fn commit(&mut self, changes: Changes) -> [u8; 32] {
        let staged = self.store.stage(changes, self.next_block()).unwrap();
        self.store.commit(staged).unwrap().app_hash()
    }

    /// Back to back, so that a block also waits for the writing of the one before.
    fn blocks(&mut self, numbers: &mut Numbers, len: u64, count: usize) {
        let (mut whole, mut staging) = (Vec::new(), Vec::new());
        let (start, start_cpu, start_bytes) = (Instant::now(), process_cpu(), written_bytes());
        let (mut preparing, mut preparing_cpu, mut thread_time) =
            (Duration::ZERO, Duration::ZERO, Vec::new());
        for _ in 0..count {
            let before = thread_cpu();
            let (spent, changes) = timed(|| changes(&random_block(numbers, self.keys, len)));
            preparing += spent;
            let ready = thread_cpu();
            preparing_cpu += ready - before;
            let (stage, staged) = timed(|| self.store.stage(changes, self.next_block()).unwrap());
            let (commit, _) = timed(|| self.store.commit(staged).unwrap());
            staging.push(stage);
            whole.push(stage + commit);
            thread_time.push(thread_cpu() - ready);
        }
        self.store.sync().unwrap();
        let per_block = |time: Duration| time.as_secs_f64() * 1e6 / count as f64;
        let sustained = per_block(start.elapsed() - preparing);
        let all_threads = per_block((process_cpu() - start_cpu).saturating_sub(preparing_cpu));
        report(
            &format!("store::commit/keys={len}"),
            median(whole) / len as f64,
            "us/key",
        );
        report(
            &format!("store::stage/keys={len}"),
            median(staging) / len as f64,
            "us/key",
        );
        report(
            &format!("store::commit_sustained/keys={len}"),
            sustained / len as f64,
            "us/key",
        );
        report(
            &format!("store::cpu_of_caller/keys={len}"),
            median(thread_time) / len as f64,
            "us/key",
        );
        report(
            &format!("store::cpu_of_all_threads/keys={len}"),
            all_threads / len as f64,
            "us/key",
        );
        report(
            &format!("store::written/keys={len}"),
            (written_bytes() - start_bytes) as f64 / (len * count as u64) as f64,
            "B/key",
        );
    }

    fn reads_and_proofs(&self, numbers: &mut Numbers) {
        let reader = self.store.reader();
        let newest = reader.latest().height();
        let mut measure = |name: &str, height: u64, present: bool, prove: bool| {
            let snapshot = reader.at(height).unwrap();
            let times = (0..3_000).map(|_| {
                let mut key = key(numbers.next() % self.keys);
                if !present {
                    key.push(1);
                }
                match prove {
                    true => timed(|| reader.prove(height, &key).map(drop).unwrap()).0,
                    false => timed(|| snapshot.get(Space::Main, &key).map(drop).unwrap()).0,
                }
            });
            report(name, median(times.collect()), "us");
        };
        for (age, height) in [("latest", newest), ("20_blocks_ago", newest - 20)] {
            measure(&format!("store::get_present/{age}"), height, true, false);
            measure(&format!("store::get_absent/{age}"), height, false, false);
            measure(&format!("store::prove_present/{age}"), height, true, true);
            measure(&format!("store::prove_absent/{age}"), height, false, true);
        }
        let key = key(1);
        let proven = reader.prove(newest, &key).unwrap();
        let (root, value) = (proven.tree_root.to_vec(), proven.value.unwrap());
        let verify = || {
            let (tree, spec) = (&proven.tree, tree_spec());
            assert!(ics23::verify_membership::<HostFunctionsManager>(
                tree, &spec, &root, &key, &value
            ));
        };
        report(
            "store::verify_present",
            median((0..1_000).map(|_| timed(verify).0).collect()),
            "us",
        );
    }
}

/// What a changed key costs on disk while its history is kept, long after the first was pruned.
fn pruning(path: &Path) {
    let (keys, window, len) = (200_000, 100, 1_000);
    let config = StoreConfig {
        keep_heights: window,
        proof_heights: window,
        ..StoreConfig::default()
    };
    let store = Store::open(path, &config).unwrap();
    let (mut bench, mut numbers) = (Bench { store, keys }, Numbers(5));
    let all: Writes = (0..keys).map(|index| (key(index), value(&mut numbers))).collect();
    bench.commit(changes(&all));
    bench.store.sync().unwrap();
    drop(bench);
    let store = Store::open(path, &config).unwrap();
    let (mut bench, before) = (Bench { store, keys }, table_bytes(path));
    for _ in 0..12 * window {
        bench.commit(changes(&random_block(&mut numbers, keys, len)));
    }
    bench.store.sync().unwrap();
    let grown = table_bytes(path) as f64 - before as f64;
    report("store::kept_on_disk", grown / (window * len) as f64, "B/key");
}

/// Median time and processor time of the reference's blocks.
fn reference(jmt: &mut PlainJmt, numbers: &mut Numbers, keys: u64) {
    for (len, count) in [(10_000, 7), (1_000, 21), (100, 51)] {
        let (mut times, mut cpu) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let writes = random_block(numbers, keys, len);
            let before = thread_cpu();
            times.push(timed(|| jmt.commit(&writes)).0);
            cpu.push(thread_cpu() - before);
        }
        report(
            &format!("jmt::commit/keys={len}"),
            median(times) / len as f64,
            "us/key",
        );
        report(
            &format!("jmt::cpu_of_caller/keys={len}"),
            median(cpu) / len as f64,
            "us/key",
        );
    }
}

fn main() {
    let keys = std::env::args()
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(1_000_000);
    let alone = std::env::args().any(|argument| argument == "alone");
    let dirs = [(); 3].map(|()| tempfile::tempdir().unwrap());
    let store = Store::open(dirs[0].path(), &StoreConfig::default()).unwrap();
    let mut bench = Bench { store, keys };
    let mut jmt = (!alone).then(|| PlainJmt::open(dirs[1].path()));

    let mut numbers = Numbers(7);
    let load: Vec<u64> = (0..keys).collect();
    for part in load.chunks(20_000) {
        let writes: Writes = part
            .iter()
            .map(|index| (key(*index), value(&mut numbers)))
            .collect();
        let hash = bench.commit(changes(&writes));
        if let Some(jmt) = &mut jmt {
            assert_eq!(hash, app_hash(jmt.commit(&writes)), "both trees have one root");
        }
    }
    report("process::memory_after_load", resident_mib(), "MiB");
    report(
        "store::disk_after_load",
        table_bytes(dirs[0].path()) as f64 / f64::from(1 << 20),
        "MiB",
    );

    let mut seed = Numbers(99);
    for (len, count) in [(10_000, 41), (1_000, 101), (100, 201)] {
        bench.blocks(&mut seed, len, count);
    }
    bench.reads_and_proofs(&mut seed);
    report("process::memory_after_blocks", resident_mib(), "MiB");
    report(
        "store::disk_after_blocks",
        table_bytes(dirs[0].path()) as f64 / f64::from(1 << 20),
        "MiB",
    );
    if let Some(jmt) = &mut jmt {
        reference(jmt, &mut seed, keys);
    }
    drop(bench);
    let (opened, _) = timed(|| Store::open(dirs[0].path(), &StoreConfig::default()).unwrap());
    report("store::open", opened.as_secs_f64() * 1e3, "ms");
    pruning(dirs[2].path());
}
