//! The network that `up` runs: the one of an earlier start, or a new one.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use slsbft_client::{
    HdPath, Mnemonic,
    keyring::{Backend, Keyring, is_test_chain},
};

use super::Args;
use crate::{
    deal,
    error::{Error, Result},
    folder::Folder,
    homes::{self, Plan},
    network::{FundedAccount, Network},
};

const VALIDATORS: usize = 4;
const CHAIN_ID: &str = "slsbft-local-1";
/// How long nodes may take to end whose supervisor was killed.
const LEFTOVERS: Duration = Duration::from_secs(40);

/// The network and the height that it had reached.
pub async fn find_or_make(args: &Args, folder: &Folder, slsbftd: &Path) -> Result<(Network, u64)> {
    let dir = args.dir.display();
    let Some(network) = Network::read(&args.dir)? else {
        // An interrupted start leaves homes that are not finished.
        folder.clear()?;
        let plan = plan(args)?;
        println!("making {} homes in {dir}", plan.validators);
        let network = homes::make(slsbftd, &plan).await?;
        keep_keys(&args.dir, &network)?;
        network.write(&args.dir)?;
        return Ok((network, 0));
    };
    same(args, &network)?;
    println!("going on with {} in {dir}", network.chain_id);
    wait_for_leftovers(&network).await?;
    let height = network.nodes.iter().filter_map(signed).max().unwrap_or(0);
    Ok((network, height))
}

/// What is asked for must be what is there.
fn same(args: &Args, network: &Network) -> Result<()> {
    let first = network.nodes.first();
    let differs = |what: &str, has: String| {
        let dir = args.dir.display();
        Err(Error::Usage(format!(
            "the testnet in {dir} has {what} {has}; leave the option out to go on with it, \
             or remove {dir} to make a new one"
        )))
    };
    let has = network.nodes.len();
    if args.validators.is_some_and(|asked| asked != has) {
        return differs("another number of validators:", has.to_string());
    }
    if args
        .chain_id
        .as_ref()
        .is_some_and(|asked| *asked != network.chain_id)
    {
        return differs("another chain id:", network.chain_id.clone());
    }
    let port = first.map_or(0, |node| node.rpc.port());
    if args.base_port.is_some_and(|asked| asked != port) {
        return differs("other ports, from", port.to_string());
    }
    Ok(())
}

/// The height a validator signed last. It lags behind none of its blocks but, by
/// one, the last.
fn signed(node: &crate::network::Node) -> Option<u64> {
    let state = std::fs::read(node.home.join("data/priv_validator_state.json")).ok()?;
    let state: serde_json::Value = serde_json::from_slice(&state).ok()?;
    let height: u64 = state.get("height")?.as_str()?.parse().ok()?;
    height.checked_sub(1)
}

/// Nodes end by themselves when their supervisor does, but that takes a moment.
async fn wait_for_leftovers(network: &Network) -> Result<()> {
    let deadline = Instant::now() + LEFTOVERS;
    let mut said = false;
    loop {
        let Some((pid, node)) = network
            .nodes
            .iter()
            .find_map(|node| Some((node.still_running()?, node)))
        else {
            return Ok(());
        };
        if !said {
            println!("waiting for what an earlier start left running to end");
            said = true;
        }
        if Instant::now() > deadline {
            return Err(Error::node(
                &node.moniker,
                format!("still runs as process {pid} from an earlier start; end it with `kill {pid}`"),
            ));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Accounts with new keys: users to play with, and the parties of the deal.
fn plan(args: &Args) -> Result<Plan> {
    let chain_id = args.chain_id.as_deref().unwrap_or(CHAIN_ID);
    if !is_test_chain(chain_id) {
        return Err(Error::Usage(format!(
            "chain id {chain_id} does not say that the chain is for tests, so no daemon would use its \
             published keys; choose one like {CHAIN_ID}"
        )));
    }
    let account = |name: &str| {
        let mnemonic = Mnemonic::generate();
        let key = mnemonic
            .derive("", HdPath::default())
            .map_err(|e| Error::Usage(e.to_string()))?;
        Ok(FundedAccount {
            name: name.into(),
            address: key.address().to_string(),
            mnemonic: mnemonic.phrase().to_string(),
        })
    };
    let names = ["alice", "bob", deal::PROVIDER, deal::CONSUMER, deal::APPLICATION];
    Ok(Plan {
        dir: args.dir.clone(),
        chain_id: chain_id.into(),
        validators: args.validators.unwrap_or(VALIDATORS),
        base_port: args.base_port,
        accounts: names.into_iter().map(account).collect::<Result<_>>()?,
        senders: Vec::new(),
        crowd: 0,
        settings: Vec::new(),
    })
}

/// The same keys in a keyring, for commands that sign.
fn keep_keys(dir: &Path, network: &Network) -> Result<()> {
    let keyring = Keyring::open(dir, Backend::Test);
    for account in &network.accounts {
        let key = network.key(&account.name)?;
        keyring
            .add(&account.name, &key, None)
            .map_err(|e| Error::Usage(e.to_string()))?;
    }
    Ok(())
}
