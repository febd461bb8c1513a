//! A new token.

use slsbft_sdk::{Amount, Error, env};

use crate::{
    msg::Instantiate,
    state::{BALANCES, TOKEN, Token, give},
};

pub fn instantiate(msg: Instantiate) -> Result<(), Error> {
    env::refuse_funds()?;
    check(&msg)?;
    let mut total_supply = Amount::ZERO;
    for account in &msg.initial_balances {
        env::check_address(&account.address)?;
        if BALANCES.get(&account.address).is_some() {
            return Err(format!("{} is listed twice in initial_balances", account.address).into());
        }
        total_supply = total_supply.add(account.amount)?;
        give(&account.address, account.amount)?;
    }
    if let Some(mint) = &msg.mint {
        env::check_address(&mint.minter)?;
        if mint.cap.is_some_and(|cap| cap < total_supply) {
            return Err("initial_balances exceed the cap".into());
        }
    }
    TOKEN.save(&Token {
        name: msg.name,
        symbol: msg.symbol,
        decimals: msg.decimals,
        total_supply,
        mint: msg.mint,
    });
    Ok(())
}

fn check(msg: &Instantiate) -> Result<(), Error> {
    if !(3..=50).contains(&msg.name.len()) {
        return Err("name has 3 to 50 bytes".into());
    }
    let fits = |byte: u8| byte.is_ascii_alphabetic() || byte == b'-';
    if !(3..=12).contains(&msg.symbol.len()) || !msg.symbol.bytes().all(fits) {
        return Err("symbol has 3 to 12 of the letters a-z, A-Z and -".into());
    }
    if msg.decimals > 18 {
        return Err("decimals is at most 18".into());
    }
    match msg.marketing {
        Some(_) => Err("this token keeps no marketing data; leave it out".into()),
        None => Ok(()),
    }
}
