//! The gateway's HTTP contract: header names, how their values are written, and
//! the body of a refusal. `docs/protocol/gateway.md` explains it to those who
//! build clients.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use http::{HeaderMap, HeaderName, HeaderValue};
use prost::Message;
use serde::{Deserialize, Serialize};
use slsbft_proto::metering::v1::SignedVoucher;
use slsbft_types::metering::voucher::{MAX_VOUCHER_LEN, VoucherError};

use super::voucher::ShapeError;

/// Request: base64 of an encoded `SignedVoucher`; it pays and it authenticates.
pub const VOUCHER: HeaderName = HeaderName::from_static("x-slsbft-voucher");
/// Towards the upstream only: the deal that pays for the request.
pub const DEAL: HeaderName = HeaderName::from_static("x-slsbft-deal");
/// Towards the upstream only: the session's public key in hex.
pub const SESSION: HeaderName = HeaderName::from_static("x-slsbft-session");
/// Answer, as header and as trailer: cumulative counters metered for the session.
pub const METERED: HeaderName = HeaderName::from_static("x-slsbft-metered");
/// Answer: how much of each unit may be unpaid, in the order of the counters.
pub const CREDIT: HeaderName = HeaderName::from_static("x-slsbft-credit");
/// What every header of the contract begins with.
pub const PREFIX: &str = "x-slsbft-";

/// Largest refusal body a consumer reads.
pub const MAX_REFUSAL: usize = 16 * 1024;

/// A voucher as a header value.
pub fn voucher_header(signed: &SignedVoucher) -> Option<HeaderValue> {
    HeaderValue::try_from(BASE64.encode(signed.encode_to_vec())).ok()
}

/// Reads the one voucher of a request's headers.
pub fn read_voucher(headers: &HeaderMap) -> Result<SignedVoucher, ShapeError> {
    let mut values = headers.get_all(VOUCHER).iter();
    let value = values.next().ok_or(ShapeError::Missing)?;
    if values.next().is_some() {
        return Err(ShapeError::Repeated);
    }
    // Signature, framing and base64 on top of the voucher.
    if value.len() > 2 * MAX_VOUCHER_LEN {
        return Err(VoucherError::TooLong(value.len()).into());
    }
    let bytes = BASE64.decode(value).map_err(|_| ShapeError::Encoding)?;
    SignedVoucher::decode(bytes.as_slice()).map_err(|_| ShapeError::Encoding)
}

/// Counters as a header value: decimal, separated by commas.
pub fn counters_header(counters: &[u64]) -> HeaderValue {
    let text = counters.iter().map(u64::to_string).collect::<Vec<_>>().join(",");
    // Digits and commas are always a header value.
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""))
}

/// Reads counters from a header; `None` if there are none or another number than `len`.
pub fn read_counters(headers: &HeaderMap, name: &HeaderName, len: usize) -> Option<Vec<u64>> {
    let text = headers.get(name)?.to_str().ok()?;
    let counters: Vec<u64> = text
        .split(',')
        .take(len + 1)
        .map(|n| n.trim().parse())
        .collect::<Result<_, _>>()
        .ok()?;
    (counters.len() == len).then_some(counters)
}

/// Why the gateway did not serve a request. The text forms are part of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// 400: no voucher, or one that is malformed or for another chain.
    BadVoucher,
    /// 401: the signature does not verify.
    BadSignature,
    /// 401: the voucher's sequence was used before.
    Replayed,
    /// 400: a counter is lower than one signed before.
    CounterFell,
    /// 402: more was served than vouchers cover, beyond the credit.
    Unpaid,
    /// 402: the deal's escrow does not cover another request.
    EscrowExhausted,
    /// 402: the session key's spending cap does not cover another request.
    CapExhausted,
    /// 403: no open deal of this provider has that number.
    UnknownDeal,
    /// 403: the deal does not name that session key.
    UnknownSession,
    /// 403: the deal is closing or about to expire.
    DealClosing,
    /// 413: the request body is longer than the gateway takes.
    TooLarge,
    /// 405: `CONNECT` and protocol upgrades are not served.
    Unsupported,
    /// 502: the upstream could not be reached or broke off.
    UpstreamFailed,
    /// 504: the upstream did not answer in time.
    UpstreamTimeout,
    /// 503: too much at a time; try again after `retry-after`.
    Busy,
    /// 503: the gateway's chain node does not answer.
    ChainUnavailable,
    /// 500: the gateway could not store the voucher.
    Storage,
}

/// The body of every answer that the gateway itself makes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusalBody {
    pub error: Reason,
    /// For people: what is wrong and what to do.
    pub message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<Account>,
}

/// Where a session stands, in the order of the deal's meters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub deal: u64,
    /// Public key in hex.
    pub session: String,
    pub units: Vec<String>,
    /// Cumulative counters metered by the gateway.
    pub metered: Vec<u64>,
    /// Counters of the highest voucher held.
    pub held: Vec<u64>,
    /// What the next voucher must add, at most `metered - held`.
    pub missing: Vec<u64>,
    pub credit: Vec<u64>,
    /// Sequence of the highest voucher held.
    pub sequence: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_read_back_as_written_and_only_in_the_right_number() {
        let mut headers = HeaderMap::new();
        headers.insert(METERED, counters_header(&[0, u64::MAX]));
        assert_eq!(read_counters(&headers, &METERED, 2), Some(vec![0, u64::MAX]));
        assert_eq!(read_counters(&headers, &METERED, 1), None);
        assert_eq!(read_counters(&headers, &METERED, 3), None);
        for bad in ["", "1,", "-1,2", "1;2", "18446744073709551616,1"] {
            headers.insert(METERED, HeaderValue::from_static(bad));
            assert_eq!(read_counters(&headers, &METERED, 2), None, "{bad}");
        }
    }

    #[test]
    fn a_voucher_header_is_read_once_and_within_bounds() {
        let signed = SignedVoucher {
            voucher: vec![1; 100].into(),
            signature: vec![2; 64].into(),
        };
        let mut headers = HeaderMap::new();
        assert_eq!(read_voucher(&headers), Err(ShapeError::Missing));
        headers.insert(VOUCHER, voucher_header(&signed).unwrap());
        assert_eq!(read_voucher(&headers), Ok(signed.clone()));
        headers.append(VOUCHER, voucher_header(&signed).unwrap());
        assert_eq!(read_voucher(&headers), Err(ShapeError::Repeated));
        headers.insert(VOUCHER, HeaderValue::try_from("A".repeat(5_000)).unwrap());
        assert_eq!(read_voucher(&headers), Err(VoucherError::TooLong(5_000).into()));
        headers.insert(VOUCHER, HeaderValue::from_static("%%%"));
        assert_eq!(read_voucher(&headers), Err(ShapeError::Encoding));
    }

    #[test]
    fn the_text_of_a_refusal_is_stable() {
        let body = RefusalBody {
            error: Reason::EscrowExhausted,
            message: "m".into(),
            account: None,
        };
        let text = serde_json::to_string(&body).unwrap();
        assert_eq!(text, r#"{"error":"escrow_exhausted","message":"m"}"#);
        assert_eq!(serde_json::from_str::<RefusalBody>(&text).unwrap(), body);
    }
}
