//! The JSON-RPC envelope and the habits of Go's JSON: integers as strings, nil
//! slices as `null`, bytes in base64 or hexadecimal.

use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::StatusCode;
use serde::{Deserialize, Deserializer, de::DeserializeOwned, de::Error};

use super::RpcError;

#[derive(Deserialize)]
#[serde(bound = "T: DeserializeOwned")]
struct Envelope<T> {
    result: Option<T>,
    error: Option<Refusal>,
}

#[derive(Deserialize)]
struct Refusal {
    #[serde(default)]
    code: i64,
    #[serde(default)]
    message: String,
    #[serde(default)]
    data: Option<String>,
}

/// CometBFT sends an error with HTTP status 500 and the reason in the body, so
/// the body counts first.
pub(super) fn parse<T: DeserializeOwned>(
    method: &'static str,
    status: StatusCode,
    body: &[u8],
) -> Result<T, RpcError> {
    let envelope: Envelope<T> = match serde_json::from_slice(body) {
        Ok(envelope) => envelope,
        Err(_) if !status.is_success() => {
            return Err(RpcError::Status {
                method,
                status: status.as_u16(),
            });
        }
        Err(error) => {
            return Err(RpcError::Malformed {
                method,
                reason: error.to_string(),
            });
        }
    };
    match (envelope.error, envelope.result) {
        (Some(Refusal { code, message, data }), _) => {
            let message = data.filter(|data| !data.is_empty()).unwrap_or(message);
            Err(RpcError::Refused {
                method,
                code,
                message,
            })
        }
        (None, Some(result)) => Ok(result),
        (None, None) => Err(RpcError::Malformed {
            method,
            reason: "neither result nor error".to_owned(),
        }),
    }
}

pub(super) fn null_as_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

pub(super) fn base64_bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text: Option<String> = Option::deserialize(deserializer)?;
    STANDARD
        .decode(text.unwrap_or_default())
        .map_err(D::Error::custom)
}

pub(super) fn hex_bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text: Option<String> = Option::deserialize(deserializer)?;
    hex::decode(text.unwrap_or_default()).map_err(D::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comet_rpc::{BroadcastAnswer, TxAnswer, ValidatorsAnswer};

    fn ok<T: DeserializeOwned>(body: &str) -> Result<T, RpcError> {
        parse("method", StatusCode::OK, body.as_bytes())
    }

    #[test]
    fn a_refusal_is_reported_in_cometbfts_own_words() {
        let body = r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"Internal error","data":"tx already exists in cache"}}"#;
        let error = parse::<BroadcastAnswer>(
            "broadcast_tx_sync",
            StatusCode::INTERNAL_SERVER_ERROR,
            body.as_bytes(),
        );
        let message = "tx already exists in cache".to_owned();
        assert_eq!(
            error.unwrap_err(),
            RpcError::Refused {
                method: "broadcast_tx_sync",
                code: -32603,
                message
            }
        );
    }

    #[test]
    fn a_transaction_with_null_data_and_eventless_result_is_read() {
        let body = r#"{"jsonrpc":"2.0","id":1,"result":{"hash":"00FF","height":"12","index":3,"tx_result":{"code":5,
            "data":null,"log":"no","info":"","gas_wanted":"100","gas_used":"90","events":[{"type":"empty","attributes":null}],
            "codespace":"sdk"},"tx":"aGk="}}"#;
        let answer: TxAnswer = ok(body).unwrap();
        assert_eq!(
            (answer.height, answer.tx.as_slice(), answer.tx_result.gas_used),
            (12, b"hi".as_slice(), 90)
        );
        assert_eq!(answer.tx_result.events.len(), 1);
    }

    #[test]
    fn validators_carry_key_power_and_priority() {
        let body = r#"{"jsonrpc":"2.0","id":1,"result":{"block_height":"7","validators":[{"address":"AB",
            "pub_key":{"type":"tendermint/PubKeyEd25519","value":"AAEC"},"voting_power":"10","proposer_priority":"-5"}],
            "count":"1","total":"1"}}"#;
        let answer: ValidatorsAnswer = ok(body).unwrap();
        let validator = &answer.validators[0];
        assert_eq!(
            (validator.voting_power, validator.proposer_priority, answer.total),
            (10, -5, 1)
        );
        assert_eq!(validator.pub_key.value, [0, 1, 2]);
    }

    #[test]
    fn what_is_not_json_rpc_is_an_error() {
        assert!(matches!(
            ok::<TxAnswer>("<html>"),
            Err(RpcError::Malformed { .. })
        ));
        assert!(matches!(
            ok::<TxAnswer>(r#"{"jsonrpc":"2.0","id":1}"#),
            Err(RpcError::Malformed { .. })
        ));
        let html = parse::<TxAnswer>("tx", StatusCode::NOT_FOUND, b"<html>");
        assert_eq!(
            html.unwrap_err(),
            RpcError::Status {
                method: "tx",
                status: 404
            }
        );
    }
}
