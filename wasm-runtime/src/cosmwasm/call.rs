//! Calls of a contract's entry points.

use cosmwasm_std::{Binary, ContractResult, Env, MessageInfo, MigrateInfo, Reply};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasmtime::{Store, Val};

use super::instance::{EntryExport, deallocate, enter, function};
use super::{Instance, Response, region};
use crate::engine::{Code, Run, State, Stop, charge, run};
use crate::failure::text;
use crate::host::MAX_RESULT;
use crate::interface::{self, Exports, Signature};
use crate::pass::ValueType;
use crate::vm::Lane;
use crate::{Chain, Fault, Outcome, Reason, Vm};

/// A contract's entry point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Entry {
    /// Sets up a new contract.
    Instantiate,
    /// Anybody's message.
    Execute,
    /// A question, which changes nothing.
    Query,
    /// The contract's new code takes over its state.
    Migrate,
    /// The chain's own message.
    Sudo,
    /// What became of a message that the contract sent.
    Reply,
}

impl Entry {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Instantiate,
        Self::Execute,
        Self::Query,
        Self::Migrate,
        Self::Sudo,
        Self::Reply,
    ];

    /// The name of its export.
    pub fn name(self) -> &'static str {
        match self {
            Self::Instantiate => "instantiate",
            Self::Execute => "execute",
            Self::Query => "query",
            Self::Migrate => "migrate",
            Self::Sudo => "sudo",
            Self::Reply => "reply",
        }
    }

    /// The types that its function may have.
    pub(super) fn signatures(self) -> &'static [Signature] {
        use ValueType::I32;
        const TWO: Signature = Signature {
            parameters: &[I32, I32],
            results: &[I32],
        };
        const THREE: Signature = Signature {
            parameters: &[I32, I32, I32],
            results: &[I32],
        };
        match self {
            Self::Instantiate | Self::Execute => &[THREE],
            Self::Query | Self::Sudo | Self::Reply => &[TWO],
            Self::Migrate => &[TWO, THREE],
        }
    }
}

/// A call of a contract that is about to be made.
pub struct Call<'a> {
    /// The VM that runs it.
    pub vm: &'a Vm,
    /// The contract's code.
    pub code: &'a Code,
    /// The contract's host.
    pub chain: &'a mut dyn Chain,
    /// The budget, in points.
    pub points: u64,
    /// Whether the call is part of a block.
    pub lane: Lane,
}

impl Call<'_> {
    /// Sets up a new contract.
    ///
    /// # Errors
    /// When the node fails; a contract's failure is in the outcome.
    pub fn instantiate(self, env: &Env, info: &MessageInfo, msg: &[u8]) -> Result<Outcome<Response>, Fault> {
        self.typed(Entry::Instantiate, &[&json(env)?, &json(info)?, msg])
    }

    /// Passes anybody's message.
    ///
    /// # Errors
    /// When the node fails; a contract's failure is in the outcome.
    pub fn execute(self, env: &Env, info: &MessageInfo, msg: &[u8]) -> Result<Outcome<Response>, Fault> {
        self.typed(Entry::Execute, &[&json(env)?, &json(info)?, msg])
    }

    /// Asks a question; the contract cannot write.
    ///
    /// # Errors
    /// When the node fails; a contract's failure is in the outcome.
    pub fn query(self, env: &Env, msg: &[u8]) -> Result<Outcome<Binary>, Fault> {
        self.typed(Entry::Query, &[&json(env)?, msg])
    }

    /// Lets new code take over; `info` goes to contracts that ask for it.
    ///
    /// # Errors
    /// When the node fails; a contract's failure is in the outcome.
    pub fn migrate(self, env: &Env, msg: &[u8], info: &MigrateInfo) -> Result<Outcome<Response>, Fault> {
        let migrate = export(self.code, Entry::Migrate);
        let takes_info = migrate.is_some_and(|entry| entry.parameters == 3);
        let (env, info) = (json(env)?, json(info)?);
        let args: &[&[u8]] = if takes_info {
            &[&env, msg, &info]
        } else {
            &[&env, msg]
        };
        self.typed(Entry::Migrate, args)
    }

    /// Passes the chain's own message.
    ///
    /// # Errors
    /// When the node fails; a contract's failure is in the outcome.
    pub fn sudo(self, env: &Env, msg: &[u8]) -> Result<Outcome<Response>, Fault> {
        self.typed(Entry::Sudo, &[&json(env)?, msg])
    }

    /// Tells what became of a message that the contract sent.
    ///
    /// # Errors
    /// When the node fails; a contract's failure is in the outcome.
    pub fn reply(self, env: &Env, reply: &Reply) -> Result<Outcome<Response>, Fault> {
        self.typed(Entry::Reply, &[&json(env)?, &json(reply)?])
    }

    /// Calls an entry point with arguments and a result that are not looked at.
    ///
    /// # Errors
    /// When the node fails; a contract's failure is in the outcome.
    pub fn raw(self, entry: Entry, args: &[&[u8]]) -> Result<Outcome<Vec<u8>>, Fault> {
        self.run(entry, args, Ok)
    }

    fn typed<T: DeserializeOwned>(self, entry: Entry, args: &[&[u8]]) -> Result<Outcome<T>, Fault> {
        self.run(entry, args, |bytes| {
            let result = serde_json::from_slice(&bytes)
                .map_err(|error| Reason::Returned(text(error.to_string().as_bytes())))?;
            match result {
                ContractResult::Ok(value) => Ok(value),
                ContractResult::Err(error) => Err(Reason::Contract(text(error.as_bytes()))),
            }
        })
    }

    fn run<T>(
        self,
        entry: Entry,
        args: &[&[u8]],
        read: impl FnOnce(Vec<u8>) -> Result<T, Reason>,
    ) -> Result<Outcome<T>, Fault> {
        let name = entry.name();
        let export = export(self.code, entry).filter(|export| export.parameters == args.len());
        let Some(export) = export else {
            return Ok(Outcome::no_entry(name));
        };
        let (watch, _place) = self.lane.enter(self.vm)?;
        let call = Run {
            code: self.code,
            chain: Some(self.chain),
            points: self.points,
            prices: *self.vm.prices(),
            watch,
            read_only: entry == Entry::Query,
            entry: name,
            interface: interface::Instance::CosmWasm(Instance::default()),
        };
        run(call, |store, instance| {
            let bytes = exchange(store, instance, export, args)?;
            Ok(read(bytes).map_err(Stop::from)?)
        })
    }
}

/// Where an entry point is, if the code has it: none has it that was written for another interface.
fn export(code: &Code, entry: Entry) -> Option<EntryExport> {
    match &code.exports {
        Exports::CosmWasm(exports) => exports.entry(entry),
        Exports::Bus(_) => None,
    }
}

/// Puts the arguments into the contract, calls it, and takes its result.
fn exchange(
    store: &mut Store<State>,
    instance: &wasmtime::Instance,
    entry: EntryExport,
    args: &[&[u8]],
) -> wasmtime::Result<Vec<u8>> {
    let mut pointers = Vec::with_capacity(args.len());
    for arg in args {
        pointers.push(Val::I32(region::put(&mut *store, arg)?.cast_signed()));
    }
    let function = function(store, instance, entry)?;
    let mut results = [Val::I32(0)];
    enter(&mut *store, |store| function.call(store, &pointers, &mut results))?;
    let [Val::I32(pointer)] = results else {
        return Err(Stop::from(Fault::engine("an entry point returns no i32")).into());
    };
    let result = region::read(&mut *store, pointer.cast_unsigned(), MAX_RESULT, "a result")?;
    let price = store.data().prices.returned.of(result.len());
    charge(&mut *store, price)?;
    deallocate(store, pointer.cast_unsigned())?;
    Ok(result)
}

fn json(value: &impl Serialize) -> Result<Vec<u8>, Fault> {
    serde_json::to_vec(value).map_err(Fault::engine)
}
