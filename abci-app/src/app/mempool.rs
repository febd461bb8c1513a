//! The mempool connection: admission on an overlay over the latest state, so
//! that an account can have several transactions pending.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use bytes::Bytes;
use parking_lot::Mutex;
use slsbft_store::Overlay;
use slsbft_types::Time;
use tendermint_proto::v0_38::abci::{CheckTxType, RequestCheckTx, ResponseCheckTx};

use super::{ahead::Ahead, modules};
use crate::{
    abci::Mempool,
    context::BlockInfo,
    errors::{ExecError, Fault, TxError, sdk},
    tx::{
        CheckedTx, Mode, SignatureVerdicts, TxReader, Verifier,
        ante::{self, AnteParams, Signatures},
    },
};

/// Checks transactions for CometBFT's mempool.
pub struct MempoolService {
    reader: Arc<TxReader>,
    verifier: Arc<Verifier>,
    /// What signatures are judged against, without a lock.
    view: ArcSwapOption<View>,
    /// The view's state with every pending transaction admitted.
    pending: Mutex<Option<Pending>>,
    ahead: Ahead,
}

struct View {
    state: Overlay,
    block: BlockInfo,
    params: AnteParams,
}

struct Pending {
    view: Arc<View>,
    state: Overlay,
}

/// A transaction whose stateless checks are done.
pub struct Verified {
    bytes: Bytes,
    outcome: Result<(Arc<CheckedTx>, Judged), ExecError>,
}

enum Judged {
    New(SignatureVerdicts),
    Recheck,
}

impl MempoolService {
    pub(super) fn new(reader: Arc<TxReader>, verifier: Arc<Verifier>) -> Self {
        Self {
            reader,
            verifier,
            view: ArcSwapOption::empty(),
            pending: Mutex::new(None),
            ahead: Ahead::new(),
        }
    }

    /// Starts over on a new state; CometBFT sends what is still pending again.
    pub(super) fn reset(&self, chain_id: &Arc<str>, state: Overlay) -> Result<(), Fault> {
        // Held throughout, so that what is pending never belongs to another view.
        let mut pending = self.pending.lock();
        let base = state.base();
        let (seconds, nanos) = base.block().time;
        let time = Time {
            seconds,
            nanos: u32::try_from(nanos).unwrap_or(0),
        };
        let view = Arc::new(View {
            params: AnteParams::load(&state)?,
            block: BlockInfo {
                chain_id: chain_id.clone(),
                height: base.height() + 1,
                time,
            },
            state,
        });
        *pending = Some(Pending::of(view.clone()));
        self.ahead.renew();
        self.view.store(Some(view));
        Ok(())
    }

    fn read(&self, request: &RequestCheckTx) -> Result<(Arc<CheckedTx>, Judged), ExecError> {
        // A kept transaction shares these bytes: it must not hold on to the
        // buffer that they came in with others.
        let tx = self.reader.read(&Bytes::copy_from_slice(&request.tx))?;
        if request.r#type == i32::from(CheckTxType::Recheck) {
            return Ok((tx, Judged::Recheck));
        }
        let view = self.view.load();
        let view = view.as_ref().ok_or_else(not_ready)?;
        // What is badly formed or pays too little is not worth a signature's cost.
        ante::check_form(&view.block, &view.params, &tx, Mode::Deliver)?;
        let verdicts = self.verifier.judge(&tx, &view.block.chain_id, &view.state)?;
        modules::prefetch(&view.state, tx.messages())?;
        Ok((tx, Judged::New(verdicts)))
    }

    fn admit(&self, tx: &CheckedTx, judged: &Judged) -> Result<u64, ExecError> {
        let mut pending = self.pending.lock();
        let pending = pending.as_mut().ok_or_else(not_ready)?;
        let signatures = match judged {
            Judged::New(verdicts) => Signatures::Judged(&self.verifier, verdicts),
            Judged::Recheck => Signatures::Recheck,
        };
        let Pending { view, state } = pending;
        ante::admit(state, &view.block, &view.params, tx, &signatures)?;
        Ok(ante::gas_used(tx, 0, &view.params))
    }
}

impl Mempool for MempoolService {
    type Verified = Verified;

    fn connected(&self) {
        let mut pending = self.pending.lock();
        *pending = self.view.load_full().map(Pending::of);
    }

    fn verify(&self, request: RequestCheckTx) -> Verified {
        Verified {
            outcome: self.read(&request),
            bytes: request.tx,
        }
    }

    fn apply(&self, verified: Verified) -> Result<ResponseCheckTx, Fault> {
        let admitted = verified.outcome.and_then(|(tx, judged)| {
            let used = self.admit(&tx, &judged)?;
            if matches!(judged, Judged::New(_)) {
                self.reader.keep(&verified.bytes, &tx);
                // Not before: a transaction that is refused gets no work of this size done.
                self.ahead.offer(&tx);
            }
            Ok((tx.fee().gas_limit, used))
        });
        match admitted {
            Ok((wanted, used)) => Ok(ResponseCheckTx {
                gas_wanted: i64::try_from(wanted).unwrap_or(i64::MAX),
                gas_used: i64::try_from(used).unwrap_or(i64::MAX),
                ..Default::default()
            }),
            Err(ExecError::Tx(error)) => Ok(refused(error)),
            Err(ExecError::Fault(fault)) => Err(fault),
        }
    }
}

impl Pending {
    /// Nothing yet.
    fn of(view: Arc<View>) -> Self {
        let state = view.state.clone();
        Self { view, state }
    }
}

fn refused(error: TxError) -> ResponseCheckTx {
    ResponseCheckTx {
        code: error.code,
        codespace: error.codespace.to_owned(),
        log: error.message,
        ..Default::default()
    }
}

fn not_ready() -> TxError {
    sdk::invalid_request("the chain has no state yet; try again after its first block")
}
