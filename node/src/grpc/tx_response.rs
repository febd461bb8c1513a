//! Consensus' answers in the shape of Cosmos' `TxResponse`.

use cosmos_sdk_proto::{Any, Timestamp, cosmos::base::abci::v1beta1::TxResponse};
use slsbft_types::tx::tx_hash;

use crate::comet_rpc::{BroadcastAnswer, RpcError, TxAnswer};

/// A committed transaction; `time` is its block's.
pub(super) fn tx_response(answer: TxAnswer, time: Option<Timestamp>) -> TxResponse {
    let result = answer.tx_result;
    TxResponse {
        height: answer.height,
        txhash: hex::encode_upper(&answer.hash),
        codespace: result.codespace,
        code: result.code,
        data: hex::encode_upper(&result.data),
        raw_log: result.log,
        info: result.info,
        gas_wanted: result.gas_wanted,
        gas_used: result.gas_used,
        // The same on the wire as the `TxRaw` that was sent.
        tx: Some(Any {
            type_url: "/cosmos.tx.v1beta1.Tx".to_owned(),
            value: answer.tx,
        }),
        timestamp: time.map(rfc3339).unwrap_or_default(),
        events: result.events,
        ..Default::default()
    }
}

/// What the mempool said.
pub(super) fn broadcast_response(answer: BroadcastAnswer) -> TxResponse {
    TxResponse {
        txhash: hex::encode_upper(&answer.hash),
        codespace: answer.codespace,
        code: answer.code,
        data: hex::encode_upper(&answer.data),
        raw_log: answer.log,
        ..Default::default()
    }
}

/// A mempool that refuses before it checks is a result with a code to Cosmos
/// clients; anything else is no result at all.
pub(super) fn refusal_response(tx: &[u8], error: &RpcError) -> Option<TxResponse> {
    let RpcError::Refused { message, .. } = error else {
        return None;
    };
    let words = message.to_lowercase();
    let code = if words.contains("tx already exists in cache") {
        19
    } else if words.contains("mempool is full") {
        20
    } else if words.contains("tx too large") || words.contains("request body too large") {
        21
    } else {
        return None;
    };
    Some(TxResponse {
        txhash: hex::encode_upper(tx_hash(tx)),
        codespace: "sdk".to_owned(),
        code,
        raw_log: message.clone(),
        ..Default::default()
    })
}

/// Whole seconds, in UTC, as Cosmos writes it; empty if the time is beyond what can be written.
fn rfc3339(time: Timestamp) -> String {
    match serde_json::to_value(Timestamp { nanos: 0, ..time }) {
        Ok(serde_json::Value::String(text)) => text,
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_in_whole_seconds_utc() {
        let written = |seconds| rfc3339(Timestamp { seconds, nanos: 999 });
        assert_eq!(written(0), "1970-01-01T00:00:00Z");
        assert_eq!(written(951_827_696), "2000-02-29T12:34:56Z");
        assert_eq!(written(1_794_000_000), "2026-11-06T21:20:00Z");
        assert_eq!(written(-1), "1969-12-31T23:59:59Z");
    }

    #[test]
    fn a_mempool_that_refuses_is_a_result_with_the_code_wallets_know() {
        let refused = |message: &str| {
            let error = RpcError::Refused {
                method: "broadcast_tx_sync",
                code: -32603,
                message: message.to_owned(),
            };
            refusal_response(b"tx", &error).map(|response| (response.codespace, response.code))
        };
        assert_eq!(
            refused("tx already exists in cache"),
            Some(("sdk".to_owned(), 19))
        );
        assert_eq!(
            refused("mempool is full: number of txs 5000 (max: 5000)"),
            Some(("sdk".to_owned(), 20))
        );
        assert_eq!(
            refused("Tx too large. Max size is 1048576, but got 1200000"),
            Some(("sdk".to_owned(), 21))
        );
        assert_eq!(refused("something else"), None);
    }
}
