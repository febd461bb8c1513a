//! `slsbftd keys`: make, recover and move keys.

use std::{fs, io::IsTerminal, path::PathBuf};

use base64::{Engine, prelude::BASE64_STANDARD};
use clap::{Subcommand, ValueEnum};
use serde_json::{Value, json};
use slsbft_client::{Backend, HdPath, KeyInfo, KeyKind, Keyring, Mnemonic, SigningKey};
use zeroize::Zeroizing;

use super::{
    Global, Outcome,
    options::{
        Failure, KeyringOptions, OutputOptions, ask_new_secret, ask_secret, confirm, read_secret_file,
    },
};

const EXAMPLES: &str = "\
Examples:
  slsbftd keys add alice                              a new wallet; its mnemonic is shown once
  slsbftd keys add gateway --type ed25519             a key for a daemon or a session
  slsbftd keys recover alice                          asks for the mnemonic of a Cosmos wallet
  slsbftd keys list
  slsbftd keys show alice --address                   only the address, for scripts
  slsbftd keys export alice > alice.key               encrypted with a password of its own
  slsbftd keys add bob --keyring-backend test         unencrypted, for test chains only";

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
    /// Make a key; a wallet's mnemonic is shown once and kept nowhere
    #[command(after_help = "Examples:\n  slsbftd keys add alice\n  slsbftd keys add gateway --type ed25519")]
    Add {
        /// What to call it
        name: String,
        /// secp256k1 for wallets, ed25519 for daemons and sessions
        #[arg(long = "type", value_name = "TYPE", default_value = "secp256k1")]
        kind: KeyKind,
        #[command(flatten)]
        path: PathOptions,
    },
    /// Make the key of an existing mnemonic (BIP-39, coin type 118)
    #[command(
        after_help = "Examples:\n  slsbftd keys recover alice\n  slsbftd keys recover alice --mnemonic-file words.txt --index 1"
    )]
    Recover {
        /// What to call it
        name: String,
        /// Read the words from this file (mode 0600) instead of asking
        #[arg(long, value_name = "FILE")]
        mnemonic_file: Option<PathBuf>,
        /// The mnemonic has a BIP-39 passphrase ("25th word"): ask for it
        #[arg(long)]
        passphrase: bool,
        #[command(flatten)]
        path: PathOptions,
    },
    /// List all keys
    #[command(
        visible_alias = "ls",
        after_help = "Examples:\n  slsbftd keys list --output json"
    )]
    List,
    /// Show one key, by name or address
    #[command(
        after_help = "Examples:\n  slsbftd keys show alice\n  slsbftd keys show alice --address --bech val"
    )]
    Show {
        /// Name or address
        name: String,
        /// Print only the address
        #[arg(long, short, conflicts_with = "pubkey")]
        address: bool,
        /// Print only the public key
        #[arg(long, short)]
        pubkey: bool,
        /// Prefix of the printed address
        #[arg(long, value_name = "ROLE", default_value = "acc", requires = "address")]
        bech: Role,
    },
    /// Delete a key for good
    #[command(after_help = "Examples:\n  slsbftd keys delete alice --yes")]
    Delete {
        /// Its name
        name: String,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
    /// Give a key another name
    #[command(after_help = "Examples:\n  slsbftd keys rename alice treasury")]
    Rename {
        /// Its name now
        from: String,
        /// Its name from now on
        to: String,
    },
    /// Print a key, encrypted with a password of its own
    #[command(
        after_help = "Examples:\n  slsbftd keys export alice > alice.key\n  slsbftd keys export alice --unarmored-hex --unsafe"
    )]
    Export {
        /// Name or address
        name: String,
        /// Print the bare secret in hexadecimal
        #[arg(long, requires = "unsafe_")]
        unarmored_hex: bool,
        /// Yes, the secret may be on the screen
        #[arg(long = "unsafe", id = "unsafe_", requires = "unarmored_hex")]
        unsafe_: bool,
    },
    /// Store an exported key
    #[command(
        after_help = "Examples:\n  slsbftd keys import alice alice.key\n  slsbftd keys import alice secret.hex --hex"
    )]
    Import {
        /// What to call it
        name: String,
        /// File with what `keys export` printed
        file: PathBuf,
        /// The file holds a bare secret in hexadecimal
        #[arg(long)]
        hex: bool,
        /// Type of a bare secret
        #[arg(
            long = "type",
            value_name = "TYPE",
            default_value = "secp256k1",
            requires = "hex"
        )]
        kind: KeyKind,
    },
}

#[derive(Clone, Copy, Debug, clap::Args)]
struct PathOptions {
    /// Account in the path m/44'/118'/ACCOUNT'/0/INDEX
    #[arg(long, default_value_t = 0)]
    account: u32,
    /// Index in the path
    #[arg(long, default_value_t = 0)]
    index: u32,
}

impl PathOptions {
    fn path(self) -> HdPath {
        HdPath {
            account: self.account,
            index: self.index,
        }
    }
}

/// Role whose prefix an address is written with.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Role {
    Acc,
    Val,
    Cons,
}

pub fn run(args: Args, global: &Global) -> Outcome {
    let Args {
        command,
        keyring: options,
        output,
    } = args;
    let keyring = options.open(global);
    match command {
        Command::Add { name, kind, path } => add(&name, kind, path, &keyring, &options, output),
        Command::Recover {
            name,
            mnemonic_file,
            passphrase,
            path,
        } => {
            let words = match mnemonic_file {
                Some(file) => read_secret_file(&file)?,
                None => ask_secret("Mnemonic: ")?,
            };
            let mnemonic: Mnemonic = words.parse()?;
            let passphrase = if passphrase {
                ask_secret("BIP-39 passphrase: ")?
            } else {
                Zeroizing::default()
            };
            let key = mnemonic.derive(&passphrase, path.path())?;
            output.print(&describe(&store(&name, &key, &keyring, &options)?))
        }
        Command::List => {
            let keys: Vec<Value> = keyring.list()?.iter().map(describe).collect();
            if keys.is_empty() && !output.is_json() {
                eprintln!(
                    "No keys in {}. Make one: slsbftd keys add NAME",
                    keyring.dir().display()
                );
            }
            output.print(&keys.into())
        }
        Command::Show {
            name,
            address,
            pubkey,
            bech,
        } => {
            let info = keyring.find(&name)?;
            match (address, pubkey) {
                (true, _) => say!("{}", written(&info, bech)),
                (_, true) => say!("{}", public_key(&info)),
                _ => output.print(&describe(&info))?,
            }
            Ok(())
        }
        Command::Delete { name, yes } => {
            if !yes {
                confirm(&format!(
                    "Delete key '{name}'? Without its mnemonic or an export it is lost for good."
                ))?;
            }
            keyring.delete(&name)?;
            eprintln!("Key '{name}' is deleted.");
            Ok(())
        }
        Command::Rename { from, to } => output.print(&describe(&keyring.rename(&from, &to)?)),
        Command::Export {
            name,
            unarmored_hex,
            unsafe_: _,
        } => export(&name, unarmored_hex, &keyring, &options),
        Command::Import {
            name,
            file,
            hex,
            kind,
        } => {
            let text = fs::read_to_string(&file)
                .map(Zeroizing::new)
                .map_err(|error| format!("cannot read {}: {error}", file.display()))?;
            let key = if hex {
                let secret = hex::decode(text.trim()).map(Zeroizing::new);
                SigningKey::from_secret(kind, &secret.map_err(|_| "the file holds no hexadecimal digits")?)?
            } else {
                Keyring::read_export(&text, &ask_secret("Password of the export: ")?)?
            };
            output.print(&describe(&store(&name, &key, &keyring, &options)?))
        }
    }
}

fn add(
    name: &str,
    kind: KeyKind,
    path: PathOptions,
    keyring: &Keyring,
    options: &KeyringOptions,
    output: OutputOptions,
) -> Outcome {
    let mnemonic = (kind == KeyKind::Secp256k1).then(Mnemonic::generate);
    let key = match &mnemonic {
        Some(mnemonic) => mnemonic.derive("", path.path())?,
        None => SigningKey::generate(kind),
    };
    let info = store(name, &key, keyring, options)?;
    let mut value = describe(&info);
    if let (Some(mnemonic), Value::Object(fields)) = (&mnemonic, &mut value) {
        fields.insert("mnemonic".into(), mnemonic.phrase().as_str().into());
    }
    output.print(&value).map_err(|error| {
        format!("the key is stored, but could not be shown ({error}); make its backup with `slsbftd keys export {name}`")
    })?;
    match mnemonic {
        Some(_) => eprintln!(
            "\nWrite the mnemonic down. It is the only way to recover this key and is not shown again."
        ),
        None => eprintln!("\nThis key has no mnemonic. Back it up: slsbftd keys export {name} > {name}.key"),
    }
    Ok(())
}

fn store(
    name: &str,
    key: &SigningKey,
    keyring: &Keyring,
    options: &KeyringOptions,
) -> Result<KeyInfo, Failure> {
    if keyring.find(name).is_ok() {
        // Before a password is asked for in vain.
        return Err(slsbft_client::KeyringError::Exists(name.to_owned()).into());
    }
    let password = options.new_password(name)?;
    if keyring.backend() == Backend::Test && std::io::stderr().is_terminal() {
        eprintln!("The test keyring is not encrypted; its keys sign for test chains only.");
    }
    Ok(keyring.add(name, key, password.as_deref().map(String::as_str))?)
}

fn export(name: &str, bare: bool, keyring: &Keyring, options: &KeyringOptions) -> Outcome {
    keyring.find(name)?;
    let password = options.password(name)?;
    let password = password.as_deref().map(String::as_str);
    if bare {
        let secret = keyring.export_secret(name, password)?;
        say!("{}", *Zeroizing::new(hex::encode(secret.as_ref())));
    } else {
        let export_password = ask_new_secret("Password for the export")?;
        put!("{}", keyring.export(name, password, &export_password)?);
    }
    Ok(())
}

fn describe(info: &KeyInfo) -> Value {
    json!({
        "name": info.name,
        "type": KeyKind::of(&info.public_key).as_str(),
        "address": info.address.to_string(),
        "validator": info.address.to_validator_bech32(),
        "pubkey": public_key(info),
    })
}

fn written(info: &KeyInfo, role: Role) -> String {
    match role {
        Role::Acc => info.address.to_string(),
        Role::Val => info.address.to_validator_bech32(),
        Role::Cons => info.address.to_consensus_bech32(),
    }
}

/// As gaiad writes it.
fn public_key(info: &KeyInfo) -> Value {
    let key = BASE64_STANDARD.encode(info.public_key.as_bytes());
    json!({ "@type": info.public_key.to_any().type_url, "key": key })
}
