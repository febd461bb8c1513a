//! Options that commands share: which node, which keyring, how to print.

use std::{
    error::Error,
    fs,
    io::{self, BufRead, IsTerminal, Write},
    net::{IpAddr, Ipv4Addr, SocketAddr},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use clap::{Args, ValueEnum};
use serde_json::Value;
use slsbft_client::{Backend, Client, Keyring, SigningKey};
use slsbft_types::{Address, address::VALIDATOR_PREFIX};
use zeroize::Zeroizing;

use super::{Global, Outcome, render};
use crate::config::{AppConfig, Home};

pub type Failure = Box<dyn Error + Send + Sync>;

/// Which node to talk to.
#[derive(Clone, Debug, Args)]
pub struct NodeOptions {
    /// gRPC endpoint of a node [default: that of the home, else 127.0.0.1:9090]
    #[arg(long, global = true, value_name = "HOST:PORT", env = "SLSBFTD_NODE")]
    node: Option<String>,
}

impl NodeOptions {
    pub async fn connect(&self, global: &Global) -> Result<Client, Failure> {
        Ok(Client::connect(&self.endpoint(global)?).await?)
    }

    /// For daemons: the node may start later.
    pub fn connect_lazy(&self, global: &Global) -> Result<Client, Failure> {
        Ok(Client::connect_lazy(&self.endpoint(global)?)?)
    }

    fn endpoint(&self, global: &Global) -> Result<String, Failure> {
        match &self.node {
            Some(endpoint) => Ok(endpoint.clone()),
            None => home_endpoint(&Home::new(global.home())),
        }
    }
}

pub fn home_endpoint(home: &Home) -> Result<String, Failure> {
    let path = home.app_toml();
    let config = if path.exists() {
        AppConfig::read(&path)?
    } else {
        AppConfig::default()
    };
    let mut address: SocketAddr = config.grpc.address;
    if address.ip().is_unspecified() {
        address.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    Ok(address.to_string())
}

/// Where keys are and how their passwords come.
#[derive(Clone, Debug, Args)]
pub struct KeyringOptions {
    /// file (encrypted) or test (unencrypted, for test chains only)
    #[arg(
        long,
        global = true,
        value_name = "KIND",
        default_value = "file",
        env = "SLSBFTD_KEYRING_BACKEND"
    )]
    keyring_backend: Backend,
    /// Read the key's password from this file (mode 0600) instead of asking
    #[arg(long, global = true, value_name = "FILE", env = "SLSBFTD_PASSWORD_FILE")]
    password_file: Option<PathBuf>,
}

impl KeyringOptions {
    pub fn open(&self, global: &Global) -> Keyring {
        Keyring::open(&global.home(), self.keyring_backend)
    }

    /// The password of a key that exists; none for the test keyring.
    pub fn password(&self, name: &str) -> Result<Option<Zeroizing<String>>, Failure> {
        match (self.keyring_backend, &self.password_file) {
            (Backend::Test, _) => Ok(None),
            (Backend::File, Some(path)) => read_secret_file(path).map(Some),
            (Backend::File, None) => ask_secret(&format!("Password of key '{name}': ")).map(Some),
        }
    }

    /// A password for a new key, asked twice on a terminal.
    pub fn new_password(&self, name: &str) -> Result<Option<Zeroizing<String>>, Failure> {
        match (self.keyring_backend, &self.password_file) {
            (Backend::Test, _) => Ok(None),
            (Backend::File, Some(path)) => read_secret_file(path).map(Some),
            (Backend::File, None) => ask_new_secret(&format!("New password for key '{name}'")).map(Some),
        }
    }

    /// The key itself, to sign for a chain.
    pub fn unlock(&self, keyring: &Keyring, name: &str, chain_id: &str) -> Result<SigningKey, Failure> {
        keyring.check_chain(chain_id)?;
        let password = self.password(name)?;
        Ok(keyring.unlock(name, password.as_deref().map(String::as_str), chain_id)?)
    }

    /// The address behind what may be an address or the name of a key.
    pub fn address(&self, global: &Global, name_or_address: &str) -> Result<Address, Failure> {
        match name_or_address.parse() {
            Ok(address) => Ok(address),
            // A typo in an address is more likely than a key of that name.
            Err(error) if name_or_address.starts_with("ankr1") => Err(error.into()),
            Err(_) => Ok(self.open(global).find(name_or_address)?.address),
        }
    }

    /// The operator behind `ankrvaloper1…`, `ankr1…` or the name of a key.
    pub fn operator(&self, global: &Global, text: &str) -> Result<Address, Failure> {
        if text.starts_with(VALIDATOR_PREFIX) {
            return Ok(Address::from_bech32_with(VALIDATOR_PREFIX, text)?);
        }
        self.address(global, text)
    }
}

/// How results are printed.
#[derive(Clone, Copy, Debug, Args)]
pub struct OutputOptions {
    /// Form of what is printed
    #[arg(long, short, global = true, value_name = "FORM", default_value = "text")]
    output: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    Text,
    Json,
}

impl OutputOptions {
    pub fn is_json(self) -> bool {
        self.output == Form::Json
    }

    /// Prints a result on standard output.
    pub fn print(self, value: &Value) -> Outcome {
        match self.output {
            Form::Json => say!("{value:#}"),
            Form::Text => put!("{}", render::text(value)),
        }
        Ok(())
    }
}

/// Asks for a secret without showing it; without a terminal, the next line of
/// standard input is it.
pub fn ask_secret(prompt: &str) -> Result<Zeroizing<String>, Failure> {
    if io::stdin().is_terminal() {
        return Ok(Zeroizing::new(rpassword::prompt_password(prompt)?));
    }
    let mut line = Zeroizing::new(String::new());
    if io::stdin().lock().read_line(&mut line)? == 0 {
        let what = prompt.trim_end_matches([' ', ':']);
        return Err(format!(
            "{what}: no terminal to ask on; give it as a line on standard input or in a file (see --help)"
        )
        .into());
    }
    Ok(Zeroizing::new(line.trim_end_matches(['\r', '\n']).to_owned()))
}

/// Asks for a new secret, twice on a terminal.
pub fn ask_new_secret(what: &str) -> Result<Zeroizing<String>, Failure> {
    let first = ask_secret(&format!("{what}: "))?;
    if io::stdin().is_terminal() && *ask_secret("Once more: ")? != *first {
        return Err("the two passwords differ; nothing was done".into());
    }
    Ok(first)
}

/// The first line of a file that only its owner can read.
pub fn read_secret_file(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let failed = |error: io::Error| format!("cannot read {}: {error}", path.display());
    let mode = fs::metadata(path).map_err(failed)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(format!(
            "{0} can be read by others (mode {mode:03o}); run: chmod 600 {0}",
            path.display()
        )
        .into());
    }
    let text = Zeroizing::new(fs::read_to_string(path).map_err(failed)?);
    Ok(Zeroizing::new(text.lines().next().unwrap_or_default().to_owned()))
}

/// Asks for a yes; without a terminal the answer has to be on the command line.
pub fn confirm(question: &str) -> Result<(), Failure> {
    if !io::stdin().is_terminal() {
        return Err("no terminal to confirm on; add --yes".into());
    }
    eprint!("{question} [y/N] ");
    io::stderr().flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    match answer.trim() {
        "y" | "Y" | "yes" => Ok(()),
        _ => Err("not confirmed; nothing was done".into()),
    }
}
