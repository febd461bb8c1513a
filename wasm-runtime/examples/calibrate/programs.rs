//! Contracts in text form whose loop turns as often as the block's height says.

/// What the benchmarks import.
const IMPORTS: &[(&str, &str)] = &[
    ("input", "(param i32 i32) (result i32)"),
    ("output", "(param i32 i32)"),
    ("debug", "(param i32 i32)"),
    ("get", "(param i32 i32 i32 i32) (result i32)"),
    ("set", "(param i32 i32 i32 i32)"),
    ("remove", "(param i32 i32)"),
    ("scan", "(param i32 i32 i32 i32 i32) (result i32)"),
    ("next", "(param i32 i32 i32) (result i32)"),
    ("block_height", "(result i64)"),
    ("contract", "(param i32 i32) (result i32)"),
    ("tx_hash", "(param i32) (result i32)"),
    ("points_left", "(result i64)"),
    ("beacon", "(param i64 i32) (result i32)"),
    ("address_validate", "(param i32 i32) (result i32)"),
    ("sha256", "(param i32 i32 i32)"),
    ("keccak256", "(param i32 i32 i32)"),
    ("blake2b", "(param i32 i32 i32 i32)"),
    ("secp256k1_verify", "(param i32 i32 i32 i32) (result i32)"),
    ("secp256k1_recover", "(param i32 i32 i32 i32) (result i32)"),
    ("secp256r1_verify", "(param i32 i32 i32 i32) (result i32)"),
    ("secp256r1_recover", "(param i32 i32 i32 i32) (result i32)"),
    ("ed25519_verify", "(param i32 i32 i32 i32) (result i32)"),
    ("event", "(param i32 i32 i32 i32)"),
];

/// A contract for the service bus.
pub fn module(definitions: &str, functions: &str) -> String {
    let imports: String = IMPORTS
        .iter()
        .map(|(name, of)| format!("(import \"slsbft\" \"{name}\" (func ${name} {of}))"))
        .collect();
    format!("(module {imports} {definitions} (func (export \"slsbft_abi_1\")) {functions})")
}

/// An entry point: locals, what comes before the loop, one turn, what comes behind it. `$n` counts down.
pub fn looped(locals: &str, before: &str, turn: &str, after: &str) -> String {
    format!(
        "(func (export \"execute\") (local $n i64) {locals}
            (local.set $n (call $block_height))
            {before}
            (loop $turn
                {turn}
                (br_if $turn (i64.ne (i64.const 0)
                    (local.tee $n (i64.sub (local.get $n) (i64.const 1))))))
            {after})"
    )
}

/// The same with a memory of so many pages.
pub fn contract(pages: u32, locals: &str, before: &str, turn: &str, after: &str) -> String {
    let memory = format!("(memory (export \"memory\") {pages})");
    module(&memory, &looped(locals, before, turn, after))
}

/// A data segment.
pub fn data(at: u32, bytes: &[u8]) -> String {
    let bytes: String = bytes.iter().map(|byte| format!("\\{byte:02x}")).collect();
    format!("(data (i32.const {at}) \"{bytes}\")")
}
