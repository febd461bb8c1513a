//! The live view of a testnet: redrawn in place on a terminal, a plain line at
//! each change without one.

use std::{
    fmt::Write as _,
    io::{IsTerminal, Write},
    path::PathBuf,
    time::Duration,
};

use crossterm::{
    cursor::{MoveToColumn, MoveUp},
    queue,
    style::Print,
    terminal::{self, Clear, ClearType},
};
use futures::future::join_all;
use time::OffsetDateTime;

use crate::{
    error::{Error, Result},
    folder,
    network::Network,
    proc,
    rpc::{BlockMeta, Rpc, Status},
    service::table::Table,
};

/// Over how many of the latest blocks rates are taken.
const RECENT: u64 = 10;
/// The chain's own transaction in each block.
const SYSTEM_TXS: u64 = 1;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Folder of the testnet
    #[arg(long, value_name = "DIR", default_value = ".testnet")]
    dir: PathBuf,
    /// Print once instead of following
    #[arg(long)]
    once: bool,
}

/// Runs `status`.
pub async fn run(args: &Args) -> Result<()> {
    let mut screen = Screen::new();
    let dir = args.dir.display();
    loop {
        let network = Network::read(&args.dir)?;
        let network = network.ok_or_else(|| {
            Error::Usage(format!(
                "no testnet in {dir}; `slsbft-testnet up --dir {dir}` makes one"
            ))
        })?;
        if folder::holder(&args.dir)?.is_none() {
            return Err(Error::Usage(format!(
                "the testnet in {dir} does not run; `slsbft-testnet up --dir {dir}` goes on with it"
            )));
        }
        screen.show(&network, &[]).await;
        if args.once || !screen.terminal {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// What one node says about itself; `None` where it does not answer.
struct View {
    status: Option<Status>,
    peers: Option<u64>,
}

/// Draws one frame after the other.
pub struct Screen {
    terminal: bool,
    /// Lines of the last frame, to go back over.
    drawn: u16,
    /// What the last plain line said.
    last: Option<(u64, String)>,
    /// The last election that was printed as a plain line.
    elected: String,
}

impl Screen {
    pub fn new() -> Self {
        Self {
            terminal: std::io::stdout().is_terminal(),
            drawn: 0,
            last: None,
            elected: String::new(),
        }
    }

    /// Asks all nodes and shows their answers. `restarts` are those of each node, if known.
    pub async fn show(&mut self, network: &Network, restarts: &[u32]) {
        let views = join_all(
            network
                .nodes
                .iter()
                .map(|node| view(Rpc::new(&node.rpc.to_string()))),
        )
        .await;
        let recent = recent_blocks(network, &views).await;
        let table = table(network, &views).await;
        if self.terminal {
            let mut frame = frame(network, &views, &recent, restarts);
            frame.extend(table.map(|table| table.show(height(&views))));
            // A terminal that went away ends us by SIGHUP, not by an error here.
            let _gone = self.draw(&frame);
        } else {
            self.line(network, &views, &recent);
            if let Some(short) = table
                .map(|table| table.short())
                .filter(|short| *short != self.elected)
            {
                println!("{short}");
                self.elected = short;
            }
        }
    }

    fn draw(&mut self, frame: &str) -> std::io::Result<()> {
        let (width, rows) = terminal::size().map_or((120, 50), |(x, y)| (usize::from(x), usize::from(y)));
        let mut out = std::io::stdout().lock();
        if self.drawn > 0 {
            queue!(out, MoveUp(self.drawn))?;
        }
        queue!(out, MoveToColumn(0), Clear(ClearType::FromCursorDown))?;
        self.drawn = 0;
        // What has scrolled away cannot be drawn over.
        let lines: Vec<&str> = frame.lines().collect();
        let fit = lines.len().min(rows.saturating_sub(2).max(1));
        let hidden = format!("  … and {} more", lines.len() - fit);
        let more = (fit < lines.len()).then_some(hidden.as_str());
        for line in lines.into_iter().take(fit).chain(more) {
            // A wrapped line would take two and spoil the way back.
            let cut: String = line.chars().take(width.saturating_sub(1)).collect();
            queue!(out, Print(cut), Print("\n"))?;
            self.drawn += 1;
        }
        out.flush()
    }

    /// Only what is new: a line per block, or per change of a node's state.
    fn line(&mut self, network: &Network, views: &[View], recent: &[BlockMeta]) {
        let height = height(views);
        let states: Vec<String> = network
            .nodes
            .iter()
            .zip(views)
            .map(|(node, view)| format!("{} {}", node.moniker, state(node.app_pid, view, height)))
            .collect();
        let now = (height, states.join(", "));
        if self.last.as_ref() == Some(&now) {
            return;
        }
        let time = recent
            .last()
            .map_or(String::new(), |meta| clock(meta.header.time));
        println!(
            "height {height}  block {time}  {:.1} tx/s  {}",
            rate(recent),
            now.1
        );
        self.last = Some(now);
    }
}

async fn view(rpc: Rpc) -> View {
    let (status, peers) = futures::join!(rpc.status(), rpc.peers());
    View {
        status: status.ok(),
        peers: peers.ok(),
    }
}

/// The election, of the first node that knows the latest block.
async fn table(network: &Network, views: &[View]) -> Option<Table> {
    let top = height(views);
    let nodes = network.nodes.iter().zip(views);
    let (node, _) = nodes.into_iter().find(|(_, view)| height_of(view) == Some(top))?;
    Table::read(node).await
}

async fn recent_blocks(network: &Network, views: &[View]) -> Vec<BlockMeta> {
    let top = height(views);
    let up = network
        .nodes
        .iter()
        .zip(views)
        .find(|(_, view)| height_of(view) == Some(top));
    match up {
        Some((node, _)) if top > 0 => {
            let rpc = Rpc::new(&node.rpc.to_string());
            rpc.block_metas(top.saturating_sub(RECENT).max(1), top)
                .await
                .unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

fn height_of(view: &View) -> Option<u64> {
    view.status
        .as_ref()
        .map(|status| status.sync_info.latest_block_height)
}

fn height(views: &[View]) -> u64 {
    views.iter().filter_map(height_of).max().unwrap_or(0)
}

/// Transactions per second from the oldest of the blocks until now, so that an
/// idle chain goes to zero.
fn rate(recent: &[BlockMeta]) -> f64 {
    let Some((first, rest)) = recent.split_first() else {
        return 0.0;
    };
    let txs: u64 = rest
        .iter()
        .map(|meta| meta.num_txs.saturating_sub(SYSTEM_TXS))
        .sum();
    let seconds = (OffsetDateTime::now_utc() - first.header.time).as_seconds_f64();
    if seconds > 0.0 { txs as f64 / seconds } else { 0.0 }
}

fn state(app: Option<u32>, view: &View, height: u64) -> &'static str {
    match &view.status {
        None if app.is_some_and(proc::alive) => "starting",
        None => "down",
        Some(status) if status.sync_info.catching_up => "catching up",
        Some(status) if status.sync_info.latest_block_height + 2 < height => "behind",
        Some(_) => "ok",
    }
}

fn frame(network: &Network, views: &[View], recent: &[BlockMeta], restarts: &[u32]) -> String {
    let height = height(views);
    let block = recent.last().map_or_else(
        || "no block yet".into(),
        |meta| {
            let age = (OffsetDateTime::now_utc() - meta.header.time)
                .as_seconds_f64()
                .max(0.0);
            format!("block {} ({age:.0} s ago)", clock(meta.header.time))
        },
    );
    let mut text = format!(
        "{}  height {height}  {block}  {:.1} tx/s\n",
        network.chain_id,
        rate(recent)
    );
    let _infallible = writeln!(
        text,
        "  {:10} {:>8} {:>6} {:>10}  {:10} {:>8} {:>9}  state",
        "validator", "height", "peers", "power", "app hash", "memory", "restarts"
    );
    for (n, (node, view)) in network.nodes.iter().zip(views).enumerate() {
        let status = view.status.as_ref();
        let or_dash = |value: Option<String>| value.unwrap_or_else(|| "–".into());
        let memory = node
            .app_pid
            .and_then(proc::usage)
            .map(|usage| format!("{} MB", usage.memory / 1_000_000));
        let hash = status.map(|s| s.sync_info.latest_app_hash.chars().take(8).collect::<String>());
        let _infallible = writeln!(
            text,
            "  {:10} {:>8} {:>6} {:>10}  {:10} {:>8} {:>9}  {}",
            node.moniker,
            or_dash(height_of(view).map(|h| h.to_string())),
            or_dash(view.peers.map(|peers| peers.to_string())),
            or_dash(status.map(|s| s.validator_info.voting_power.to_string())),
            or_dash(hash),
            or_dash(memory),
            or_dash(restarts.get(n).map(u32::to_string)),
            state(node.app_pid, view, height),
        );
    }
    text
}

fn clock(time: OffsetDateTime) -> String {
    format!("{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second())
}
