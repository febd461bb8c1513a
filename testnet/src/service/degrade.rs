//! What can be made to fail from outside, by a file in a node's home.

use std::path::PathBuf;

use crate::{
    error::{During, Error, Result},
    network::{Network, Node},
};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    which: Which,
    /// Let it serve on, but compute nothing and so prove nothing
    #[arg(long)]
    computing: bool,
}

#[derive(Debug, clap::Args)]
pub struct Which {
    /// Its name, as in node2
    node: String,
    /// Folder of the testnet
    #[arg(long, value_name = "DIR", default_value = ".testnet")]
    dir: PathBuf,
}

/// What fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Nobody reaches it.
    Endpoint,
    /// It answers, and proves no computing.
    Computing,
}

impl Part {
    pub fn fails(self, node: &Node) -> bool {
        self.flag(node).exists()
    }

    fn flag(self, node: &Node) -> PathBuf {
        node.home.join(match self {
            Self::Endpoint => "degraded",
            Self::Computing => "degraded-computing",
        })
    }
}

/// Whether anything of a node fails.
pub fn is_degraded(node: &Node) -> bool {
    Part::Endpoint.fails(node) || Part::Computing.fails(node)
}

/// Runs `degrade`.
pub fn degrade(args: &Args) -> Result<()> {
    let node = args.which.find()?;
    let (part, what) = if args.computing {
        (Part::Computing, "computes nothing more, and answers")
    } else {
        (Part::Endpoint, "stops: nobody reaches its endpoint")
    };
    let flag = part.flag(&node);
    std::fs::write(&flag, "").during(|| format!("write {}", flag.display()))?;
    println!("the provider of {} {what} from now on", node.moniker);
    println!("  two failed audits in a row pause it: no new deals, and no place in the next election");
    println!(
        "  an epoch is 20 blocks, one a second while something is degraded; watch it with `slsbft-testnet status`"
    );
    println!(
        "  bring it back: slsbft-testnet restore {} --dir {}",
        node.moniker,
        args.which.dir.display()
    );
    Ok(())
}

/// Runs `restore`.
pub fn restore(which: &Which) -> Result<()> {
    let node = which.find()?;
    for part in [Part::Endpoint, Part::Computing] {
        let flag = part.flag(&node);
        match std::fs::remove_file(&flag) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            other => other.during(|| format!("remove {}", flag.display()))?,
        }
    }
    println!("the provider of {} answers and computes again", node.moniker);
    println!("  two good audits in a row end its pause, and the election after that may seat it");
    Ok(())
}

impl Which {
    fn find(&self) -> Result<Node> {
        let dir = self.dir.display();
        let network = Network::read(&self.dir)?;
        let network = network.ok_or_else(|| {
            Error::Usage(format!(
                "no testnet in {dir}; `slsbft-testnet up --dir {dir}` makes one"
            ))
        })?;
        let names: Vec<_> = network.nodes.iter().map(|node| node.moniker.clone()).collect();
        let found = network.nodes.into_iter().find(|node| node.moniker == self.node);
        found.ok_or_else(|| {
            Error::Usage(format!(
                "there is no {}; there are {}",
                self.node,
                names.join(", ")
            ))
        })
    }
}
