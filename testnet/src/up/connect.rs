//! How to use a running testnet.

use std::path::Path;

use crate::{homes::FUNDS_ANKR, network::Network};

/// Prints addresses, keys and commands that work as they stand.
pub fn explain(dir: &Path, network: &Network) {
    let Some(node) = network.nodes.first() else { return };
    println!("Connect");
    println!(
        "  chain id   {} (prefix {}, coin {})",
        network.chain_id, network.bech32_prefix, network.denom
    );
    for node in &network.nodes {
        println!(
            "  {:10} RPC http://{}   gRPC {}   metrics http://{}/metrics",
            node.moniker, node.rpc, node.grpc, node.metrics
        );
    }
    println!("\nKeys, each with {FUNDS_ANKR} ANKR in the genesis; they are public, so use them here only");
    for account in &network.accounts {
        println!(
            "  {:10} {}\n             {}",
            account.name, account.address, account.mnemonic
        );
    }
    println!("\nTry");
    println!("  slsbftd status --node http://{}", node.rpc);
    if let Some(account) = network.accounts.first() {
        println!(
            "  slsbftd query bank balances {} --node {}",
            account.address, node.grpc
        );
    }
    println!("  grpcurl -plaintext {} list", node.grpc);
    println!(
        "\nAll of this is in {}; logs are in <home>/node.log. Ctrl-C stops, the data stays.\n",
        dir.join("network.json").display()
    );
}
