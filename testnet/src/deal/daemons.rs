//! The provider's and the consumer's daemon, run as their users run them.

use std::{
    fs::OpenOptions,
    io::Write,
    net::SocketAddr,
    os::unix::fs::OpenOptionsExt,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use slsbft_client::{
    SigningKey,
    keyring::{Backend, Keyring},
};

use super::{CONSUMER, PROVIDER};
use crate::{
    child::Child,
    error::{During, Error, Result},
    network::{Network, Node},
    ports,
};

/// Requests of the session that may be unpaid: more than go on at a time.
const CREDIT: &str = "64";

/// Both daemons, running.
pub struct Daemons {
    provider: Child,
    consumer: Child,
    /// Where requests go in.
    pub consumer_address: SocketAddr,
    /// Where the provider listens: for requests and for vouchers.
    provider_addresses: [SocketAddr; 2],
}

/// Who the daemons work for.
pub struct Parties<'a> {
    pub offer: u64,
    pub deal: u64,
    pub provider: &'a SigningKey,
    pub session: &'a SigningKey,
}

impl Daemons {
    /// Starts both: requests go consumer → provider → upstream.
    pub fn start(
        dir: &Path,
        network: &Network,
        slsbftd: &Path,
        parties: &Parties<'_>,
        upstream: SocketAddr,
    ) -> Result<Self> {
        let node = network
            .nodes
            .first()
            .ok_or_else(|| Error::Usage("the testnet has no nodes".into()))?;
        let &[http, vouchers, consumer] = ports::choose(3, None)?.as_slice() else {
            return Err(Error::Usage("no free ports".into()));
        };
        let homes = [dir.join(PROVIDER), dir.join(CONSUMER)];
        for home in &homes {
            // What an earlier deal left belongs to an offer that is gone.
            if home.exists() {
                std::fs::remove_dir_all(home).during(|| format!("remove {}", home.display()))?;
            }
            std::fs::create_dir_all(home).during(|| format!("make {}", home.display()))?;
        }
        let [provider_home, consumer_home] = homes;
        keep(&provider_home, PROVIDER, parties.provider)?;
        let session = consumer_home.join("session.key");
        write_secret(&session, parties.session)?;
        let mut provide = daemon(slsbftd, "provider", &provider_home, node);
        provide.args(["--from", PROVIDER, "--offer", &parties.offer.to_string()]);
        provide.args(["--upstream", &format!("http://{upstream}")]);
        provide.args([
            "--listen",
            &http.to_string(),
            "--vouchers-listen",
            &vouchers.to_string(),
        ]);
        provide.args(["--keyring-backend", "test", "--credit-requests", CREDIT]);
        let mut consume = daemon(slsbftd, "consumer", &consumer_home, node);
        consume
            .arg("--session-key-file")
            .arg(&session)
            .args(["--deal", &parties.deal.to_string()]);
        consume.args([
            "--gateway",
            &format!("http://{http}"),
            "--vouchers",
            &format!("http://{vouchers}"),
        ]);
        consume.args(["--listen", &consumer.to_string()]);
        Ok(Self {
            provider: Child::start("the provider daemon", provide, &dir.join("provider.log"))?,
            consumer: Child::start("the consumer daemon", consume, &dir.join("consumer.log"))?,
            consumer_address: consumer,
            provider_addresses: [http, vouchers],
        })
    }

    /// Waits until both listen, so that a request passes.
    pub async fn wait(&mut self, at_most: Duration) -> Result<()> {
        let deadline = Instant::now() + at_most;
        let [http, vouchers] = self.provider_addresses;
        for (who, log, address) in [
            ("the provider daemon", "provider.log", http),
            ("the provider daemon", "provider.log", vouchers),
            ("the consumer daemon", "consumer.log", self.consumer_address),
        ] {
            while tokio::net::TcpStream::connect(address).await.is_err() {
                self.provider.check()?;
                self.consumer.check()?;
                if Instant::now() > deadline {
                    return Err(Error::node(who, format!("does not listen; see {log}")));
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        Ok(())
    }

    /// The consumer pays what it owes before it ends, the provider claims what it holds.
    pub async fn stop(self) {
        self.consumer.stop().await;
        self.provider.stop().await;
    }
}

fn daemon(slsbftd: &Path, name: &str, home: &Path, node: &Node) -> Command {
    let mut command = Command::new(slsbftd);
    command.arg("--home").arg(home).arg(name);
    command.args(["--node", &node.grpc.to_string()]);
    command
}

fn keep(home: &Path, name: &str, key: &SigningKey) -> Result<()> {
    let keyring = Keyring::open(home, Backend::Test);
    keyring
        .add(name, key, None)
        .map(|_| ())
        .map_err(|e| Error::Usage(e.to_string()))
}

/// A secret in hexadecimal that only its owner can read.
fn write_secret(path: &Path, key: &SigningKey) -> Result<()> {
    let secret: String = key
        .secret_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    file.and_then(|mut file| writeln!(file, "{secret}"))
        .during(|| format!("write {}", path.display()))
}
