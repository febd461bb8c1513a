//! What is asked of a running chain.

use std::{
    collections::BTreeSet,
    env,
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde_json::Value;
use slsbft_client::{Client, ClientError, SigningKey, Submitter, TxBuilder, TxOutcome};
use slsbft_mechanism::proposer::{ConsensusAddress, Validator};
use slsbft_tests::fleet::{Daemon, Node, OPERATOR, wait_for};
use slsbft_types::BASE_DENOM;
use tokio::runtime::Runtime;

/// Enough for any message here.
const GAS: u64 = 1_000_000;

/// One network at a time: auditors have windows to meet, and machines few cores.
pub fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Audits with the key of a node's operator.
pub fn audit(node: &Node) -> Daemon {
    let grpc = node.grpc_address();
    let how = ["--from", OPERATOR, "--keyring-backend", "test", "--node", &grpc];
    // All of the network is on this machine.
    let local = ["--allow-private", "--poll-ms", "200"];
    node.daemon(&[&["audit"], &how[..], &local].concat())
}

/// A number from the environment, for longer runs: see CONTRIBUTING.
pub fn number(variable: &str, otherwise: u64) -> u64 {
    env::var(variable).map_or(otherwise, |text| text.parse().expect("a number"))
}

/// Asks a node over gRPC.
pub struct View {
    runtime: Runtime,
    pub client: Client,
}

impl View {
    pub fn of(node: &Node) -> Self {
        let runtime = Runtime::new().unwrap();
        let client = runtime.block_on(Client::connect(&node.grpc_address()));
        Self {
            client: client.unwrap(),
            runtime,
        }
    }

    pub fn wait<T>(&self, answer: impl Future<Output = T>) -> T {
        self.runtime.block_on(answer)
    }

    pub fn ask<T>(&self, answer: impl Future<Output = Result<T, ClientError>>) -> T {
        self.wait(answer).unwrap()
    }

    /// Signs a transaction, and waits for the block that it is in.
    pub fn send(&self, key: &SigningKey, tx: TxBuilder) -> Result<TxOutcome, ClientError> {
        self.wait(async {
            let submitter = Submitter::new(self.client.clone(), key.clone()).await?;
            submitter.send(tx.gas(GAS)).await
        })
    }

    /// uankr that there are.
    pub fn supply(&self) -> u128 {
        let coins = self.ask(self.client.total_supply());
        let coin = coins.iter().find(|coin| coin.denom.as_str() == BASE_DENOM);
        coin.unwrap().amount.value()
    }
}

/// A block that was decided.
pub struct Decided {
    pub proposer: ConsensusAddress,
    pub round: i64,
    /// Of the set with its powers.
    pub validators_hash: String,
    /// As the header writes it.
    pub time: String,
    /// The commit, in CometBFT's JSON.
    pub commit: Value,
}

/// CometBFT's answer, once there is one.
pub fn rpc(node: &Node, request: &str) -> Value {
    wait_for(request, || node.rpc(request))
}

pub fn decided(node: &Node, height: u64) -> Decided {
    let mut answer = rpc(node, &format!("commit?height={height}"));
    let header = &answer["signed_header"]["header"];
    Decided {
        proposer: address(&header["proposer_address"]),
        validators_hash: text(&header["validators_hash"]).to_owned(),
        time: text(&header["time"]).to_owned(),
        round: answer["signed_header"]["commit"]["round"].as_i64().unwrap(),
        commit: answer["signed_header"]["commit"].take(),
    }
}

/// The set that decides a height, with its priorities, as CometBFT has it.
pub fn set_at(node: &Node, height: u64) -> Vec<Validator> {
    let answer = rpc(node, &format!("validators?height={height}&per_page=100"));
    let members = answer["validators"].as_array().unwrap();
    let member = |member: &Value| Validator {
        address: address(&member["address"]),
        power: integer(&member["voting_power"]),
        priority: integer(&member["proposer_priority"]),
    };
    members.iter().map(member).collect()
}

/// Who is in it, without powers.
pub fn members_at(node: &Node, height: u64) -> BTreeSet<ConsensusAddress> {
    let set = set_at(node, height);
    set.iter().map(|validator| validator.address).collect()
}

pub fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// CometBFT writes 64 bits as text, and leaves nought out.
pub fn integer(value: &Value) -> i64 {
    value.as_str().map_or(0, |text| text.parse().unwrap())
}

pub fn address(value: &Value) -> ConsensusAddress {
    address_from(text(value))
}

pub fn address_from(hexadecimal: &str) -> ConsensusAddress {
    hex::decode(hexadecimal).unwrap().try_into().unwrap()
}
