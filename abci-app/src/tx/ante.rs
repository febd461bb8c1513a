//! Admission: what a transaction must pass before its messages run. It reads
//! everything first and writes only when nothing is left to fail, so a refused
//! transaction leaves no trace.

use slsbft_store::Overlay;
use slsbft_types::{Amount, BASE_DENOM, Coin, PublicKey};

use super::{CheckedTx, Mode, SignatureVerdicts, Signer, Verifier};
use crate::{
    context::BlockInfo,
    errors::{ExecError, Fault, TxError, sdk},
    modules::{
        auth::{self, Account, Auth},
        bank, consensus, fees,
    },
};

/// Parameters that admission needs, read once for many transactions.
#[derive(Clone, Copy, Debug)]
pub struct AnteParams {
    pub auth: auth::Params,
    pub fees: fees::Params,
    /// Most gas of a block, and so of a transaction.
    pub max_block_gas: u64,
}

impl AnteParams {
    pub fn load(state: &impl slsbft_store::Read) -> Result<Self, Fault> {
        Ok(Self {
            auth: auth::Params::load(state)?,
            fees: fees::Params::load(state)?,
            max_block_gas: consensus::max_block_gas(state)?,
        })
    }
}

/// How signatures are judged.
pub enum Signatures<'a> {
    /// With verdicts made ahead; what they do not cover is judged now.
    Judged(&'a Verifier, &'a SignatureVerdicts),
    /// Seen before in this mempool: sequence, balance and timeout only.
    Recheck,
    /// A simulation has none.
    Skip,
}

/// Gas that a transaction is charged for whose contracts used so much.
pub fn gas_used(tx: &CheckedTx, by_contracts: u64, params: &AnteParams) -> u64 {
    tx.gas().saturating_add(by_contracts).max(params.fees.min_tx_gas)
}

/// Admits a transaction: takes its fee from the payer and counts up its
/// signers' sequences. Returns the fee, which the caller gives to the collector.
pub fn admit(
    state: &mut Overlay,
    block: &BlockInfo,
    params: &AnteParams,
    tx: &CheckedTx,
    signatures: &Signatures<'_>,
) -> Result<Amount, ExecError> {
    let mode = if matches!(signatures, Signatures::Skip) {
        Mode::Simulate
    } else {
        Mode::Deliver
    };
    check_form(block, params, tx, mode)?;
    let accounts = tx
        .signers()
        .iter()
        .enumerate()
        .map(|(index, signer)| check_signer(state, block, tx, index, signer, signatures))
        .collect::<Result<Vec<_>, _>>()?;

    let (payer, fee) = (tx.fee().payer, tx.fee().amount);
    if !fee.is_zero() {
        let signed = tx.signers().iter().zip(&accounts);
        let locked = signed
            .filter(|(signer, _)| signer.address == payer)
            .map(|(_, (account, _))| account.locked(BASE_DENOM, block.time));
        bank::take(state, &payer, &Coin::base(fee), locked.max().unwrap_or_default())?;
    }
    for (signer, (account, key)) in tx.signers().iter().zip(accounts) {
        let sequence = account.sequence + 1;
        Auth.put(
            state,
            &signer.address,
            &Account {
                sequence,
                key,
                ..account
            },
        );
    }
    Ok(fee)
}

/// What needs no account: timeout, limits, gas and fee. Part of [`admit`].
pub fn check_form(block: &BlockInfo, params: &AnteParams, tx: &CheckedTx, mode: Mode) -> Result<(), TxError> {
    let (height, timeout) = (block.height, tx.timeout_height());
    if timeout > 0 && height > timeout {
        return Err(sdk::tx_timeout_height(format!(
            "block height: {height}, timeout height: {timeout}"
        )));
    }
    let limit = params.auth.max_memo_characters;
    if tx.memo_bytes() as u64 > limit {
        let found = tx.memo_bytes();
        return Err(sdk::memo_too_large(format!(
            "maximum number of characters is {limit} but received {found}"
        )));
    }
    let limit = params.auth.tx_sig_limit;
    if tx.signers().len() as u64 > limit {
        return Err(sdk::too_many_signatures(format!(
            "{} signatures, limit {limit}",
            tx.signers().len()
        )));
    }
    if mode == Mode::Simulate {
        return Ok(());
    }
    check_fee(params, tx)
}

fn check_fee(params: &AnteParams, tx: &CheckedTx) -> Result<(), TxError> {
    let (needed, offered) = (gas_used(tx, 0, params), tx.fee().gas_limit);
    if offered < needed {
        return Err(sdk::out_of_gas(format!(
            "out of gas: gasWanted: {offered}, gasUsed: {needed}; set the gas limit to at least {needed}"
        )));
    }
    if offered > params.max_block_gas {
        let most = params.max_block_gas;
        return Err(sdk::invalid_gas_limit(format!(
            "tx gas limit {offered} exceeds block max gas {most}"
        )));
    }
    let (required, paid) = (params.fees.min_fee(offered), tx.fee().amount);
    if paid < required {
        let price = params.fees.min_gas_price;
        return Err(sdk::insufficient_fee(format!(
            "insufficient fees; got: {paid}uankr required: {required}uankr (gas limit {offered} at {price}uankr)"
        )));
    }
    Ok(())
}

fn check_signer(
    state: &Overlay,
    block: &BlockInfo,
    tx: &CheckedTx,
    index: usize,
    signer: &Signer,
    signatures: &Signatures<'_>,
) -> Result<(Account, Option<PublicKey>), ExecError> {
    let Some(account) = Auth.get(state, &signer.address)? else {
        let message = format!(
            "account {} does not exist; send it some coins first",
            signer.address
        );
        return Err(sdk::unknown_address(message).into());
    };
    if !matches!(signatures, Signatures::Skip) || signer.sequence != 0 {
        check_sequence(&account, signer)?;
    }
    let key = account.key.or(signer.key);
    if matches!(signatures, Signatures::Skip) {
        return Ok((account, key));
    }
    let Some(known) = key else {
        return Err(sdk::invalid_pub_key(format!(
            "no public key of {} on chain or in the transaction",
            signer.address
        ))
        .into());
    };
    if let Signatures::Judged(verifier, verdicts) = signatures {
        let verdict = verdicts.of(index, account.number).unwrap_or_else(|| {
            verifier.judge_one(tx, &block.chain_id, account.number, &known, &signer.signature)
        });
        verdict?;
    }
    Ok((account, key))
}

fn check_sequence(account: &Account, signer: &Signer) -> Result<(), TxError> {
    let (expected, got) = (account.sequence, signer.sequence);
    if expected != got {
        return Err(sdk::wrong_sequence(format!(
            "account sequence mismatch, expected {expected}, got {got}: incorrect account sequence"
        )));
    }
    Ok(())
}
