//! What the two parties of a deal say to the chain.

use cosmos_sdk_proto::Timestamp;
use prost::{Message, Name};
use slsbft_client::{Client, SigningKey, TxBuilder, TxOutcome};
use slsbft_proto::metering::v1::{
    Meter, MsgCloseDeal, MsgCreateOffer, MsgCreateOfferResponse, MsgOpenDeal, MsgOpenDealResponse,
    MsgWithdrawOffer, SessionKey,
};
use slsbft_types::{Address, Amount, UANKR_PER_ANKR};

use crate::error::{Error, Result};

/// Escrow of the deal; the requests cost less.
pub const ESCROW_ANKR: u128 = 200;
/// Life of the deal, in seconds.
const LIFE: i64 = 86_400;
/// The application's part of what the provider earns: a tenth.
const APPLICATION_SHARE: u64 = 100_000_000;
/// Odd prices, so that rounding shows.
const PER_REQUEST: u64 = 12_347;
const PER_KILOBYTE: u64 = 1_009;
const INCLUSION: std::time::Duration = std::time::Duration::from_secs(60);

/// An account that signs, with the fees it has paid.
pub struct Side {
    client: Client,
    pub key: SigningKey,
    chain_id: String,
    pub fees: Amount,
}

impl Side {
    pub async fn new(client: &Client, key: SigningKey) -> Result<Self> {
        let chain_id = client.chain_id().await.map_err(super::chain)?;
        Ok(Self {
            client: client.clone(),
            key,
            chain_id,
            fees: Amount::ZERO,
        })
    }

    pub fn address(&self) -> Address {
        self.key.address()
    }

    /// Offers requests and bytes; returns the offer's id.
    pub async fn offer(&mut self) -> Result<u64> {
        let meter = |unit: &str, price, scale| Meter {
            unit: unit.into(),
            price,
            scale,
        };
        let message = MsgCreateOffer {
            provider: self.address().to_string(),
            meters: vec![meter("requests", PER_REQUEST, 0), meter("bytes", PER_KILOBYTE, 3)],
            min_escrow: (20 * UANKR_PER_ANKR).to_string(),
            max_open_deals: 10,
            endpoint: "http://127.0.0.1".into(),
            tags: vec!["rpc".into()],
            application_share: APPLICATION_SHARE,
        };
        let outcome = self.send(TxBuilder::of(&message)).await?;
        answer::<MsgCreateOfferResponse>(&outcome).map(|answer| answer.offer_id)
    }

    /// Opens a deal for one session key; returns its id.
    pub async fn open_deal(
        &mut self,
        offer: u64,
        application: &Address,
        session: &SigningKey,
    ) -> Result<u64> {
        let (_, block) = self.client.block(None).await.map_err(super::chain)?;
        let now = block.header.and_then(|header| header.time).unwrap_or_default();
        let message = MsgOpenDeal {
            consumer: self.address().to_string(),
            offer_id: offer,
            offer_version: 0,
            escrow: (ESCROW_ANKR * UANKR_PER_ANKR).to_string(),
            session_keys: vec![SessionKey {
                public_key: session.public_key().as_bytes().to_vec().into(),
                spending_cap: String::new(),
            }],
            application: application.to_string(),
            expires_at: Some(Timestamp {
                seconds: now.seconds + LIFE,
                nanos: 0,
            }),
        };
        let outcome = self.send(TxBuilder::of(&message)).await?;
        answer::<MsgOpenDealResponse>(&outcome).map(|answer| answer.deal_id)
    }

    /// Ends the deal, which settles it at once, and takes the offer back.
    pub async fn close(&mut self, deal: u64, offer: u64) -> Result<()> {
        let signer = self.address().to_string();
        let close = MsgCloseDeal {
            signer: signer.clone(),
            deal_id: deal,
            vouchers: Vec::new(),
        };
        let withdraw = MsgWithdrawOffer {
            provider: signer,
            offer_id: offer,
        };
        self.send(TxBuilder::of(&close).message(&withdraw))
            .await
            .map(|_| ())
    }

    async fn send(&mut self, tx: TxBuilder) -> Result<TxOutcome> {
        let client = &self.client;
        let tx = client
            .with_estimated_fee(tx, &self.key)
            .await
            .map_err(super::chain)?;
        let account = client.account(&self.key.address()).await.map_err(super::chain)?;
        let signed = tx
            .sign(&self.chain_id, &self.key, account.number, account.sequence)
            .map_err(|e| Error::Chain(e.to_string()))?;
        client.broadcast(&signed).await.map_err(super::chain)?;
        let outcome = client
            .wait_for(signed.hash(), INCLUSION)
            .await
            .map_err(super::chain)?;
        // The client pays the flat price for the gas it asks for.
        let gas = u128::try_from(outcome.response.gas_wanted).unwrap_or(0);
        let fee = Amount::new(gas * u128::from(slsbft_client::tx::GAS_PRICE));
        self.fees = self.fees.add(fee).map_err(|e| Error::Chain(e.to_string()))?;
        Ok(outcome)
    }
}

fn answer<M: Message + Name + Default>(outcome: &TxOutcome) -> Result<M> {
    let found = outcome.message_response::<M>(0);
    found.ok_or_else(|| Error::Chain(format!("transaction {} has no {}", outcome.hash, M::NAME)))
}
