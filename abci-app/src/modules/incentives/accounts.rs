//! What accounts earn by serving and consuming. A settlement gives *bases*; when
//! its epoch has ended it is known which part of them is paid, and an account is
//! brought up to date when it is next looked at. So an epoch's end costs the same
//! however many have earned in it.

use prost::Message;
use slsbft_mechanism::reward::{Bases, Factor};
use slsbft_store::{Overlay, Read, Space};
use slsbft_types::{Address, Amount, AmountError};

use super::keys;
use crate::{
    errors::Fault,
    modules::{epochs, record},
};

/// What an account has earned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Of `epoch`, whose factors may not be known yet.
    pub bases: Bases,
    pub epoch: u64,
    /// Of epochs before, uankr.
    pub earned: Amount,
}

/// Which part of an epoch's bases is paid, by role.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Factors {
    pub provider: Factor,
    pub consumer: Factor,
}

#[derive(Clone, PartialEq, Message)]
struct AccountRecord {
    #[prost(uint64, tag = "1")]
    epoch: u64,
    #[prost(message, optional, tag = "2")]
    bases: Option<BasesRecord>,
    #[prost(bytes = "vec", tag = "3")]
    earned: Vec<u8>,
}

/// Big-endian, 16 bytes each.
#[derive(Clone, PartialEq, Message)]
struct BasesRecord {
    #[prost(bytes = "vec", tag = "1")]
    provider: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    consumer: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct FactorsRecord {
    #[prost(message, optional, tag = "1")]
    bases: Option<BasesRecord>,
    #[prost(message, optional, tag = "2")]
    paid: Option<BasesRecord>,
}

pub fn is_zero(bases: &Bases) -> bool {
    bases.provider.is_zero() && bases.consumer.is_zero()
}

/// Parts of the supply, whose sum fits.
pub fn sum(a: &Bases, b: &Bases) -> Result<Bases, Fault> {
    Ok(Bases {
        provider: sound(a.provider.add(b.provider))?,
        consumer: sound(a.consumer.add(b.consumer))?,
    })
}

fn write(bases: &Bases) -> BasesRecord {
    BasesRecord {
        provider: bytes(bases.provider),
        consumer: bytes(bases.consumer),
    }
}

fn read(record: Option<BasesRecord>) -> Option<Bases> {
    let Some(record) = record else {
        return Some(Bases::default());
    };
    Some(Bases {
        provider: amount(&record.provider)?,
        consumer: amount(&record.consumer)?,
    })
}

/// An account as it stands in the running epoch.
pub fn account(state: &impl Read, address: &Address) -> Result<Account, Fault> {
    let stored: AccountRecord =
        record::load(state, Space::Main, &keys::account(address))?.unwrap_or_default();
    let broken = || Fault::corrupt("what an account has earned");
    let mut account = Account {
        bases: read(stored.bases).ok_or_else(broken)?,
        epoch: stored.epoch,
        earned: amount(&stored.earned).ok_or_else(broken)?,
    };
    let running = epochs::current(state)?.number;
    if account.epoch < running {
        if !is_zero(&account.bases) {
            let paid = paid_for(state, &account)?;
            account.earned = sound(account.earned.add(paid))?;
        }
        account.bases = Bases::default();
        account.epoch = running;
    }
    Ok(account)
}

/// Writes an account; one that has nothing leaves no record.
pub fn save(state: &mut Overlay, address: &Address, account: &Account) {
    let key = keys::account(address);
    if is_zero(&account.bases) && account.earned.is_zero() {
        state.delete(Space::Main, &key);
        return;
    }
    let stored = AccountRecord {
        epoch: account.epoch,
        bases: Some(write(&account.bases)),
        earned: bytes(account.earned),
    };
    record::store(state, key, &stored);
}

/// The running epoch's bases of all accounts together.
pub fn running(state: &impl Read) -> Result<Bases, Fault> {
    let stored = record::load(state, Space::Epoch, keys::BASES)?;
    read(stored).ok_or_else(|| Fault::corrupt("an epoch's bases"))
}

pub fn set_running(state: &mut Overlay, bases: &Bases) {
    if is_zero(bases) {
        state.delete(Space::Epoch, keys::BASES);
    } else {
        state.set(Space::Epoch, keys::BASES.to_vec(), write(bases).encode_to_vec());
    }
}

/// Remembers which part of an epoch's bases is paid.
pub fn set_factors(state: &mut Overlay, epoch: u64, factors: &Factors) {
    let (provider, consumer) = (factors.provider, factors.consumer);
    let stored = FactorsRecord {
        bases: Some(write(&Bases {
            provider: provider.bases,
            consumer: consumer.bases,
        })),
        paid: Some(write(&Bases {
            provider: provider.paid,
            consumer: consumer.paid,
        })),
    };
    record::store(state, keys::factors(epoch), &stored);
}

/// Rounded down for each account, so all together get at most what was paid.
fn paid_for(state: &impl Read, account: &Account) -> Result<Amount, Fault> {
    let broken = || Fault::corrupt("an epoch's factors");
    let stored: Option<FactorsRecord> = record::load(state, Space::Main, &keys::factors(account.epoch))?;
    let stored = stored.ok_or_else(broken)?;
    let bases = read(stored.bases).ok_or_else(broken)?;
    let paid = read(stored.paid).ok_or_else(broken)?;
    let factor = |paid, bases| Factor { paid, bases };
    let provider = factor(paid.provider, bases.provider).payout(account.bases.provider);
    let consumer = factor(paid.consumer, bases.consumer).payout(account.bases.consumer);
    sound(provider.add(consumer))
}

/// Arithmetic on stored rewards, which cannot fail: they are a part of the supply.
pub fn sound<T>(result: Result<T, AmountError>) -> Result<T, Fault> {
    result.map_err(|error| Fault::Invariant(format!("incentives: {error}")))
}

pub fn bytes(amount: Amount) -> Vec<u8> {
    amount.value().to_be_bytes().to_vec()
}

/// `None` if it is not one that [`bytes`] wrote; empty is zero.
pub fn amount(bytes: &[u8]) -> Option<Amount> {
    match bytes {
        [] => Some(Amount::ZERO),
        bytes => Some(Amount::new(u128::from_be_bytes(bytes.try_into().ok()?))),
    }
}
