//! Random lives of candidates and those who stake with them, in step with the model.

use proptest::prelude::*;

use crate::{twins::Twins, world::MIN_STAKE};

/// Accounts 1 to 3 are operators, 1 to 6 delegators.
pub const OPERATORS: std::ops::Range<u8> = 1..4;
pub const DELEGATORS: std::ops::Range<u8> = 1..7;

#[derive(Clone, Debug)]
pub enum Step {
    Create(u8, u128, u8),
    Delegate(u8, u8, u128),
    /// A part, in 255ths, of what the delegation is worth and 1 uankr more.
    Undelegate(u8, u8, u8),
    /// Entry, and a part of it.
    Cancel(u8, u8, usize, u8),
    Redelegate(u8, u8, u8, u8),
    Rotate(u8),
    /// For a deed so many blocks ago.
    Slash(u8, u64, u8),
    SlashSelf(u8, u8),
    Jail(u8, bool),
    Tombstone(u8),
    Reward(u8, u128),
    Withdraw(u8, u8),
    WithdrawCommission(u8),
    Blocks(u8, i64),
    Reload,
}

fn step() -> impl Strategy<Value = Step> {
    let who = || DELEGATORS;
    let to = || OPERATORS;
    let amount = || prop_oneof![1 => 1u128..50, 4 => 100u128..30_000];
    let part = || prop_oneof![1 => Just(255u8), 3 => any::<u8>()];
    prop_oneof![
        2 => (to(), MIN_STAKE - 1..20_000, 0u8..50).prop_map(|(o, a, r)| Step::Create(o, a, r)),
        6 => (who(), to(), amount()).prop_map(|(d, o, a)| Step::Delegate(d, o, a)),
        5 => (who(), to(), part()).prop_map(|(d, o, p)| Step::Undelegate(d, o, p)),
        2 => (who(), to(), 0usize..3, part()).prop_map(|(d, o, e, p)| Step::Cancel(d, o, e, p)),
        5 => (who(), to(), to(), part()).prop_map(|(d, a, b, p)| Step::Redelegate(d, a, b, p)),
        1 => to().prop_map(Step::Rotate),
        4 => (to(), 0u64..8, prop_oneof![4 => 1u8..40, 1 => 40u8..=100])
            .prop_map(|(o, b, f)| Step::Slash(o, b, f)),
        1 => (to(), prop_oneof![4 => 1u8..40, 1 => Just(100u8)]).prop_map(|(o, f)| Step::SlashSelf(o, f)),
        1 => (to(), any::<bool>()).prop_map(|(o, j)| Step::Jail(o, j)),
        1 => prop::sample::select(vec![3u8]).prop_map(Step::Tombstone),
        4 => (1u8..5, 1u128..5_000).prop_map(|(o, a)| Step::Reward(o, a)),
        2 => (who(), to()).prop_map(|(d, o)| Step::Withdraw(d, o)),
        1 => to().prop_map(Step::WithdrawCommission),
        6 => (1u8..4, prop_oneof![3 => 0i64..30, 1 => 0i64..150]).prop_map(|(n, s)| Step::Blocks(n, s)),
        1 => Just(Step::Reload),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn any_sequence_of_messages_slashes_and_rewards_is_what_exact_fractions_say(
        steps in proptest::collection::vec(step(), 1..80),
    ) {
        let mut twins = Twins::new();
        for operator in OPERATORS {
            twins.step(&Step::Create(operator, 10_000, operator * 10));
        }
        for step in &steps {
            twins.step(step);
        }
        twins.empty();
    }
}
