//! Providers come, change and go.

use slsbft_proto::service::v1::{MsgRegisterProviderResponse, Provider};
use slsbft_store::{Order, Overlay, Read, Space};
use slsbft_types::{Address, Amount, BASE_DENOM, Coins, Ratio, Time};

use super::{Params, STAKES, Service, ServiceError, compute, events, keys, msg::Profile, records};
use crate::{
    context::Context,
    errors::{ExecError, Fault},
    modules::{epochs, ledger::Ledger, record},
};

/// Self-stakes that come free in one block; the rest in the next ones.
const MOST_RELEASED: usize = 100;

/// The account that [`STAKES`] names.
pub fn stakes_account() -> Address {
    Address::module(STAKES)
}

pub fn provider(state: &impl Read, address: &Address) -> Result<Option<Provider>, Fault> {
    record::load(state, Space::Main, &keys::provider(address))
}

/// Self-stake of a registered provider.
pub fn self_stake_of(provider: &Provider) -> Result<Amount, Fault> {
    provider
        .self_stake
        .parse()
        .map_err(|_| Fault::corrupt("a provider's self-stake"))
}

impl<L: Ledger, V> Service<L, V> {
    pub(super) fn register(
        &self,
        ctx: &mut Context<'_>,
        address: &Address,
        profile: &Profile,
        self_stake: Amount,
    ) -> Result<MsgRegisterProviderResponse, ExecError> {
        if provider(ctx.state, address)?.is_some() {
            return Err(ServiceError::Registered(address.to_string()).into());
        }
        let params = Params::load(ctx.state)?;
        let count = record::load_u64(ctx.state, Space::Main, keys::PROVIDERS)?;
        if count >= params.max_providers.into() {
            return Err(ServiceError::Full(params.max_providers).into());
        }
        let least = params.min_self_stake;
        if self_stake < least {
            return Err(ServiceError::SelfStake {
                found: self_stake,
                least,
            }
            .into());
        }
        if waiting(ctx.state, address)?.is_some() {
            return Err(ServiceError::Releasing.into());
        }
        self.ledger
            .transfer(ctx, address, &stakes_account(), &Coins::base(self_stake))?;
        let id = records::enrol(ctx.state, address)?;
        let epoch = epochs::current(ctx.state)?.number;
        save(
            ctx.state,
            address,
            &describe(address, id, profile, self_stake, epoch),
        );
        index(ctx.state, address, &profile.tags);
        set_count(ctx.state, count.saturating_add(1));
        events::provider_registered(ctx, address, id, self_stake);
        Ok(MsgRegisterProviderResponse { id })
    }

    pub(super) fn update(
        &self,
        ctx: &mut Context<'_>,
        address: &Address,
        profile: &Profile,
        more: Amount,
    ) -> Result<(), ExecError> {
        let old = registered(ctx.state, address)?;
        self.ledger
            .transfer(ctx, address, &stakes_account(), &Coins::base(more))?;
        // A part of the supply, so it cannot overflow.
        let self_stake = self_stake_of(&old)?.add(more);
        let self_stake = self_stake.map_err(|_| Fault::corrupt("a provider's self-stake"))?;
        unindex(ctx.state, address, &old.tags);
        index(ctx.state, address, &profile.tags);
        let new = describe(address, old.id, profile, self_stake, old.registered_epoch);
        save(ctx.state, address, &new);
        events::provider_updated(ctx, address, self_stake);
        Ok(())
    }

    pub(super) fn deregister(&self, ctx: &mut Context<'_>, address: &Address) -> Result<(), ExecError> {
        let old = registered(ctx.state, address)?;
        let self_stake = self_stake_of(&old)?;
        unindex(ctx.state, address, &old.tags);
        ctx.state.delete(Space::Main, &keys::provider(address));
        let count = record::load_u64(ctx.state, Space::Main, keys::PROVIDERS)?;
        set_count(ctx.state, count.saturating_sub(1));
        let free_at = ctx
            .block
            .time
            .plus_seconds(Params::load(ctx.state)?.release_seconds);
        hold(ctx.state, address, self_stake, free_at);
        events::provider_deregistered(ctx, address, self_stake, free_at.seconds);
        Ok(())
    }

    /// Pays back the self-stakes whose time has come.
    pub(super) fn release(&self, ctx: &mut Context<'_>) -> Result<(), ExecError> {
        let end = keys::released_until(ctx.block.time);
        let due: Vec<_> = ctx
            .state
            .range(Space::Main, keys::RELEASE, Some(&end), Order::Ascending)
            .take(MOST_RELEASED)
            .collect::<Result<_, _>>()?;
        for (key, value) in due {
            let (_, address, amount) = read_held(&key, &value)?;
            ctx.state.delete(Space::Main, &key);
            ctx.state.delete(Space::Main, &keys::releasing(&address));
            let coins = Coins::base(amount);
            self.ledger
                .transfer(ctx, &stakes_account(), &address, &coins)
                .map_err(|error| Fault::Invariant(format!("release of a self-stake: {error}")))?;
        }
        Ok(())
    }

    /// Burns a part of a provider's self-stake, also of one that waits for its release: else who
    /// sees its level fall would deregister before the boundary. Returns how much.
    pub(super) fn slash_self_stake(
        &self,
        ctx: &mut Context<'_>,
        address: &Address,
        fraction: Ratio,
    ) -> Result<Amount, ExecError> {
        let part = |held: Amount| {
            let part = fraction.of(held);
            part.map_err(|_| Fault::corrupt("a provider's self-stake"))
        };
        let burned = if let Some(mut found) = provider(ctx.state, address)? {
            let held = self_stake_of(&found)?;
            let burned = part(held)?;
            found.self_stake = held.saturating_sub(burned).to_string();
            save(ctx.state, address, &found);
            burned
        } else if let Some((free_at, held)) = waiting(ctx.state, address)? {
            let burned = part(held)?;
            hold(ctx.state, address, held.saturating_sub(burned), free_at);
            burned
        } else {
            return Ok(Amount::ZERO);
        };
        self.ledger
            .burn(ctx, &stakes_account(), &Coins::base(burned))
            .map_err(|error| Fault::Invariant(format!("slash of a self-stake: {error}")))?;
        Ok(burned)
    }

    /// Checks that the module's account holds what its records say, and the tasks of the running epoch.
    pub fn check(&self, state: &impl Read) -> Result<(), ExecError> {
        let mut sum = Amount::ZERO;
        let mut add = |amount: Amount| -> Result<(), Fault> {
            sum = sum.add(amount).map_err(|e| Fault::Invariant(e.to_string()))?;
            Ok(())
        };
        for entry in state.prefix(Space::Main, keys::PROVIDER, Order::Ascending) {
            let (key, value) = entry?;
            add(self_stake_of(&record::decode(&value, &key)?)?)?;
        }
        for (_, _, amount) in held(state)? {
            add(amount)?;
        }
        let held = self.ledger.balance(state, &stakes_account(), BASE_DENOM)?;
        if held == sum {
            return Ok(compute::check(state)?);
        }
        let text = format!("the service account holds {held}, self-stakes add up to {sum}");
        Err(Fault::Invariant(text).into())
    }
}

/// Providers by id, with what audits need of them.
pub fn all(state: &impl Read) -> Result<Vec<(Address, Provider)>, Fault> {
    state
        .prefix(Space::Main, keys::PROVIDER, Order::Ascending)
        .map(|entry| {
            let (key, value) = entry?;
            let address = keys::address_after(keys::PROVIDER, &key);
            let address = address.ok_or_else(|| Fault::corrupt("a provider's key"))?;
            Ok((address, record::decode(&value, &key)?))
        })
        .collect()
}

/// Holds a self-stake back until a time.
pub fn hold(state: &mut Overlay, address: &Address, self_stake: Amount, free_at: Time) {
    let amount = self_stake.value().to_be_bytes().to_vec();
    state.set(Space::Main, keys::release(free_at, address), amount);
    let seconds = free_at.seconds.to_be_bytes().to_vec();
    state.set(Space::Main, keys::releasing(address), seconds);
}

/// What is held back: until when (Unix seconds), whose, how much.
pub fn held(state: &impl Read) -> Result<Vec<(i64, Address, Amount)>, Fault> {
    state
        .prefix(Space::Main, keys::RELEASE, Order::Ascending)
        .map(|entry| {
            let (key, value) = entry?;
            read_held(&key, &value)
        })
        .collect()
}

fn read_held(key: &[u8], value: &[u8]) -> Result<(i64, Address, Amount), Fault> {
    let read = || {
        let (time, rest) = key.strip_prefix(keys::RELEASE)?.split_first_chunk()?;
        let (_, address) = rest.split_first()?;
        let time = i64::try_from(u64::from_be_bytes(*time)).ok()?;
        let amount = u128::from_be_bytes(value.try_into().ok()?);
        Some((time, Address::from_bytes(address).ok()?, Amount::new(amount)))
    };
    read().ok_or_else(|| Fault::corrupt("a self-stake that waits for its release"))
}

pub fn save(state: &mut Overlay, address: &Address, provider: &Provider) {
    record::store(state, keys::provider(address), provider);
}

/// Makes a provider findable by its tags.
pub fn index(state: &mut Overlay, address: &Address, tags: &[String]) {
    for tag in tags {
        state.set(Space::Main, keys::by_tag(tag, address), vec![1]);
    }
}

pub fn set_count(state: &mut Overlay, count: u64) {
    state.set(
        Space::Main,
        keys::PROVIDERS.to_vec(),
        count.to_be_bytes().to_vec(),
    );
}

fn unindex(state: &mut Overlay, address: &Address, tags: &[String]) {
    for tag in tags {
        state.delete(Space::Main, &keys::by_tag(tag, address));
    }
}

fn registered(state: &impl Read, address: &Address) -> Result<Provider, ExecError> {
    let found = provider(state, address)?;
    found.ok_or_else(|| ServiceError::NotRegistered(address.to_string()).into())
}

/// The self-stake of one that deregistered, and when it comes free.
fn waiting(state: &impl Read, address: &Address) -> Result<Option<(Time, Amount)>, Fault> {
    let corrupt = || Fault::corrupt("a self-stake that waits for its release");
    let Some(bytes) = state.get(Space::Main, &keys::releasing(address))? else {
        return Ok(None);
    };
    let seconds = bytes.as_slice().try_into().map(i64::from_be_bytes);
    let free_at = Time {
        seconds: seconds.map_err(|_| corrupt())?,
        nanos: 0,
    };
    let key = keys::release(free_at, address);
    let value = state.get(Space::Main, &key)?.ok_or_else(corrupt)?;
    let (_, _, amount) = read_held(&key, &value)?;
    Ok(Some((free_at, amount)))
}

fn describe(
    address: &Address,
    id: u32,
    profile: &Profile,
    self_stake: Amount,
    registered_epoch: u64,
) -> Provider {
    Provider {
        address: address.to_string(),
        id,
        moniker: profile.moniker.clone(),
        endpoint: profile.endpoint.clone(),
        kind: profile.kind.into(),
        resources: Some(profile.resources),
        tags: profile.tags.clone(),
        self_stake: self_stake.to_string(),
        registered_epoch,
    }
}
