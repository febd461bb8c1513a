//! The two ways something can go wrong: a transaction fails, which is a value
//! with a stable code, or the node cannot go on, which is a [`Fault`].

use slsbft_store::StoreError;

/// The node must stop: its storage failed or an invariant does not hold. Never
/// caused by what a peer, client or contract sends.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("storage: {0}")]
    Store(#[from] StoreError),
    #[error("invariant broken: {0}. Stop this node, keep its data folder and report it")]
    Invariant(String),
    #[error("contracts: {0}")]
    Contracts(#[from] slsbft_wasm::Fault),
    #[error("genesis: {0}")]
    Genesis(String),
    #[error("unexpected call: {0}. Consensus and application are out of step; restart the node")]
    OutOfStep(String),
    #[error("halt height {0} reached; remove --halt-height (or halt_height in app.toml) to go on")]
    HaltHeight(u64),
}

/// A transaction's failure, as clients see it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TxError {
    /// Who says so: `sdk` for what every Cosmos chain knows, else the module.
    pub codespace: &'static str,
    /// Stable within the codespace, never 0.
    pub code: u32,
    /// For people; says what to do. Not part of consensus.
    pub message: String,
}

impl TxError {
    pub fn new(codespace: &'static str, code: u32, message: impl Into<String>) -> Self {
        Self {
            codespace,
            code,
            message: message.into(),
        }
    }
}

/// What executing a message can end in besides success. A module has its own
/// error enum and converts it `Into<TxError>`.
#[derive(Debug, thiserror::Error)]
pub enum ExecError {
    #[error(transparent)]
    Tx(#[from] TxError),
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<slsbft_wasm::Fault> for ExecError {
    fn from(fault: slsbft_wasm::Fault) -> Self {
        Self::Fault(fault.into())
    }
}

impl From<StoreError> for ExecError {
    fn from(error: StoreError) -> Self {
        Self::Fault(error.into())
    }
}

impl ExecError {
    /// A record that this node wrote cannot be read back.
    pub fn corrupt(what: impl std::fmt::Display) -> Self {
        Self::Fault(Fault::corrupt(what))
    }
}

impl Fault {
    /// A record that this node wrote cannot be read back.
    pub fn corrupt(what: impl std::fmt::Display) -> Self {
        Self::Invariant(format!("unreadable record of {what}"))
    }
}

/// Codespace `sdk`: the codes that Cosmos wallets and SDKs know.
pub mod sdk {
    use super::TxError;

    pub const CODESPACE: &str = "sdk";

    macro_rules! codes {
        ($($(#[$doc:meta])* $name:ident = $code:literal, $words:literal;)*) => {
            $($(#[$doc])* pub fn $name(message: impl Into<String>) -> TxError {
                TxError::new(CODESPACE, $code, ending_in(message.into(), $words))
            })*
        };
    }

    codes! {
        /// Undecodable bytes, or what only this form can express.
        tx_decode = 2, "tx parse error";
        /// Sequence number of an account cannot be used.
        invalid_sequence = 3, "invalid sequence";
        /// Bad signature, wrong chain id, high-S.
        unauthorized = 4, "unauthorized";
        insufficient_funds = 5, "insufficient funds";
        /// A message or query nobody handles.
        unknown_request = 6, "unknown request";
        invalid_address = 7, "invalid address";
        invalid_pub_key = 8, "invalid pubkey";
        unknown_address = 9, "unknown address";
        invalid_coins = 10, "invalid coins";
        out_of_gas = 11, "out of gas";
        memo_too_large = 12, "memo too large";
        insufficient_fee = 13, "insufficient fee";
        too_many_signatures = 14, "maximum number of signatures exceeded";
        no_signatures = 15, "no signatures supplied";
        invalid_request = 18, "invalid request";
        tx_too_large = 21, "tx too large";
        tx_timeout_height = 30, "tx timeout height";
        unknown_extension_options = 31, "unknown extension options";
        wrong_sequence = 32, "incorrect account sequence";
        not_supported = 37, "feature not supported";
        not_found = 38, "not found";
        invalid_gas_limit = 41, "invalid gas limit";
    }

    /// Cosmos SDK ends a message with what its code means; clients match on that.
    fn ending_in(message: String, words: &str) -> String {
        if message.ends_with(words) {
            message
        } else {
            format!("{message}: {words}")
        }
    }
}
