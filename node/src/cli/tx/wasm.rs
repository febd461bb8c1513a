//! `slsbftd tx wasm`

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use clap::{Subcommand, ValueEnum};
use cosmos_sdk_proto::cosmwasm::wasm::v1::{
    AccessConfig, AccessType, MsgClearAdmin, MsgExecuteContract, MsgInstantiateContract,
    MsgInstantiateContract2, MsgMigrateContract, MsgStoreCode, MsgUpdateAdmin, MsgUpdateContractLabel,
    MsgUpdateInstantiateConfig,
};
use flate2::{Compression, write::GzEncoder};
use slsbft_types::{Address, Coins};

use super::{
    super::{Global, Outcome, options::Failure, values},
    Sender, With,
};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Upload a contract's code
    #[command(after_help = "Examples:\n  slsbftd tx wasm store token.wasm --from alice\n  \
        slsbftd tx wasm store token.wasm --from alice --instantiate nobody")]
    Store {
        /// The module, plain or in gzip
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Who may make contracts of it [default: the chain's rule]
        #[arg(long, value_name = "WHO")]
        instantiate: Option<Who>,
        /// With `--instantiate any-of-addresses`: an address, or the name of a key; repeat for more
        #[arg(long, value_name = "ADDRESS")]
        address: Vec<String>,
    },
    /// Make a contract
    #[command(
        after_help = "Examples:\n  slsbftd tx wasm instantiate 1 '{\"count\":0}' --label counter --from alice\n  \
        slsbftd tx wasm instantiate 1 '{\"count\":0}' --label counter --from alice --admin bob --amount 5ankr"
    )]
    Instantiate {
        #[command(flatten)]
        new: New,
    },
    /// Make a contract at an address that its code, creator and salt give
    #[command(after_help = "Examples:\n  \
        slsbftd tx wasm instantiate2 1 '{\"count\":0}' --salt 01 --label counter --from alice")]
    Instantiate2 {
        #[command(flatten)]
        new: New,
        /// 1 to 64 bytes in hexadecimal
        #[arg(long, value_name = "HEX", value_parser = salt)]
        salt: Salt,
    },
    /// Send a contract a message
    #[command(
        after_help = "Examples:\n  slsbftd tx wasm execute ankr1… '{\"increment\":{}}' --from alice\n  \
        slsbftd tx wasm execute ankr1… '{\"buy\":{}}' --amount 5ankr --from alice"
    )]
    Execute {
        /// Its address
        contract: Address,
        /// The message, in JSON
        #[arg(value_parser = json)]
        msg: String,
        /// Coins that go along
        #[arg(long, value_name = "COINS", value_parser = values::coins)]
        amount: Option<Coins>,
    },
    /// Let a contract run another code
    #[command(after_help = "Examples:\n  slsbftd tx wasm migrate ankr1… 2 '{}' --from alice")]
    Migrate {
        /// Its address
        contract: Address,
        /// The new code
        code_id: u64,
        /// The message to the new code, in JSON
        #[arg(value_parser = json)]
        msg: String,
    },
    /// Hand a contract over to another admin
    #[command(after_help = "Examples:\n  slsbftd tx wasm set-contract-admin ankr1… bob --from alice")]
    SetContractAdmin {
        /// The contract
        contract: Address,
        /// An address, or the name of a key
        admin: String,
    },
    /// Leave a contract without an admin, for ever
    #[command(after_help = "Examples:\n  slsbftd tx wasm clear-contract-admin ankr1… --from alice")]
    ClearContractAdmin {
        /// The contract
        contract: Address,
    },
    /// Change a contract's label
    #[command(
        after_help = "Examples:\n  slsbftd tx wasm set-contract-label ankr1… 'my counter' --from alice"
    )]
    SetContractLabel {
        /// The contract
        contract: Address,
        /// The new label
        label: String,
    },
    /// Change who may make contracts of a code
    #[command(after_help = "Examples:\n  slsbftd tx wasm update-instantiate-config 1 everybody --from alice")]
    UpdateInstantiateConfig {
        /// The code
        code_id: u64,
        /// Who may
        who: Who,
        /// With `any-of-addresses`: an address, or the name of a key; repeat for more
        #[arg(long, value_name = "ADDRESS")]
        address: Vec<String>,
    },
}

/// A contract to make.
#[derive(Debug, clap::Args)]
pub struct New {
    /// Its code
    code_id: u64,
    /// The message that sets it up, in JSON
    #[arg(value_parser = json)]
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
}

/// Who may make contracts of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Who {
    Everybody,
    Nobody,
    AnyOfAddresses,
}

/// Bytes of a salt.
#[derive(Clone, Debug)]
pub struct Salt(Vec<u8>);

pub async fn run(command: Command, with: &With, global: &Global) -> Outcome {
    let sender = Sender::new(with, global).await?;
    let own = sender.address();
    let account = |text: String| {
        with.keyring
            .address(global, &text)
            .map(|address| address.to_string())
    };
    let access = |who: Who, addresses: Vec<String>| -> Result<AccessConfig, Failure> {
        let addresses = addresses.into_iter().map(account).collect::<Result<_, _>>()?;
        let permission = AccessType::from(who).into();
        Ok(AccessConfig {
            permission,
            addresses,
        })
    };
    match command {
        Command::Store {
            file,
            instantiate,
            address,
        } => {
            let message = MsgStoreCode {
                sender: own,
                wasm_byte_code: packed(&file)?,
                instantiate_permission: instantiate.map(|who| access(who, address)).transpose()?,
            };
            sender.send(&message).await
        }
        Command::Instantiate { new } => {
            let message = MsgInstantiateContract {
                sender: own,
                admin: new.admin.map(account).transpose()?.unwrap_or_default(),
                code_id: new.code_id,
                label: new.label,
                msg: new.msg.into_bytes(),
                funds: new.amount.unwrap_or_default().to_proto(),
            };
            sender.send(&message).await
        }
        Command::Instantiate2 { new, salt } => {
            let message = MsgInstantiateContract2 {
                sender: own,
                admin: new.admin.map(account).transpose()?.unwrap_or_default(),
                code_id: new.code_id,
                label: new.label,
                msg: new.msg.into_bytes(),
                funds: new.amount.unwrap_or_default().to_proto(),
                salt: salt.0,
                fix_msg: false,
            };
            sender.send(&message).await
        }
        Command::Execute {
            contract,
            msg,
            amount,
        } => {
            let message = MsgExecuteContract {
                sender: own,
                contract: contract.to_string(),
                msg: msg.into_bytes(),
                funds: amount.unwrap_or_default().to_proto(),
            };
            sender.send(&message).await
        }
        Command::Migrate {
            contract,
            code_id,
            msg,
        } => {
            let message = MsgMigrateContract {
                sender: own,
                contract: contract.to_string(),
                code_id,
                msg: msg.into_bytes(),
            };
            sender.send(&message).await
        }
        Command::SetContractAdmin { contract, admin } => {
            let message = MsgUpdateAdmin {
                sender: own,
                new_admin: account(admin)?,
                contract: contract.to_string(),
            };
            sender.send(&message).await
        }
        Command::ClearContractAdmin { contract } => {
            let contract = contract.to_string();
            sender
                .send(&MsgClearAdmin {
                    sender: own,
                    contract,
                })
                .await
        }
        Command::SetContractLabel { contract, label } => {
            let message = MsgUpdateContractLabel {
                sender: own,
                new_label: label,
                contract: contract.to_string(),
            };
            sender.send(&message).await
        }
        Command::UpdateInstantiateConfig {
            code_id,
            who,
            address,
        } => {
            let message = MsgUpdateInstantiateConfig {
                sender: own,
                code_id,
                new_instantiate_permission: Some(access(who, address)?),
            };
            sender.send(&message).await
        }
    }
}

impl From<Who> for AccessType {
    fn from(who: Who) -> Self {
        match who {
            Who::Everybody => Self::Everybody,
            Who::Nobody => Self::Nobody,
            Who::AnyOfAddresses => Self::AnyOfAddresses,
        }
    }
}

/// A file's content in gzip, which makes a transaction a third as long.
pub fn packed(file: &Path) -> Result<Vec<u8>, Failure> {
    let bytes = fs::read(file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    if !bytes.starts_with(b"\0asm") {
        return Ok(bytes);
    }
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(&bytes)?;
    Ok(gzip.finish()?)
}

/// A message that is JSON.
pub fn json(text: &str) -> Result<String, String> {
    match serde_json::from_str::<serde::de::IgnoredAny>(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(format!(
            "no JSON: {error}; expected for example '{{\"transfer\":{{}}}}'"
        )),
    }
}

fn salt(text: &str) -> Result<Salt, String> {
    match hex::decode(text) {
        Ok(bytes) if (1..=64).contains(&bytes.len()) => Ok(Salt(bytes)),
        _ => Err(format!(
            "'{text}' is no salt; expected 1 to 64 bytes in hexadecimal"
        )),
    }
}
