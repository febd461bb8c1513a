//! A metered, deterministic WebAssembly VM.
