//! The host's functions, with slices for addresses and lengths. The only place with unsafe code.

use crate::Event;

#[link(wasm_import_module = "slsbft")]
unsafe extern "C" {
    fn input(out: *mut u8, room: usize) -> i32;
    fn output(bytes: *const u8, length: usize);
    fn fail(text: *const u8, length: usize);
    fn panic(text: *const u8, length: usize);
    fn debug(text: *const u8, length: usize);
    fn get(key: *const u8, length: usize, out: *mut u8, room: usize) -> i32;
    fn set(key: *const u8, length: usize, value: *const u8, value_length: usize);
    fn remove(key: *const u8, length: usize);
    fn scan(start: *const u8, length: usize, end: *const u8, end_length: usize, order: i32) -> u32;
    fn next(scan: u32, out: *mut u8, room: usize) -> i32;
    fn block_height() -> u64;
    fn block_time() -> u64;
    fn chain_id(out: *mut u8, room: usize) -> i32;
    fn contract(out: *mut u8, room: usize) -> i32;
    fn sender(out: *mut u8, room: usize) -> i32;
    fn funds(out: *mut u8, room: usize) -> i32;
    fn tx_index() -> i32;
    fn tx_hash(out: *mut u8) -> i32;
    fn points_left() -> u64;
    fn beacon(height: u64, out: *mut u8) -> i32;
    fn address_validate(text: *const u8, length: usize) -> i32;
    fn address_canonicalize(text: *const u8, length: usize, out: *mut u8, room: usize) -> i32;
    fn address_humanize(bytes: *const u8, length: usize, out: *mut u8, room: usize) -> i32;
    fn sha256(bytes: *const u8, length: usize, out: *mut u8);
    fn keccak256(bytes: *const u8, length: usize, out: *mut u8);
    fn blake2b(bytes: *const u8, length: usize, out: *mut u8, out_length: usize);
    fn secp256k1_verify(hash: *const u8, signature: *const u8, key: *const u8, length: usize) -> i32;
    fn secp256k1_recover(hash: *const u8, signature: *const u8, which: u32, out: *mut u8) -> i32;
    fn secp256r1_verify(hash: *const u8, signature: *const u8, key: *const u8, length: usize) -> i32;
    fn secp256r1_recover(hash: *const u8, signature: *const u8, which: u32, out: *mut u8) -> i32;
    fn ed25519_verify(text: *const u8, length: usize, signature: *const u8, key: *const u8) -> i32;
    fn ed25519_batch_verify(list: *const u8, length: usize) -> i32;
    fn execute(
        contract: *const u8,
        contract_length: usize,
        msg: *const u8,
        msg_length: usize,
        funds: *const u8,
        funds_length: usize,
        points: i64,
    ) -> i32;
    fn send(kind: *const u8, kind_length: usize, msg: *const u8, msg_length: usize, points: i64) -> i32;
    fn query(path: *const u8, path_length: usize, request: *const u8, request_length: usize) -> i32;
    fn ask(contract: *const u8, contract_length: usize, msg: *const u8, msg_length: usize) -> i32;
    fn answer(out: *mut u8, room: usize) -> i32;
    fn event(kind: *const u8, kind_length: usize, list: *const u8, list_length: usize);
}

/// What a function of the host writes that returns the length or −1: asked with some room first, and
/// again if it needs more.
fn whole(ask: impl Fn(*mut u8, usize) -> i32) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(256);
    loop {
        let length = usize::try_from(ask(out.as_mut_ptr(), out.capacity())).ok()?;
        if length <= out.capacity() {
            // SAFETY: the host has written so many bytes, and they are within the capacity.
            unsafe { out.set_len(length) };
            return Some(out);
        }
        out.reserve_exact(length);
    }
}

/// The same of text that is always there. The host gives valid UTF-8 only.
fn text(ask: impl Fn(*mut u8, usize) -> i32) -> String {
    String::from_utf8(whole(ask).unwrap_or_default()).unwrap_or_default()
}

/// `Some` if the host says that it has written.
fn written<const N: usize>(ask: impl Fn(*mut u8) -> i32) -> Option<[u8; N]> {
    let mut out = [0; N];
    (ask(out.as_mut_ptr()) != 0).then_some(out)
}

/// A function of the host with slices in place of addresses and lengths.
macro_rules! calls {
    ($host:ident($($argument:expr),* $(,)?)) => {
        // SAFETY: addresses and lengths are of slices and arrays that live through the call, of the
        // sizes that the host's function asks for.
        unsafe { $host($($argument),*) }
    };
}

pub fn message() -> Vec<u8> {
    whole(|out, room| calls!(input(out, room))).unwrap_or_default()
}

pub fn give(bytes: &[u8]) {
    calls!(output(bytes.as_ptr(), bytes.len()));
}

pub fn end_with_error(words: &str) -> ! {
    calls!(fail(words.as_ptr(), words.len()));
    core::arch::wasm32::unreachable()
}

pub fn end_with_panic(words: &str) -> ! {
    calls!(panic(words.as_ptr(), words.len()));
    core::arch::wasm32::unreachable()
}

pub fn print(words: &str) {
    calls!(debug(words.as_ptr(), words.len()));
}

pub fn load(key: &[u8]) -> Option<Vec<u8>> {
    whole(|out, room| calls!(get(key.as_ptr(), key.len(), out, room)))
}

pub fn store(key: &[u8], value: &[u8]) {
    calls!(set(key.as_ptr(), key.len(), value.as_ptr(), value.len()));
}

pub fn delete(key: &[u8]) {
    calls!(remove(key.as_ptr(), key.len()));
}

pub fn open_scan(start: &[u8], end: Option<&[u8]>, descending: bool) -> u32 {
    let (at, length) = end.map_or((core::ptr::null(), usize::MAX), |end| (end.as_ptr(), end.len()));
    calls!(scan(
        start.as_ptr(),
        start.len(),
        at,
        length,
        if descending { 2 } else { 1 }
    ))
}

/// The next key and value.
pub fn next_record(id: u32) -> Option<(Vec<u8>, Vec<u8>)> {
    let record = whole(|out, room| calls!(next(id, out, room)))?;
    let (length, rest) = record.split_first_chunk()?;
    let (key, value) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    Some((key.to_vec(), value.to_vec()))
}

pub fn height() -> u64 {
    calls!(block_height())
}

pub fn time() -> u64 {
    calls!(block_time())
}

pub fn chain() -> String {
    text(|out, room| calls!(chain_id(out, room)))
}

pub fn own_address() -> String {
    text(|out, room| calls!(contract(out, room)))
}

pub fn caller() -> String {
    text(|out, room| calls!(sender(out, room)))
}

pub fn coins() -> String {
    text(|out, room| calls!(funds(out, room)))
}

pub fn transaction() -> Option<(u32, [u8; 32])> {
    let index = u32::try_from(calls!(tx_index())).ok()?;
    Some((index, written(|out| calls!(tx_hash(out)))?))
}

pub fn points() -> u64 {
    calls!(points_left())
}

pub fn beacon_at(height: u64) -> Option<[u8; 32]> {
    written(|out| calls!(beacon(height, out)))
}

pub fn is_address(text: &str) -> bool {
    calls!(address_validate(text.as_ptr(), text.len())) != 0
}

pub fn address_bytes(text: &str) -> Option<Vec<u8>> {
    whole(|out, room| calls!(address_canonicalize(text.as_ptr(), text.len(), out, room)))
}

pub fn address_text(bytes: &[u8]) -> Option<String> {
    let text = whole(|out, room| calls!(address_humanize(bytes.as_ptr(), bytes.len(), out, room)))?;
    String::from_utf8(text).ok()
}

pub fn hash_sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    calls!(sha256(bytes.as_ptr(), bytes.len(), out.as_mut_ptr()));
    out
}

pub fn hash_keccak256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    calls!(keccak256(bytes.as_ptr(), bytes.len(), out.as_mut_ptr()));
    out
}

pub fn hash_blake2b(bytes: &[u8], out: &mut [u8]) {
    calls!(blake2b(bytes.as_ptr(), bytes.len(), out.as_mut_ptr(), out.len()));
}

pub fn k1_verify(hash: &[u8; 32], signature: &[u8; 64], key: &[u8]) -> bool {
    calls!(secp256k1_verify(
        hash.as_ptr(),
        signature.as_ptr(),
        key.as_ptr(),
        key.len()
    )) != 0
}

pub fn k1_recover(hash: &[u8; 32], signature: &[u8; 64], which: u32) -> Option<[u8; 65]> {
    written(|out| calls!(secp256k1_recover(hash.as_ptr(), signature.as_ptr(), which, out)))
}

pub fn r1_verify(hash: &[u8; 32], signature: &[u8; 64], key: &[u8]) -> bool {
    calls!(secp256r1_verify(
        hash.as_ptr(),
        signature.as_ptr(),
        key.as_ptr(),
        key.len()
    )) != 0
}

pub fn r1_recover(hash: &[u8; 32], signature: &[u8; 64], which: u32) -> Option<[u8; 65]> {
    written(|out| calls!(secp256r1_recover(hash.as_ptr(), signature.as_ptr(), which, out)))
}

pub fn ed_verify(text: &[u8], signature: &[u8; 64], key: &[u8; 32]) -> bool {
    calls!(ed25519_verify(
        text.as_ptr(),
        text.len(),
        signature.as_ptr(),
        key.as_ptr()
    )) != 0
}

pub fn ed_verify_all(list: &[u8]) -> bool {
    calls!(ed25519_batch_verify(list.as_ptr(), list.len())) != 0
}

/// What the last call out of the contract returned: an answer, or the words of its failure.
fn answered(status: i32) -> Result<Vec<u8>, String> {
    let bytes = whole(|out, room| calls!(answer(out, room))).unwrap_or_default();
    match status {
        0 => Ok(bytes),
        _ => Err(String::from_utf8_lossy(&bytes).into_owned()),
    }
}

pub fn call_contract(contract: &str, msg: &[u8], funds: &str, points: i64) -> Result<Vec<u8>, String> {
    answered(calls!(execute(
        contract.as_ptr(),
        contract.len(),
        msg.as_ptr(),
        msg.len(),
        funds.as_ptr(),
        funds.len(),
        points
    )))
}

pub fn send_message(kind: &str, msg: &[u8], points: i64) -> Result<Vec<u8>, String> {
    answered(calls!(send(
        kind.as_ptr(),
        kind.len(),
        msg.as_ptr(),
        msg.len(),
        points
    )))
}

pub fn query_module(path: &str, request: &[u8]) -> Result<Vec<u8>, String> {
    answered(calls!(query(
        path.as_ptr(),
        path.len(),
        request.as_ptr(),
        request.len()
    )))
}

pub fn ask_contract(contract: &str, msg: &[u8]) -> Result<Vec<u8>, String> {
    answered(calls!(ask(
        contract.as_ptr(),
        contract.len(),
        msg.as_ptr(),
        msg.len()
    )))
}

pub fn emit(of: &Event) {
    let mut list = Vec::new();
    for text in of.attributes.iter().flat_map(|(key, value)| [key, value]) {
        // A text that is longer than this counts is longer than the host takes.
        list.extend((text.len() as u32).to_le_bytes());
        list.extend(text.as_bytes());
    }
    calls!(event(of.kind.as_ptr(), of.kind.len(), list.as_ptr(), list.len()));
}
