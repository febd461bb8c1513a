//! `slsbftd wasm deploy`

use std::path::{Path, PathBuf};
use std::time::Duration;

use cosmos_sdk_proto::cosmwasm::wasm::v1::{
    MsgInstantiateContract, MsgInstantiateContractResponse, MsgStoreCode, MsgStoreCodeResponse,
};
use serde_json::json;
use slsbft_types::Coins;
use slsbft_wasm::{Config, Vm};

use super::super::{
    Global, Outcome, block_on,
    options::Failure,
    tx::{Sender, With, json_text, packed},
    values,
};

const EXAMPLES: &str = "\
Examples:
  slsbftd wasm deploy counter.wasm '{\"count\":0}' --label counter --from alice
  slsbftd wasm deploy shop.wasm '{}' --label shop --admin alice --amount 5ankr --from alice
  slsbftd wasm deploy contract.js '{\"count\":0}' --interpreter 1 --label counter --from alice";

/// Two transactions: `tx wasm store` and, when the code is compiled, `tx wasm instantiate`. The code is
/// checked here first, which costs nothing. A script needs the second only.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The module, plain or in gzip; with `--interpreter` a script
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The file is a script for the interpreter that has this code id
    #[arg(long, value_name = "CODE_ID")]
    interpreter: Option<u64>,
    /// The message that sets the contract up, in JSON
    #[arg(value_parser = json_text)]
    msg: String,
    /// Name for people
    #[arg(long, value_name = "TEXT")]
    label: String,
    /// Who may migrate it: an address, or the name of a key [default: nobody]
    #[arg(long, value_name = "ADDRESS")]
    admin: Option<String>,
    /// Coins that go along
    #[arg(long, value_name = "COINS", value_parser = values::coins)]
    amount: Option<Coins>,
    #[command(flatten)]
    with: With,
}

/// How often to look how far the chain is.
const POLL: Duration = Duration::from_secs(1);

pub fn run(args: Args, global: &Global) -> Outcome {
    if args.interpreter.is_none() {
        let code = super::module(&args.file)?;
        Vm::new(Config::default())?
            .check(&code)
            .map_err(|refusal| format!("{} is refused: {refusal}", args.file.display()))?;
    }
    block_on(deploy(args, global))?
}

async fn deploy(args: Args, global: &Global) -> Outcome {
    let Args {
        file,
        interpreter,
        msg,
        label,
        admin,
        amount,
        with,
    } = args;
    let sender = Sender::new(&with, global).await?;
    let admin = match admin {
        Some(admin) => with.keyring.address(global, &admin)?.to_string(),
        None => String::new(),
    };
    let (code_id, msg) = match interpreter {
        Some(code_id) => (code_id, super::script_message(&file, &msg)?),
        None => (store(&sender, &file).await?, msg),
    };
    compiled(&sender, code_id).await?;
    let instantiate = MsgInstantiateContract {
        sender: sender.address(),
        admin,
        code_id,
        label,
        msg: msg.into_bytes(),
        funds: amount.unwrap_or_default().to_proto(),
    };
    let made: MsgInstantiateContractResponse = sender
        .execute(&instantiate)
        .await
        .map_err(|error| format!("code {code_id} is stored, but there is no contract of it: {error}"))?;
    with.output
        .print(&json!({ "code_id": code_id.to_string(), "contract": made.address }))
}

/// Stores a module; returns its code id.
async fn store(sender: &Sender<'_>, file: &Path) -> Result<u64, Failure> {
    let store = MsgStoreCode {
        sender: sender.address(),
        wasm_byte_code: packed(file)?,
        instantiate_permission: None,
    };
    let stored: MsgStoreCodeResponse = sender.execute(&store).await?;
    Ok(stored.code_id)
}

/// Waits until a code may be used in the next block.
async fn compiled(sender: &Sender<'_>, code_id: u64) -> Result<(), Failure> {
    let height = sender.client.code_info(code_id).await?.ready_height;
    let mut is_told = false;
    while sender.client.latest_height().await?.saturating_add(1) < height {
        if !is_told {
            say!("code {code_id} is being compiled: waiting for height {height}");
            is_told = true;
        }
        tokio::time::sleep(POLL).await;
    }
    Ok(())
}
