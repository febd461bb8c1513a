//! Messages of providers and consumers.

use cosmos_sdk_proto::Any;
use prost::Message;
use slsbft_client::{KeyKind, SigningKey, VoucherSigner};
use slsbft_proto::metering::v1;
use slsbft_types::{Address, UANKR_PER_ANKR};

use crate::chain::CHAIN_ID;

/// Packs a message of metering by its name.
pub fn pack(name: &str, message: &impl Message) -> Any {
    Any {
        type_url: format!("/slsbft.metering.v1.{name}"),
        value: message.encode_to_vec(),
    }
}

/// 1,000 requests at 7,000 uankr.
pub fn create_offer(provider: &Address) -> Any {
    let meter = v1::Meter {
        unit: "requests".into(),
        price: 7_000,
        scale: 3,
    };
    let offer = v1::MsgCreateOffer {
        provider: provider.to_string(),
        meters: vec![meter],
        min_escrow: (20 * UANKR_PER_ANKR).to_string(),
        max_open_deals: 100,
        endpoint: "https://provider.example".into(),
        tags: vec!["eu".into()],
        application_share: 100_000_000,
    };
    pack("MsgCreateOffer", &offer)
}

/// A deal over 20 ANKR and more.
pub fn open_deal(consumer: &Address, offer_id: u64, escrow: u128, session: &SigningKey, expires: i64) -> Any {
    let session_key = v1::SessionKey {
        public_key: session.public_key().as_bytes().to_vec().into(),
        spending_cap: String::new(),
    };
    let open = v1::MsgOpenDeal {
        consumer: consumer.to_string(),
        offer_id,
        escrow: escrow.to_string(),
        session_keys: vec![session_key],
        expires_at: Some(cosmos_sdk_proto::Timestamp {
            seconds: expires,
            nanos: 0,
        }),
        ..Default::default()
    };
    pack("MsgOpenDeal", &open)
}

pub fn claim(provider: &Address, vouchers: Vec<v1::SignedVoucher>) -> Any {
    pack(
        "MsgClaim",
        &v1::MsgClaim {
            provider: provider.to_string(),
            vouchers,
        },
    )
}

pub fn close_deal(signer: &Address, deal_id: u64) -> Any {
    let close = v1::MsgCloseDeal {
        signer: signer.to_string(),
        deal_id,
        ..Default::default()
    };
    pack("MsgCloseDeal", &close)
}

pub fn refund_deal(signer: &Address, deal_id: u64) -> Any {
    pack(
        "MsgRefundDeal",
        &v1::MsgRefundDeal {
            signer: signer.to_string(),
            deal_id,
        },
    )
}

pub fn top_up(consumer: &Address, deal_id: u64, amount: u128) -> Any {
    let top_up = v1::MsgTopUpDeal {
        consumer: consumer.to_string(),
        deal_id,
        amount: amount.to_string(),
    };
    pack("MsgTopUpDeal", &top_up)
}

pub fn withdraw_offer(provider: &Address, offer_id: u64) -> Any {
    pack(
        "MsgWithdrawOffer",
        &v1::MsgWithdrawOffer {
            provider: provider.to_string(),
            offer_id,
        },
    )
}

/// The session key of a deal that a consumer opened, always the same.
pub fn session_key(seed: u8) -> SigningKey {
    SigningKey::from_secret(KeyKind::Ed25519, &[seed; 32]).expect("any such secret is a key")
}

/// Signs what one meter has counted.
pub fn voucher(session: &VoucherSession, counter: u64) -> v1::SignedVoucher {
    let key = session_key(session.seed);
    let fresh =
        VoucherSigner::new(session_key(session.seed), CHAIN_ID, session.deal_id, 1).expect("a session");
    let before = v1::Voucher {
        sequence: session.sequence,
        ..fresh.last().clone()
    };
    let mut signer = VoucherSigner::resume(key, before).expect("a session");
    signer.sign(&[counter], 5).expect("a voucher")
}

/// Where a session stands.
#[derive(Clone, Copy, Debug)]
pub struct VoucherSession {
    pub seed: u8,
    pub deal_id: u64,
    /// Of the voucher before the next one.
    pub sequence: u64,
}
