//! `slsbftd query wasm`

use std::{fs, path::PathBuf};

use base64::{Engine, prelude::BASE64_STANDARD};
use clap::Subcommand;
use serde_json::{Value, json};
use slsbft_client::Client;
use slsbft_types::Address;

use super::{
    super::{Global, options::Failure, render, tx::json_text},
    With,
};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// All codes
    #[command(after_help = "Examples:\n  slsbftd query wasm list-code")]
    ListCode,
    /// Who uploaded a code, its hash, and the height from which it may be used
    #[command(after_help = "Examples:\n  slsbftd query wasm code-info 1")]
    CodeInfo {
        /// Its id
        code_id: u64,
    },
    /// Download a code
    #[command(after_help = "Examples:\n  slsbftd query wasm code 1 token.wasm")]
    Code {
        /// Its id
        code_id: u64,
        /// Where it is written
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Contracts that run a code
    #[command(after_help = "Examples:\n  slsbftd query wasm list-contract-by-code 1")]
    ListContractByCode {
        /// Its id
        code_id: u64,
    },
    /// Contracts that somebody made
    #[command(after_help = "Examples:\n  slsbftd query wasm list-contracts-by-creator alice")]
    ListContractsByCreator {
        /// An address, or the name of a key
        creator: String,
    },
    /// Code, creator, admin and label of a contract
    #[command(after_help = "Examples:\n  slsbftd query wasm contract ankr1…")]
    Contract {
        /// Its address
        contract: Address,
    },
    /// Which code a contract ran when
    #[command(after_help = "Examples:\n  slsbftd query wasm contract-history ankr1…")]
    ContractHistory {
        /// Its address
        contract: Address,
    },
    /// What a contract keeps, and what it answers
    #[command(subcommand)]
    ContractState(State),
    /// The address that a code, a creator and a salt give
    #[command(after_help = "Examples:\n  slsbftd query wasm build-address 1 alice 01")]
    BuildAddress {
        /// The code's id
        code_id: u64,
        /// An address, or the name of a key
        creator: String,
        /// In hexadecimal
        salt: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum State {
    /// Ask a contract
    #[command(
        after_help = "Examples:\n  slsbftd query wasm contract-state smart ankr1… '{\"token_info\":{}}'"
    )]
    Smart {
        /// Its address
        contract: Address,
        /// The question, in JSON
        #[arg(value_parser = json_text)]
        msg: String,
    },
    /// One value
    #[command(after_help = "Examples:\n  slsbftd query wasm contract-state raw ankr1… 636f6e666967")]
    Raw {
        /// Its address
        contract: Address,
        /// The key in hexadecimal
        key: String,
    },
    /// Every key with its value
    #[command(after_help = "Examples:\n  slsbftd query wasm contract-state all ankr1…")]
    All {
        /// Its address
        contract: Address,
    },
}

pub async fn run(command: Command, client: &Client, with: &With, global: &Global) -> Result<Value, Failure> {
    match command {
        Command::ListCode => Ok(json!({ "code_infos": render::list(&client.codes().await?)? })),
        Command::CodeInfo { code_id } => {
            let code = client.code_info(code_id).await?;
            Ok(json!({
                "code_id": code_id.to_string(),
                "creator": code.creator,
                "data_hash": BASE64_STANDARD.encode(&code.data_hash),
                "instantiate_permission": render::proto(&code.instantiate_permission.unwrap_or_default())?,
                "ready_height": code.ready_height.to_string(),
            }))
        }
        Command::Code { code_id, file } => {
            let bytes = client.code(code_id).await?.data;
            fs::write(&file, &bytes).map_err(|error| format!("cannot write {}: {error}", file.display()))?;
            Ok(json!({ "file": file, "bytes": bytes.len() }))
        }
        Command::ListContractByCode { code_id } => {
            Ok(json!({ "contracts": client.contracts_by_code(code_id).await? }))
        }
        Command::ListContractsByCreator { creator } => {
            let creator = with.keyring.address(global, &creator)?;
            Ok(json!({ "contracts": client.contracts_by_creator(&creator).await? }))
        }
        Command::Contract { contract } => render::proto(&client.contract(&contract).await?),
        Command::ContractHistory { contract } => {
            let entries = client.contract_history(&contract).await?;
            Ok(json!({ "entries": render::list(&entries)? }))
        }
        Command::ContractState(state) => run_state(state, client).await,
        Command::BuildAddress {
            code_id,
            creator,
            salt,
        } => {
            let creator = with.keyring.address(global, &creator)?;
            let salt = hex::decode(&salt).map_err(|error| format!("salt: {error}; expected hexadecimal"))?;
            let hash = client.code_info(code_id).await?.data_hash;
            Ok(json!({ "address": client.salted_address(&hash, &creator, &salt).await? }))
        }
    }
}

async fn run_state(state: State, client: &Client) -> Result<Value, Failure> {
    match state {
        State::Smart { contract, msg } => {
            let answer = client.ask_contract(&contract, msg.into_bytes()).await?;
            let data: Value = serde_json::from_slice(&answer)
                .unwrap_or_else(|_| Value::from(BASE64_STANDARD.encode(&answer)));
            Ok(json!({ "data": data }))
        }
        State::Raw { contract, key } => {
            let key = hex::decode(&key).map_err(|error| format!("key: {error}; expected hexadecimal"))?;
            Ok(json!({ "data": shown(&client.contract_value(&contract, key).await?) }))
        }
        State::All { contract } => {
            let models = client.contract_state(&contract).await?;
            let models: Vec<Value> = models
                .iter()
                .map(|model| json!({ "key": hex::encode(&model.key), "value": shown(&model.value) }))
                .collect();
            Ok(json!({ "models": models }))
        }
    }
}

/// Bytes as text where they are, else in base64.
fn shown(bytes: &[u8]) -> Value {
    match std::str::from_utf8(bytes) {
        Ok(text) => Value::from(text),
        Err(_) => Value::from(BASE64_STANDARD.encode(bytes)),
    }
}
