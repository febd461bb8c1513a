//! Rewards of settlements: paying oneself loses.

use proptest::{collection::vec, prelude::*};
use slsbft_mechanism::reward::{Bases, Factor, Rules};
use slsbft_types::{
    Amount, Ratio,
    metering::{Split, Terms},
};

fn terms() -> Terms {
    Terms {
        platform_share: Ratio::from_percent(5),
        provider_part: Ratio::from_percent(20),
        application_part: Ratio::from_percent(30),
        window_blocks: 600,
        window_seconds: 3600,
        idle_fee: Amount::ZERO,
    }
}

fn together(bases: Bases) -> Amount {
    bases.provider.add(bases.consumer).unwrap()
}

#[test]
fn a_settlement_of_a_million_earns_what_the_documents_say() {
    let ankr = 1_000_000;
    // With an application 2.5 % go to the treasury: 25,000 ANKR, of which 80 % are given out 4 : 1.
    let cost = Amount::new(25_000 * ankr);
    let of = |level| Bases::of(cost, level, &Rules::default()).unwrap();
    let perfect = Bases {
        provider: Amount::new(16_000 * ankr),
        consumer: Amount::new(4_000 * ankr),
    };
    assert_eq!(of(Ratio::ONE), perfect);
    assert_eq!(of(Ratio::from_percent(50)).provider, Amount::new(8_000 * ankr));
    assert_eq!(
        of(Ratio::ZERO),
        Bases {
            provider: Amount::ZERO,
            ..perfect
        }
    );
    // Who paid itself is 5,000 ANKR short.
    assert_eq!(cost.sub(together(perfect)), Ok(Amount::new(5_000 * ankr)));
}

#[test]
fn a_part_pays_all_bases_or_cuts_all_alike() {
    let (a, b) = (Amount::new(30), Amount::new(70));
    let rich = Factor::new(Amount::new(1000), Amount::new(100));
    assert_eq!(
        (rich.paid, rich.payout(a), rich.payout(b)),
        (Amount::new(100), a, b)
    );
    let poor = Factor::new(Amount::new(50), Amount::new(100));
    assert_eq!(
        (poor.payout(a), poor.payout(b)),
        (Amount::new(15), Amount::new(35))
    );
    let empty = Factor::new(Amount::new(50), Amount::ZERO);
    assert_eq!(
        (empty.paid, empty.payout(Amount::ZERO)),
        (Amount::ZERO, Amount::ZERO)
    );
    let most = Amount::new(u128::MAX);
    assert_eq!(Factor::new(most, most).payout(most), most);
}

fn ratio() -> impl Strategy<Value = Ratio> {
    prop_oneof![
        Just(Ratio::ZERO),
        Just(Ratio::ONE),
        (0u64..=1_000_000_000).prop_map(|parts| Ratio::from_billionths(parts).unwrap()),
    ]
}

proptest! {
    /// One who is consumer, provider and application, in a deal with any payments, at any level.
    #[test]
    fn paying_oneself_loses_at_every_volume_and_level(
        payments in vec(prop_oneof![0u64..100, 0u64..1_000_000_000, any::<u64>()], 1..30),
        levels in vec(ratio(), 30),
        application in proptest::option::of(ratio()),
        burned in ratio(),
    ) {
        let (mut paid, mut before) = (Amount::ZERO, Split::default());
        let (mut cost, mut reward) = (Amount::ZERO, Amount::ZERO);
        for (payment, level) in payments.iter().zip(levels) {
            paid = paid.add(Amount::from(*payment)).unwrap();
            let split = Split::of(paid, &terms(), application).unwrap();
            let treasury = split.since(&before).unwrap().treasury;
            before = split;
            // Whatever else a settlement may burn is as lost as what the treasury gets.
            let lost = treasury.add(burned.of(treasury).unwrap()).unwrap();
            let bases = Bases::of(lost, level, &Rules::default()).unwrap();
            prop_assert!(together(bases) <= lost);
            prop_assert!(lost.is_zero() || together(bases) < lost, "{bases:?} for {lost}");
            cost = cost.add(lost).unwrap();
            reward = reward.add(together(bases)).unwrap();
        }
        prop_assert!(reward.value() <= cost.value() / 5 * 4 + 4);
        // The treasury gets at most 4 % of what is paid.
        prop_assert!(before.treasury.value() <= paid.value() / 25 + 1);
    }

    #[test]
    fn a_better_level_never_earns_less(cost: u64, worse in ratio(), better in ratio()) {
        prop_assume!(worse <= better);
        let of = |level| Bases::of(Amount::from(cost), level, &Rules::default()).unwrap();
        prop_assert!(of(worse).provider <= of(better).provider);
        prop_assert_eq!(of(worse).consumer, of(better).consumer);
    }

    #[test]
    fn payouts_are_never_more_than_the_part_nor_than_their_bases(
        bases in vec(any::<u64>(), 0..50), available: u64,
    ) {
        let total: u128 = bases.iter().map(|base| u128::from(*base)).sum();
        let factor = Factor::new(Amount::from(available), Amount::new(total));
        let payouts: Vec<u128> = bases.iter().map(|base| factor.payout(Amount::from(*base)).value()).collect();
        let paid: u128 = payouts.iter().sum();
        prop_assert!(paid <= factor.paid.value());
        prop_assert!(paid + bases.len() as u128 >= factor.paid.value(), "at most one uankr is lost per payout");
        prop_assert!(payouts.iter().zip(&bases).all(|(payout, base)| *payout <= u128::from(*base)));
    }
}
