//! Stake and rewards as the state machine uses them, over chosen and over random sequences.

use ethnum::U256;
use proptest::prelude::*;
use slsbft_types::Amount;

use super::*;

fn amount(uankr: u128) -> Amount {
    Amount::new(uankr)
}

fn dec(text: &str) -> Dec {
    text.parse().unwrap()
}

fn pool(tokens: u128, shares: &str) -> Pool {
    Pool::new(amount(tokens), dec(shares)).unwrap()
}

#[test]
fn the_first_delegation_gets_a_share_per_uankr_and_later_ones_the_price_of_the_day() {
    let mut stake = Pool::default();
    assert_eq!(stake.delegate(amount(1_000)), Ok(dec("1000")));
    assert_eq!(stake.slash(amount(250)), amount(250));
    assert_eq!(stake.delegate(amount(750)), Ok(dec("1000")));
    assert_eq!(stake.delegate(amount(1)), Ok(dec("1.333333333333333333")));
    assert_eq!(stake.tokens(), amount(1_501));
    assert_eq!(stake.tokens_for(dec("1000")), Ok(amount(750)));
}

#[test]
fn the_last_shares_take_all_tokens_and_the_pool_begins_anew() {
    let mut stake = pool(1_000, "1500");
    assert_eq!(stake.undelegate(dec("499.999999999999999999")), Ok(amount(333)));
    assert_eq!(stake.undelegate(stake.shares()), Ok(amount(667)));
    assert_eq!(stake, Pool::default());
    assert_eq!(stake.delegate(amount(5)), Ok(dec("5")));
}

#[test]
fn a_pool_slashed_to_nothing_takes_no_delegation_and_pays_nothing() {
    let mut stake = pool(100, "100");
    assert_eq!(stake.slash(amount(101)), amount(100));
    assert_eq!(stake.delegate(amount(1)), Err(ShareError::Worthless));
    assert_eq!(
        stake.shares_to_undelegate(dec("100"), amount(1)),
        Err(ShareError::NotEnough)
    );
    assert_eq!(stake.undelegate(dec("40")), Ok(Amount::ZERO));
    assert_eq!(stake.undelegate(dec("60")), Ok(Amount::ZERO));
    assert_eq!(stake.delegate(amount(1)), Ok(dec("1")));
}

#[test]
fn nobody_takes_out_more_than_there_is_or_puts_in_nothing() {
    let mut stake = pool(100, "200");
    let before = stake;
    assert_eq!(stake.delegate(Amount::ZERO), Err(ShareError::Zero));
    assert_eq!(stake.undelegate(Dec::ZERO), Err(ShareError::Zero));
    assert_eq!(
        stake.undelegate(dec("200.000000000000000001")),
        Err(ShareError::NotEnough)
    );
    assert_eq!(
        stake.shares_to_undelegate(dec("10"), amount(6)),
        Err(ShareError::NotEnough)
    );
    assert_eq!(
        stake.shares_to_undelegate(dec("201"), amount(6)),
        Err(ShareError::NotEnough)
    );
    assert_eq!(
        stake.shares_to_undelegate(dec("10"), Amount::ZERO),
        Err(ShareError::Zero)
    );
    assert_eq!(
        stake.shares_to_undelegate(dec("10"), amount(u128::MAX)),
        Err(ShareError::NotEnough)
    );
    assert_eq!(stake, before);
    assert_eq!(Pool::new(amount(1), Dec::ZERO), Err(ShareError::NoShares));
}

#[test]
fn who_asks_for_all_leaves_no_dust() {
    // 10 shares are worth 6⅔ uankr.
    let mut stake = pool(200, "300");
    let (owned, one_third) = (dec("10"), dec("1.5"));
    assert_eq!(stake.shares_to_undelegate(owned, amount(1)), Ok(one_third));
    assert_eq!(stake.shares_to_undelegate(owned, amount(5)), Ok(dec("7.5")));
    assert_eq!(stake.shares_to_undelegate(owned, amount(6)), Ok(owned));
    // Rounded up it is 7, which may be what was delegated.
    assert_eq!(stake.shares_to_undelegate(owned, amount(7)), Ok(owned));
    assert_eq!(
        stake.shares_to_undelegate(owned, amount(8)),
        Err(ShareError::NotEnough)
    );
    assert_eq!(stake.undelegate(owned), Ok(amount(6)));
}

#[test]
fn what_is_worth_less_than_one_uankr_can_still_go() {
    let mut stake = pool(95, "100");
    let owned = dec("1");
    assert_eq!(stake.tokens_for(owned), Ok(Amount::ZERO));
    assert_eq!(stake.shares_to_undelegate(owned, amount(1)), Ok(owned));
    assert_eq!(stake.undelegate(owned), Ok(Amount::ZERO));
}

#[test]
fn the_only_owner_of_a_dear_share_cannot_take_the_next_delegation() {
    // One unit of shares holds 1,000 ANKR: 1,999 ANKR would buy one unit, and half of all.
    let dear = pool(1_000_000_000, "0.000000000000000001");
    for tokens in [1, 999_999_999, 1_999_000_000, 1_999_999_999] {
        assert_eq!(
            dear.shares_for(amount(tokens)),
            Err(ShareError::TooSmall),
            "{tokens}"
        );
    }
    assert_eq!(
        dear.shares_for(amount(2_000_000_000)),
        Ok(dec("0.000000000000000002"))
    );
}

#[test]
fn a_pool_too_large_to_compute_with_is_refused_so_that_nobody_is_locked_in() {
    let mut stake = Pool::default();
    let most = amount(1 << 97);
    stake.delegate(most).unwrap();
    let before = stake;
    // The price of each would fit into 256 bits, undelegating all of it would not.
    assert_eq!(stake.delegate(amount(3 << 97)), Err(ShareError::Overflow));
    assert_eq!(stake.delegate(amount(u128::MAX)), Err(ShareError::Overflow));
    assert_eq!(stake, before);
    assert_eq!(
        Pool::new(amount(4 << 97), Dec::whole(amount(4 << 97))),
        Err(ShareError::Overflow)
    );
    assert_eq!(
        stake.shares_to_undelegate(stake.shares(), most),
        Ok(stake.shares())
    );
    assert_eq!(stake.undelegate(stake.shares()), Ok(most));
}

#[test]
fn one_uankr_over_all_that_can_be_staked_is_not_lost() {
    let supply = Dec::whole(amount(10_000_000_000_000_000));
    let mut index = RewardIndex::default();
    let mut all = Holding {
        shares: supply,
        ..Holding::default()
    };
    index.add(amount(1), supply).unwrap();
    assert_ne!(index.per_share, PerShare::default());
    assert_eq!(all.withdraw(&index), Ok(Amount::ZERO));
    index.add(amount(1), supply).unwrap();
    assert_eq!(all.withdraw(&index), Ok(amount(1)));
    let left = all.unpaid.add(index.carried).unwrap();
    assert_eq!(left, Accrued::whole(amount(1)));
}

#[test]
fn a_reward_nobody_has_shares_for_is_refused_and_an_index_cannot_fall() {
    let mut index = RewardIndex::default();
    assert_eq!(index.add(amount(9), Dec::ZERO), Err(ShareError::NoShares));
    assert_eq!(index, RewardIndex::default());
    index.add(amount(9), dec("3")).unwrap();
    let later = Holding {
        since: index.per_share,
        ..Holding::default()
    };
    assert_eq!(later.owed(&RewardIndex::default()), Err(ShareError::Backwards));
}

#[test]
fn what_is_owed_is_shown_with_18_decimals_rounded_down() {
    let mut index = RewardIndex::default();
    index.add(amount(20), dec("3")).unwrap();
    let holding = Holding {
        shares: dec("1"),
        ..Holding::default()
    };
    let owed = holding.owed(&index).unwrap();
    assert_eq!(owed.to_dec(), dec("6.666666666666666666"));
    assert_eq!(Accrued::from_be_bytes(owed.to_be_bytes()), owed);
    let point = index.per_share;
    assert_eq!(PerShare::from_be_bytes(point.to_be_bytes()), point);
    assert_eq!(
        Accrued::whole(amount(u128::MAX)).to_dec(),
        Dec::whole(amount(u128::MAX))
    );
}

#[derive(Clone, Debug)]
enum Step {
    Delegate(usize, u128),
    /// Asks for a part, in 255ths, of what the delegator's shares are worth rounded up.
    Undelegate(usize, u8),
    /// A part of the tokens, in 255ths.
    Slash(u8),
    Reward(u128),
    Withdraw(usize),
}

const DELEGATORS: usize = 4;

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let who = 0..DELEGATORS;
    let tokens = prop_oneof![1..10u128, 1..1_000_000u128, 1..10_000_000_000_000_000u128];
    let reward = prop_oneof![0..10u128, 0..1_000_000_000_000u128];
    let step = prop_oneof![
        4 => (who.clone(), tokens).prop_map(|(who, tokens)| Step::Delegate(who, tokens)),
        3 => (who.clone(), prop_oneof![Just(255), any::<u8>()]).prop_map(|(who, part)| Step::Undelegate(who, part)),
        1 => (0..=128u8).prop_map(Step::Slash),
        3 => reward.prop_map(Step::Reward),
        2 => who.prop_map(Step::Withdraw),
    ];
    prop::collection::vec(step, 1..60)
}

/// One validator, its delegators, and what went in and out.
#[derive(Default)]
struct Validator {
    pool: Pool,
    index: RewardIndex,
    holdings: [Holding; DELEGATORS],
    delegated: u128,
    undelegated: u128,
    slashed: u128,
    rewarded: u128,
    paid: [u128; DELEGATORS],
    /// What each earned by plain division of each reward, in 2⁻¹²⁸ uankr.
    fair: [U256; DELEGATORS],
    /// By how much plain division may differ.
    slack: U256,
}

impl Validator {
    fn run(&mut self, step: &Step) {
        match *step {
            Step::Delegate(who, tokens) => self.delegate(who, tokens),
            Step::Undelegate(who, part) => self.undelegate(who, part),
            Step::Slash(part) => {
                let tokens = self.pool.tokens().value() * u128::from(part) / 255;
                self.slashed += self.pool.slash(amount(tokens)).value();
            }
            Step::Reward(reward) => self.reward(reward),
            Step::Withdraw(who) => self.withdraw(who),
        }
    }

    fn withdraw(&mut self, who: usize) {
        self.paid[who] += self.holdings[who].withdraw(&self.index).unwrap().value();
    }

    fn delegate(&mut self, who: usize, tokens: u128) {
        let before = self.pool;
        let shares = match self.pool.delegate(amount(tokens)) {
            Ok(shares) => shares,
            Err(ShareError::Worthless | ShareError::TooSmall) => return assert_eq!(self.pool, before),
            Err(other) => panic!("{other}"),
        };
        assert_eq!(before.shares_for(amount(tokens)), Ok(shares));
        self.no_loss_to_others(before);
        let mut trial = self.pool;
        assert!(
            trial.undelegate(shares).unwrap() <= amount(tokens),
            "gained by coming and going"
        );
        self.delegated += tokens;
        self.withdraw(who);
        let holding = &mut self.holdings[who];
        holding.shares = holding.shares.add(shares).unwrap();
    }

    fn undelegate(&mut self, who: usize, part: u8) {
        let owned = self.holdings[who].shares;
        let worth = self.pool.tokens_for(owned).unwrap().value();
        let asked = (worth + 1) * u128::from(part) / 255;
        let Ok(shares) = self.pool.shares_to_undelegate(owned, amount(asked)) else {
            return;
        };
        let before = self.pool;
        let tokens = self.pool.undelegate(shares).unwrap().value();
        assert!(tokens.abs_diff(asked) <= 1, "asked for {asked}, got {tokens}");
        assert!(tokens == asked || shares == owned, "a part is paid as asked");
        self.no_loss_to_others(before);
        self.undelegated += tokens;
        self.withdraw(who);
        let holding = &mut self.holdings[who];
        holding.shares = owned.sub(shares).unwrap();
        if holding.shares.is_zero() {
            self.index.give_back(holding.unpaid).unwrap();
            *holding = Holding {
                since: holding.since,
                ..Holding::default()
            };
            self.slack += U256::ONE << 128u32;
        } else {
            let left = self.pool.tokens_for(holding.shares).unwrap();
            assert!(left >= amount(1), "dust of {} shares", holding.shares);
        }
    }

    fn reward(&mut self, reward: u128) {
        let shares = self.pool.shares();
        if self.index.add(amount(reward), shares).is_err() {
            return assert!(shares.is_zero());
        }
        self.rewarded += reward;
        for (fair, holding) in self.fair.iter_mut().zip(&self.holdings) {
            *fair += divide(holding.shares.units() * U256::from(reward), shares.units());
        }
        // What is carried into this reward, and out of it.
        self.slack += shares.units() + exact(self.index.carried) + 1;
    }

    /// No token per share less than before, in products.
    fn no_loss_to_others(&self, before: Pool) {
        let product =
            |tokens: Pool, shares: Pool| U256::from(tokens.tokens().value()) * shares.shares().units();
        assert!(product(self.pool, before) >= product(before, self.pool));
    }

    fn check(&self) {
        let shares = self
            .holdings
            .iter()
            .try_fold(Dec::ZERO, |sum, h| sum.add(h.shares));
        assert_eq!(shares, Ok(self.pool.shares()));
        assert_eq!(
            self.pool.tokens().value() + self.undelegated + self.slashed,
            self.delegated
        );
        let worth = |h: &Holding| self.pool.tokens_for(h.shares).unwrap().value();
        assert!(self.holdings.iter().map(worth).sum::<u128>() <= self.pool.tokens().value());
        let mut accounted = self.index.carried;
        for (who, holding) in self.holdings.iter().enumerate() {
            let owed = holding.owed(&self.index).unwrap();
            let earned = owed.add(Accrued::whole(amount(self.paid[who]))).unwrap();
            assert!(
                exact(earned).abs_diff(self.fair[who]) <= self.slack,
                "delegator {who} earned {earned:?}"
            );
            accounted = accounted.add(earned).unwrap();
        }
        assert_eq!(accounted, Accrued::whole(amount(self.rewarded)));
    }
}

/// In 2⁻¹²⁸ uankr.
fn exact(accrued: Accrued) -> U256 {
    U256::from_be_bytes(accrued.to_be_bytes())
}

/// ⌊2¹²⁸ · a / b⌋, bit by bit.
fn divide(a: U256, b: U256) -> U256 {
    let (mut quotient, mut rest) = (a / b, a % b);
    for _ in 0..128 {
        rest <<= 1u32;
        quotient <<= 1u32;
        if rest >= b {
            rest -= b;
            quotient += 1;
        }
    }
    quotient
}

proptest! {
    #[test]
    fn tokens_and_rewards_are_conserved_and_fair_whoever_comes_and_goes(steps in steps()) {
        let mut validator = Validator::default();
        for step in &steps {
            validator.run(step);
            validator.check();
        }
    }

    #[test]
    fn coming_and_going_gains_nothing_at_any_price(
        tokens in 1..10_000_000_000_000_000u128,
        shares in 1..10_000_000_000_000_000_000_000_000_000_000_000_000u128,
        rounds in prop::collection::vec(1..10_000_000_000_000_000u128, 1..20),
    ) {
        let mut stake = Pool::new(amount(tokens), Dec::from_units(shares.into())).unwrap();
        for put_in in rounds {
            let Ok(bought) = stake.delegate(amount(put_in)) else { continue };
            let wanted = stake.shares_to_undelegate(bought, amount(put_in)).unwrap();
            prop_assert_eq!(wanted, bought);
            let got = stake.undelegate(wanted).unwrap().value();
            prop_assert!(got == put_in || got == put_in - 1);
        }
        prop_assert!(stake.tokens().value() >= tokens);
        prop_assert_eq!(stake.shares(), Dec::from_units(shares.into()));
    }
}
