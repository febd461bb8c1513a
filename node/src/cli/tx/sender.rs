//! The way of a transaction from its messages to its receipt.

use cosmos_sdk_proto::cosmos::base::abci::v1beta1::TxMsgData;
use prost::{Message, Name};
use serde_json::{Value, json};
use slsbft_client::{
    Account, Client, ClientError, Fee, KeyInfo, SignedTx, SignerData, TxBuilder, TxOutcome, tx::adjusted_gas,
};
use slsbft_proto::Any;

use super::{
    super::{
        Global, Outcome,
        options::{Failure, confirm},
        render,
    },
    With, offline,
    options::Gas,
};

/// A key of the keyring and the node it sends through.
pub struct Sender<'a> {
    pub client: Client,
    pub key: KeyInfo,
    with: &'a With,
    global: &'a Global,
}

impl<'a> Sender<'a> {
    /// The sender that `--from` names.
    pub async fn new(with: &'a With, global: &'a Global) -> Result<Self, Failure> {
        match with.tx.from.as_slice() {
            [name] => Self::named(name, with, global).await,
            [] => Err("say who sends: --from NAME (see `slsbftd keys list`)".into()),
            _ => Err("only one --from sends; several sign a file together: `slsbftd tx sign`".into()),
        }
    }

    /// The sender of a key by name or address.
    pub async fn named(name: &str, with: &'a With, global: &'a Global) -> Result<Self, Failure> {
        let key = with.keyring.open(global).find(name)?;
        let client = with.node.connect(global).await?;
        Ok(Self {
            client,
            key,
            with,
            global,
        })
    }

    /// The sender's address, as messages name it.
    pub fn address(&self) -> String {
        self.key.address.to_string()
    }

    /// Sends one message, or does less if the options say so.
    pub async fn send<M: Message + Name>(&self, message: &M) -> Outcome {
        self.send_tx(TxBuilder::of(message)).await
    }

    /// The node's chain, see [`chain_id`].
    pub async fn chain_id(&self) -> Result<String, Failure> {
        chain_id(&self.client, self.with.tx.chain_id.as_deref()).await
    }

    /// Sends all messages of a transaction. Apart from `send`, so that it is compiled
    /// once and not for each message.
    pub async fn send_tx(&self, tx: TxBuilder) -> Outcome {
        match self.broadcast(tx).await? {
            Some(signed) => receive(&self.client, &signed, self.with).await,
            None => Ok(()),
        }
    }

    /// Sends one message, waits for its block, and gives its response: for what takes more than one
    /// transaction.
    pub async fn execute<M: Message + Name, A: Message + Default>(&self, message: &M) -> Result<A, Failure> {
        let options = &self.with.tx;
        if options.dry_run || options.generate_only || options.wait().is_zero() {
            return Err(
                "this takes more than one transaction, of which each needs the one before: \
                        it cannot be only priced, printed, or not waited for"
                    .into(),
            );
        }
        let signed = self.broadcast(TxBuilder::of(message)).await?;
        let signed = signed.ok_or("the transaction was not sent")?;
        let outcome = self.client.wait_for(signed.hash(), options.wait()).await?;
        let data = hex::decode(&outcome.response.data)?;
        let response = TxMsgData::decode(data.as_slice())?
            .msg_responses
            .into_iter()
            .next();
        Ok(A::decode(response.unwrap_or_default().value.as_slice())?)
    }

    /// Signs and sends a transaction; if the options say so it is only priced or printed.
    async fn broadcast(&self, tx: TxBuilder) -> Result<Option<SignedTx>, Failure> {
        let options = &self.with.tx;
        let tx = options.apply(tx);
        let chain_id = self.chain_id().await?;
        let account = self.client.account(&self.key.address).await?;
        let (tx, fee) = self.priced(tx, account).await?;
        if options.dry_run {
            self.with.output.print(&cost(&fee))?;
            return Ok(None);
        }
        if options.generate_only {
            say!("{:#}", offline::unsigned(&tx, &fee)?);
            return Ok(None);
        }
        if !options.yes {
            eprint!(
                "{}",
                render::text(
                    &json!({ "chain": chain_id, "messages": summary(tx.messages())?, "fee": fee.amount.to_string() })
                )
            );
            confirm("Sign and send this transaction?")?;
        }
        let key =
            self.with
                .keyring
                .unlock(&self.with.keyring.open(self.global), &self.key.name, &chain_id)?;
        let signed = tx.sign(&chain_id, &key, account.number, account.sequence)?;
        // Sent again, the same bytes would look like a second success.
        match self.client.broadcast(&signed).await {
            Ok(true) => Ok(Some(signed)),
            Ok(false) => Err(format!(
                "an identical transaction ({}) is waiting for its block already. To do the same once more, \
                 wait for that block, or tell the two apart with --note",
                signed.hash()
            )
            .into()),
            Err(ClientError::Refused { failure, .. }) if failure.is_wrong_sequence() => Err(format!(
                "{failure}. Another transaction of this account is under way: wait for its block and try again"
            )
            .into()),
            Err(error) => Err(error.into()),
        }
    }

    async fn priced(&self, tx: TxBuilder, account: Account) -> Result<(TxBuilder, Fee), Failure> {
        let gas = match self.with.tx.gas {
            Gas::Limit(gas) => gas,
            Gas::Auto => {
                let signer = SignerData {
                    public_key: self.key.public_key,
                    account_number: account.number,
                    sequence: account.sequence,
                };
                adjusted_gas(self.client.simulate(&tx, &[signer]).await?)
            }
        };
        let fee = self.with.tx.fee(gas)?;
        Ok((tx.fee(fee.clone()), fee))
    }
}

/// The node's chain, which must be the one asked for, if one was.
pub async fn chain_id(client: &Client, asked: Option<&str>) -> Result<String, Failure> {
    let found = client.chain_id().await?;
    match asked {
        Some(asked) if asked != found => Err(format!(
            "the node at {} belongs to the chain '{found}', not '{asked}'; choose another --node",
            client.endpoint()
        )
        .into()),
        _ => Ok(found),
    }
}

/// Broadcasts, also what was broadcast before, waits if asked to, and prints the receipt.
pub async fn deliver(client: &Client, tx: &SignedTx, with: &With) -> Outcome {
    client.broadcast(tx).await?;
    receive(client, tx, with).await
}

/// Waits for a transaction's block if asked to, and prints the receipt.
async fn receive(client: &Client, tx: &SignedTx, with: &With) -> Outcome {
    if with.tx.wait().is_zero() {
        return with.output.print(&json!({ "txhash": tx.hash().to_string() }));
    }
    let outcome = client.wait_for(tx.hash(), with.tx.wait()).await?;
    with.output.print(&receipt(&outcome)?)
}

fn receipt(outcome: &TxOutcome) -> Result<Value, Failure> {
    let data = hex::decode(&outcome.response.data).unwrap_or_default();
    let data = TxMsgData::decode(data.as_slice()).unwrap_or_default();
    Ok(json!({
        "txhash": outcome.hash.to_string(),
        "height": outcome.height.to_string(),
        "gas_used": outcome.gas_used.to_string(),
        "responses": summary(&data.msg_responses)?,
    }))
}

/// What a transaction costs.
pub fn cost(fee: &Fee) -> Value {
    json!({ "gas": fee.gas_limit.to_string(), "fee": fee.amount.to_string() })
}

/// Packed messages as people can read them.
pub fn summary(messages: &[Any]) -> Result<Vec<Value>, Failure> {
    messages.iter().map(render::any).collect()
}
