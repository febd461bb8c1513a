//! `slsbftd wasm deploy`

use std::{path::PathBuf, time::Duration};

use cosmos_sdk_proto::cosmwasm::wasm::v1::{
    MsgInstantiateContract, MsgInstantiateContractResponse, MsgStoreCode, MsgStoreCodeResponse,
};
use serde_json::json;
use slsbft_client::TxOutcome;
use slsbft_types::Coins;
use slsbft_wasm::{Config, Vm};

use super::super::{
    Global, Outcome, block_on,
    tx::{Sender, With, json_text, packed},
    values,
};

const EXAMPLES: &str = "\
Examples:
  slsbftd wasm deploy counter.wasm '{\"count\":0}' --label counter --from alice
  slsbftd wasm deploy shop.wasm '{}' --label shop --admin alice --amount 5ankr --from alice";

/// Two transactions: `tx wasm store` and `tx wasm instantiate`, when the code is compiled. The code is checked here first, which
/// costs nothing.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The module, plain or in gzip
    #[arg(value_name = "FILE")]
    file: PathBuf,
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
    let code = super::module(&args.file)?;
    Vm::new(Config::default())?
        .check(&code)
        .map_err(|refusal| format!("{} is refused: {refusal}", args.file.display()))?;
    block_on(deploy(args, global))?
}

async fn deploy(args: Args, global: &Global) -> Outcome {
    let Args {
        file,
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
    let store = MsgStoreCode {
        sender: sender.address(),
        wasm_byte_code: packed(&file)?,
        instantiate_permission: None,
    };
    let outcome = sender.perform(&store).await?;
    let stored: MsgStoreCodeResponse = outcome
        .message_response(0)
        .ok_or("the node does not say which code it stored")?;
    if let Some(height) = ready_height(&outcome) {
        say!(
            "code {} is being compiled: waiting for height {height}",
            stored.code_id
        );
        // What is sent now is executed in the next block.
        while sender.client.latest_height().await?.saturating_add(1) < height {
            tokio::time::sleep(POLL).await;
        }
    }
    let instantiate = MsgInstantiateContract {
        sender: sender.address(),
        admin,
        code_id: stored.code_id,
        label,
        msg: msg.into_bytes(),
        funds: amount.unwrap_or_default().to_proto(),
    };
    let made: MsgInstantiateContractResponse = sender.execute(&instantiate).await.map_err(|error| {
        format!(
            "code {} is stored, but there is no contract of it: {error}",
            stored.code_id
        )
    })?;
    with.output
        .print(&json!({ "code_id": stored.code_id.to_string(), "contract": made.address }))
}

/// The height from which the code may be used, if that is not the next one.
fn ready_height(outcome: &TxOutcome) -> Option<u64> {
    let stored = outcome
        .response
        .events
        .iter()
        .find(|event| event.r#type == "store_code")?;
    let mut attributes = stored.attributes.iter();
    let height = attributes.find(|attribute| attribute.key == "ready_height")?;
    height.value.parse().ok()
}
