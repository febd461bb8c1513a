//! `slsbftd query requests`

use clap::Subcommand;
use serde_json::{Value, json};
use slsbft_client::Client;

use super::{
    super::{Global, options::Failure, render},
    With,
};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// A request: its nodes, and its answer
    #[command(after_help = "Examples:\n  slsbftd query requests show 7")]
    Show {
        /// Its number
        request: u64,
    },
    /// All requests that are not forgotten
    #[command(after_help = "Examples:\n  slsbftd query requests all")]
    All,
    /// Unfinished requests for which a node was drawn
    #[command(after_help = "Examples:\n  slsbftd query requests assigned alice")]
    Assigned {
        /// An address, or the name of a key
        edge: String,
    },
    /// Nodes that can be drawn in this epoch
    #[command(after_help = "Examples:\n  slsbftd query requests edges")]
    Edges,
    /// The rules: hosts that may be asked, nodes, deadlines, the least fee
    #[command(after_help = "Examples:\n  slsbftd query requests params")]
    Params,
}

pub async fn run(command: Command, client: &Client, with: &With, global: &Global) -> Result<Value, Failure> {
    match command {
        Command::Show { request } => render::hexed(&client.request(request).await?),
        Command::All => Ok(json!({ "requests": render::list(&client.requests().await?)? })),
        Command::Assigned { edge } => {
            let edge = with.keyring.address(global, &edge)?;
            let (_, assigned) = client.assigned_requests(&edge).await?;
            Ok(json!({ "requests": render::list(&assigned)? }))
        }
        Command::Edges => Ok(json!({ "edges": client.edges().await? })),
        Command::Params => render::proto(&client.requests_params().await?),
    }
}
