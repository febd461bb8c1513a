//! Transactions as files: `tx sign`, `tx broadcast`, `tx simulate`. The form is
//! the proto-JSON of `cosmos.tx.v1beta1.Tx` that other Cosmos tools write, too.

use std::{fs, io::Read, path::Path, path::PathBuf};

use cosmos_sdk_proto::cosmos::tx::v1beta1::{AuthInfo, Fee as ProtoFee, Tx, TxBody, TxRaw};
use prost::Message;
use prost_reflect::DynamicMessage;
use serde_json::Value;
use slsbft_client::{Fee, SignedTx, SignerData, TxBuilder, tx::adjusted_gas};
use slsbft_types::Coins;

use super::{
    super::{
        Global, Outcome,
        options::{Failure, confirm},
        render,
    },
    With,
    sender::{chain_id, cost, deliver, summary},
};

const TX: &str = "cosmos.tx.v1beta1.Tx";
/// Far above the largest transaction as text.
const MAX_TEXT: u64 = 8 << 20;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  slsbftd tx sign tx.json --from alice > signed.json\n  slsbftd tx sign tx.json --from alice --offline --chain-id slsbft-1 --account-number 7 --sequence 12\n  slsbftd tx sign tx.json --from alice --from bob > signed.json"
)]
pub struct SignArgs {
    /// The unsigned transaction; - for standard input
    file: PathBuf,
    /// Ask no node; needs --chain-id, --account-number and --sequence
    #[arg(long, requires_all = ["account_number", "sequence"])]
    offline: bool,
    /// Account number of the signer
    #[arg(long, value_name = "NUMBER", requires = "offline")]
    account_number: Option<u64>,
    /// Sequence of the signer
    #[arg(long, value_name = "NUMBER", requires = "offline")]
    sequence: Option<u64>,
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  slsbftd tx simulate tx.json --from alice\n  slsbftd tx broadcast signed.json"
)]
pub struct FileArgs {
    /// The transaction; - for standard input
    file: PathBuf,
}

/// An unsigned transaction as JSON.
pub fn unsigned(tx: &TxBuilder, fee: &Fee) -> Result<Value, Failure> {
    let raw = TxRaw::decode(tx.clone().fee(fee.clone()).for_simulation(&[]).as_slice())?;
    let fee = ProtoFee {
        amount: fee.amount.to_proto(),
        gas_limit: fee.gas_limit,
        ..ProtoFee::default()
    };
    let auth_info = AuthInfo {
        fee: Some(fee),
        ..AuthInfo::default()
    };
    let body = TxBody::decode(raw.body_bytes.as_slice())?;
    render::bytes(
        TX,
        &Tx {
            body: Some(body),
            auth_info: Some(auth_info),
            signatures: Vec::new(),
        }
        .encode_to_vec(),
    )
}

pub async fn sign(args: SignArgs, with: &With, global: &Global) -> Outcome {
    let tx = builder(&read(&args.file)?)?;
    let keyring = with.keyring.open(global);
    let keys: Vec<_> = with
        .tx
        .from
        .iter()
        .map(|name| keyring.find(name))
        .collect::<Result<_, _>>()?;
    let (chain, signers) =
        if let (Some(account_number), Some(sequence)) = (args.account_number, args.sequence) {
            let chain = with.tx.chain_id.clone().ok_or("--offline needs --chain-id")?;
            let [key] = keys.as_slice() else {
                return Err("--offline signs with one --from KEY".into());
            };
            (
                chain,
                vec![SignerData {
                    public_key: key.public_key,
                    account_number,
                    sequence,
                }],
            )
        } else {
            let client = with.node.connect(global).await?;
            let chain = chain_id(&client, with.tx.chain_id.as_deref()).await?;
            let mut signers = Vec::new();
            for key in &keys {
                let account = client.account(&key.address).await?;
                let (account_number, sequence) = (account.number, account.sequence);
                signers.push(SignerData {
                    public_key: key.public_key,
                    account_number,
                    sequence,
                });
            }
            (chain, signers)
        };
    let unsigned = tx.unsigned(&chain, &signers)?;
    if !with.tx.yes {
        eprint!("{}", render::text(&summary(tx.messages())?.into()));
        confirm(&format!("Sign this transaction for {chain}?"))?;
    }
    let signatures = keys
        .iter()
        .map(|key| Ok(unsigned.signature(&with.keyring.unlock(&keyring, &key.name, &chain)?)?))
        .collect::<Result<_, Failure>>()?;
    let raw = TxRaw::decode(unsigned.assemble(signatures)?.bytes())?;
    let signed = Tx {
        body: Some(TxBody::decode(raw.body_bytes.as_slice())?),
        auth_info: Some(AuthInfo::decode(raw.auth_info_bytes.as_slice())?),
        signatures: raw.signatures,
    };
    say!("{:#}", render::bytes(TX, &signed.encode_to_vec())?);
    Ok(())
}

pub async fn broadcast(args: FileArgs, with: &With, global: &Global) -> Outcome {
    let tx = read(&args.file)?;
    // Encoded as it was read, unknown fields included: the signatures cover them.
    let raw = TxRaw {
        body_bytes: part(&tx, "body")?,
        auth_info_bytes: part(&tx, "auth_info")?,
        signatures: Tx::decode(tx.encode_to_vec().as_slice())?.signatures,
    };
    if raw.signatures.is_empty() {
        return Err(format!(
            "{0} is not signed; run: slsbftd tx sign {0} --from NAME",
            args.file.display()
        )
        .into());
    }
    let client = with.node.connect(global).await?;
    deliver(&client, &SignedTx::from_bytes(raw.encode_to_vec()), with).await
}

pub async fn simulate(args: FileArgs, with: &With, global: &Global) -> Outcome {
    let tx = builder(&read(&args.file)?)?;
    let client = with.node.connect(global).await?;
    let mut signers = Vec::new();
    for name in &with.tx.from {
        let key = with.keyring.open(global).find(name)?;
        let account = client.account(&key.address).await?;
        let (account_number, sequence) = (account.number, account.sequence);
        signers.push(SignerData {
            public_key: key.public_key,
            account_number,
            sequence,
        });
    }
    if signers.is_empty() {
        return Err("say who signs: --from NAME".into());
    }
    let gas = client.simulate(&tx, &signers).await?;
    let mut value = cost(&with.tx.fee(adjusted_gas(gas))?);
    if let Value::Object(fields) = &mut value {
        fields.insert("gas_used".into(), gas.to_string().into());
    }
    with.output.print(&value)
}

fn read(file: &Path) -> Result<DynamicMessage, Failure> {
    let failed = |error: std::io::Error| format!("cannot read {}: {error}", file.display());
    let mut text = String::new();
    if file == Path::new("-") {
        std::io::stdin()
            .take(MAX_TEXT)
            .read_to_string(&mut text)
            .map_err(failed)?;
    } else {
        fs::File::open(file)
            .map_err(failed)?
            .take(MAX_TEXT)
            .read_to_string(&mut text)
            .map_err(failed)?;
    }
    render::parse(TX, &text).map_err(|error| {
        format!(
            "{} is no transaction: {error}. Make one with --generate-only",
            file.display()
        )
        .into()
    })
}

/// A transaction to sign anew: what it says and its fee, without signatures.
fn builder(tx: &DynamicMessage) -> Result<TxBuilder, Failure> {
    let body_bytes = part(tx, "body")?;
    let body = TxBody::decode(body_bytes.as_slice())?;
    if body.encode_to_vec() != body_bytes || !body.extension_options.is_empty() {
        return Err("the transaction uses fields that this chain does not know".into());
    }
    let auth_info = AuthInfo::decode(part(tx, "auth_info")?.as_slice())?;
    let fee = auth_info.fee.unwrap_or_default();
    let payer = if fee.payer.is_empty() {
        None
    } else {
        Some(fee.payer.parse()?)
    };
    let fee = Fee {
        amount: Coins::from_proto(&fee.amount)?,
        gas_limit: fee.gas_limit,
        payer,
    };
    let messages = body.messages.into_iter().fold(TxBuilder::new(), TxBuilder::any);
    Ok(messages
        .memo(body.memo)
        .timeout_height(body.timeout_height)
        .fee(fee))
}

fn part(tx: &DynamicMessage, name: &str) -> Result<Vec<u8>, Failure> {
    let field = tx.get_field_by_name(name).filter(|_| tx.has_field_by_name(name));
    let message = field.as_deref().and_then(prost_reflect::Value::as_message);
    message
        .map(Message::encode_to_vec)
        .ok_or_else(|| format!("the transaction has no '{name}'").into())
}

#[cfg(test)]
mod tests {
    use cosmos_sdk_proto::cosmos::bank::v1beta1::MsgSend;
    use slsbft_client::{KeyKind, SigningKey};

    use super::*;

    #[test]
    fn a_transaction_survives_its_file_to_the_byte() {
        let key = SigningKey::from_secret(KeyKind::Secp256k1, &[3; 32]).unwrap();
        let amount = "5uankr".parse::<Coins>().unwrap().to_proto();
        let message = MsgSend {
            from_address: key.address().to_string(),
            to_address: "x".into(),
            amount,
        };
        let fee = Fee::for_gas(300_000);
        let tx = TxBuilder::of(&message)
            .memo("note")
            .timeout_height(9)
            .fee(fee.clone());
        let text = unsigned(&tx, &fee).unwrap().to_string();
        let again = builder(&render::parse(TX, &text).unwrap()).unwrap();
        let sign = |tx: &TxBuilder| tx.sign("slsbft-test-1", &key, 1, 2).unwrap();
        assert_eq!(sign(&again), sign(&tx));
    }

    #[test]
    fn what_is_no_transaction_is_said_so() {
        assert!(builder(&render::parse(TX, "{}").unwrap()).is_err());
        let unknown =
            r#"{"body": {"messages": [], "timeout_timestamp": "2030-01-01T00:00:00Z"}, "auth_info": {}}"#;
        let error = builder(&render::parse(TX, unknown).unwrap())
            .unwrap_err()
            .to_string();
        assert!(error.contains("does not know"), "{error}");
        assert!(render::parse(TX, r#"{"body": {"messages": [{"@type": "/no.such.Msg"}]}}"#).is_err());
    }
}
