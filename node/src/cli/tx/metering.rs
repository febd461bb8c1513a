//! `slsbftd tx metering`

use std::{fs, path::PathBuf, time::SystemTime};

use base64::{Engine, prelude::BASE64_STANDARD};
use clap::Subcommand;
use serde::Deserialize;
use slsbft_client::KeyKind;
use slsbft_proto::{
    Timestamp,
    metering::v1::{
        Meter, MsgAddSessionKey, MsgClaim, MsgCloseDeal, MsgCreateOffer, MsgOpenDeal, MsgRefundDeal,
        MsgTopUpDeal, MsgUpdateOffer, MsgWithdrawOffer, SessionKey, SignedVoucher,
    },
};
use slsbft_types::Amount;

use super::{
    super::{Global, Outcome, options::Failure, values},
    Sender, With,
};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Offer a metered service
    #[command(
        after_help = "Examples:\n  slsbftd tx metering create-offer --from alice --meter requests=100/1000 --meter bytes=3/1000000 \\\n    --min-escrow 20ankr --endpoint https://api.example.org --tag rpc"
    )]
    CreateOffer {
        #[command(flatten)]
        terms: OfferTerms,
    },
    /// Change what future deals get; what is not named stays as it is
    #[command(
        after_help = "Examples:\n  slsbftd tx metering update-offer 7 --from alice --meter requests=80/1000"
    )]
    UpdateOffer {
        /// Number of the offer
        offer_id: u64,
        #[command(flatten)]
        terms: OfferTerms,
    },
    /// Take no new deals and get the deposit back
    #[command(after_help = "Examples:\n  slsbftd tx metering withdraw-offer 7 --from alice")]
    WithdrawOffer {
        /// Number of the offer
        offer_id: u64,
    },
    /// Buy: lock an escrow on an offer
    #[command(
        after_help = "Examples:\n  slsbftd tx metering open-deal 7 --from bob --escrow 50ankr --session-key gateway=10ankr --duration 30d"
    )]
    OpenDeal {
        /// Number of the offer
        offer_id: u64,
        /// Refuse if the offer has changed since this version
        #[arg(long, value_name = "VERSION", default_value_t = 0, hide_default_value = true)]
        offer_version: u64,
        /// What can be spent, without the deposit: 50ankr
        #[arg(long, value_parser = values::amount)]
        escrow: Amount,
        /// Key that signs vouchers, with an optional cap: NAME[=CAP] of an ed25519 key, or HEX[=CAP]
        #[arg(long, value_name = "KEY[=CAP]")]
        session_key: Vec<String>,
        /// Application provider that takes part in the revenue
        #[arg(long, value_name = "ADDRESS")]
        application: Option<String>,
        /// Life of the deal, at most 90d
        #[arg(long, value_name = "DURATION", default_value = "30d", value_parser = values::seconds)]
        duration: u64,
    },
    /// Add to a deal's escrow
    #[command(after_help = "Examples:\n  slsbftd tx metering top-up 12 20ankr --from bob")]
    TopUp {
        /// Number of the deal
        deal_id: u64,
        /// How much: 20ankr
        #[arg(value_parser = values::amount)]
        amount: Amount,
    },
    /// Let another key sign vouchers for a deal
    #[command(after_help = "Examples:\n  slsbftd tx metering add-session-key 12 laptop=5ankr --from bob")]
    AddSessionKey {
        /// Number of the deal
        deal_id: u64,
        /// NAME[=CAP] of an ed25519 key, or HEX[=CAP]
        #[arg(value_name = "KEY[=CAP]")]
        session_key: String,
    },
    /// End a deal: at once by its provider, after the claim window by its consumer
    #[command(
        after_help = "Examples:\n  slsbftd tx metering close-deal 12 --from bob\n  slsbftd tx metering close-deal 12 --from alice --vouchers last.jsonl"
    )]
    CloseDeal {
        /// Number of the deal
        deal_id: u64,
        /// Last vouchers, to be settled before the end (provider only)
        #[arg(long, value_name = "FILE")]
        vouchers: Option<PathBuf>,
    },
    /// Return what is left of a deal whose window or life is over; anyone may
    #[command(after_help = "Examples:\n  slsbftd tx metering refund 12 --from bob")]
    Refund {
        /// Number of the deal
        deal_id: u64,
    },
    /// Claim what vouchers are due
    #[command(
        after_help = "Examples:\n  slsbftd tx metering claim --vouchers vouchers.jsonl --from alice\n\nOne voucher a line: {\"voucher\": BASE64, \"signature\": BASE64}"
    )]
    Claim {
        /// File with one signed voucher a line
        #[arg(long, value_name = "FILE")]
        vouchers: PathBuf,
    },
}

#[derive(Debug, clap::Args)]
pub struct OfferTerms {
    /// Unit and price: UNIT=PRICE/COUNT, PRICE uankr for COUNT units; repeat for more. Those given
    /// are all that the offer has then
    #[arg(long, value_name = "METER", value_parser = values::meter)]
    meter: Vec<Meter>,
    /// Least escrow of a deal [default: the chain's]
    #[arg(long, value_name = "AMOUNT", value_parser = values::amount)]
    min_escrow: Option<Amount>,
    /// Most deals open at a time [default: the chain's]
    #[arg(long, value_name = "COUNT")]
    max_open_deals: Option<u32>,
    /// Where the service is reached
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,
    /// Words to find the offer by; repeat for more
    #[arg(long, value_name = "WORD")]
    tag: Vec<String>,
    /// Part of your revenue that goes to a deal's application provider: 10%
    #[arg(long, value_name = "SHARE", value_parser = values::share)]
    application_share: Option<u64>,
}

pub async fn run(command: Command, with: &With, global: &Global) -> Outcome {
    let sender = Sender::new(with, global).await?;
    let own = sender.address();
    match command {
        Command::CreateOffer { terms } => sender.send(&create(terms, &sender).await?).await,
        Command::UpdateOffer { offer_id, terms } => {
            sender.send(&update(offer_id, terms, &sender).await?).await
        }
        Command::WithdrawOffer { offer_id } => {
            sender
                .send(&MsgWithdrawOffer {
                    provider: own,
                    offer_id,
                })
                .await
        }
        Command::OpenDeal {
            offer_id,
            offer_version,
            escrow,
            session_key,
            application,
            duration,
        } => {
            let keys = session_key.iter().map(|key| parse_session_key(key, with, global));
            let application = application
                .map(|text| with.keyring.address(global, &text))
                .transpose()?;
            let message = MsgOpenDeal {
                consumer: own,
                offer_id,
                offer_version,
                escrow: escrow.to_string(),
                session_keys: keys.collect::<Result<_, _>>()?,
                application: application.map(|address| address.to_string()).unwrap_or_default(),
                expires_at: Some(after(duration)?),
            };
            sender.send(&message).await
        }
        Command::TopUp { deal_id, amount } => {
            sender
                .send(&MsgTopUpDeal {
                    consumer: own,
                    deal_id,
                    amount: amount.to_string(),
                })
                .await
        }
        Command::AddSessionKey { deal_id, session_key } => {
            let session_key = Some(parse_session_key(&session_key, with, global)?);
            sender
                .send(&MsgAddSessionKey {
                    consumer: own,
                    deal_id,
                    session_key,
                })
                .await
        }
        Command::CloseDeal { deal_id, vouchers } => {
            let vouchers = vouchers
                .map(|file| read_vouchers(&file))
                .transpose()?
                .unwrap_or_default();
            sender
                .send(&MsgCloseDeal {
                    signer: own,
                    deal_id,
                    vouchers,
                })
                .await
        }
        Command::Refund { deal_id } => sender.send(&MsgRefundDeal { signer: own, deal_id }).await,
        Command::Claim { vouchers } => {
            sender
                .send(&MsgClaim {
                    provider: own,
                    vouchers: read_vouchers(&vouchers)?,
                })
                .await
        }
    }
}

async fn create(terms: OfferTerms, sender: &Sender<'_>) -> Result<MsgCreateOffer, Failure> {
    let params = sender.client.metering_params().await?;
    Ok(MsgCreateOffer {
        provider: sender.address(),
        meters: terms.meter,
        min_escrow: terms
            .min_escrow
            .map_or(params.min_escrow, |amount| amount.to_string()),
        max_open_deals: terms.max_open_deals.unwrap_or(params.max_open_deals),
        endpoint: terms.endpoint.unwrap_or_default(),
        tags: terms.tag,
        application_share: terms.application_share.unwrap_or_default(),
    })
}

/// The message replaces everything, so what is not named comes from the offer.
async fn update(offer_id: u64, terms: OfferTerms, sender: &Sender<'_>) -> Result<MsgUpdateOffer, Failure> {
    let offer = sender.client.offer(offer_id).await?;
    let named = |new: Vec<Meter>, old| if new.is_empty() { old } else { new };
    Ok(MsgUpdateOffer {
        provider: sender.address(),
        offer_id,
        meters: named(terms.meter, offer.meters),
        min_escrow: terms
            .min_escrow
            .map_or(offer.min_escrow, |amount| amount.to_string()),
        max_open_deals: terms.max_open_deals.unwrap_or(offer.max_open_deals),
        endpoint: terms.endpoint.unwrap_or(offer.endpoint),
        tags: if terms.tag.is_empty() {
            offer.tags
        } else {
            terms.tag
        },
        application_share: terms.application_share.unwrap_or(offer.application_share),
    })
}

/// `NAME[=CAP]` or `HEX[=CAP]`; the cap is 0, none of its own, unless given.
fn parse_session_key(text: &str, with: &With, global: &Global) -> Result<SessionKey, Failure> {
    let (key, cap) = text.split_once('=').unwrap_or((text, "0"));
    let spending_cap = values::amount(cap)?.to_string();
    let bytes = match hex::decode(key) {
        Ok(bytes) if bytes.len() == 32 => bytes,
        _ => {
            let info = with.keyring.open(global).find(key)?;
            if KeyKind::of(&info.public_key) != KeyKind::Ed25519 {
                return Err(format!(
                    "key '{key}' is no ed25519 key; make one: slsbftd keys add NAME --type ed25519"
                )
                .into());
            }
            info.public_key.as_bytes().to_vec()
        }
    };
    Ok(SessionKey {
        public_key: bytes.into(),
        spending_cap,
    })
}

fn after(seconds: u64) -> Result<Timestamp, Failure> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    let seconds = now
        .as_secs()
        .checked_add(seconds)
        .and_then(|at| i64::try_from(at).ok());
    Ok(Timestamp {
        seconds: seconds.ok_or("the duration is too long; at most 90d")?,
        nanos: 0,
    })
}

fn read_vouchers(file: &PathBuf) -> Result<Vec<SignedVoucher>, Failure> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Line {
        voucher: String,
        signature: String,
    }
    let text =
        fs::read_to_string(file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    let read = |line: &str| -> Result<SignedVoucher, Failure> {
        let line: Line = serde_json::from_str(line)?;
        let (voucher, signature) = (
            BASE64_STANDARD.decode(line.voucher)?,
            BASE64_STANDARD.decode(line.signature)?,
        );
        Ok(SignedVoucher {
            voucher: voucher.into(),
            signature: signature.into(),
        })
    };
    let lines = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(n, line)| {
            let placed = |error| format!("{}:{}: {error}", file.display(), n + 1).into();
            read(line).map_err(placed)
        })
        .collect()
}
