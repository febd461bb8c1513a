//! `slsbftd vrf`: the keys by which this node's validator moves the beacon.

use clap::Subcommand;
use serde_json::json;
use slsbft_client::messages::VrfRegistration;
use slsbft_mechanism::beacon::VrfPublicKey;

use super::{
    Global, Outcome,
    options::{KeyringOptions, OutputOptions},
    values,
};
use crate::{
    config::{Home, VrfKeyError, VrfKeys},
    process,
};

const EXAMPLES: &str = "\
Examples:
  slsbftd vrf show                       public keys of this node, the newest first
  slsbftd vrf new                        add a key; the others stay
  slsbftd vrf prove ankr1…               for an operator whose wallet is elsewhere
  slsbftd vrf forget 840fa71d…           once its last seat is over

They are in config/vrf_key.json. A running node reads them when it starts.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, arg_required_else_help = true)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    keyring: KeyringOptions,
    #[command(flatten)]
    output: OutputOptions,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print the public keys, the newest first
    #[command(after_help = "Examples:\n  slsbftd vrf show\n  slsbftd vrf show --output json")]
    Show,
    /// Add a key, to be registered next; makes the file if there is none
    #[command(after_help = "Examples:\n  slsbftd vrf new\n\n\
        Then restart the node, and register the key: slsbftd tx beacon register-vrf-key --from NAME")]
    New,
    /// Delete a key for good
    #[command(
        after_help = "Examples:\n  slsbftd vrf forget 840fa71dbdfb6cd7481055f497142a038ea9275ab6b73d4a6c4d6f567e15bd36\n\n\
        Only once no seat has it any more: see `slsbftd query beacon vrf-key NAME`."
    )]
    Forget {
        /// The public key
        #[arg(value_name = "HEX", value_parser = values::vrf_key)]
        vrf_key: VrfPublicKey,
    },
    /// Prove that this node has a key, for an operator whose wallet is elsewhere
    #[command(after_help = "Examples:\n  slsbftd vrf prove ankr1…\n\n\
        What it prints is no secret: give it to --vrf-proof where the wallet is.")]
    Prove {
        /// ankr1… or ankrvaloper1…, or the name of a key
        operator: String,
        /// Which key [default: the newest]
        #[arg(long, value_name = "HEX", value_parser = values::vrf_key)]
        vrf_key: Option<VrfPublicKey>,
        /// The chain [default: that of the home's genesis]
        #[arg(long, value_name = "ID")]
        chain_id: Option<String>,
    },
}

pub fn run(args: Args, global: &Global) -> Outcome {
    let home = Home::new(global.home());
    let path = home.vrf_keys();
    match args.command {
        Command::Show => {
            let keys: Vec<String> = VrfKeys::read(&path)?.public_keys().map(hex).collect();
            args.output.print(&json!({ "vrf_keys": keys }))
        }
        Command::New => {
            let key = new(&path)?;
            say!("{key}");
            eprintln!(
                "\nRestart the node, so that it has the key, and then register it:\n  \
                 slsbftd tx beacon register-vrf-key --from NAME\nThe old key is needed as long as the \
                 seat it was elected with lasts. Back {} up.",
                path.display()
            );
            Ok(())
        }
        Command::Forget { vrf_key } => {
            let mut keys = VrfKeys::read(&path)?;
            keys.forget(&vrf_key)?;
            keys.replace(&path)?;
            say!("forgotten; {} left", keys.public_keys().count());
            Ok(())
        }
        Command::Prove {
            operator,
            vrf_key,
            chain_id,
        } => {
            let operator = args.keyring.operator(global, &operator)?;
            let chain_id = match chain_id {
                Some(given) => given,
                None => process::chain_id(&home.genesis())?,
            };
            let keys = VrfKeys::read(&path)?;
            let registration = VrfRegistration::prove(&chain_id, &operator, keys.secret(vrf_key.as_ref())?);
            say!("{}", values::write_vrf_registration(&registration));
            Ok(())
        }
    }
}

fn new(path: &std::path::Path) -> Result<String, VrfKeyError> {
    let keys = match VrfKeys::read(path) {
        Err(VrfKeyError::Missing(_)) => {
            let keys = VrfKeys::generate()?;
            keys.create(path)?;
            keys
        }
        found => {
            let mut keys = found?;
            keys.add()?;
            keys.replace(path)?;
            keys
        }
    };
    Ok(keys.public_keys().next().map(hex).unwrap_or_default())
}

fn hex(key: VrfPublicKey) -> String {
    hex::encode(key.as_bytes())
}
