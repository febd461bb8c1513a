//! Staking and rewards as simply as they can be said: exact fractions, a list of slashes
//! that each leaver goes through by itself, rewards shared out to everybody at once. What
//! the chain rounds this does not, so the two may differ by 1 uankr for each step.

use std::collections::{BTreeMap, BTreeSet};

use num_rational::BigRational;

pub type Q = BigRational;

pub const SWEEP: usize = 3;
const UNBONDING: i64 = crate::world::UNBONDING;
const BLOCKS: u64 = crate::world::EVIDENCE_BLOCKS;

pub fn q(number: u128) -> Q {
    Q::from_integer(number.into())
}

pub fn part(percent: u8) -> Q {
    Q::new(percent.into(), 100.into())
}

fn zero() -> Q {
    q(0)
}

/// Stake that left `from`, on its way to its owner or with another candidate.
#[derive(Clone, Debug)]
pub struct Leaver {
    pub from: u8,
    pub created: u64,
    pub until: i64,
    pub initial: Q,
    /// Of an unbonding entry.
    pub balance: Q,
    /// Slashes that it has gone through.
    seen: usize,
}

#[derive(Clone, Debug, Default)]
pub struct Pair {
    pub unbonding: Vec<Leaver>,
    pub arrivals: Vec<Leaver>,
}

#[derive(Clone, Debug)]
pub struct Candidate {
    pub tokens: Q,
    pub shares: BTreeMap<u8, Q>,
    pub rate: u8,
    pub jailed: bool,
    pub tombstoned: bool,
}

#[derive(Clone, Debug)]
struct Slash {
    operator: u8,
    from: u64,
    fraction: Q,
}

#[derive(Clone, Debug, Default)]
pub struct Model {
    pub height: u64,
    pub now: i64,
    pub purses: BTreeMap<u8, Q>,
    pub candidates: BTreeMap<u8, Candidate>,
    /// By delegator and candidate.
    pub pairs: BTreeMap<(u8, u8), Pair>,
    slashes: Vec<Slash>,
    pub burned: Q,
    by_time: BTreeSet<(i64, u8, u8)>,
    by_height: BTreeSet<(u64, u8, u8)>,
}

impl Leaver {
    fn until_height(&self) -> u64 {
        self.created + BLOCKS
    }

    fn is_over(&self, height: u64, now: i64) -> bool {
        now >= self.until && height > self.until_height()
    }

    /// What slashes since it was last asked come to.
    fn due(&mut self, slashes: &[Slash]) -> Q {
        let new = slashes.iter().skip(self.seen);
        let sum: Q = new
            .filter(|slash| slash.operator == self.from && slash.from <= self.created)
            .map(|slash| slash.fraction.clone())
            .sum();
        self.seen = slashes.len();
        sum * self.initial.clone()
    }

    fn take(&mut self, due: &Q) -> Q {
        let taken = due.clone().min(self.balance.clone());
        self.balance -= taken.clone();
        taken
    }
}

impl Candidate {
    pub fn all_shares(&self) -> Q {
        self.shares.values().cloned().sum()
    }

    pub fn worth(&self, delegator: u8) -> Q {
        match self.shares.get(&delegator) {
            Some(shares) => shares * self.tokens.clone() / self.all_shares(),
            None => zero(),
        }
    }

    fn put_in(&mut self, delegator: u8, amount: &Q) {
        let all = self.all_shares();
        let shares = if all == zero() {
            amount.clone()
        } else {
            amount * all / self.tokens.clone()
        };
        *self.shares.entry(delegator).or_insert_with(zero) += shares;
        self.tokens += amount.clone();
    }

    /// Takes tokens with the shares that they are worth, or all shares.
    fn take_out(&mut self, delegator: u8, amount: &Q, all_of_it: bool) {
        let (all, tokens) = (self.all_shares(), self.tokens.clone());
        self.tokens -= amount.clone();
        let shares = self.shares.get_mut(&delegator).expect("a delegation");
        *shares -= amount * all / tokens;
        if all_of_it || *shares <= zero() {
            self.shares.remove(&delegator);
        }
    }
}

impl Model {
    pub fn new(height: u64, now: i64, purses: impl Iterator<Item = (u8, u128)>) -> Self {
        Self {
            height,
            now,
            purses: purses.map(|(number, amount)| (number, q(amount))).collect(),
            burned: zero(),
            ..Self::default()
        }
    }

    fn pair(&mut self, delegator: u8, operator: u8) -> &mut Pair {
        self.pairs.entry((delegator, operator)).or_default()
    }

    fn leaver(&self, from: u8, amount: &Q) -> Leaver {
        Leaver {
            from,
            created: self.height,
            until: self.now + UNBONDING,
            initial: amount.clone(),
            balance: amount.clone(),
            seen: self.slashes.len(),
        }
    }

    /// What a pair pays and completes when it is looked at. `gone` says whether the chain
    /// has no shares of it left after.
    pub fn touch(&mut self, delegator: u8, operator: u8, gone: bool) {
        let mut pair = self.pairs.remove(&(delegator, operator)).unwrap_or_default();
        if self.candidates.contains_key(&operator) {
            for entry in &mut pair.unbonding {
                let due = entry.due(&self.slashes);
                self.burned += entry.take(&due);
            }
            for arrival in &mut pair.arrivals {
                let mut due = arrival.due(&self.slashes);
                for entry in pair.unbonding.iter_mut().filter(|e| e.created >= arrival.created) {
                    let taken = entry.take(&due);
                    due -= taken.clone();
                    self.burned += taken;
                }
                self.sell(delegator, operator, &due, gone);
            }
        }
        let (height, now) = (self.height, self.now);
        let (done, left) = pair
            .unbonding
            .into_iter()
            .partition::<Vec<_>, _>(|entry| entry.is_over(height, now));
        pair.unbonding = left;
        for entry in done {
            *self.purses.get_mut(&delegator).expect("an account") += entry.balance;
        }
        let sources: Vec<u8> = pair.arrivals.iter().map(|arrival| arrival.from).collect();
        pair.arrivals.retain(|arrival| !arrival.is_over(height, now));
        if !pair.unbonding.is_empty() || !pair.arrivals.is_empty() {
            self.pairs.insert((delegator, operator), pair);
        }
        sources.into_iter().for_each(|source| self.retire(source));
    }

    fn sell(&mut self, delegator: u8, operator: u8, due: &Q, gone: bool) {
        let candidate = self.candidates.get_mut(&operator).expect("a candidate");
        let worth = candidate.worth(delegator);
        let taken = due.clone().min(worth);
        if taken > zero() {
            candidate.take_out(delegator, &taken, gone);
            self.burned += taken;
        }
    }

    /// A candidate goes when nothing answers for it.
    pub fn retire(&mut self, operator: u8) {
        let answers = |leaver: &Leaver| leaver.from == operator;
        let busy = self
            .pairs
            .values()
            .any(|pair| pair.unbonding.iter().any(answers) || pair.arrivals.iter().any(answers));
        let Some(candidate) = self.candidates.get_mut(&operator) else {
            return;
        };
        if busy || !candidate.shares.is_empty() {
            return;
        }
        if candidate.tombstoned {
            candidate.tokens = zero();
        } else {
            self.candidates.remove(&operator);
        }
    }

    pub fn create(&mut self, operator: u8, amount: u128, rate: u8) {
        let candidate = Candidate {
            tokens: zero(),
            shares: BTreeMap::new(),
            rate,
            jailed: false,
            tombstoned: false,
        };
        self.candidates.insert(operator, candidate);
        self.touch(operator, operator, false);
        self.delegate(operator, operator, amount);
    }

    pub fn delegate(&mut self, delegator: u8, operator: u8, amount: u128) {
        *self.purses.get_mut(&delegator).expect("an account") -= q(amount);
        let candidate = self.candidates.get_mut(&operator).expect("a candidate");
        candidate.put_in(delegator, &q(amount));
    }

    pub fn undelegate(&mut self, delegator: u8, operator: u8, amount: u128, gone: bool) {
        let amount = q(amount);
        let candidate = self.candidates.get_mut(&operator).expect("a candidate");
        candidate.take_out(delegator, &amount, gone);
        let leaver = self.leaver(operator, &amount);
        if amount > zero() {
            self.by_time.insert((leaver.until, delegator, operator));
            join(&mut self.pair(delegator, operator).unbonding, leaver);
        }
        self.retire(operator);
    }

    pub fn cancel(&mut self, delegator: u8, operator: u8, amount: u128, created: u64, gone: bool) {
        let amount = q(amount);
        let entries = &mut self.pair(delegator, operator).unbonding;
        let position = entries.iter().position(|entry| entry.created == created);
        let position = position.expect("an entry");
        if gone {
            entries.remove(position);
        } else {
            let entry = &mut entries[position];
            entry.balance -= amount.clone();
            entry.initial -= amount.clone();
        }
        if self.pair(delegator, operator).unbonding.is_empty()
            && self.pair(delegator, operator).arrivals.is_empty()
        {
            self.pairs.remove(&(delegator, operator));
        }
        let candidate = self.candidates.get_mut(&operator).expect("a candidate");
        candidate.put_in(delegator, &amount);
    }

    /// The stake is out of the source; `amount` is what it was.
    pub fn leave_for(&mut self, delegator: u8, source: u8, amount: u128, gone: bool) -> Leaver {
        let candidate = self.candidates.get_mut(&source).expect("a candidate");
        candidate.take_out(delegator, &q(amount), gone);
        self.leaver(source, &q(amount))
    }

    pub fn arrive(&mut self, delegator: u8, destination: u8, leaver: Leaver) {
        let candidate = self.candidates.get_mut(&destination).expect("a candidate");
        candidate.put_in(delegator, &leaver.initial);
        self.by_time.insert((leaver.until, delegator, destination));
        join(&mut self.pair(delegator, destination).arrivals, leaver);
    }

    pub fn slash(&mut self, operator: u8, from: u64, recorded: u128, fraction: Q) {
        if !self.candidates.contains_key(&operator) {
            return;
        }
        let leavers = self
            .pairs
            .values()
            .flat_map(|pair| pair.unbonding.iter().chain(&pair.arrivals));
        let left: Q = leavers
            .filter(|leaver| leaver.from == operator && leaver.created >= from)
            .map(|leaver| leaver.initial.clone())
            .sum();
        let rest = (q(recorded) - left) * fraction.clone();
        let candidate = self.candidates.get_mut(&operator).expect("a candidate");
        let taken = rest.max(zero()).min(candidate.tokens.clone());
        candidate.tokens -= taken.clone();
        self.burned += taken;
        self.slashes.push(Slash {
            operator,
            from,
            fraction,
        });
    }

    pub fn slash_self(&mut self, operator: u8, burned: u128, gone: bool) {
        if burned > 0 {
            let candidate = self.candidates.get_mut(&operator).expect("a candidate");
            candidate.take_out(operator, &q(burned), gone);
            self.burned += q(burned);
        }
    }

    /// Pairs that the end of this block looks at, in order.
    pub fn due(&mut self) -> Vec<(u8, u8)> {
        let (height, now) = (self.height, self.now);
        let heights: Vec<_> = self
            .by_height
            .iter()
            .take_while(|e| e.0 < height)
            .copied()
            .collect();
        let times: Vec<_> = self.by_time.iter().take_while(|e| e.0 <= now).copied().collect();
        let mut pairs = Vec::new();
        for entry in heights.into_iter().take(SWEEP) {
            self.by_height.remove(&entry);
            pairs.push((entry.1, entry.2));
        }
        let room = SWEEP - pairs.len();
        for entry in times.into_iter().take(room) {
            self.by_time.remove(&entry);
            pairs.push((entry.1, entry.2));
        }
        pairs
    }

    /// What was looked at and is not over waits for its height.
    pub fn requeue(&mut self, delegator: u8, operator: u8) {
        let now = self.now;
        let pair = self
            .pairs
            .get(&(delegator, operator))
            .cloned()
            .unwrap_or_default();
        let leavers = pair.unbonding.iter().chain(&pair.arrivals);
        for leaver in leavers.filter(|leaver| now >= leaver.until) {
            self.by_height
                .insert((leaver.until_height(), delegator, operator));
        }
    }

    /// What a document does not carry: pairs are queued for what they have.
    pub fn reload(&mut self) {
        self.by_time.clear();
        self.by_height.clear();
        for ((delegator, operator), pair) in &self.pairs {
            for leaver in pair.unbonding.iter().chain(&pair.arrivals) {
                if self.now < leaver.until {
                    self.by_time.insert((leaver.until, *delegator, *operator));
                } else {
                    let entry = (leaver.until_height(), *delegator, *operator);
                    self.by_height.insert(entry);
                }
            }
        }
    }

    /// What an account has anywhere but in rewards.
    pub fn wealth(&self, number: u8) -> Q {
        let staked: Q = self
            .candidates
            .values()
            .map(|candidate| candidate.worth(number))
            .sum();
        let pairs = self
            .pairs
            .iter()
            .filter(|((delegator, _), _)| *delegator == number);
        let on_its_way: Q = pairs
            .flat_map(|(_, pair)| pair.unbonding.iter().map(|entry| entry.balance.clone()))
            .sum();
        self.purses[&number].clone() + staked + on_its_way
    }
}

/// What leaves one candidate in one block is one entry.
fn join(leavers: &mut Vec<Leaver>, leaver: Leaver) {
    let same = |known: &&mut Leaver| known.created == leaver.created && known.from == leaver.from;
    match leavers.iter_mut().find(same) {
        None => leavers.push(leaver),
        Some(known) => {
            known.initial += leaver.initial;
            known.balance += leaver.balance;
        }
    }
}
