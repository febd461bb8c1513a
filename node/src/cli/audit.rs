//! `slsbftd audit`

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use super::{
    Global, Outcome,
    daemon::{self, LogOptions},
    options::{Failure, KeyringOptions, NodeOptions},
};
use crate::{
    auditor::{
        Auditor, Config, Ended, Missed,
        chain::Chain,
        metrics::Metrics,
        probe::{Prober, Question, System, Trust},
    },
    metrics,
};

const EXAMPLES: &str = "\
Examples:
  slsbftd audit --from auditor                          audit, epoch after epoch
  slsbftd audit --from alice --once --allow-private     one epoch, on a network on one machine
  slsbftd audit --probe https://node.example/status     measure one endpoint as an auditor would

The key is that of a validator's operator, or better of an account that the
operator has appointed with MsgSetAuditor. docs/auditing.md says what is measured
and how.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Key that signs commitments and reports
    #[arg(long, value_name = "NAME", required_unless_present = "probe")]
    from: Option<String>,
    /// Folder of the reports [default: audit in the home]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// How often each provider is asked in an epoch
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=15))]
    samples: u32,
    /// Probes at a time
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = clap::value_parser!(u16).range(1..))]
    at_once: u16,
    /// Connect to private addresses, too: for networks on one machine
    #[arg(long)]
    allow_private: bool,
    /// Believe any TLS certificate: for networks without a public authority
    #[arg(long)]
    insecure: bool,
    /// Where metrics are served [default: nowhere]
    #[arg(long, value_name = "ADDRESS")]
    metrics: Option<SocketAddr>,
    /// Milliseconds between looks at the node
    #[arg(long, value_name = "MS", default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(10..))]
    poll_ms: u64,
    /// Audit one epoch and end
    #[arg(long)]
    once: bool,
    /// Measure this endpoint, print what was found, and do nothing else
    #[arg(long, value_name = "URL", conflicts_with_all = ["from", "once"])]
    probe: Option<String>,
    /// Bandwidth that the endpoint of --probe promises, in kilobits per second
    #[arg(long, value_name = "KBPS", requires = "probe")]
    promised: Option<u64>,
    #[command(flatten)]
    node: NodeOptions,
    #[command(flatten)]
    keyring: KeyringOptions,
    #[command(flatten)]
    log: LogOptions,
}

impl Args {
    fn config(&self, global: &Global) -> Config {
        Config {
            home: self.data.clone().unwrap_or_else(|| global.home().join("audit")),
            samples: self.samples,
            at_once: self.at_once.into(),
            poll: Duration::from_millis(self.poll_ms),
        }
    }

    fn prober(&self) -> Result<Prober, Failure> {
        let trust = if self.insecure {
            Trust::Anybody
        } else {
            Trust::public()
        };
        Ok(Prober::new(
            &trust,
            self.allow_private,
            Box::new(System::default()),
        )?)
    }
}

pub fn run(args: &Args, global: &Global) -> Outcome {
    args.log.init()?;
    match (&args.probe, &args.from) {
        (Some(endpoint), _) => daemon::run(probe(args, endpoint)),
        (None, Some(key)) => daemon::run(audit(args, key, global)),
        (None, None) => Err("give --from or --probe".into()),
    }
}

/// What an answer may take when no chain is asked: the default of its parameter.
const PATIENCE: Duration = Duration::from_secs(2);

async fn probe(args: &Args, endpoint: &str) -> Outcome {
    let prober = Arc::new(args.prober()?);
    for _ in 0..args.samples {
        let question = Question {
            endpoint: endpoint.into(),
            patience: PATIENCE,
            promised_kbps: args.promised,
        };
        match prober.clone().probe(question).await {
            Ok(sample) => match sample.throughput_kbps {
                Some(kbps) => say!("reached in {} ms, {kbps} kbit/s", sample.latency.as_millis()),
                None => say!("reached in {} ms", sample.latency.as_millis()),
            },
            Err(failure) => say!("not reached: {failure}"),
        }
    }
    Ok(())
}

async fn audit(args: &Args, key: &str, global: &Global) -> Outcome {
    let client = args.node.connect_lazy(global)?;
    daemon::until_ready(&client).await?;
    let chain_id = daemon::until_answered(|| client.chain_id()).await?;
    let key = args.keyring.unlock(&args.keyring.open(global), key, &chain_id)?;
    let connect = async || Chain::new(client.clone(), key.clone()).await;
    let chain = daemon::until_answered(connect).await?;
    let counted = Arc::new(Metrics::default());
    let mut auditor = Auditor::start(args.config(global), chain, args.prober()?, counted.clone())?;
    daemon::tell(format_args!("{} audits on {chain_id}", key.address()));
    let serving = async {
        match args.metrics {
            Some(address) => metrics::serve(address, move || counted.encode(), std::future::pending()).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        outcome = work(&mut auditor, args.once) => outcome,
        served = serving => Ok(served?),
        () = daemon::asked_to_stop() => Ok(()),
    }
}

/// Audits one epoch after the other, or one that is not too far gone.
async fn work(auditor: &mut Auditor, once: bool) -> Outcome {
    loop {
        match auditor.next().await {
            _ if !once => {}
            (_, Ended::Missed(Missed::Late)) => {}
            (epoch, Ended::Idle) => {
                daemon::tell(format_args!("epoch {epoch}: nothing to audit"));
                return Ok(());
            }
            (epoch, Ended::Revealed { targets, reached }) => {
                daemon::tell(format_args!(
                    "epoch {epoch}: {reached} of {targets} providers answered"
                ));
                return Ok(());
            }
            (epoch, Ended::Missed(missed)) => return Err(format!("epoch {epoch} is missed: {missed}").into()),
            (epoch, Ended::Conflict) => {
                return Err(
                    format!("epoch {epoch}: the chain has another commitment than this daemon").into(),
                );
            }
        }
    }
}
