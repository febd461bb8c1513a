//! What owners let others spend.

use slsbft_sdk::{Amount, Error, Event, env};

use crate::{
    expiration::Expiration,
    state::{ALLOWANCES, ALLOWANCES_OF_SPENDERS, Allowance},
};

pub fn increase(
    owner: &str,
    spender: &str,
    amount: Amount,
    expires: Option<Expiration>,
) -> Result<(), Error> {
    let mut allowance = before(owner, spender, expires)?;
    allowance.allowance = allowance.allowance.add(amount)?;
    save(owner, spender, &allowance);
    report("increase_allowance", owner, spender, amount);
    Ok(())
}

/// One that does not leave anything goes.
pub fn decrease(
    owner: &str,
    spender: &str,
    amount: Amount,
    expires: Option<Expiration>,
) -> Result<(), Error> {
    let mut allowance = before(owner, spender, expires)?;
    if amount < allowance.allowance {
        allowance.allowance = allowance.allowance.sub(amount)?;
        save(owner, spender, &allowance);
    } else {
        ALLOWANCES.remove((owner, spender));
        ALLOWANCES_OF_SPENDERS.remove((spender, owner));
    }
    report("decrease_allowance", owner, spender, amount);
    Ok(())
}

/// # Errors
/// The owner allows less, or no longer.
pub fn spend(owner: &str, spender: &str, amount: Amount) -> Result<(), Error> {
    let allowance = ALLOWANCES.get((owner, spender));
    let mut allowance = allowance.ok_or_else(|| Error::new(format!("{owner} allows {spender} nothing")))?;
    if allowance.expires.is_over() {
        return Err("the allowance has expired".into());
    }
    allowance.allowance = allowance.allowance.sub(amount)?;
    save(owner, spender, &allowance);
    Ok(())
}

/// The allowance that is to be changed, with its new end if there is one.
fn before(owner: &str, spender: &str, expires: Option<Expiration>) -> Result<Allowance, Error> {
    env::check_address(spender)?;
    if owner == spender {
        return Err("nobody needs an allowance of his own".into());
    }
    let mut allowance = ALLOWANCES.get((owner, spender)).unwrap_or_default();
    if let Some(expires) = expires {
        if expires.is_over() {
            return Err("it would have expired already".into());
        }
        allowance.expires = expires;
    }
    Ok(allowance)
}

fn save(owner: &str, spender: &str, allowance: &Allowance) {
    ALLOWANCES.save((owner, spender), allowance);
    ALLOWANCES_OF_SPENDERS.save((spender, owner), allowance);
}

fn report(action: &str, owner: &str, spender: &str, amount: Amount) {
    let event = Event::wasm().attr("action", action).attr("owner", owner);
    event.attr("spender", spender).attr("amount", amount).emit();
}
