//! A small payment every second while there is something to see: a quiet chain
//! makes a block in fifteen seconds, and an epoch would take minutes.

use std::time::{Duration, Instant};

use cosmos_sdk_proto::cosmos::{bank::v1beta1::MsgSend, base::v1beta1::Coin};
use slsbft_client::{Client, TxBuilder};
use slsbft_types::BASE_DENOM;

use crate::network::Network;

const PERIOD: Duration = Duration::from_secs(1);
/// Goes on for so long after the last node was restored, for it to come back.
const AFTERMATH: Duration = Duration::from_secs(180);
/// Who pays, to itself.
const PAYER: &str = "alice";

pub struct Traffic {
    client: Option<Client>,
    endpoint: String,
    /// Sequence of the next payment, if the last one went well.
    sequence: Option<u64>,
    sent: Instant,
    until: Option<Instant>,
}

impl Traffic {
    pub fn new(network: &Network) -> Self {
        let endpoint = network.nodes.first().map(|node| node.grpc.to_string());
        Self {
            client: None,
            endpoint: endpoint.unwrap_or_default(),
            sequence: None,
            sent: Instant::now(),
            until: None,
        }
    }

    /// Pays if it is time to. A payment that fails is tried again next time.
    pub async fn tend(&mut self, network: &Network, degraded: bool) {
        if degraded {
            self.until = Some(Instant::now() + AFTERMATH);
        }
        let wanted = self.until.is_some_and(|until| Instant::now() < until);
        if !wanted || self.sent.elapsed() < PERIOD {
            return;
        }
        self.sent = Instant::now();
        self.sequence = self.pay(network).await;
    }

    async fn pay(&mut self, network: &Network) -> Option<u64> {
        let key = network.key(PAYER).ok()?;
        if self.client.is_none() {
            self.client = Some(Client::connect(&self.endpoint).await.ok()?);
        }
        let client = self.client.as_ref()?;
        let account = client.account(&key.address()).await.ok()?;
        let sequence = self.sequence.unwrap_or(account.sequence).max(account.sequence);
        let pay = MsgSend {
            from_address: key.address().to_string(),
            to_address: key.address().to_string(),
            amount: vec![Coin {
                denom: BASE_DENOM.into(),
                amount: "1".into(),
            }],
        };
        let tx = TxBuilder::of(&pay).sign(&network.chain_id, &key, account.number, sequence);
        client.broadcast(&tx.ok()?).await.ok()?;
        Some(sequence + 1)
    }
}
