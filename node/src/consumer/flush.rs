//! Pays without a request: in the middle of a large body, and when a session
//! has been idle for a while.

use std::{sync::Arc, time::Duration};

use slsbft_proto::metering::v1::{
    SessionRequest, SessionResponse, SubmitRequest, vouchers_client::VouchersClient,
};
use tokio::sync::watch;
use tonic::{Status, transport::Channel};

use super::wallet::{Slot, WalletError};
use crate::metering::server::stopped;

/// Between attempts while the gateway does not answer.
const PAUSE: Duration = Duration::from_secs(1);

/// Why a payment did not arrive; it is tried again.
#[derive(Debug, thiserror::Error)]
enum FlushError {
    #[error("the gateway's vouchers service: {0}")]
    Gateway(#[from] Status),
    #[error(transparent)]
    Wallet(#[from] WalletError),
}

/// Keeps one session paid until `stop`, then pays what is left.
pub async fn keep_paid(
    slot: Arc<Slot>,
    vouchers: VouchersClient<Channel>,
    flush_after: Duration,
    mut stop: watch::Receiver<bool>,
) {
    loop {
        let owing = tokio::select! {
            () = slot.owing.notified() => true,
            () = tokio::time::sleep(flush_after) => slot.unsigned() && slot.idle() >= flush_after,
            () = stopped(&mut stop) => break,
        };
        if !owing {
            continue;
        }
        if let Err(error) = pay(&slot, vouchers.clone(), flush_after).await {
            tracing::warn!(%error, session = %hex::encode(slot.key.session), "not paid yet");
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                () = stopped(&mut stop) => break,
            }
        }
    }
    if let Err(error) = pay(&slot, vouchers, flush_after).await {
        tracing::warn!(%error, session = %hex::encode(slot.key.session), "the last voucher was not delivered");
    }
}

/// Asks where a session stands at the gateway.
pub async fn session(slot: &Slot, vouchers: &mut VouchersClient<Channel>) -> Result<SessionResponse, Status> {
    let request = SessionRequest {
        deal_id: slot.key.deal_id,
        session_key: slot.key.session.to_vec().into(),
    };
    Ok(vouchers.session(request).await?.into_inner())
}

/// Asks what was metered, signs for what of it was received, and delivers that.
async fn pay(
    slot: &Slot,
    mut vouchers: VouchersClient<Channel>,
    flush_after: Duration,
) -> Result<(), FlushError> {
    if !slot.unsigned() {
        return Ok(());
    }
    // Before the question: what was under way then may not be in the answer.
    let at_rest = slot.at_rest(flush_after);
    let session = session(slot, &mut vouchers).await?;
    if session.metered.len() == slot.meters.len() {
        slot.claimed(&session.metered);
        if at_rest {
            slot.forgo();
        }
    }
    if slot.owes() {
        let voucher = Some(slot.sign().await?);
        vouchers.submit(SubmitRequest { voucher }).await?;
    }
    Ok(())
}
