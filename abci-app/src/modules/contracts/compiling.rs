//! From which height a code may be used: when every node has had the time to compile it.
//!
//! Nodes compile beside consensus, after the block that stored a code. What waits to be compiled is
//! counted by the estimates of the codes that were uploaded, and each block takes its share off; so no
//! number of uploads makes more ready at a time than nodes can have compiled. A little may wait while
//! codes are usable in the next block: ordinary contracts are, where nobody uploads much.

use slsbft_store::{Read, Space};
use slsbft_wasm::CodeHash;

pub use super::state::bytes;
use super::{errors::ContractsError, keys, state};
use crate::{
    context::Context,
    errors::{ExecError, Fault},
    modules::record,
};

/// What a block takes off, in milliseconds of estimated compilation.
pub const PER_BLOCK: u64 = 1_000;
/// What may wait while codes are usable in the next block, in the same.
pub const AT_ONCE: u64 = 6_000;
/// What may wait at most, in the same.
pub const MOST: u64 = 300 * PER_BLOCK;

/// Puts a code of such an estimate in the queue. Gives the height from which it may be used.
pub fn queue(ctx: &mut Context<'_>, hash: &CodeHash, effort: u64) -> Result<u64, ExecError> {
    let height = ctx.block.height;
    let done = height.saturating_mul(PER_BLOCK);
    let waits = record::load_u64(ctx.state, Space::Main, keys::COMPILED_AT)?.saturating_sub(done);
    let waits = waits.saturating_add(effort);
    if waits > MOST {
        return Err(ContractsError::CompilesTooMuch {
            blocks: MOST / PER_BLOCK,
            height: height.saturating_add(waits.saturating_sub(MOST).div_ceil(PER_BLOCK)),
        }
        .into());
    }
    let compiled_at = done.saturating_add(waits).to_be_bytes().to_vec();
    ctx.state
        .set(Space::Main, keys::COMPILED_AT.to_vec(), compiled_at);
    let ready = height.saturating_add(blocks(waits));
    let key = keys::ready(&hash.0);
    ctx.state.set(Space::Main, key, ready.to_be_bytes().to_vec());
    Ok(ready)
}

/// How many blocks after its own a code may be used, if so much waits with it.
pub fn blocks(waits: u64) -> u64 {
    // Never in its own block: what that compiled would not be counted if the transaction failed.
    waits.saturating_sub(AT_ONCE).div_ceil(PER_BLOCK).max(1)
}

/// The height from which a code may be used; 0 for one of the genesis document.
pub fn ready_height(state: &impl Read, hash: &CodeHash) -> Result<u64, Fault> {
    record::load_u64(state, Space::Main, &keys::ready(&hash.0))
}

/// Refuses a code that is not ready yet.
pub fn check(ctx: &Context<'_>, code: u64, hash: &CodeHash) -> Result<(), ExecError> {
    let height = ready_height(ctx.state, hash)?;
    if ctx.block.height < height {
        return Err(ContractsError::NotCompiled { code, height }.into());
    }
    Ok(())
}

/// The id of the code that was stored last; 0 if there is none.
pub fn last(state: &impl Read) -> Result<u64, Fault> {
    record::load_u64(state, Space::Main, keys::LAST_CODE)
}

/// The name of a code, if there is one of that id.
pub fn hash(state: &impl Read, id: u64) -> Result<Option<CodeHash>, Fault> {
    let code = record::load(state, Space::Main, &keys::code(id))?;
    code.map(|code| state::hash_of(&code)).transpose()
}
