//! The validators as providers.

use std::{net::SocketAddr, time::Duration};

use slsbft_client::{
    Client, SigningKey, TxBuilder,
    keyring::{Backend, Keyring},
};
use slsbft_proto::service::v1::{
    EndpointKind, MsgRegisterProvider, MsgUpdateProvider, Provider, QueryProviderRequest, Resources,
    query_client::QueryClient,
};
use slsbft_types::UANKR_PER_ANKR;

use super::OPERATOR;
use crate::{
    error::{Error, Result},
    network::{Network, Node},
};

const SELF_STAKE_ANKR: u128 = 1_000;
/// What every one promises, in kilobits per second: less than one machine moves to itself.
const BANDWIDTH_KBPS: u64 = 10_000;
/// Sorted, as the chain demands. An edge node answers requests.
const TAGS: [&str; 2] = ["edge", "rpc"];
const INCLUSION: Duration = Duration::from_secs(60);

/// Registers every validator's endpoint, or changes what was registered before.
pub async fn all(network: &Network, endpoints: &[SocketAddr]) -> Result<()> {
    let Some(first) = network.nodes.first() else {
        return Ok(());
    };
    let client = Client::connect(&first.grpc.to_string()).await.map_err(chain)?;
    let mut sent = Vec::new();
    for (node, endpoint) in network.nodes.iter().zip(endpoints) {
        let key = operator(node, &network.chain_id)?;
        let url = format!("http://{endpoint}/");
        let tx = match registered(&client, &key).await? {
            Some(provider) if provider.endpoint == url && provider.tags == TAGS => continue,
            Some(_) => TxBuilder::of(&update(&key, node, url)),
            None => TxBuilder::of(&register(&key, node, url)),
        };
        let tx = client.with_estimated_fee(tx, &key).await.map_err(chain)?;
        let account = client.account(&key.address()).await.map_err(chain)?;
        let signed = tx
            .sign(&network.chain_id, &key, account.number, account.sequence)
            .map_err(|e| Error::Chain(e.to_string()))?;
        client.broadcast(&signed).await.map_err(chain)?;
        sent.push(signed.hash());
    }
    for hash in sent {
        client.wait_for(hash, INCLUSION).await.map_err(chain)?;
    }
    Ok(())
}

/// The key of a node's operator.
pub fn operator(node: &Node, chain_id: &str) -> Result<SigningKey> {
    let keyring = Keyring::open(&node.home, Backend::Test);
    keyring
        .unlock(OPERATOR, None, chain_id)
        .map_err(|e| Error::Usage(format!("{}: {e}", node.moniker)))
}

async fn registered(client: &Client, key: &SigningKey) -> Result<Option<Provider>> {
    let request = QueryProviderRequest {
        address: key.address().to_string(),
    };
    match QueryClient::new(client.channel()).provider(request).await {
        Ok(answer) => Ok(answer.into_inner().provider),
        Err(status) if status.code() == tonic::Code::NotFound => Ok(None),
        Err(status) => Err(Error::Chain(status.to_string())),
    }
}

fn register(key: &SigningKey, node: &Node, endpoint: String) -> MsgRegisterProvider {
    MsgRegisterProvider {
        provider: key.address().to_string(),
        moniker: node.moniker.clone(),
        endpoint,
        kind: EndpointKind::Http.into(),
        resources: Some(resources()),
        tags: TAGS.map(String::from).into(),
        self_stake: (SELF_STAKE_ANKR * UANKR_PER_ANKR).to_string(),
    }
}

fn update(key: &SigningKey, node: &Node, endpoint: String) -> MsgUpdateProvider {
    MsgUpdateProvider {
        provider: key.address().to_string(),
        moniker: node.moniker.clone(),
        endpoint,
        kind: EndpointKind::Http.into(),
        resources: Some(resources()),
        tags: TAGS.map(String::from).into(),
        add_self_stake: String::new(),
    }
}

fn resources() -> Resources {
    Resources {
        cpu_milli: 2_000,
        bandwidth_kbps: BANDWIDTH_KBPS,
        ..Resources::default()
    }
}

fn chain(error: slsbft_client::ClientError) -> Error {
    Error::Chain(error.to_string())
}
