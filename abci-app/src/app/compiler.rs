//! Compiling contracts' code beside consensus: what the state holds, and what blocks add to it.
//!
//! Blocks wait for a code only if one of its contracts runs before it is compiled. They may use a code a
//! stated number of blocks after it was stored (see `modules::contracts::compiling`), so that this is rare.

use std::{
    sync::{
        Arc,
        mpsc::{self, Sender},
    },
    thread,
};

use parking_lot::Mutex;
use slsbft_store::Reader;
use slsbft_wasm::{CodeHash, Vm};

use crate::{
    errors::Fault,
    modules::contracts::{compiling, is_pinned},
};

/// A code to compile.
struct Wanted {
    hash: CodeHash,
    /// Whether it stays in memory, however little it is used.
    pinned: bool,
}

/// One thread that compiles, in the order in which codes were stored.
pub(super) struct Compiler {
    wanted: Sender<Wanted>,
    /// Where the thread finds bytes, until the application is closed: it must not hold the database open
    /// while it compiles.
    reader: Arc<Mutex<Option<Reader>>>,
    /// The last code that was handed to the thread.
    last: u64,
}

impl Compiler {
    pub(super) fn new(vm: Arc<Vm>, reader: Reader) -> Self {
        let reader = Arc::new(Mutex::new(Some(reader)));
        let (wanted, codes) = mpsc::channel();
        let source = reader.clone();
        let work = move || codes.iter().for_each(|code| compile(&vm, &source, &code));
        // Without the thread, blocks compile what they run.
        if let Err(error) = thread::Builder::new().name("compile".into()).spawn(work) {
            tracing::warn!(%error, "contracts are not compiled before they run");
        }
        Self {
            wanted,
            reader,
            last: 0,
        }
    }

    /// Compiles what the latest state holds more than the one before.
    pub(super) fn catch_up(&mut self) -> Result<(), Fault> {
        let Some(state) = self.reader.lock().as_ref().map(Reader::latest) else {
            return Ok(());
        };
        let last = compiling::last(&state)?;
        for id in self.last.saturating_add(1)..=last {
            if let Some(hash) = compiling::hash(&state, id)? {
                let pinned = is_pinned(&state, id)?;
                // Nobody listens if there is no thread.
                let _ = self.wanted.send(Wanted { hash, pinned });
            }
        }
        self.last = last;
        Ok(())
    }
}

impl Drop for Compiler {
    fn drop(&mut self) {
        *self.reader.lock() = None;
    }
}

fn compile(vm: &Vm, reader: &Mutex<Option<Reader>>, code: &Wanted) {
    let Wanted { hash, pinned } = *code;
    let bytes = || {
        let reader = reader.lock();
        let state = reader.as_ref().map(Reader::latest);
        let state = state.ok_or_else(|| slsbft_wasm::Fault::chain("the application is closed"))?;
        compiling::bytes(&state, &hash).map_err(slsbft_wasm::Fault::chain)
    };
    match vm.prepare(hash, bytes) {
        Ok(_) if pinned => {
            vm.pin(hash);
        }
        Ok(_) => {}
        // Whoever runs it meets the same error, and is told.
        Err(error) => tracing::debug!(%error, code = %hash, "a contract's code is not compiled ahead"),
    }
}
