//! Calls of contracts and modules. Each is done when it returns; one that fails has changed nothing, and the
//! contract goes on with its words. The contract can be neither called nor asked meanwhile.

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    Error,
    entry::to_json,
    env::{Coin, contract},
    host,
    proto::Proto,
};

/// The most that a call may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Points {
    /// All that is left. If that is too little, the contract is out of gas too.
    All,
    /// So many, and it fails alone if they are too few.
    Most(u64),
}

impl Points {
    fn number(self) -> i64 {
        match self {
            Self::All => -1,
            // More than is left means all.
            Self::Most(points) => i64::try_from(points).unwrap_or(-1),
        }
    }
}

/// Executes a message of another contract, and sends coins along. Returns what it put out.
///
/// # Errors
/// The words with which it failed.
pub fn execute<M: Serialize + ?Sized>(
    contract: &str,
    msg: &M,
    funds: &[Coin],
    points: Points,
) -> Result<Vec<u8>, Error> {
    let funds: Vec<_> = funds.iter().map(Coin::to_string).collect();
    let called = host::call_contract(contract, &to_json(msg)?, &funds.join(","), points.number());
    called.map_err(Error::new)
}

/// Asks another contract.
///
/// # Errors
/// The words with which it failed, or its answer is of another form.
pub fn ask<A: DeserializeOwned>(contract: &str, msg: &(impl Serialize + ?Sized)) -> Result<A, Error> {
    let answer = host::ask_contract(contract, &to_json(msg)?).map_err(Error::new)?;
    let understood = serde_json_wasm::from_slice(&answer);
    understood.map_err(|error| format!("the answer of {contract} is not understood: {error}").into())
}

/// Executes a module's message, of which the contract is the only signer: its type URL, and protobuf. Returns
/// the response in protobuf.
///
/// # Errors
/// The words with which it failed.
pub fn send(type_url: &str, msg: &[u8], points: Points) -> Result<Vec<u8>, Error> {
    host::send_message(type_url, msg, points.number()).map_err(Error::new)
}

/// Asks a module: the path of its method, and protobuf. Returns the response in protobuf.
///
/// # Errors
/// The words with which it failed.
pub fn query(path: &str, request: &[u8]) -> Result<Vec<u8>, Error> {
    host::query_module(path, request).map_err(Error::new)
}

/// Pays coins of the contract's own.
///
/// # Errors
/// There are too few, or `to` is no address.
pub fn pay(to: &str, coins: &[Coin]) -> Result<(), Error> {
    let mut msg = Proto::default().text(1, &contract()).text(2, to);
    for coin in coins {
        let coin = Proto::default()
            .text(1, &coin.denom)
            .text(2, &coin.amount.to_string());
        msg = msg.message(3, coin);
    }
    send("/cosmos.bank.v1beta1.MsgSend", &msg.encoded(), Points::All)?;
    Ok(())
}
