//! `slsbftd query metering`

use clap::Subcommand;
use serde_json::{Value, json};
use slsbft_client::{Client, client::DealsOf};

use super::{
    super::{Global, options::Failure, render},
    With,
};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// One offer
    #[command(after_help = "Examples:\n  slsbftd query metering offer 7")]
    Offer {
        /// Number of the offer
        offer_id: u64,
    },
    /// All offers, or those of a provider
    #[command(after_help = "Examples:\n  slsbftd query metering offers --provider alice")]
    Offers {
        /// An address, or the name of a key
        #[arg(long)]
        provider: Option<String>,
    },
    /// One deal with its sessions
    #[command(after_help = "Examples:\n  slsbftd query metering deal 12 --output json")]
    Deal {
        /// Number of the deal
        deal_id: u64,
    },
    /// All deals that have not ended, or those of a provider, a consumer or an offer
    #[command(
        after_help = "Examples:\n  slsbftd query metering deals --consumer bob\n  slsbftd query metering deals --offer 7"
    )]
    Deals {
        /// An address, or the name of a key
        #[arg(long, group = "of")]
        provider: Option<String>,
        /// An address, or the name of a key
        #[arg(long, group = "of")]
        consumer: Option<String>,
        /// Number of an offer
        #[arg(long, group = "of")]
        offer: Option<u64>,
    },
    /// The rules: deposits, limits, windows, shares
    #[command(after_help = "Examples:\n  slsbftd query metering params")]
    Params,
}

pub async fn run(command: Command, client: &Client, with: &With, global: &Global) -> Result<Value, Failure> {
    let address = |text: String| with.keyring.address(global, &text);
    match command {
        Command::Offer { offer_id } => render::proto(&client.offer(offer_id).await?),
        Command::Offers { provider } => {
            let provider = provider.map(address).transpose()?;
            Ok(json!({ "offers": render::list(&client.offers(provider.as_ref()).await?)? }))
        }
        Command::Deal { deal_id } => render::proto(&client.deal(deal_id).await?),
        Command::Deals {
            provider,
            consumer,
            offer,
        } => {
            let of = match (provider, consumer, offer) {
                (Some(provider), _, _) => DealsOf::Provider(address(provider)?),
                (_, Some(consumer), _) => DealsOf::Consumer(address(consumer)?),
                (_, _, Some(offer)) => DealsOf::Offer(offer),
                _ => DealsOf::Everyone,
            };
            Ok(json!({ "deals": render::list(&client.deals(of).await?)? }))
        }
        Command::Params => render::proto(&client.metering_params().await?),
    }
}
