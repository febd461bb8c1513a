//! What is around a call.

use std::fmt::{self, Display, Formatter};

use serde::{Deserialize, Serialize};

use crate::{Amount, Error, host};

/// An amount of a coin of the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coin {
    pub denom: String,
    pub amount: Amount,
}

impl Coin {
    pub fn new(amount: u128, denom: impl Into<String>) -> Self {
        Self {
            denom: denom.into(),
            amount: Amount(amount),
        }
    }
}

/// As the host writes it: `5uankr`.
impl Display for Coin {
    fn fmt(&self, to: &mut Formatter<'_>) -> fmt::Result {
        write!(to, "{}{}", self.amount, self.denom)
    }
}

/// Whose message it is. Empty in `query` and `hook`.
pub fn sender() -> String {
    host::caller()
}

/// The contract's own address.
pub fn contract() -> String {
    host::own_address()
}

/// The coins that came with the message, sorted by name.
pub fn funds() -> Vec<Coin> {
    let text = host::coins();
    let coins = text.split(',').filter(|coin| !coin.is_empty());
    coins
        .filter_map(|coin| {
            let (amount, denom) = coin.split_at_checked(coin.find(|c: char| !c.is_ascii_digit())?)?;
            Some(Coin {
                denom: denom.to_owned(),
                amount: amount.parse().ok()?,
            })
        })
        .collect()
}

/// How much of one coin came with the message.
pub fn paid(denom: &str) -> Amount {
    let found = funds().into_iter().find(|coin| coin.denom == denom);
    found.map_or(Amount::ZERO, |coin| coin.amount)
}

/// # Errors
/// Coins came with the message, and the contract has no use for them.
pub fn refuse_funds() -> Result<(), Error> {
    match host::coins().is_empty() {
        true => Ok(()),
        false => Err("this message takes no coins".into()),
    }
}

pub fn block_height() -> u64 {
    host::height()
}

/// The block's time, in nanoseconds since 1970.
pub fn block_time() -> u64 {
    host::time()
}

pub fn chain_id() -> String {
    host::chain()
}

/// The transaction's place in its block, and its hash. None in hooks and in questions from outside.
pub fn transaction() -> Option<(u32, [u8; 32])> {
    host::transaction()
}

/// What is left of the call's budget.
pub fn points_left() -> u64 {
    host::points()
}

/// The chain's random beacon at a height; none if it is not known yet, or forgotten. Commit to what depends
/// on it before it is known: a beacon that everybody can read decides nothing.
pub fn beacon(height: u64) -> Option<[u8; 32]> {
    host::beacon_at(height)
}

/// # Errors
/// It is no address of this chain.
pub fn check_address(text: &str) -> Result<(), Error> {
    match host::is_address(text) {
        true => Ok(()),
        false => Err(format!("'{text}' is no address of this chain").into()),
    }
}

/// The bytes of an address; none if it is no address.
pub fn canonical(text: &str) -> Option<Vec<u8>> {
    host::address_bytes(text)
}

/// The address of bytes; none if there is none.
pub fn human(bytes: &[u8]) -> Option<String> {
    host::address_text(bytes)
}

/// A word for the developer; no state depends on it.
pub fn debug(words: &str) {
    host::print(words);
}
