//! `slsbftd consumer`

use std::{
    fs::OpenOptions,
    io::Write,
    net::SocketAddr,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use http::Uri;
use slsbft_client::{KeyKind, SigningKey};
use slsbft_types::Amount;
use zeroize::Zeroizing;

use super::{
    Global, Outcome,
    daemon::{self, LogOptions},
    options::{Failure, NodeOptions, read_secret_file},
};
use crate::consumer::{
    Consumer,
    config::{Config, Tolerance},
    guard::Allowed,
};

const EXAMPLES: &str = "\
Examples:
  slsbftd consumer --new-session-key session.key      make a key; name its public part in the deal
  slsbftd consumer --deal 7 --session-key-file session.key \\
      --gateway http://10.0.0.5:8000 --vouchers http://10.0.0.5:8001
  curl http://127.0.0.1:8080/                         is served by the provider, and paid

With several --session-key-file more requests go on at a time. Each deal has a
daemon of its own.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Make a session key in this file, print its public key, and do nothing else
    #[arg(long, value_name = "FILE", exclusive = true)]
    new_session_key: Option<PathBuf>,
    /// Number of the deal that pays
    #[arg(long, value_name = "ID", required_unless_present = "new_session_key")]
    deal: Option<u64>,
    /// A session's secret key (hex, mode 0600); may be given several times
    #[arg(long, value_name = "FILE", required_unless_present = "new_session_key")]
    session_key_file: Vec<PathBuf>,
    /// The provider's gateway
    #[arg(long, value_name = "URL", required_unless_present = "new_session_key")]
    gateway: Option<Uri>,
    /// The provider's vouchers service
    #[arg(long, value_name = "URL", required_unless_present = "new_session_key")]
    vouchers: Option<Uri>,
    /// Where local programs send their requests
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Another host name that this proxy is asked by, besides addresses and localhost
    #[arg(long, value_name = "NAME")]
    allow_host: Vec<String>,
    /// A web page's origin that may spend from the deal, such as https://app.example
    #[arg(long, value_name = "ORIGIN")]
    allow_origin: Vec<String>,
    /// Folder of the last vouchers [default: consumer/deal-ID in the home]
    #[arg(long, value_name = "DIR")]
    store: Option<PathBuf>,
    /// Most, in uankr, that each session may ever come to be due
    #[arg(long, value_name = "UANKR")]
    spending_cap: Option<Amount>,
    /// Rating in every voucher: 1 (bad) to 5 (good), 0 for none
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=5))]
    rating: u32,
    /// Bytes to believe the gateway when an answer is cut short, and after a crash
    #[arg(long, value_name = "N", default_value_t = Tolerance::default().bytes)]
    tolerance_bytes: u64,
    /// Requests at a time for each session, as far as the gateway's credit goes
    #[arg(long, value_name = "N", default_value_t = 64)]
    parallel: u32,
    /// Seconds until the gateway has to answer, or to go on
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    timeout: u64,
    #[command(flatten)]
    node: NodeOptions,
    #[command(flatten)]
    log: LogOptions,
}

impl Args {
    /// The settings and the deal; clap has made sure that all are there.
    fn config(&self, global: &Global) -> Option<(Config, u64)> {
        let deal = self.deal?;
        let home = || global.home().join("consumer").join(format!("deal-{deal}"));
        let config = Config {
            gateway: self.gateway.clone()?,
            vouchers: self.vouchers.clone()?,
            listen: self.listen,
            allowed: Allowed {
                hosts: self.allow_host.clone(),
                origins: self.allow_origin.clone(),
            },
            home: self.store.clone().unwrap_or_else(home),
            spending_cap: self.spending_cap,
            rating: self.rating,
            tolerance: Tolerance {
                bytes: self.tolerance_bytes,
                ..Tolerance::default()
            },
            parallel: self.parallel,
            flush_after: Duration::from_millis(500),
            queue_timeout: Duration::from_secs(self.timeout),
            timeout: Duration::from_secs(self.timeout),
            connections: 256,
        };
        Some((config, deal))
    }
}

pub fn run(args: &Args, global: &Global) -> Outcome {
    if let Some(path) = &args.new_session_key {
        return new_session_key(path);
    }
    let (config, deal) = args
        .config(global)
        .ok_or("give --deal, --session-key-file, --gateway and --vouchers")?;
    args.log.init()?;
    let keys = args
        .session_key_file
        .iter()
        .map(|path| read_session_key(path))
        .collect::<Result<Vec<_>, _>>()?;
    daemon::run(async {
        let client = args.node.connect_lazy(global)?;
        daemon::until_ready(&client).await?;
        let chain_id = daemon::until_answered(|| client.chain_id()).await?;
        let deal = daemon::until_answered(|| client.deal(deal)).await?;
        let consumer = Consumer::start(config, &chain_id, &deal, keys).await?;
        daemon::tell(format_args!(
            "deal {} is used on http://{}",
            deal.id, consumer.listen
        ));
        tokio::select! {
            error = consumer.failed() => Err(error.into()),
            () = daemon::asked_to_stop() => {
                consumer.stop().await;
                Ok(())
            }
        }
    })
}

fn new_session_key(path: &Path) -> Outcome {
    let key = SigningKey::generate(KeyKind::Ed25519);
    let secret = Zeroizing::new(hex::encode(key.secret_bytes().as_slice()));
    let failed = |error: std::io::Error| format!("cannot make {}: {error}", path.display());
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(failed)?;
    writeln!(file, "{}", secret.as_str())
        .and_then(|()| file.sync_all())
        .map_err(failed)?;
    println!("{}", hex::encode(key.public_key().as_bytes()));
    Ok(())
}

fn read_session_key(path: &Path) -> Result<SigningKey, Failure> {
    let text = read_secret_file(path)?;
    let secret = hex::decode(text.trim()).map(Zeroizing::new);
    let key = secret
        .ok()
        .and_then(|secret| SigningKey::from_secret(KeyKind::Ed25519, &secret).ok());
    key.ok_or_else(|| format!("{} holds no session key: expected 64 hex digits", path.display()).into())
}
