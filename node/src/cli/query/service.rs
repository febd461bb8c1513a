//! `slsbftd query service`

use clap::Subcommand;
use serde_json::{Value, json};
use slsbft_client::Client;

use super::{
    super::{Global, options::Failure, render},
    With,
};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// A provider and its service level
    #[command(after_help = "Examples:\n  slsbftd query service provider alice")]
    Provider {
        /// An address, or the name of a key
        provider: String,
    },
    /// All providers, or those with a tag
    #[command(after_help = "Examples:\n  slsbftd query service providers --tag rpc")]
    Providers {
        /// A word that they gave with --tag
        #[arg(long, value_name = "WORD")]
        tag: Option<String>,
    },
    /// The service level of a provider or validator, in parts per billion
    #[command(after_help = "Examples:\n  slsbftd query service level ankrvaloper1…")]
    Level {
        /// ankr1…, ankrvaloper1… or the name of a key
        account: String,
    },
    /// All service levels
    #[command(after_help = "Examples:\n  slsbftd query service levels")]
    Levels,
    /// Whom an auditor has to audit in this epoch, and what it has sent
    #[command(after_help = "Examples:\n  slsbftd query service assignment alice")]
    Assignment {
        /// The auditing account, or the operator it audits for
        auditor: String,
    },
    /// What the audits of the last epoch found about a provider
    #[command(after_help = "Examples:\n  slsbftd query service verdict alice")]
    Verdict {
        /// An address, or the name of a key
        provider: String,
    },
    /// What a provider has to compute in this epoch, and the root it committed to
    #[command(after_help = "Examples:\n  slsbftd query service compute-task alice")]
    ComputeTask {
        /// An address, or the name of a key
        provider: String,
    },
    /// The rules: auditors, half-life, floor
    #[command(after_help = "Examples:\n  slsbftd query service params")]
    Params,
}

pub async fn run(command: Command, client: &Client, with: &With, global: &Global) -> Result<Value, Failure> {
    let account = |text: &str| with.keyring.operator(global, text);
    match command {
        Command::Provider { provider } => render::proto(&client.provider(&account(&provider)?).await?),
        Command::Providers { tag } => {
            let found = client.providers(tag.as_deref()).await?;
            Ok(json!({ "providers": render::list(&found)? }))
        }
        Command::Level { account: text } => render::proto(&client.service_level(&account(&text)?).await?),
        Command::Levels => Ok(json!({ "levels": render::list(&client.service_levels().await?)? })),
        Command::Assignment { auditor } => {
            render::hexed(&client.audit_assignment(&account(&auditor)?).await?)
        }
        Command::Verdict { provider } => render::proto(&client.audit_verdict(&account(&provider)?).await?),
        Command::ComputeTask { provider } => render::hexed(&client.compute_task(&account(&provider)?).await?),
        Command::Params => render::proto(&client.service_params().await?),
    }
}
