//! What every transaction can be told.

use std::{str::FromStr, time::Duration};

use clap::Args;
use slsbft_client::{
    Fee, TxBuilder,
    tx::{GAS_PRICE, TxBuildError},
};

use super::super::values;

/// Options of a transaction.
#[derive(Clone, Debug, Args)]
pub struct TxOptions {
    /// Key that signs, by name or address; several for `tx sign`
    #[arg(long, global = true, value_name = "KEY")]
    pub from: Vec<String>,
    /// Gas limit, or "auto" for a simulated one with a quarter on top
    #[arg(long, global = true, value_name = "GAS", default_value = "auto")]
    pub gas: Gas,
    /// uankr per unit of gas
    #[arg(long, global = true, value_name = "UANKR", default_value_t = GAS_PRICE)]
    pub gas_price: u64,
    /// A note that everyone can read
    #[arg(
        long,
        global = true,
        alias = "memo",
        value_name = "TEXT",
        default_value = "",
        hide_default_value = true
    )]
    pub note: String,
    /// The transaction is void after this block; 0 for never
    #[arg(
        long,
        global = true,
        value_name = "HEIGHT",
        default_value_t = 0,
        hide_default_value = true
    )]
    pub timeout_height: u64,
    /// Refuse to sign for any other chain [default: the node's]
    #[arg(long, global = true, value_name = "ID")]
    pub chain_id: Option<String>,
    /// Only say what the transaction would cost
    #[arg(long, global = true)]
    pub dry_run: bool,
    /// Print the unsigned transaction instead of sending it
    #[arg(long, global = true, conflicts_with = "dry_run")]
    pub generate_only: bool,
    /// Do not ask before sending
    #[arg(long, short, global = true)]
    pub yes: bool,
    /// How long to wait for a block; 0s returns once the node has taken the transaction
    #[arg(long, global = true, value_name = "DURATION", default_value = "60s", value_parser = values::seconds)]
    pub wait: u64,
}

impl TxOptions {
    pub fn wait(&self) -> Duration {
        Duration::from_secs(self.wait)
    }

    /// Note and timeout.
    pub fn apply(&self, tx: TxBuilder) -> TxBuilder {
        tx.memo(&self.note).timeout_height(self.timeout_height)
    }

    pub fn fee(&self, gas: u64) -> Result<Fee, TxBuildError> {
        Fee::with_price(gas, self.gas_price)
    }
}

/// Where the gas limit comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gas {
    Auto,
    Limit(u64),
}

impl FromStr for Gas {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            number => number
                .parse()
                .map(Self::Limit)
                .map_err(|_| "expected 'auto' or a number such as 200000".into()),
        }
    }
}
