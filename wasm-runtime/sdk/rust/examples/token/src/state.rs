//! What is kept, as `cw20-base` keeps it.

use serde::{Deserialize, Serialize};
use slsbft_sdk::{Amount, Error, Item, Map};

use crate::expiration::Expiration;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Token {
    pub name: String,
    pub symbol: String,
    pub decimals: u8,
    /// The sum of all balances.
    pub total_supply: Amount,
    pub mint: Option<Minter>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Minter {
    pub minter: String,
    /// The most that there may ever be at once.
    pub cap: Option<Amount>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Allowance {
    pub allowance: Amount,
    pub expires: Expiration,
}

pub const TOKEN: Item<Token> = Item::new("token_info");
/// By owner. Who has nothing has no entry.
pub const BALANCES: Map<&str, Amount> = Map::new("balance");
/// By owner and spender.
pub const ALLOWANCES: Map<(&str, &str), Allowance> = Map::new("allowance");
/// The same by spender and owner.
pub const ALLOWANCES_OF_SPENDERS: Map<(&str, &str), Allowance> = Map::new("allowance_spender");

pub fn balance(owner: &str) -> Amount {
    BALANCES.get(owner).unwrap_or_default()
}

fn save_balance(owner: &str, amount: Amount) {
    match amount.is_zero() {
        true => BALANCES.remove(owner),
        false => BALANCES.save(owner, &amount),
    }
}

/// # Errors
/// `owner` has less.
pub fn take(owner: &str, amount: Amount) -> Result<(), Error> {
    save_balance(owner, balance(owner).sub(amount)?);
    Ok(())
}

/// # Errors
/// The sum exceeds 128 bits; it cannot, as the supply does not.
pub fn give(owner: &str, amount: Amount) -> Result<(), Error> {
    save_balance(owner, balance(owner).add(amount)?);
    Ok(())
}
