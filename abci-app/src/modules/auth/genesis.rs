//! Accounts in and out of a genesis document.

use slsbft_genesis::auth::{
    Account as GenesisAccount, Auth as Section, AuthParams, BaseAccount, ContinuousVestingAccount, MODULES,
    ModuleAccount,
};
use slsbft_store::{Order, Overlay, Read, Space};
use slsbft_types::Address;

use super::{Account, Auth, Kind, Params, Vesting, account, keys};
use crate::errors::Fault;

/// Writes the section; numbers go on after the largest one given.
pub fn init(state: &mut Overlay, section: &Section) -> Result<(), Fault> {
    Params {
        max_memo_characters: section.params.max_memo_characters,
        tx_sig_limit: section.params.tx_sig_limit,
    }
    .save(state);
    let mut next = 0u64;
    for entry in &section.accounts {
        next = next.max(entry.number().saturating_add(1));
        Auth.register(state, &entry.address(), &from_genesis(entry));
    }
    state.set(
        Space::Main,
        keys::NEXT_NUMBER.to_vec(),
        next.to_be_bytes().to_vec(),
    );
    for name in MODULES {
        let address = Address::module(name);
        if Auth.get(state, &address)?.is_none() {
            Auth.create(
                state,
                &address,
                Kind::Module {
                    name: name.to_owned(),
                    permissions: Vec::new(),
                },
            )?;
        }
    }
    Ok(())
}

/// Reads the section back.
pub fn export(state: &impl Read) -> Result<Section, Fault> {
    let params = Params::load(state)?;
    let accounts = state
        .prefix(Space::Main, keys::ACCOUNT, Order::Ascending)
        .map(|entry| {
            let (key, value) = entry?;
            let raw = key.get(keys::ACCOUNT.len()..).unwrap_or_default();
            let address = Address::from_bytes(raw).map_err(|_| Fault::corrupt("an account's key"))?;
            Ok(to_genesis(address, account::decode(&value, &key)?))
        })
        .collect::<Result<Vec<_>, Fault>>()?;
    Ok(Section {
        params: AuthParams {
            max_memo_characters: params.max_memo_characters,
            tx_sig_limit: params.tx_sig_limit,
        },
        accounts,
    })
}

fn from_genesis(entry: &GenesisAccount) -> Account {
    match entry {
        GenesisAccount::Base(base) => Account {
            number: base.account_number,
            sequence: base.sequence,
            key: base.pub_key,
            kind: Kind::Base,
        },
        GenesisAccount::Module(module) => Account {
            number: module.account_number,
            sequence: 0,
            key: None,
            kind: Kind::Module {
                name: module.name.clone(),
                permissions: Vec::new(),
            },
        },
        GenesisAccount::ContinuousVesting(vesting) => Account {
            number: vesting.account_number,
            sequence: vesting.sequence,
            key: vesting.pub_key,
            kind: Kind::ContinuousVesting(Vesting {
                original: vesting.original_vesting.clone(),
                start: vesting.start,
                end: vesting.end,
                delegated_vesting: vesting.delegated_vesting,
                delegated_free: vesting.delegated_free,
            }),
        },
    }
}

fn to_genesis(address: Address, account: Account) -> GenesisAccount {
    let Account {
        number: account_number,
        sequence,
        key: pub_key,
        kind,
    } = account;
    match kind {
        Kind::Base => GenesisAccount::Base(BaseAccount {
            address,
            account_number,
            sequence,
            pub_key,
        }),
        Kind::Module { name, .. } => GenesisAccount::Module(ModuleAccount {
            name,
            address,
            account_number,
        }),
        Kind::ContinuousVesting(vesting) => GenesisAccount::ContinuousVesting(ContinuousVestingAccount {
            address,
            account_number,
            sequence,
            pub_key,
            original_vesting: vesting.original,
            start: vesting.start,
            end: vesting.end,
            delegated_vesting: vesting.delegated_vesting,
            delegated_free: vesting.delegated_free,
        }),
    }
}
