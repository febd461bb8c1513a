//! What `cosmwasm-vm` needs to be linked.

/// Older compilers had a function of this name, and the other VM's engine refers to it. It is for frames
/// of more than a page in code of a compiler that the other VM does not use.
// SAFETY: nothing else has this name, and nobody calls it.
#[allow(unsafe_code, reason = "a symbol that a dependency expects")]
#[unsafe(no_mangle)]
extern "C" fn __rust_probestack() {}
