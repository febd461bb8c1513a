//! Runs a contract in this VM and in `cosmwasm-vm`, and compares what each call returns and writes.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use cosmwasm_std::{Checksum, Coin, Env, MessageInfo, Order};
use cosmwasm_vm::testing::{MockApi, MockQuerier, MockStorage, mock_env, mock_info};
use cosmwasm_vm::{
    Backend, BackendError, Cache, CacheOptions, CommunicationError, Instance, InstanceOptions, Size, Storage,
    VmError, VmResult, call_execute_raw, call_instantiate_raw, call_migrate_raw, call_migrate_with_info_raw,
    call_query_raw, call_reply_raw, call_sudo_raw,
};
use slsbft_wasm::cosmwasm::{CAPABILITIES, Entry};
use slsbft_wasm::{Code, Reason, Trap};

use crate::chain::MemoryChain;
use crate::support::{PLENTY, VM, call};

type Theirs = Instance<MockApi, MockStorage, MockQuerier>;

/// A contract in both VMs.
pub struct Pair {
    cache: Cache<MockApi, MockStorage, MockQuerier>,
    checksum: Checksum,
    _folder: tempfile::TempDir,
    pub code: Arc<Code>,
    pub ours: MemoryChain,
    theirs: Option<Backend<MockApi, MockStorage, MockQuerier>>,
    pub env: Env,
    /// Points here and gas there.
    pub budget: u64,
}

impl Pair {
    pub fn new(wasm: &[u8]) -> Self {
        Self::with_balances(wasm, &[])
    }

    pub fn with_balances(wasm: &[u8], balances: &[(&str, &[Coin])]) -> Self {
        let ours = MemoryChain {
            querier: MockQuerier::new(balances),
            ..Default::default()
        };
        let api = MockApi::default();
        let theirs = Backend {
            api,
            storage: MockStorage::new(),
            querier: MockQuerier::new(balances),
        };
        let code = VM.compile(wasm).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let cache = their_cache(folder.path());
        let checksum = cache.store_code(wasm, true, true).unwrap();
        Self {
            cache,
            checksum,
            _folder: folder,
            code,
            ours,
            theirs: Some(theirs),
            env: mock_env(),
            budget: PLENTY,
        }
    }

    /// The code of another contract takes over.
    pub fn replace(&mut self, wasm: &[u8]) {
        self.code = VM.compile(wasm).unwrap();
        self.checksum = self.cache.store_code(wasm, true, true).unwrap();
    }

    /// Puts a value into both states.
    pub fn put(&mut self, key: &[u8], value: &[u8]) {
        self.ours.state.insert(key.to_vec(), value.to_vec());
        self.theirs.as_mut().unwrap().storage.set(key, value).0.unwrap();
    }

    /// Changes what both chains answer.
    pub fn each_querier(&mut self, change: impl Fn(&mut MockQuerier)) {
        change(&mut self.ours.querier);
        change(&mut self.theirs.as_mut().unwrap().querier);
    }

    /// Calls both and returns what both returned, after comparing it and the states.
    pub fn both(&mut self, entry: Entry, args: &[&[u8]]) -> Result<Vec<u8>, Reason> {
        let (ours, theirs) = self.each(entry, args);
        if let (Ok(ours), Ok(theirs)) = (&ours, theirs) {
            assert_eq!(show(ours), show(&theirs));
        }
        ours
    }

    /// Calls each and returns what each returned, after comparing their errors and what they wrote until
    /// then. What failed is undone in both, as a chain does it.
    pub fn each(&mut self, entry: Entry, args: &[&[u8]]) -> (Result<Vec<u8>, Reason>, VmResult<Vec<u8>>) {
        let before = self.ours.state.clone();
        let outcome = call(&self.code, &mut self.ours, self.budget)
            .raw(entry, args)
            .unwrap();
        let ours = outcome.result.map_err(|failure| failure.reason);
        let theirs = self.call_theirs(entry, args);
        // Each VM has prices of its own, so each runs out of gas at a place of its own.
        let ran_out = ours == Err(Reason::OutOfGas) || theirs.as_ref().is_err_and(ran_out);
        match (&ours, &theirs) {
            _ if ran_out => {}
            (Ok(_), Ok(_)) => {}
            (Err(ours), Err(theirs)) => assert!(same(ours, theirs), "{ours:?} and {theirs}"),
            _ => panic!("{:?} and {theirs:?}", ours.as_ref().map(|bytes| show(bytes))),
        }
        if !ran_out {
            let state = self.their_state();
            assert_eq!(self.ours.state, state);
        }
        if ran_out || ours.is_err() {
            self.ours.state = before;
        }
        self.set_their_state();
        (ours, theirs)
    }

    pub fn instantiate(&mut self, info: &MessageInfo, msg: &str) -> Result<String, Reason> {
        let (env, info) = (json(&self.env), json(info));
        self.both(Entry::Instantiate, &[&env, &info, msg.as_bytes()])
            .map(|bytes| show(&bytes))
    }

    pub fn execute(&mut self, sender: &str, funds: &[Coin], msg: &str) -> Result<String, Reason> {
        let (env, info) = (json(&self.env), json(&mock_info(sender, funds)));
        self.both(Entry::Execute, &[&env, &info, msg.as_bytes()])
            .map(|bytes| show(&bytes))
    }

    pub fn query(&mut self, msg: &str) -> Result<String, Reason> {
        let env = json(&self.env);
        self.both(Entry::Query, &[&env, msg.as_bytes()])
            .map(|bytes| show(&bytes))
    }

    pub fn two(&mut self, entry: Entry, msg: &str) -> Result<String, Reason> {
        let env = json(&self.env);
        self.both(entry, &[&env, msg.as_bytes()])
            .map(|bytes| show(&bytes))
    }

    fn call_theirs(&mut self, entry: Entry, args: &[&[u8]]) -> VmResult<Vec<u8>> {
        let backend = self.theirs.take().unwrap();
        let options = InstanceOptions {
            gas_limit: self.budget,
        };
        let mut instance = self.cache.get_instance(&self.checksum, backend, options).unwrap();
        let result = call_entry(&mut instance, entry, args);
        self.theirs = instance.recycle();
        result
    }

    fn their_state(&mut self) -> BTreeMap<Vec<u8>, Vec<u8>> {
        let storage = &mut self.theirs.as_mut().unwrap().storage;
        let all = storage.scan(None, None, Order::Ascending).0.unwrap();
        storage.all(all).0.unwrap().into_iter().collect()
    }

    /// Their state becomes ours, in a storage without iterators: it numbers them on from call to call.
    fn set_their_state(&mut self) {
        let mut storage = MockStorage::new();
        for (key, value) in &self.ours.state {
            storage.set(key, value).0.unwrap();
        }
        self.theirs.as_mut().unwrap().storage = storage;
    }
}

/// Whether each VM takes a code, this one first.
pub fn accepted(wasm: &[u8]) -> [bool; 2] {
    let folder = tempfile::tempdir().unwrap();
    let theirs = their_cache(folder.path()).store_code(wasm, true, false);
    [VM.check(wasm).is_ok(), theirs.is_ok()]
}

/// The other VM, with the capabilities and the memory that this one has.
fn their_cache(folder: &Path) -> Cache<MockApi, MockStorage, MockQuerier> {
    let capabilities: HashSet<String> = CAPABILITIES.iter().map(|name| (*name).to_owned()).collect();
    let options = CacheOptions::new(folder, capabilities, Size::mebi(200), Size::mebi(64));
    #[allow(unsafe_code, reason = "the folder is this test's own")]
    // SAFETY: nobody else writes into the folder.
    unsafe {
        Cache::new(options).unwrap()
    }
}

fn call_entry(instance: &mut Theirs, entry: Entry, args: &[&[u8]]) -> VmResult<Vec<u8>> {
    match (entry, args) {
        (Entry::Instantiate, [env, info, msg]) => call_instantiate_raw(instance, env, info, msg),
        (Entry::Execute, [env, info, msg]) => call_execute_raw(instance, env, info, msg),
        (Entry::Query, [env, msg]) => call_query_raw(instance, env, msg),
        (Entry::Migrate, [env, msg, info]) => call_migrate_with_info_raw(instance, env, msg, info),
        (Entry::Migrate, [env, msg]) => call_migrate_raw(instance, env, msg),
        (Entry::Sudo, [env, msg]) => call_sudo_raw(instance, env, msg),
        (Entry::Reply, [env, msg]) => call_reply_raw(instance, env, msg),
        _ => panic!("no such call"),
    }
}

/// Whether the other VM's gas was used up.
fn ran_out(error: &VmError) -> bool {
    match error {
        VmError::GasDepletion { .. } => true,
        VmError::RuntimeErr { msg, .. } => innermost(msg).starts_with("Ran out of gas"),
        _ => false,
    }
}

/// Whether two errors are of one kind and say the same.
fn same(ours: &Reason, theirs: &VmError) -> bool {
    match (ours, theirs) {
        (Reason::NoEntry, VmError::ResolveErr { .. } | VmError::FunctionArityMismatch { .. }) => true,
        (Reason::Region(_), VmError::CommunicationErr { source, .. }) => matches!(
            source,
            CommunicationError::DerefErr { .. }
                | CommunicationError::InvalidRegion { .. }
                | CommunicationError::RegionTooSmall { .. }
                | CommunicationError::RegionAccessErr { .. }
                | CommunicationError::ZeroAddress {}
        ),
        (Reason::TooLong { .. }, VmError::CommunicationErr { source, .. }) => {
            matches!(source, CommunicationError::RegionLengthTooBig { .. })
        }
        (Reason::NoIterator(ours), VmError::BackendErr { source, .. }) => {
            matches!(source, BackendError::IteratorDoesNotExist { id } if id == ours)
        }
        // Errors of their host's functions become texts on their way through the contract.
        (ours, VmError::RuntimeErr { msg, .. }) => {
            let msg = innermost(msg);
            told(ours).iter().any(|told| msg.starts_with(told.as_str()))
        }
        _ => false,
    }
}

/// What their error said before the contract's calls that it went through.
fn innermost(text: &str) -> &str {
    let prefixes = ["Wasmer runtime error: RuntimeError: ", "Error executing Wasm: "];
    match prefixes.iter().find_map(|prefix| text.strip_prefix(prefix)) {
        Some(rest) => innermost(rest),
        None => text,
    }
}

/// How their text for a reason may begin.
fn told(reason: &Reason) -> Vec<String> {
    let communication = "Error in guest/host communication: ";
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    match reason {
        Reason::Aborted(text) => vec![format!("Aborted: {}", text.trim_end_matches('…'))],
        Reason::StackExhausted => texts(&["call stack exhausted"]),
        Reason::Trap(Trap::Unreachable) => texts(&["unreachable"]),
        Reason::Trap(Trap::MemoryOutOfBounds) => texts(&["out of bounds memory access"]),
        Reason::Trap(Trap::DivisionByZero) => texts(&["integer divide by zero"]),
        Reason::Trap(Trap::IntegerOverflow) => texts(&["integer overflow"]),
        Reason::Trap(Trap::BadConversion) => texts(&["invalid conversion to integer"]),
        Reason::ReadOnly => texts(&["Must not call a writing storage function in this context."]),
        Reason::Reentered => texts(&["Maximum call depth exceeded."]),
        Reason::NoIterator(id) => {
            vec![format!(
                "Error calling into the VM's backend: Iterator with ID {id} does not exist"
            )]
        }
        Reason::NoOrder(order) => {
            vec![format!(
                "{communication}Got an invalid value for iteration order: {order}"
            )]
        }
        Reason::Sections(_) => vec![format!("{communication}Got an invalid section")],
        Reason::TooLong { length, limit, .. } => vec![
            format!("{communication}Region length too big. Got {length}, limit {limit}"),
            format!(
                "Generic error: Key too big. Tried to write {length} bytes to storage, limit is {limit}."
            ),
            format!(
                "Generic error: Value too big. Tried to write {length} bytes to storage, limit is {limit}."
            ),
        ],
        Reason::Region(_) => [
            "The Wasm memory address",
            "Got an invalid region",
            "Region too small",
            "Tried to access memory of region",
            "Got a zero Wasm address",
        ]
        .map(|text| format!("{communication}{text}"))
        .to_vec(),
        _ => Vec::new(),
    }
}

pub fn json(value: &impl serde::Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap()
}

/// Bytes as text where they are text.
fn show(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap_or_else(|_| hex::encode(bytes))
}
