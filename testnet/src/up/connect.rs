//! How to use a running testnet.

use std::path::Path;

use crate::{homes::FUNDS_ANKR, network::Network};

/// Prints addresses, keys and commands that work as they stand.
pub fn explain(dir: &Path, slsbftd: &Path, network: &Network) {
    let Some(node) = network.nodes.first() else { return };
    println!("Connect");
    println!(
        "  chain id    {} (prefix {}, coin {})",
        network.chain_id, network.bech32_prefix, network.denom
    );
    for node in &network.nodes {
        println!(
            "  {:11} RPC http://{}   gRPC {}   metrics http://{}/metrics",
            node.moniker, node.rpc, node.grpc, node.metrics
        );
    }
    println!("\nKeys, each with {FUNDS_ANKR} ANKR in the genesis; they are public, so use them here only");
    for account in &network.accounts {
        println!(
            "  {:11} {}\n              {}",
            account.name, account.address, account.mnemonic
        );
    }
    let (grpc, home) = (node.grpc, dir.display());
    println!("\nTry");
    println!("  alias slsbftd={}", slsbftd.display());
    println!("  slsbftd status --node http://{}", node.rpc);
    if let [from, to, ..] = network.accounts.as_slice() {
        println!("  slsbftd query bank balances {} --node {grpc}", from.address);
        let with = format!("--node {grpc} --home {home} --keyring-backend test");
        println!(
            "  slsbftd tx bank send {} {} 5ankr --yes {with}",
            from.name, to.address
        );
        println!("  python3 -m http.server 8000 &     # requests may ask this server");
        println!(
            "  slsbftd tx requests post http://127.0.0.1:8000/rates.json '$.usd' --from {} --yes {with}",
            from.name
        );
    }
    println!("  slsbftd query election show --node {grpc}");
    println!("  grpcurl -plaintext {grpc} list");
    if let Some(last) = network.nodes.last() {
        println!("\nWatch a validator lose its seat and come back");
        let testnet = std::env::current_exe().unwrap_or_else(|_| "slsbft-testnet".into());
        for (command, part) in [("degrade", ""), ("degrade", " --computing"), ("restore", "")] {
            println!(
                "  {} {command} {}{part} --dir {home}",
                testnet.display(),
                last.moniker
            );
        }
    }
    println!(
        "\nAll of this is in {}; logs are in <home>/node.log. Ctrl-C stops, the data stays.\n",
        dir.join("network.json").display()
    );
}
