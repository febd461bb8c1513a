//! Turns bytes that this crate's compiler made back into code of the process.
//!
//! The engine trusts such bytes: whoever can write them can run anything. They come from two places:
//! from the compiler in this process, or from the cache's folder, whose files only the node's user can
//! read and write and which are taken only with their checksum and for this very engine.

use wasmtime::{Engine, Module};

use crate::Fault;

/// Loads what [`Engine::precompile_module`] made.
pub(super) fn load(engine: &Engine, image: &[u8]) -> Result<Module, Fault> {
    #[allow(
        unsafe_code,
        reason = "code that was compiled before is loaded, not compiled again"
    )]
    // SAFETY: `image` was made by `precompile_module` of an engine with the same compatibility hash: the
    // callers pass what it returned, or what `cache::disk` wrote of it and read back with its SHA-256
    // intact, from a folder named by that hash. The engine checks its own version and settings besides.
    let module = unsafe { Module::deserialize(engine, image) };
    module.map_err(|error| Fault::Engine(format!("{error:#}")))
}
