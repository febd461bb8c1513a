//! What the token can be told.

use slsbft_sdk::{
    Amount, Binary, Error, Event,
    calls::{self, Points},
    env,
};

use crate::{
    allowances::{self, spend},
    msg::{Execute, ToReceiver},
    state::{Minter, TOKEN, give, take},
};

pub fn execute(msg: Execute) -> Result<(), Error> {
    env::refuse_funds()?;
    let sender = env::sender();
    match msg {
        Execute::Transfer { recipient, amount } => transfer(&sender, &recipient, amount),
        Execute::Burn { amount } => burn(&sender, amount),
        Execute::Send {
            contract,
            amount,
            msg,
        } => send(&sender, &contract, amount, msg),
        Execute::Mint { recipient, amount } => mint(&sender, &recipient, amount),
        Execute::UpdateMinter { new_minter } => update_minter(&sender, new_minter),
        Execute::IncreaseAllowance {
            spender,
            amount,
            expires,
        } => allowances::increase(&sender, &spender, amount, expires),
        Execute::DecreaseAllowance {
            spender,
            amount,
            expires,
        } => allowances::decrease(&sender, &spender, amount, expires),
        Execute::TransferFrom {
            owner,
            recipient,
            amount,
        } => transfer_from(&sender, &owner, &recipient, amount),
        Execute::BurnFrom { owner, amount } => burn_from(&sender, &owner, amount),
        Execute::SendFrom {
            owner,
            contract,
            amount,
            msg,
        } => send_from(&sender, &owner, &contract, amount, msg),
    }
}

fn action(name: &str) -> Event {
    Event::wasm().attr("action", name)
}

fn transfer(from: &str, to: &str, amount: Amount) -> Result<(), Error> {
    move_to(from, to, amount)?;
    action("transfer")
        .attr("from", from)
        .attr("to", to)
        .attr("amount", amount)
        .emit();
    Ok(())
}

fn transfer_from(by: &str, from: &str, to: &str, amount: Amount) -> Result<(), Error> {
    spend(from, by, amount)?;
    move_to(from, to, amount)?;
    action("transfer_from")
        .attr("from", from)
        .attr("to", to)
        .attr("by", by)
        .attr("amount", amount)
        .emit();
    Ok(())
}

fn burn(from: &str, amount: Amount) -> Result<(), Error> {
    destroy(from, amount)?;
    action("burn").attr("from", from).attr("amount", amount).emit();
    Ok(())
}

fn burn_from(by: &str, from: &str, amount: Amount) -> Result<(), Error> {
    spend(from, by, amount)?;
    destroy(from, amount)?;
    action("burn_from")
        .attr("from", from)
        .attr("by", by)
        .attr("amount", amount)
        .emit();
    Ok(())
}

fn send(from: &str, contract: &str, amount: Amount, msg: Binary) -> Result<(), Error> {
    move_to(from, contract, amount)?;
    action("send")
        .attr("from", from)
        .attr("to", contract)
        .attr("amount", amount)
        .emit();
    tell(contract, from, amount, msg)
}

fn send_from(by: &str, from: &str, contract: &str, amount: Amount, msg: Binary) -> Result<(), Error> {
    spend(from, by, amount)?;
    move_to(from, contract, amount)?;
    action("send_from")
        .attr("from", from)
        .attr("to", contract)
        .attr("by", by)
        .attr("amount", amount)
        .emit();
    tell(contract, by, amount, msg)
}

fn mint(sender: &str, to: &str, amount: Amount) -> Result<(), Error> {
    env::check_address(to)?;
    let mut token = TOKEN.load()?;
    let cap = minter(&token.mint, sender)?.cap;
    token.total_supply = token.total_supply.add(amount)?;
    if cap.is_some_and(|cap| cap < token.total_supply) {
        return Err("the cap would be exceeded".into());
    }
    TOKEN.save(&token);
    give(to, amount)?;
    action("mint").attr("to", to).attr("amount", amount).emit();
    Ok(())
}

/// Without a new one, nobody mints ever again.
fn update_minter(sender: &str, new: Option<String>) -> Result<(), Error> {
    let mut token = TOKEN.load()?;
    let cap = minter(&token.mint, sender)?.cap;
    if let Some(new) = &new {
        env::check_address(new)?;
    }
    action("update_minter")
        .attr("new_minter", new.as_deref().unwrap_or("None"))
        .emit();
    token.mint = new.map(|minter| Minter { minter, cap });
    TOKEN.save(&token);
    Ok(())
}

fn minter<'a>(of: &'a Option<Minter>, sender: &str) -> Result<&'a Minter, Error> {
    let minter = of.as_ref().filter(|mint| mint.minter == sender);
    minter.ok_or_else(|| "only the minter may do that".into())
}

fn move_to(from: &str, to: &str, amount: Amount) -> Result<(), Error> {
    env::check_address(to)?;
    take(from, amount)?;
    give(to, amount)
}

fn destroy(from: &str, amount: Amount) -> Result<(), Error> {
    take(from, amount)?;
    let mut token = TOKEN.load()?;
    token.total_supply = token.total_supply.sub(amount)?;
    TOKEN.save(&token);
    Ok(())
}

/// The receiver decides: if it fails, nothing has been sent.
fn tell(contract: &str, sender: &str, amount: Amount, msg: Binary) -> Result<(), Error> {
    let msg = ToReceiver::Receive {
        sender: sender.to_owned(),
        amount,
        msg,
    };
    calls::execute(contract, &msg, &[], Points::All)?;
    Ok(())
}
