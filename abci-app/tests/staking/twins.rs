//! The chain and the model, side by side.

use std::collections::BTreeMap;

use slsbft_app::{errors::TxError, modules::staking};
use slsbft_types::{Ratio, Time};

use crate::{
    figures::{entry, exact, held, number_of, owed, section, shares},
    machine::{DELEGATORS, OPERATORS, Step},
    model::{Model, Q, SWEEP, part, q},
    world::*,
};

const ENTRIES: usize = 3;

/// Both chains and how they are kept in step.
pub struct Twins {
    world: World,
    model: Model,
    keys: u8,
    /// What each delegation has earned, by plain division of each reward, and each
    /// commission under the account 0.
    earned: BTreeMap<(u8, u8), Q>,
    supply: u128,
    /// How far the two may be apart, in uankr.
    slack: u128,
}

impl Twins {
    pub fn new() -> Self {
        let mut genesis = genesis();
        let params = &mut genesis.app_state.staking.params;
        // What the chain refuses for that is tested elsewhere.
        params.max_share_from = 100;
        params.sweep_limit = SWEEP as u32;
        params.max_entries = ENTRIES as u32;
        let world = World::from_genesis(&genesis);
        let purses = DELEGATORS.map(|number| (number, FUNDS));
        Self {
            model: Model::new(world.block.height, START, purses),
            supply: world.supply(),
            world,
            keys: 100,
            earned: BTreeMap::new(),
            slack: 1,
        }
    }

    fn has_none(&self, delegator: u8, operator: u8) -> bool {
        shares(&self.world, delegator, operator).is_zero()
    }

    /// A part of what a delegation is worth, rounded up.
    fn asked(&self, delegator: u8, operator: u8, part: u8) -> u128 {
        let worth = self.world.candidate(operator).map_or(0, |candidate| {
            let shares = shares(&self.world, delegator, operator);
            candidate.pool.tokens_for(shares).unwrap().value() + 1
        });
        (worth * u128::from(part) / 255).max(1)
    }

    pub fn step(&mut self, step: &Step) {
        self.slack += 2;
        match *step {
            Step::Create(operator, amount, rate) => self.create(operator, amount, rate),
            Step::Delegate(delegator, operator, amount) => self.delegate(delegator, operator, amount),
            Step::Undelegate(delegator, operator, part) => self.undelegate(delegator, operator, part),
            Step::Cancel(delegator, operator, entry, part) => self.cancel(delegator, operator, entry, part),
            Step::Redelegate(delegator, source, destination, part) => {
                self.redelegate(delegator, source, destination, part);
            }
            Step::Rotate(operator) => {
                self.keys += 1;
                let sent = self.world.rotate(operator, key(self.keys));
                match self.model.candidates.get(&operator) {
                    None => assert_eq!(code(sent), ("staking", 3)),
                    Some(candidate) if candidate.tombstoned => assert_eq!(code(sent), ("staking", 102)),
                    Some(_) => sent.unwrap(),
                }
            }
            Step::Slash(operator, back, fraction) => self.slash(operator, back, fraction),
            Step::SlashSelf(operator, fraction) => {
                let burned = self.world.slash_self(operator, percent(fraction));
                let gone = self.has_none(operator, operator);
                if self.model.candidates.contains_key(&operator) {
                    self.model.touch(operator, operator, gone);
                    self.model.slash_self(operator, burned, gone);
                    self.model.retire(operator);
                }
            }
            Step::Jail(operator, jailed) => self.jail(operator, jailed),
            Step::Tombstone(operator) => {
                staking::tombstone(&mut self.world.state, &account(operator)).unwrap();
                if let Some(candidate) = self.model.candidates.get_mut(&operator) {
                    (candidate.tombstoned, candidate.jailed) = (true, true);
                }
            }
            Step::Reward(operator, amount) => self.reward(operator, amount),
            Step::Withdraw(delegator, operator) => self.withdraw(delegator, operator),
            Step::WithdrawCommission(operator) => self.withdraw_commission(operator),
            Step::Blocks(count, seconds) => self.blocks(count.into(), seconds),
            Step::Reload => {
                let document = self.world.export();
                self.world = World::from_genesis(&document);
                assert_eq!(self.world.export(), document);
                self.model.reload();
            }
        }
        self.compare();
    }

    fn create(&mut self, operator: u8, amount: u128, rate: u8) {
        self.keys += 1;
        let mut msg = create_msg(operator, amount, &format!("0.{rate:02}"));
        msg.pubkey = create_msg(self.keys, 1, "0").pubkey;
        let enough = self.world.purse(operator) >= amount;
        let sent = self.world.send_any(&packed(&msg));
        match self.model.candidates.get(&operator) {
            Some(candidate) if candidate.tombstoned => assert_eq!(code(sent), ("staking", 102)),
            Some(_) => assert_eq!(code(sent), ("staking", 4)),
            None if amount < MIN_STAKE => assert_eq!(code(sent), ("staking", 100)),
            None if !enough => assert_eq!(code(sent), ("sdk", 5)),
            None => {
                sent.unwrap();
                self.model.create(operator, amount, rate);
            }
        }
    }

    fn delegate(&mut self, delegator: u8, operator: u8, amount: u128) {
        let (purse, stake) = (self.world.purse(delegator), self.world.stake(operator));
        match self.world.delegate(delegator, operator, amount) {
            Ok(()) => {
                self.model.touch(delegator, operator, false);
                self.model.delegate(delegator, operator, amount);
            }
            Err(error) => match (error.codespace, error.code) {
                ("staking", 3) => assert!(!self.model.candidates.contains_key(&operator)),
                ("staking", 102) => assert!(self.model.candidates[&operator].tombstoned),
                ("staking", 34) => assert!(stake <= self.slack),
                ("staking", 104) => assert!(amount <= self.slack),
                ("sdk", 5) => assert!(purse < amount),
                _ => panic!("{error}"),
            },
        }
    }

    /// The refusals that taking stake out of a candidate may meet.
    fn refused(&self, error: &TxError, delegator: u8, operator: u8, asked: u128) {
        match (error.codespace, error.code) {
            ("staking", 3) => assert!(!self.model.candidates.contains_key(&operator)),
            ("staking", 19 | 30) => assert!(self.worth(delegator, operator) <= q(self.slack)),
            ("sdk", 18) => assert!(self.worth(delegator, operator) < q(asked + self.slack)),
            _ => panic!("{error}"),
        }
    }

    /// What a delegation will be worth once it has been looked at.
    fn worth(&self, delegator: u8, operator: u8) -> Q {
        let mut later = self.model.clone();
        later.touch(delegator, operator, false);
        later
            .candidates
            .get(&operator)
            .map_or(q(0), |candidate| candidate.worth(delegator))
    }

    fn live_entries(&self, delegator: u8, operator: u8) -> usize {
        let mut later = self.model.clone();
        later.touch(delegator, operator, false);
        let pair = later
            .pairs
            .get(&(delegator, operator))
            .cloned()
            .unwrap_or_default();
        pair.unbonding.len()
    }

    fn undelegate(&mut self, delegator: u8, operator: u8, part: u8) {
        let asked = self.asked(delegator, operator, part);
        let entries = self.live_entries(delegator, operator);
        match self.world.undelegate(delegator, operator, asked) {
            Ok(amount) => {
                assert!(amount.abs_diff(asked) <= 1, "asked for {asked}, got {amount}");
                let gone = self.has_none(delegator, operator);
                self.model.touch(delegator, operator, false);
                self.model.undelegate(delegator, operator, amount, gone);
            }
            Err(error) if error.code == 27 => assert_eq!(entries, ENTRIES),
            Err(error) => self.refused(&error, delegator, operator, asked),
        }
    }

    fn cancel(&mut self, delegator: u8, operator: u8, position: usize, part: u8) {
        let pair = self
            .model
            .pairs
            .get(&(delegator, operator))
            .cloned()
            .unwrap_or_default();
        let created = pair.unbonding.get(position).map_or(1, |entry| entry.created);
        let known = entry(&self.world, delegator, operator, created);
        let balance = known.map_or(1, |entry| entry.balance.value());
        let amount = (balance * u128::from(part) / 255).max(1);
        match self.world.cancel(delegator, operator, amount, created) {
            Ok(()) => {
                let gone = entry(&self.world, delegator, operator, created).is_none();
                self.model.touch(delegator, operator, false);
                self.model.cancel(delegator, operator, amount, created, gone);
            }
            Err(error) => match (error.codespace, error.code) {
                ("staking", 3) => assert!(!self.model.candidates.contains_key(&operator)),
                ("staking", 7) => assert!(self.model.candidates[&operator].jailed),
                ("staking", 26 | 34 | 104) | ("sdk", 18 | 38) => {}
                _ => panic!("{error}"),
            },
        }
    }

    fn redelegate(&mut self, delegator: u8, source: u8, destination: u8, part: u8) {
        let asked = self.asked(delegator, source, part);
        match self.world.redelegate(delegator, source, destination, asked) {
            Ok(()) => {
                let event = self.world.event("redelegate");
                let amount = event[3].1.trim_end_matches("uankr").parse().unwrap();
                assert!(asked.abs_diff(amount) <= 1);
                let gone = self.has_none(delegator, source);
                self.model.touch(delegator, source, false);
                let leaver = self.model.leave_for(delegator, source, amount, gone);
                self.model.touch(delegator, destination, false);
                self.model.arrive(delegator, destination, leaver);
            }
            Err(error) => match (error.codespace, error.code) {
                ("staking", 29) => assert_eq!(source, destination),
                ("staking", 31) => assert!(!self.model.candidates.contains_key(&destination)),
                ("staking", 32) => assert!(self.model.pairs.contains_key(&(delegator, source))),
                ("staking", 33) => {
                    let arrivals = &self.model.pairs[&(delegator, destination)].arrivals;
                    assert!(arrivals.iter().filter(|a| a.from == source).count() >= ENTRIES);
                }
                ("staking", 102) => assert!(self.model.candidates[&destination].tombstoned),
                ("staking", 34) => assert!(self.world.stake(destination) <= self.slack),
                ("staking", 104) => assert!(asked <= self.slack),
                _ => self.refused(&error, delegator, source, asked),
            },
        }
    }

    fn slash(&mut self, operator: u8, back: u64, fraction: u8) {
        let height = self.world.block.height.saturating_sub(back).max(1);
        let recorded = self.world.stake(operator) + 500;
        let slashed = self
            .world
            .slash(operator, height, recorded, Ratio::from_percent(fraction));
        let together = slashed.burned.value() + slashed.owed.value();
        let stays = self.world.stake(operator) == 0;
        let whole = recorded * u128::from(fraction) / 100;
        if self.model.candidates.contains_key(&operator) {
            assert!(together == whole || stays || slashed.burned.is_zero());
        }
        self.model.slash(operator, height, recorded, part(fraction));
    }

    fn jail(&mut self, operator: u8, jailed: bool) {
        let address = account(operator);
        match jailed {
            true => staking::jail(&mut self.world.state, &address, Time::from_seconds(START)).unwrap(),
            false => staking::unjail(&mut self.world.state, &address).unwrap(),
        }
        if let Some(candidate) = self.model.candidates.get_mut(&operator) {
            candidate.jailed = jailed || candidate.tombstoned;
        }
    }

    fn reward(&mut self, operator: u8, amount: u128) {
        let section = section(&self.world);
        self.world.allocate(operator, amount);
        let delegations: Vec<_> = section
            .delegations
            .iter()
            .filter(|d| d.operator == account(operator))
            .map(|d| (number_of(&d.delegator), exact(d.shares)))
            .collect();
        let all: Q = delegations.iter().map(|(_, shares)| shares.clone()).sum();
        if delegations.is_empty() {
            return;
        }
        let rate = u128::from(self.model.candidates[&operator].rate);
        let commission = amount * rate / 100;
        *self.earned.entry((0, operator)).or_insert_with(|| q(0)) += q(commission);
        for (delegator, shares) in delegations {
            let earned = self.earned.entry((delegator, operator)).or_insert_with(|| q(0));
            *earned += q(amount - commission) * shares / all.clone();
        }
    }

    fn withdraw(&mut self, delegator: u8, operator: u8) {
        let none = self.has_none(delegator, operator);
        let before = self.world.purse(delegator);
        match self.world.withdraw(delegator, operator) {
            Ok(paid) => assert_eq!(self.world.purse(delegator), before + paid),
            Err(error) => match error.code {
                5 => assert!(none),
                6 => assert!(!self.model.candidates.contains_key(&operator)),
                _ => panic!("{error}"),
            },
        }
    }

    fn withdraw_commission(&mut self, operator: u8) {
        match self.world.withdraw_commission(operator) {
            Ok(paid) => assert!(paid > 0),
            Err(error) => match error.code {
                7 => {}
                12 => assert!(!self.model.candidates.contains_key(&operator)),
                _ => panic!("{error}"),
            },
        }
    }

    fn blocks(&mut self, count: u64, seconds: i64) {
        for number in 0..count {
            let seconds = if number == 0 { seconds } else { 0 };
            let due = self.model.due();
            self.world.next_block(seconds);
            for (delegator, operator) in due {
                self.slack += 1;
                let gone = self.has_none(delegator, operator);
                self.model.touch(delegator, operator, gone);
                self.model.retire(operator);
                self.model.requeue(delegator, operator);
            }
            self.model.height += 1;
            self.model.now += seconds;
        }
    }

    fn compare(&mut self) {
        let slack = q(self.slack);
        let close = |a: &Q, b: &Q| a - b <= slack && b - a <= slack;
        let section = section(&self.world);
        let living: Vec<u8> = section
            .candidates
            .iter()
            .map(|c| number_of(&c.operator))
            .collect();
        let expected: Vec<u8> = self.model.candidates.keys().copied().collect();
        assert_eq!(living, expected, "candidates");
        for candidate in &section.candidates {
            let model = &self.model.candidates[&number_of(&candidate.operator)];
            let tokens = q(candidate.pool.tokens().value());
            assert!(
                close(&tokens, &model.tokens),
                "{tokens} with {candidate:?}, {}",
                model.tokens
            );
        }
        for number in DELEGATORS {
            let earned = self.earned.iter().filter(|((delegator, operator), _)| {
                *delegator == number || (*delegator == 0 && *operator == number)
            });
            let earned: Q = earned.map(|(_, earned)| earned.clone()).sum();
            let (found, expected) = (
                held(&self.world, number) + owed(&self.world, number),
                self.model.wealth(number) + earned,
            );
            assert!(
                close(&found, &expected),
                "account {number}: {found}, expected {expected}"
            );
        }
        let burned = q(self.supply - self.world.supply());
        assert!(
            close(&burned, &self.model.burned),
            "{burned} burned, expected {}",
            self.model.burned
        );
    }

    /// Everybody leaves: nothing is kept of anybody but keys and slashes.
    pub fn empty(&mut self) {
        for _ in 0..2 {
            for delegator in DELEGATORS {
                for operator in OPERATORS {
                    self.undelegate(delegator, operator, 255);
                    self.slack += 2;
                }
            }
            self.compare();
            for _ in 0..20 {
                self.blocks(3, UNBONDING);
            }
        }
        self.compare();
        assert_eq!(self.world.not_bonded(), 0);
        let left = section(&self.world);
        assert!(left.unbondings.is_empty() && left.redelegations.is_empty());
    }
}
