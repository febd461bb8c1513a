//! Subscriptions and inboxes in and out of a genesis document.

use slsbft_genesis::{
    contracts::Base64,
    hooks::{Hook as Name, Hooks as Section, Message, Round, Subscription},
};
use slsbft_proto::hooks::v1::{Hook, Waiting};
use slsbft_store::{Order, Overlay, Read, Space};
use slsbft_types::Address;

use super::{epoch, inbox, keys, subscriptions};
use crate::{
    errors::Fault,
    modules::{key, record},
};

pub fn init(state: &mut Overlay, section: &Section) -> Result<(), Fault> {
    for entry in &section.subscriptions {
        subscriptions::set(state, &entry.contract, to_hook(entry.hook), entry.gas_limit)?;
    }
    for entry in &section.inbox {
        let msg = entry.msg.0.clone();
        inbox::push(state, &entry.contract, to_hook(entry.hook), entry.gas_limit, msg)?;
    }
    let round = epoch::Round {
        epoch: section.round.epoch,
        left: section.round.left,
        last: section
            .round
            .last
            .map(|last| key::with(&[], &[&last]))
            .unwrap_or_default(),
    };
    epoch::save(state, &round);
    if let Some(turn) = section.turn {
        state.set(Space::Main, keys::TURN.to_vec(), key::with(&[], &[&turn]));
    }
    Ok(())
}

pub fn export(state: &impl Read) -> Result<Section, Fault> {
    let round = epoch::load(state)?;
    let turn = state.get(Space::Main, keys::TURN)?;
    Ok(Section {
        subscriptions: export_subscriptions(state)?,
        inbox: export_inbox(state)?,
        round: Round {
            epoch: round.epoch,
            left: round.left,
            last: contract(&round.last)?,
        },
        turn: turn.map_or(Ok(None), |turn| contract(&turn))?,
    })
}

fn export_subscriptions(state: &impl Read) -> Result<Vec<Subscription>, Fault> {
    let mut found = Vec::new();
    for hook in subscriptions::ALL {
        let prefix = keys::subscriptions(hook);
        for entry in state.prefix(Space::Main, &prefix, Order::Ascending) {
            let (key, limit) = entry?;
            let contract = key.strip_prefix(prefix.as_slice()).and_then(key::one);
            let limit = limit.try_into().ok().map(u64::from_be_bytes);
            let (Some(contract), Some(gas_limit)) = (contract, limit) else {
                return Err(Fault::corrupt("a subscription"));
            };
            let hook = to_name(hook)?;
            found.push(Subscription {
                contract,
                hook,
                gas_limit,
            });
        }
    }
    Ok(found)
}

fn export_inbox(state: &impl Read) -> Result<Vec<Message>, Fault> {
    state
        .prefix(Space::Main, keys::INBOX, Order::Ascending)
        .map(|entry| {
            let (key, value) = entry?;
            let contract = key.strip_prefix(keys::INBOX).and_then(key::split);
            let (contract, _) = contract.ok_or_else(|| Fault::corrupt("the key of a contract's message"))?;
            let waiting: Waiting = record::decode(&value, &key)?;
            Ok(Message {
                contract,
                hook: to_name(waiting.hook())?,
                gas_limit: waiting.gas_limit,
                msg: Base64(waiting.msg.to_vec()),
            })
        })
        .collect()
}

/// A contract as it is in keys; nothing before the first.
fn contract(key: &[u8]) -> Result<Option<Address>, Fault> {
    match key {
        [] => Ok(None),
        key => key::one(key)
            .map(Some)
            .ok_or_else(|| Fault::corrupt("a contract's turn")),
    }
}

fn to_hook(name: Name) -> Hook {
    match name {
        Name::EpochEnded => Hook::EpochEnded,
        Name::DealOpened => Hook::DealOpened,
        Name::DealSettled => Hook::DealSettled,
        Name::DealClosed => Hook::DealClosed,
        Name::Answered => Hook::Answered,
    }
}

fn to_name(hook: Hook) -> Result<Name, Fault> {
    match hook {
        Hook::EpochEnded => Ok(Name::EpochEnded),
        Hook::DealOpened => Ok(Name::DealOpened),
        Hook::DealSettled => Ok(Name::DealSettled),
        Hook::DealClosed => Ok(Name::DealClosed),
        Hook::Answered => Ok(Name::Answered),
        Hook::Unspecified => Err(Fault::corrupt("a hook")),
    }
}
