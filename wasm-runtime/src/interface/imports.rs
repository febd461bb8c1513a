//! A list of the host's functions.

/// Writes the list once: the module that contracts import from, then each function's name, its type for
/// the check at upload, and what runs.
macro_rules! imports {
    ($module:path; $($name:literal $function:path: ($($parameter:ident)*) -> ($($result:ident)*);)*) => {
        /// The host's functions and their types.
        pub(super) const IMPORTS: &[(&str, $crate::interface::Signature)] = &[
            $(($name, $crate::interface::Signature {
                parameters: &[$($crate::pass::ValueType::$parameter),*],
                results: &[$($crate::pass::ValueType::$result),*],
            }),)*
        ];

        /// Offers the functions to all modules that are linked.
        pub(crate) fn link(
            linker: &mut wasmtime::Linker<$crate::engine::State>,
        ) -> Result<(), $crate::Fault> {
            $(linker.func_wrap($module, $name, $function).map_err($crate::Fault::engine)?;)*
            Ok(())
        }
    };
}

pub(crate) use imports;
