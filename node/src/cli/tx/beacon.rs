//! `slsbftd tx beacon`

use clap::Subcommand;

use super::{
    super::{Global, Outcome, validator::VrfOptions},
    Sender, With,
};
use crate::config::Home;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Give your validator a VRF key, or another one
    #[command(
        after_help = "Examples:\n  slsbftd tx beacon register-vrf-key --from alice\n  \
        slsbftd tx beacon register-vrf-key --from alice --vrf-proof KEY:PROOF\n\n\
        It acts with the seat of the election after the next epoch boundary. Keep the old key until then:\n\
        `slsbftd query beacon vrf-key alice` shows both."
    )]
    RegisterVrfKey {
        #[command(flatten)]
        vrf: Box<VrfOptions>,
    },
}

pub async fn run(command: Command, with: &With, global: &Global) -> Outcome {
    let sender = Sender::new(with, global).await?;
    let own = sender.key.address;
    match command {
        Command::RegisterVrfKey { vrf } => {
            let chain_id = sender.chain_id().await?;
            let registration = vrf.registration(&Home::new(global.home()), &chain_id, &own)?;
            sender.send(&registration.message(&own)).await
        }
    }
}
