//! What comes in and goes out.

use serde::{Deserialize, Serialize};
use slsbft_sdk::{Amount, Binary};

use crate::{expiration::Expiration, state::Minter};

#[derive(Clone, Debug, Deserialize)]
pub struct Instantiate {
    pub name: String,
    pub symbol: String,
    pub decimals: u8,
    pub initial_balances: Vec<Account>,
    pub mint: Option<Minter>,
    pub marketing: Option<Marketing>,
}

/// Taken note of only to say that there is none.
#[derive(Clone, Debug, Deserialize)]
pub struct Marketing {}

#[derive(Clone, Debug, Deserialize)]
pub struct Account {
    pub address: String,
    pub amount: Amount,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Execute {
    Transfer {
        recipient: String,
        amount: Amount,
    },
    Burn {
        amount: Amount,
    },
    Send {
        contract: String,
        amount: Amount,
        msg: Binary,
    },
    Mint {
        recipient: String,
        amount: Amount,
    },
    UpdateMinter {
        new_minter: Option<String>,
    },
    IncreaseAllowance {
        spender: String,
        amount: Amount,
        expires: Option<Expiration>,
    },
    DecreaseAllowance {
        spender: String,
        amount: Amount,
        expires: Option<Expiration>,
    },
    TransferFrom {
        owner: String,
        recipient: String,
        amount: Amount,
    },
    BurnFrom {
        owner: String,
        amount: Amount,
    },
    SendFrom {
        owner: String,
        contract: String,
        amount: Amount,
        msg: Binary,
    },
}

/// What a receiver is told: `{"receive":{…}}`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ToReceiver {
    Receive {
        sender: String,
        amount: Amount,
        msg: Binary,
    },
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Query {
    Balance {
        address: String,
    },
    TokenInfo {},
    Minter {},
    Allowance {
        owner: String,
        spender: String,
    },
    AllAllowances {
        owner: String,
        start_after: Option<String>,
        limit: Option<u32>,
    },
    AllSpenderAllowances {
        spender: String,
        start_after: Option<String>,
        limit: Option<u32>,
    },
    AllAccounts {
        start_after: Option<String>,
        limit: Option<u32>,
    },
}

/// One of the answers, each as it is.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Answer {
    Balance {
        balance: Amount,
    },
    TokenInfo {
        name: String,
        symbol: String,
        decimals: u8,
        total_supply: Amount,
    },
    Minter(Option<Minter>),
    Allowance {
        allowance: Amount,
        expires: Expiration,
    },
    AllAllowances {
        allowances: Vec<AllowanceTo>,
    },
    AllSpenderAllowances {
        allowances: Vec<AllowanceOf>,
    },
    AllAccounts {
        accounts: Vec<String>,
    },
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AllowanceTo {
    pub spender: String,
    pub allowance: Amount,
    pub expires: Expiration,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AllowanceOf {
    pub owner: String,
    pub allowance: Amount,
    pub expires: Expiration,
}
