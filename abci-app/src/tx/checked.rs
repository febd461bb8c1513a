//! Decoding and every check that needs no state.

use bytes::Bytes;
use cosmos_sdk_proto::cosmos::tx::{
    signing::v1beta1::SignMode,
    v1beta1::{AuthInfo, SignerInfo, TxBody, mode_info},
};
use prost::Message;
use slsbft_types::{Address, Amount, BASE_DENOM, Coins, PublicKey};

use super::{Msg, decode_known, decode_strictly};
use crate::{
    errors::{TxError, sdk},
    gas,
    modules::metering::Vouchers,
};

/// Longest transaction.
pub const MAX_TX_BYTES: usize = 4 << 20;
/// Most messages of a transaction.
const MAX_MESSAGES: usize = 256;
/// Most signatures, whatever the parameters say.
const MAX_SIGNERS: usize = 64;

/// What a transaction is read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A block or the mempool.
    Deliver,
    /// An estimate: sign mode, signature and fee may be missing, and vouchers
    /// count as signed.
    Simulate,
}

/// `cosmos.tx.v1beta1.TxRaw` over the received buffer, without copies.
#[derive(Clone, PartialEq, Message)]
struct RawTx {
    #[prost(bytes = "bytes", tag = "1")]
    body_bytes: Bytes,
    #[prost(bytes = "bytes", tag = "2")]
    auth_info_bytes: Bytes,
    #[prost(bytes = "bytes", repeated, tag = "3")]
    signatures: Vec<Bytes>,
}

/// A transaction that passed every stateless check.
#[derive(Clone, Debug)]
pub struct CheckedTx {
    messages: Vec<Msg>,
    signers: Vec<Signer>,
    fee: Fee,
    memo_bytes: usize,
    timeout_height: u64,
    gas: u64,
    body_bytes: Bytes,
    auth_info_bytes: Bytes,
}

/// One required signature.
#[derive(Clone, Debug)]
pub struct Signer {
    pub address: Address,
    /// May be missing once the chain knows it.
    pub key: Option<PublicKey>,
    pub sequence: u64,
    pub signature: Bytes,
}

#[derive(Clone, Debug)]
pub struct Fee {
    pub payer: Address,
    /// In uankr.
    pub amount: Amount,
    pub gas_limit: u64,
}

impl CheckedTx {
    /// Reads a transaction.
    pub fn decode(tx: &Bytes, mode: Mode) -> Result<Self, TxError> {
        if tx.len() > MAX_TX_BYTES {
            return Err(sdk::tx_too_large(format!(
                "{} bytes; at most {MAX_TX_BYTES}",
                tx.len()
            )));
        }
        let raw = RawTx::decode(tx.clone()).map_err(|e| sdk::tx_decode(format!("not a TxRaw: {e}")))?;
        if raw.encode_to_vec() != *tx {
            // Nobody but the signers may give a transaction a second name.
            return Err(sdk::tx_decode(
                "TxRaw has unknown fields or is not in canonical encoding (ADR-027)",
            ));
        }
        let body: TxBody = decode_known("the body", &raw.body_bytes)?;
        let auth: AuthInfo = decode_strictly("auth_info", &raw.auth_info_bytes)?;
        if !body.extension_options.is_empty() {
            return Err(sdk::unknown_extension_options(
                "extension options are not supported; leave them out",
            ));
        }
        #[allow(deprecated, reason = "refused because nothing would pay it")]
        let tip = auth.tip.is_some();
        if tip {
            return Err(sdk::not_supported("tips are not supported; leave the tip out"));
        }
        let messages = read_messages(&body)?;
        let fee = read_fee(&auth, &messages, mode)?;
        let signers = read_signers(
            &auth,
            required_signers(&messages, fee.payer),
            &raw.signatures,
            mode,
        )?;
        let gas = gas_of(&messages, raw.body_bytes.len(), signers.len())?;
        let tx = Self {
            messages,
            signers,
            fee,
            memo_bytes: body.memo.len(),
            timeout_height: body.timeout_height,
            gas,
            body_bytes: raw.body_bytes,
            auth_info_bytes: raw.auth_info_bytes,
        };
        if mode == Mode::Simulate {
            tx.vouchers().for_each(Vouchers::assume_signed);
        }
        Ok(tx)
    }

    pub fn messages(&self) -> &[Msg] {
        &self.messages
    }

    /// In the order of the signatures.
    pub fn signers(&self) -> &[Signer] {
        &self.signers
    }

    pub fn fee(&self) -> &Fee {
        &self.fee
    }

    pub fn memo_bytes(&self) -> usize {
        self.memo_bytes
    }

    /// Last height that may include it; 0: any.
    pub fn timeout_height(&self) -> u64 {
        self.timeout_height
    }

    /// Gas by the table, before the minimum.
    pub fn gas(&self) -> u64 {
        self.gas
    }

    pub fn has_vouchers(&self) -> bool {
        self.vouchers_len() > 0
    }

    /// Vouchers of all messages.
    pub fn vouchers_len(&self) -> usize {
        self.vouchers().map(Vouchers::len).sum()
    }

    /// Judges the vouchers of all messages, if that was not done yet.
    pub fn verify_vouchers(&self) {
        for vouchers in self.vouchers() {
            vouchers.verify();
        }
    }

    /// The same on the calling thread alone.
    pub fn verify_vouchers_in_turn(&self) {
        for vouchers in self.vouchers() {
            vouchers.verify_in_turn();
        }
    }

    fn vouchers(&self) -> impl Iterator<Item = &Vouchers> {
        self.messages.iter().filter_map(|msg| match msg {
            Msg::Metering(msg) => msg.vouchers(),
            _ => None,
        })
    }

    /// What a signer with this account number signs.
    pub fn sign_bytes(&self, chain_id: &str, account_number: u64) -> Vec<u8> {
        slsbft_types::tx::direct_sign_bytes(&self.body_bytes, &self.auth_info_bytes, chain_id, account_number)
    }
}

fn read_messages(body: &TxBody) -> Result<Vec<Msg>, TxError> {
    if body.messages.is_empty() || body.messages.len() > MAX_MESSAGES {
        return Err(sdk::invalid_request(format!(
            "a transaction has 1 to {MAX_MESSAGES} messages"
        )));
    }
    body.messages.iter().map(Msg::from_any).collect()
}

/// Signers of the messages in order, then the fee payer if it is none of them.
fn required_signers(messages: &[Msg], payer: Address) -> Vec<Address> {
    let mut signers: Vec<Address> = Vec::new();
    for address in messages.iter().map(Msg::signer).chain([payer]) {
        if !signers.contains(&address) {
            signers.push(address);
        }
    }
    signers
}

fn read_fee(auth: &AuthInfo, messages: &[Msg], mode: Mode) -> Result<Fee, TxError> {
    let fee = auth.fee.clone().unwrap_or_default();
    if !fee.granter.is_empty() {
        return Err(sdk::not_supported(
            "fee grants are not supported; leave the granter out",
        ));
    }
    let payer = match (fee.payer.as_str(), messages.first()) {
        ("", Some(first)) => first.signer(),
        (text, _) => {
            Address::from_bech32(text).map_err(|e| sdk::invalid_address(format!("fee payer: {e}")))?
        }
    };
    // Nothing of a coin is no fee, not a malformed one.
    let offered: Vec<_> = fee
        .amount
        .iter()
        .filter(|coin| coin.amount != "0")
        .cloned()
        .collect();
    let coins = Coins::from_proto(&offered);
    if mode == Mode::Simulate {
        return Ok(Fee {
            payer,
            amount: coins.map_or(Amount::ZERO, |coins| coins.amount_of(BASE_DENOM)),
            gas_limit: fee.gas_limit,
        });
    }
    let coins = coins.map_err(|e| sdk::invalid_coins(format!("fee: {e}")))?;
    if coins.iter().any(|coin| coin.denom.as_str() != BASE_DENOM) {
        return Err(sdk::insufficient_fee(format!(
            "fees are paid in {BASE_DENOM} only, got {coins}"
        )));
    }
    Ok(Fee {
        payer,
        amount: coins.amount_of(BASE_DENOM),
        gas_limit: fee.gas_limit,
    })
}

fn read_signers(
    auth: &AuthInfo,
    required: Vec<Address>,
    signatures: &[Bytes],
    mode: Mode,
) -> Result<Vec<Signer>, TxError> {
    if signatures.is_empty() {
        return Err(sdk::no_signatures("no signatures"));
    }
    if required.len() > MAX_SIGNERS {
        return Err(sdk::too_many_signatures(format!(
            "more than {MAX_SIGNERS} signers; send in parts"
        )));
    }
    if required.len() != auth.signer_infos.len() || required.len() != signatures.len() {
        return Err(sdk::unauthorized(format!(
            "expected {} signers, got {} signer infos and {} signatures",
            required.len(),
            auth.signer_infos.len(),
            signatures.len()
        )));
    }
    let infos = auth.signer_infos.iter().zip(signatures);
    required
        .into_iter()
        .zip(infos)
        .map(|(address, (info, sig))| read_signer(address, info, sig, mode))
        .collect()
}

fn read_signer(
    address: Address,
    info: &SignerInfo,
    signature: &Bytes,
    mode: Mode,
) -> Result<Signer, TxError> {
    let sign_mode = match info.mode_info.as_ref().and_then(|mode| mode.sum.as_ref()) {
        Some(mode_info::Sum::Single(single)) => {
            SignMode::try_from(single.mode).unwrap_or(SignMode::Unspecified)
        }
        Some(mode_info::Sum::Multi(_)) => {
            return Err(sdk::not_supported("multisig signatures are not supported yet"));
        }
        None => SignMode::Unspecified,
    };
    if mode == Mode::Deliver && sign_mode != SignMode::Direct {
        let name = sign_mode.as_str_name();
        return Err(sdk::not_supported(format!(
            "{name} is not supported; sign with SIGN_MODE_DIRECT"
        )));
    }
    let key = match &info.public_key {
        Some(any) => Some(PublicKey::from_any(any).map_err(|e| sdk::invalid_pub_key(e.to_string()))?),
        None => None,
    };
    if key.is_some_and(|key| key.address() != address) {
        return Err(sdk::invalid_pub_key(format!(
            "the public key does not belong to signer {address}"
        )));
    }
    Ok(Signer {
        address,
        key,
        sequence: info.sequence,
        signature: signature.clone(),
    })
}

fn gas_of(messages: &[Msg], body_bytes: usize, signers: usize) -> Result<u64, TxError> {
    let sum = messages
        .iter()
        .try_fold(0u64, |sum, msg| sum.checked_add(msg.gas()));
    let bytes = (body_bytes as u64).checked_mul(gas::PER_BODY_BYTE);
    let signatures = (signers as u64).checked_mul(gas::PER_SIGNATURE);
    let total = sum
        .zip(bytes)
        .zip(signatures)
        .and_then(|((m, b), s)| m.checked_add(b)?.checked_add(s));
    total.ok_or_else(|| sdk::out_of_gas("gas overflows; send in parts"))
}
