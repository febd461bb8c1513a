//! `slsbftd genesis gentx` and `collect`: how the first candidates come into a genesis.

use std::{
    fs,
    path::{Path, PathBuf},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::{Deserialize, Serialize};
use slsbft_client::gentx::{self, GenTx};
use slsbft_genesis::Genesis;
use slsbft_types::{Address, Amount, BASE_DENOM};

use super::{
    super::{
        Global, Outcome,
        options::{Failure, KeyringOptions},
        validator::ValidatorOptions,
        values,
    },
    read, read_file, write,
};
use crate::config::{Home, NodeKey};

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  slsbftd genesis gentx alice 500000ankr\n  \
    slsbftd genesis gentx alice 500000ankr --moniker alice --commission-rate 5% --p2p-address node.example.org:26656\n\n\
    The account must be in the genesis with these coins. The file is in config/gentx of the home: send it\n\
    to whoever collects them. It holds no secret.")]
pub struct MakeArgs {
    /// Key of the operator: name or address
    key: String,
    /// What it stakes with itself: 500000ankr
    #[arg(value_parser = values::amount)]
    amount: Amount,
    #[command(flatten)]
    validator: ValidatorOptions,
    /// Where other nodes reach this one; `collect` prints a list of them
    #[arg(long, value_name = "HOST:PORT", value_parser = values::host_port)]
    p2p_address: Option<String>,
    /// The document [default: that of the home]
    #[arg(long, value_name = "FILE")]
    genesis: Option<PathBuf>,
    /// Where to write it [default: config/gentx/gentx-ID.json in the home]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  slsbftd genesis collect                              those in config/gentx of the home\n  \
    slsbftd genesis collect alice.json bob.json --genesis genesis.json\n  slsbftd genesis collect gentxs/ --replace\n\n\
    The order of the files does not matter: everybody who has the same ones gets the same document."
)]
pub struct CollectArgs {
    /// What `gentx` wrote, or folders of that [default: config/gentx in the home]
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Forget the genesis transactions that are in the document
    #[arg(long)]
    replace: bool,
    /// The document [default: that of the home]
    #[arg(long, value_name = "FILE")]
    genesis: Option<PathBuf>,
}

/// What `gentx` writes.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    /// The transaction, in base64.
    tx: String,
    /// For people; the transaction says the same.
    moniker: String,
    /// ankrvaloper1…
    operator: String,
}

pub fn make(args: MakeArgs, keyring: &KeyringOptions, global: &Global) -> Outcome {
    let home = Home::new(global.home());
    let genesis = read(&args.genesis.unwrap_or_else(|| home.genesis()))?;
    let node_id = NodeKey::read(&home.node_key())?.id();
    let path = args
        .output
        .unwrap_or_else(|| home.gen_txs().join(format!("gentx-{node_id}.json")));
    if path.exists() {
        return Err(format!(
            "{} exists already; remove it, or name another file with --output",
            path.display()
        )
        .into());
    }
    let ring = keyring.open(global);
    let operator = ring.find(&args.key)?;
    check_funds(&genesis, &operator.address, args.amount)?;
    let validator = args.validator.build(&home, operator.address, args.amount)?;
    let vrf = args
        .validator
        .registration(&home, &genesis.chain_id, &operator.address)?;
    let peer = args.p2p_address.map(|address| format!("{node_id}@{address}"));
    let key = keyring.unlock(&ring, &operator.name, &genesis.chain_id)?;
    let tx = gentx::sign(
        &genesis.chain_id,
        &key,
        &validator,
        &vrf,
        &peer.unwrap_or_default(),
    )?;
    // Whoever collects it would refuse what this refuses.
    let checked = gentx::check(&genesis.chain_id, tx.bytes())?;
    let document = Document {
        tx: BASE64_STANDARD.encode(tx.bytes()),
        moniker: checked.moniker,
        operator: checked.operator.to_validator_bech32(),
    };
    store(&path, &document)?;
    say!("wrote {}", path.display());
    Ok(())
}

pub fn collect(args: CollectArgs, global: &Global) -> Outcome {
    let home = Home::new(global.home());
    let path = args.genesis.unwrap_or_else(|| home.genesis());
    let mut genesis = read(&path)?;
    if args.replace {
        genesis.app_state.genutil.gen_txs.clear();
    }
    let places = if args.files.is_empty() {
        vec![home.gen_txs()]
    } else {
        args.files
    };
    let mut txs = Vec::new();
    for file in files(&places)? {
        let tx = read_one(&genesis.chain_id, &file);
        txs.push(tx.map_err(|error| format!("{}: {error}", file.display()))?);
    }
    genesis.collect(txs)?;
    let found = check(&genesis)?;
    write(&path, &genesis)?;
    for tx in &found {
        say!(
            "{:<20} {} stakes {}{BASE_DENOM}",
            tx.moniker,
            tx.operator.to_validator_bech32(),
            tx.self_stake
        );
    }
    say!("candidates: {}", found.len());
    let own = NodeKey::read(&home.node_key()).map_or_else(|_| String::new(), |key| key.id());
    let peers = peers(&found, &own);
    if !peers.is_empty() {
        say!("\nslsbftd config set config p2p.persistent_peers {peers}");
    }
    Ok(())
}

/// Judges all genesis transactions of a document.
pub fn check(genesis: &Genesis) -> Result<Vec<GenTx>, Failure> {
    let mut found = Vec::new();
    for (i, tx) in genesis.app_state.genutil.gen_txs.iter().enumerate() {
        let at = |error: Failure| format!("app_state.genutil.gen_txs[{i}]: {error}");
        let tx = gentx::check(&genesis.chain_id, &tx.0).map_err(|error| at(error.into()))?;
        check_funds(genesis, &tx.operator, tx.self_stake).map_err(at)?;
        found.push(tx);
    }
    gentx::check_distinct(&found)?;
    Ok(found)
}

/// Whether an account of the genesis can stake so much, and may stake so little.
fn check_funds(genesis: &Genesis, account: &Address, amount: Amount) -> Result<(), Failure> {
    let mut balances = genesis.app_state.bank.balances.iter();
    let found = balances.find(|balance| balance.address == *account);
    let has = found.map_or(Amount::ZERO, |balance| balance.coins.amount_of(BASE_DENOM));
    if has < amount {
        return Err(format!(
            "{account} has {has}{BASE_DENOM} in the genesis and cannot stake {amount}{BASE_DENOM}; give it \
             more first: slsbftd genesis add-account"
        )
        .into());
    }
    let least = genesis.app_state.staking.params.min_self_stake;
    if amount < least {
        return Err(format!(
            "a candidate stakes at least {least}{BASE_DENOM} of its own (staking.params.min_self_stake), \
             not {amount}{BASE_DENOM}"
        )
        .into());
    }
    Ok(())
}

/// The files named, and those ending in `.json` of the folders named.
fn files(places: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for place in places {
        if !place.is_dir() {
            files.push(place.clone());
            continue;
        }
        let entries =
            fs::read_dir(place).map_err(|error| format!("cannot read {}: {error}", place.display()))?;
        for entry in entries {
            let path = entry?.path();
            if path.extension().is_some_and(|end| end == "json") {
                files.push(path);
            }
        }
    }
    files.sort();
    if files.is_empty() {
        return Err(
            "there is no genesis transaction; make one: slsbftd genesis gentx NAME 500000ankr".into(),
        );
    }
    Ok(files)
}

fn read_one(chain_id: &str, path: &Path) -> Result<Vec<u8>, Failure> {
    if !path.exists() {
        return Err("no such file; make it with `slsbftd genesis gentx NAME 500000ankr`".into());
    }
    let document: Document = serde_json::from_slice(&read_file(path)?)?;
    let tx = BASE64_STANDARD.decode(&document.tx)?;
    let checked = gentx::check(chain_id, &tx)?;
    if document.operator != checked.operator.to_validator_bech32() || document.moniker != checked.moniker {
        return Err(format!(
            "it names {} ({}), its transaction {} ({})",
            document.moniker,
            document.operator,
            checked.moniker,
            checked.operator.to_validator_bech32()
        )
        .into());
    }
    Ok(tx)
}

/// The nodes' addresses, without the one of this home.
fn peers(found: &[GenTx], own: &str) -> String {
    let others = found.iter().map(|tx| tx.peer.as_str());
    let others = others.filter(|peer| !peer.is_empty() && peer.split('@').next() != Some(own));
    others.collect::<Vec<_>>().join(",")
}

fn store(path: &Path, document: &Document) -> Outcome {
    let failed = |error| format!("cannot write {}: {error}", path.display());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    let text = serde_json::to_string_pretty(document)? + "\n";
    fs::write(path, text).map_err(failed)?;
    Ok(())
}
