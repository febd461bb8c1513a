//! Entry points: [`contract!`](crate::contract) makes them of functions from a message to a result.

use serde::{Serialize, de::DeserializeOwned};

use crate::{Error, host};

/// Makes functions the entry points of a contract, in one place of it. Each takes its message, which is
/// read from JSON, and returns a `Result` of what is put out as JSON. An error ends the call with its
/// words, and what the call did is undone.
///
/// Entry points are `instantiate`, `execute`, `query`, `migrate`, `hook` and `compute`. `()` puts nothing out.
#[macro_export]
macro_rules! contract {
    ($($entry:ident: $function:path),+ $(,)?) => {
        const _: () = {
            #[allow(dead_code, reason = "it is never called")]
            #[cfg_attr(target_arch = "wasm32", unsafe(export_name = "slsbft_abi_1"))]
            pub extern "C" fn marker() {}
        };
        $($crate::contract!(@ $entry $function);)+
    };
    (@ instantiate $function:path) => { $crate::contract!(@@ "instantiate" $function); };
    (@ execute $function:path) => { $crate::contract!(@@ "execute" $function); };
    (@ query $function:path) => { $crate::contract!(@@ "query" $function); };
    (@ migrate $function:path) => { $crate::contract!(@@ "migrate" $function); };
    (@ hook $function:path) => { $crate::contract!(@@ "hook" $function); };
    (@ compute $function:path) => { $crate::contract!(@@ "compute" $function); };
    (@@ $name:literal $function:path) => {
        const _: () = {
            #[allow(dead_code, reason = "only the host calls it; what it uses is in use on every target")]
            #[cfg_attr(target_arch = "wasm32", unsafe(export_name = $name))]
            pub extern "C" fn __slsbft_entry() {
                $crate::entry::run($function);
            }
        };
    };
}

/// One call of the contract.
#[doc(hidden)]
pub fn run<M: DeserializeOwned, A: Serialize>(function: impl FnOnce(M) -> Result<A, Error>) {
    std::panic::set_hook(Box::new(|panic| host::end_with_panic(&panic.to_string())));
    match message(&host::message())
        .and_then(function)
        .and_then(|answer| to_json(&answer))
    {
        // What has nothing to say says nothing.
        Ok(answer) if size_of::<A>() == 0 && answer == b"null" => {}
        Ok(answer) => host::give(&answer),
        Err(error) => host::end_with_error(&error.to_string()),
    }
}

fn message<M: DeserializeOwned>(bytes: &[u8]) -> Result<M, Error> {
    let message = serde_json_wasm::from_slice(bytes);
    message.map_err(|error| format!("the message is not understood: {error}").into())
}

pub(crate) fn to_json<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, Error> {
    serde_json_wasm::to_vec(value).map_err(|error| format!("no JSON can be made of this: {error}").into())
}
