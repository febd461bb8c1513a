//! A host in memory, for unit tests of contracts. Each thread has its own, so each test begins with a fresh
//! one. It has storage, what is around a call, events, and answers that the test gives; hashes and signatures
//! need the real host (`slsbftd wasm run`). Failed calls undo nothing here.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};

use crate::{Event, env::Coin};

/// What the host is made of.
#[derive(Debug)]
pub struct Mock {
    pub storage: BTreeMap<Vec<u8>, Vec<u8>>,
    pub sender: String,
    pub contract: String,
    pub funds: Vec<Coin>,
    pub height: u64,
    /// In nanoseconds since 1970.
    pub time: u64,
    pub chain_id: String,
    pub transaction: Option<(u32, [u8; 32])>,
    pub beacons: BTreeMap<u64, [u8; 32]>,
    pub events: Vec<Event>,
    pub printed: Vec<String>,
    /// What the contract has called.
    pub calls: Vec<Called>,
    /// What the next calls return; an empty answer if there is none left.
    pub answers: VecDeque<Result<Vec<u8>, String>>,
    scans: Vec<VecDeque<(Vec<u8>, Vec<u8>)>>,
}

/// A call out of the contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Called {
    Execute {
        contract: String,
        msg: Vec<u8>,
        funds: String,
    },
    Send {
        type_url: String,
        msg: Vec<u8>,
    },
    Query {
        path: String,
        request: Vec<u8>,
    },
    Ask {
        contract: String,
        msg: Vec<u8>,
    },
}

impl Default for Mock {
    fn default() -> Self {
        Self {
            storage: BTreeMap::new(),
            sender: "alice".to_owned(),
            contract: "contract".to_owned(),
            funds: Vec::new(),
            height: 1,
            time: 1_700_000_000_000_000_000,
            chain_id: "mock-1".to_owned(),
            transaction: Some((0, [0; 32])),
            beacons: BTreeMap::new(),
            events: Vec::new(),
            printed: Vec::new(),
            calls: Vec::new(),
            answers: VecDeque::new(),
            scans: Vec::new(),
        }
    }
}

thread_local! {
    static MOCK: RefCell<Mock> = RefCell::default();
}

/// Looks at this thread's host, or changes it. An address is valid here if it is lower-case and not empty.
pub fn with<T>(what: impl FnOnce(&mut Mock) -> T) -> T {
    MOCK.with_borrow_mut(what)
}

/// From now on this is whose message it is, and what came with it.
pub fn from(sender: &str, funds: &[Coin]) {
    with(|mock| {
        mock.sender = sender.to_owned();
        mock.funds = funds.to_vec();
    });
}

/// The host's functions, under the names of the real one's.
pub(crate) mod host {
    use super::{Called, Event, Mock, with};

    fn real(name: &str) -> ! {
        panic!("{name} needs the real host: try the contract with `slsbftd wasm run`")
    }

    fn answer(called: Called) -> Result<Vec<u8>, String> {
        with(|mock| {
            mock.calls.push(called);
            mock.answers.pop_front().unwrap_or_else(|| Ok(Vec::new()))
        })
    }

    pub fn message() -> Vec<u8> {
        real("a message")
    }

    pub fn give(_: &[u8]) {
        real("an output")
    }

    pub fn end_with_error(words: &str) -> ! {
        panic!("{words}")
    }

    pub fn end_with_panic(words: &str) -> ! {
        panic!("{words}")
    }

    pub fn print(words: &str) {
        with(|mock| mock.printed.push(words.to_owned()));
    }

    pub fn load(key: &[u8]) -> Option<Vec<u8>> {
        with(|mock| mock.storage.get(key).cloned())
    }

    pub fn store(key: &[u8], value: &[u8]) {
        with(|mock| mock.storage.insert(key.to_vec(), value.to_vec()));
    }

    pub fn delete(key: &[u8]) {
        with(|mock| mock.storage.remove(key));
    }

    pub fn open_scan(start: &[u8], end: Option<&[u8]>, descending: bool) -> u32 {
        with(|mock| {
            let within = |key: &[u8]| start <= key && end.is_none_or(|end| key < end);
            let found = mock.storage.iter().filter(|(key, _)| within(key));
            let mut found: Vec<_> = found.map(|(key, value)| (key.clone(), value.clone())).collect();
            if descending {
                found.reverse();
            }
            mock.scans.push(found.into());
            mock.scans.len() as u32 - 1
        })
    }

    pub fn next_record(id: u32) -> Option<(Vec<u8>, Vec<u8>)> {
        with(|mock| mock.scans.get_mut(id as usize)?.pop_front())
    }

    pub fn height() -> u64 {
        with(|mock| mock.height)
    }

    pub fn time() -> u64 {
        with(|mock| mock.time)
    }

    pub fn chain() -> String {
        with(|mock| mock.chain_id.clone())
    }

    pub fn own_address() -> String {
        with(|mock| mock.contract.clone())
    }

    pub fn caller() -> String {
        with(|mock| mock.sender.clone())
    }

    pub fn coins() -> String {
        let text = |mock: &mut Mock| mock.funds.iter().map(|coin| coin.to_string()).collect::<Vec<_>>();
        with(text).join(",")
    }

    pub fn transaction() -> Option<(u32, [u8; 32])> {
        with(|mock| mock.transaction)
    }

    pub fn points() -> u64 {
        u64::MAX
    }

    pub fn beacon_at(height: u64) -> Option<[u8; 32]> {
        with(|mock| mock.beacons.get(&height).copied())
    }

    pub fn is_address(text: &str) -> bool {
        !text.is_empty()
            && text
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    }

    pub fn address_bytes(text: &str) -> Option<Vec<u8>> {
        is_address(text).then(|| text.as_bytes().to_vec())
    }

    pub fn address_text(bytes: &[u8]) -> Option<String> {
        String::from_utf8(bytes.to_vec())
            .ok()
            .filter(|text| is_address(text))
    }

    pub fn hash_sha256(_: &[u8]) -> [u8; 32] {
        real("sha256")
    }

    pub fn hash_keccak256(_: &[u8]) -> [u8; 32] {
        real("keccak256")
    }

    pub fn hash_blake2b(_: &[u8], _: &mut [u8]) {
        real("blake2b")
    }

    pub fn k1_verify(_: &[u8; 32], _: &[u8; 64], _: &[u8]) -> bool {
        real("secp256k1_verify")
    }

    pub fn k1_recover(_: &[u8; 32], _: &[u8; 64], _: u32) -> Option<[u8; 65]> {
        real("secp256k1_recover")
    }

    pub fn r1_verify(_: &[u8; 32], _: &[u8; 64], _: &[u8]) -> bool {
        real("secp256r1_verify")
    }

    pub fn r1_recover(_: &[u8; 32], _: &[u8; 64], _: u32) -> Option<[u8; 65]> {
        real("secp256r1_recover")
    }

    pub fn ed_verify(_: &[u8], _: &[u8; 64], _: &[u8; 32]) -> bool {
        real("ed25519_verify")
    }

    pub fn ed_verify_all(_: &[u8]) -> bool {
        real("ed25519_batch_verify")
    }

    pub fn call_contract(contract: &str, msg: &[u8], funds: &str, _: i64) -> Result<Vec<u8>, String> {
        let (contract, funds) = (contract.to_owned(), funds.to_owned());
        answer(Called::Execute {
            contract,
            msg: msg.to_vec(),
            funds,
        })
    }

    pub fn send_message(kind: &str, msg: &[u8], _: i64) -> Result<Vec<u8>, String> {
        answer(Called::Send {
            type_url: kind.to_owned(),
            msg: msg.to_vec(),
        })
    }

    pub fn query_module(path: &str, request: &[u8]) -> Result<Vec<u8>, String> {
        answer(Called::Query {
            path: path.to_owned(),
            request: request.to_vec(),
        })
    }

    pub fn ask_contract(contract: &str, msg: &[u8]) -> Result<Vec<u8>, String> {
        answer(Called::Ask {
            contract: contract.to_owned(),
            msg: msg.to_vec(),
        })
    }

    pub fn emit(event: &Event) {
        with(|mock| mock.events.push(event.clone()));
    }
}
