//! `slsbftd wasm run`

use std::{path::PathBuf, sync::Arc};

use cosmos_sdk_proto::{
    Any,
    cosmos::base::abci::v1beta1::TxMsgData,
    cosmwasm::wasm::v1::{
        MsgExecuteContract, MsgInstantiateContract, MsgInstantiateContractResponse, MsgMigrateContract,
        MsgStoreCode, MsgStoreCodeResponse, QuerySmartContractStateRequest, QuerySmartContractStateResponse,
    },
};
use prost::{Message, Name};
use slsbft_mechanism::request::Answer;
use slsbft_wasm::{Config, Profile, Vm};
use tendermint_proto::v0_38::abci::{Event, ExecTxResult};

use super::{
    super::{Outcome, options::Failure},
    steps::{self, Entry, Step},
};
use crate::{
    edge::task,
    sandbox::{self, Sandbox},
};

/// Of a task: as much as all of a block may ask for.
const MOST_GAS: u64 = 2_000_000_000;

const EXAMPLES: &str = "\
Steps are pairs of words: what to do, and its message in JSON.
  instantiate, execute, migrate    a transaction of alice; of bob with execute@bob, with coins execute+5ankr
  query                            a question
  compute                          a task as edge nodes run it, with its input as it is
  blocks                           so many empty blocks

Examples:
  slsbftd wasm run counter.wasm instantiate '{\"count\":0}' execute '{\"increment\":{}}' query '{\"get_count\":{}}'
  slsbftd wasm run shop.wasm instantiate '{}' execute@bob+5ankr '{\"buy\":{}}' blocks 20 query '{\"sold\":{}}'
  slsbftd wasm run counter.wasm --profile gas.svg instantiate '{\"count\":0}' execute '{\"increment\":{}}'
  slsbftd wasm run primes.wasm compute 1000000
  slsbftd wasm run proxy.wasm --also token.wasm instantiate '{\"token_code\":2}'
  slsbftd wasm run quickjs.wasm --script contract.js instantiate '{\"count\":0}' execute '{\"add\":{\"by\":2}}'";

/// Runs on the VM and the modules of the real chain, with the state of a fresh one: what an execution
/// returns, writes, emits and uses here is what it does there.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The contract's module, plain or in gzip; it gets code id 1
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// More modules, which get the ids from 2 on
    #[arg(long, value_name = "FILE")]
    also: Vec<PathBuf>,
    /// A script for the module, which is an interpreter: instantiate and migrate carry it
    #[arg(long, value_name = "FILE")]
    script: Option<PathBuf>,
    /// Say where its gas goes, by function and by call of the host, and draw a flame graph into this file
    #[arg(long, value_name = "SVG")]
    profile: Option<PathBuf>,
    /// What to do with it
    #[arg(value_name = "STEP", trailing_var_arg = true)]
    steps: Vec<String>,
}

pub fn run(args: &Args) -> Outcome {
    let steps = steps::read(&args.steps)?;
    let folder = tempfile::tempdir()?;
    let profile = args.profile.as_ref().map(|_| Profile::default());
    let vm = Arc::new(Vm::new(Config {
        profile: profile.clone(),
        ..Config::default()
    })?);
    let mut trial = Trial {
        chain: Sandbox::start(folder.path(), vm.clone())?,
        vm,
        code: super::module(&args.file)?,
        contract: None,
        script: args.script.clone(),
    };
    for file in std::iter::once(&args.file).chain(&args.also) {
        let stored = trial.store(super::module(file)?)?;
        say!("code {stored}  {}", file.display());
    }
    for step in steps {
        trial.step(step)?;
    }
    match (&args.profile, profile) {
        (Some(path), Some(profile)) => super::profile::show(path, &profile),
        _ => Ok(()),
    }
}

/// A chain, and the contract that is tried on it.
struct Trial {
    chain: Sandbox,
    vm: Arc<Vm>,
    /// Of code 1.
    code: Vec<u8>,
    contract: Option<String>,
    script: Option<PathBuf>,
}

impl Trial {
    fn store(&mut self, wasm_byte_code: Vec<u8>) -> Result<u64, Failure> {
        let message = MsgStoreCode {
            sender: sandbox::address("alice")?.to_string(),
            wasm_byte_code,
            instantiate_permission: None,
        };
        let result = self.chain.send("alice", any(&message))?;
        if result.code != 0 {
            return Err(result.log.into());
        }
        let ready = result.events.iter().flat_map(|event| &event.attributes);
        let ready = ready.filter(|attribute| attribute.key == "ready_height");
        for height in ready.flat_map(|attribute| attribute.value.parse::<i64>()) {
            while self.chain.height().saturating_add(1) < height {
                self.chain.block(Vec::new())?;
            }
        }
        Ok(response::<MsgStoreCodeResponse>(&result)?.code_id)
    }

    fn step(&mut self, step: Step) -> Result<(), Failure> {
        match step {
            Step::Blocks(number) => {
                for _ in 0..number {
                    let events = self.chain.block(Vec::new())?.events;
                    show_events(&events, |event| {
                        event.r#type.starts_with("hook") || event.r#type.starts_with("wasm")
                    })?;
                }
                say!("\nheight {}", self.chain.height());
            }
            Step::Query(msg) => self.query(msg)?,
            Step::Compute(input) => self.compute(&input)?,
            Step::Call {
                entry,
                who,
                funds,
                msg,
            } => {
                say!("\n{} by {who}: {msg}", entry.name());
                let sender = sandbox::address(&who)?.to_string();
                let msg = match (&self.script, entry) {
                    (Some(script), Entry::Instantiate | Entry::Migrate) => {
                        super::script_message(script, &msg)?
                    }
                    _ => msg,
                };
                let (msg, funds) = (msg.into_bytes(), funds.to_proto());
                let message = match entry {
                    Entry::Instantiate => any(&MsgInstantiateContract {
                        admin: sender.clone(),
                        sender,
                        code_id: 1,
                        label: "trial".into(),
                        msg,
                        funds,
                    }),
                    Entry::Execute => any(&MsgExecuteContract {
                        sender,
                        contract: self.contract()?,
                        msg,
                        funds,
                    }),
                    Entry::Migrate => any(&MsgMigrateContract {
                        sender,
                        contract: self.contract()?,
                        code_id: 1,
                        msg,
                    }),
                };
                let result = self.chain.send(&who, message)?;
                self.show(&result, entry)?;
            }
        }
        Ok(())
    }

    fn show(&mut self, result: &ExecTxResult, entry: Entry) -> Result<(), Failure> {
        if result.code != 0 {
            say!("  failed, {} {}: {}", result.codespace, result.code, result.log);
        } else if entry == Entry::Instantiate {
            let made: MsgInstantiateContractResponse = response(result)?;
            say!("  contract {}", made.address);
            self.contract = Some(made.address);
        }
        say!("  gas {}", result.gas_used);
        // Those of the fee belong to no message.
        let of_message = |event: &Event| {
            event
                .attributes
                .iter()
                .any(|attribute| attribute.key == "msg_index")
        };
        show_events(&result.events, |event| {
            let kind = event.r#type.as_str();
            of_message(event) && (kind.starts_with("wasm") || matches!(kind, "transfer" | "reply"))
        })
    }

    fn query(&self, msg: String) -> Result<(), Failure> {
        say!("\nquery: {msg}");
        let request = QuerySmartContractStateRequest {
            address: self.contract()?,
            query_data: msg.into_bytes(),
        };
        let path = "/cosmwasm.wasm.v1.Query/SmartContractState";
        match self.chain.ask(path, &request.encode_to_vec()) {
            Ok(answer) => {
                let answer = QuerySmartContractStateResponse::decode(answer.as_slice())?;
                say!("  {}", String::from_utf8_lossy(&answer.data));
            }
            Err(error) => say!("  failed: {}", error.message),
        }
        Ok(())
    }

    fn compute(&self, input: &str) -> Result<(), Failure> {
        say!("\ncompute: {input}");
        let code = self.vm.compile(&self.code)?;
        let (answer, gas) = task::run(&self.vm, &code, input.as_bytes(), MOST_GAS)?;
        match answer {
            Answer::Failed(words) => say!("  failed: {words}"),
            Answer::Found(text) => say!("  {text}"),
            Answer::Unavailable => {}
        }
        say!("  gas {gas}");
        Ok(())
    }

    fn contract(&self) -> Result<String, Failure> {
        let contract = self.contract.clone();
        contract.ok_or_else(|| "there is no contract yet: the first step is instantiate".into())
    }
}

fn show_events(events: &[Event], of: impl Fn(&Event) -> bool) -> Result<(), Failure> {
    for event in events.iter().filter(|event| of(event)) {
        let attributes: Vec<_> = event
            .attributes
            .iter()
            .filter(|attribute| !matches!(attribute.key.as_str(), "msg_index" | "mode"))
            .map(|attribute| format!("{}={}", attribute.key, attribute.value))
            .collect();
        say!("  event {}: {}", event.r#type, attributes.join(" "));
    }
    Ok(())
}

fn any<M: Message + Name>(message: &M) -> Any {
    Any {
        type_url: M::type_url(),
        value: message.encode_to_vec(),
    }
}

/// The response to a transaction's one message.
fn response<M: Message + Default>(result: &ExecTxResult) -> Result<M, Failure> {
    let data = TxMsgData::decode(result.data.as_ref())?;
    let first = data.msg_responses.into_iter().next().unwrap_or_default();
    Ok(M::decode(first.value.as_slice())?)
}
