//! Programs of wasm-smith, of the allowed features only. They import nothing: those of [`super::generate`] do.

use arbitrary::Unstructured;
use wasm_smith::Config;

/// A module whose functions may run for ever; everything in it is exported.
pub fn module(bytes: &[u8]) -> Option<Vec<u8>> {
    let module = wasm_smith::Module::new(config(), &mut Unstructured::new(bytes)).ok()?;
    Some(module.to_bytes())
}

fn config() -> Config {
    Config {
        bulk_memory_enabled: true,
        export_everything: true,
        saturating_float_to_int_enabled: true,
        sign_extension_ops_enabled: true,
        multi_value_enabled: true,
        allow_start_export: true,
        exceptions_enabled: false,
        gc_enabled: false,
        custom_page_sizes_enabled: false,
        extended_const_enabled: false,
        memory64_enabled: false,
        reference_types_enabled: false,
        relaxed_simd_enabled: false,
        shared_everything_threads_enabled: false,
        simd_enabled: false,
        tail_call_enabled: false,
        threads_enabled: false,
        wide_arithmetic_enabled: false,
        disallow_traps: false,
        min_funcs: 1,
        max_funcs: 8,
        max_globals: 8,
        max_imports: 0,
        max_instructions: 200,
        max_memories: 1,
        max_memory32_bytes: 3 << 16,
        max_table_elements: 100,
        max_tables: 1,
        max_data_segments: 4,
        max_element_segments: 4,
        max_elements: 20,
        ..Config::default()
    }
}
