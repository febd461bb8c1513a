//! The validators as providers, each with an offer: requests to its node's RPC.

use std::time::Duration;

use slsbft_client::{
    Client, SigningKey, TxBuilder,
    keyring::{Backend, Keyring},
};
use slsbft_proto::{
    metering::v1::{Meter, MsgCreateOffer},
    service::v1::{
        EndpointKind, MsgRegisterProvider, MsgUpdateProvider, Provider, QueryProviderRequest, Resources,
        query_client::QueryClient,
    },
};
use slsbft_types::UANKR_PER_ANKR;

use super::{OPERATOR, endpoint::Endpoint};
use crate::{
    error::{Error, Result},
    network::{Network, Node},
};

const SELF_STAKE_ANKR: u128 = 1_000;
/// What every one promises, in kilobits per second: less than one machine moves to itself.
const BANDWIDTH_KBPS: u64 = 10_000;
/// What every one has to prove that it computes for, in thousandths.
const CORES_MILLI: u64 = 2_000;
/// What a thousand requests cost, in uankr, and the least escrow of a deal.
const PER_THOUSAND: u64 = 7_000_000;
const ESCROW_ANKR: u128 = 20;
/// Sorted, as the chain demands. An edge node answers requests.
const TAGS: [&str; 2] = ["edge", "rpc"];
const INCLUSION: Duration = Duration::from_secs(60);

/// Registers every validator's endpoint, or changes what was registered before; the number of each one's
/// offer.
pub async fn all(network: &Network, endpoints: &[Endpoint]) -> Result<Vec<u64>> {
    let Some(first) = network.nodes.first() else {
        return Ok(Vec::new());
    };
    let client = Client::connect(&first.grpc.to_string()).await.map_err(chain)?;
    let (mut keys, mut sent) = (Vec::new(), Vec::new());
    for (node, endpoint) in network.nodes.iter().zip(endpoints) {
        let key = operator(node, &network.chain_id)?;
        if let Some(tx) = lacking(&client, &key, node, endpoint).await? {
            let tx = client.with_estimated_fee(tx, &key).await.map_err(chain)?;
            let account = client.account(&key.address()).await.map_err(chain)?;
            let signed = tx
                .sign(&network.chain_id, &key, account.number, account.sequence)
                .map_err(|e| Error::Chain(e.to_string()))?;
            client.broadcast(&signed).await.map_err(chain)?;
            sent.push(signed.hash());
        }
        keys.push(key);
    }
    for hash in sent {
        client.wait_for(hash, INCLUSION).await.map_err(chain)?;
    }
    let mut offers = Vec::with_capacity(keys.len());
    for (key, endpoint) in keys.iter().zip(endpoints) {
        let offer = offered(&client, key, endpoint).await?;
        offers.push(offer.ok_or_else(|| Error::Chain(format!("no offer of {}", key.address())))?);
    }
    Ok(offers)
}

/// What makes a validator a provider with an offer, if anything is missing.
async fn lacking(
    client: &Client,
    key: &SigningKey,
    node: &Node,
    endpoint: &Endpoint,
) -> Result<Option<TxBuilder>> {
    let url = endpoint.url();
    let promised = resources();
    let tx = match registered(client, key).await? {
        Some(there) if there.endpoint == url && there.tags == TAGS && there.resources == Some(promised) => {
            None
        }
        Some(_) => Some(TxBuilder::of(&update(key, node, url.clone()))),
        None => Some(TxBuilder::of(&register(key, node, url.clone()))),
    };
    if offered(client, key, endpoint).await?.is_some() {
        return Ok(tx);
    }
    let offer = offer(key, url);
    Ok(Some(match tx {
        Some(tx) => tx.message(&offer),
        None => TxBuilder::of(&offer),
    }))
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

/// The number of a validator's offer at an endpoint.
async fn offered(client: &Client, key: &SigningKey, endpoint: &Endpoint) -> Result<Option<u64>> {
    let offers = client.offers(Some(&key.address())).await.map_err(chain)?;
    let here = offers
        .iter()
        .find(|offer| offer.endpoint == endpoint.url() && !offer.withdrawn);
    Ok(here.map(|offer| offer.id))
}

fn offer(key: &SigningKey, endpoint: String) -> MsgCreateOffer {
    MsgCreateOffer {
        provider: key.address().to_string(),
        meters: vec![Meter {
            unit: "requests".into(),
            price: PER_THOUSAND,
            scale: 3,
        }],
        min_escrow: (ESCROW_ANKR * UANKR_PER_ANKR).to_string(),
        max_open_deals: 10,
        endpoint,
        tags: vec!["rpc".into()],
        application_share: 0,
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
        cpu_milli: CORES_MILLI,
        bandwidth_kbps: BANDWIDTH_KBPS,
        ..Resources::default()
    }
}

fn chain(error: slsbft_client::ClientError) -> Error {
    Error::Chain(error.to_string())
}
