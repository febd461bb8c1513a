//! Who gets how much of what was paid.
//!
//! Everything is a function of the *cumulative* amount a deal has paid, and a
//! payment pays the difference between two points of it. So small payments do
//! not round the platform's share to nothing, and a thousand claims pay the
//! same as one. That needs each account's function to be monotone, which three
//! independent floors are not: of a platform share of 9 they leave
//! 9 − ⌊1.8⌋ − ⌊2.7⌋ = 6, of 10 only 10 − 2 − 3 = 5. Taking each part from what
//! the one before left is: y ↦ ⌊r·y⌋ and y ↦ y − ⌊r·y⌋ both grow by 0 or 1 per
//! step when r ≤ 1, and a chain of such functions does too.

use super::Terms;
use crate::{Amount, AmountError, Ratio};

/// What each has received of a deal so far; together the amount paid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Split {
    pub provider: Amount,
    /// Zero in a deal without an application.
    pub application: Amount,
    pub treasury: Amount,
}

impl Split {
    /// The shares of a cumulative payment. `application` is the share of the
    /// provider's part that the deal's application gets, `None` without one.
    pub fn of(paid: Amount, terms: &Terms, application: Option<Ratio>) -> Result<Self, AmountError> {
        let platform = terms.platform_share.of(paid)?;
        let resource = terms.provider_part.of(platform)?;
        let rest = platform.sub(resource)?;
        let net = paid.sub(platform)?;
        let Some(share) = application else {
            return Ok(Self {
                provider: net.add(resource)?,
                application: Amount::ZERO,
                treasury: rest,
            });
        };
        let developer = part_of_rest(rest, terms)?;
        let handed_on = share.of(net)?;
        Ok(Self {
            provider: net.sub(handed_on)?.add(resource)?,
            application: handed_on.add(developer)?,
            treasury: rest.sub(developer)?,
        })
    }

    /// What is to be paid to go from `earlier` to here.
    pub fn since(&self, earlier: &Self) -> Result<Self, AmountError> {
        Ok(Self {
            provider: self.provider.sub(earlier.provider)?,
            application: self.application.sub(earlier.application)?,
            treasury: self.treasury.sub(earlier.treasury)?,
        })
    }

    pub fn total(&self) -> Result<Amount, AmountError> {
        self.provider.add(self.application)?.add(self.treasury)
    }
}

/// ⌊rest · a / (1 − p)⌋: the application's part `a` of the platform's share,
/// taken from what the provider's part `p` leaves (30 % of all is 3/8 of 80 %).
fn part_of_rest(rest: Amount, terms: &Terms) -> Result<Amount, AmountError> {
    let part = u128::from(terms.application_part.billionths());
    let left = u128::from(Ratio::ONE.billionths() - terms.provider_part.billionths());
    if left == 0 {
        return Ok(Amount::ZERO);
    }
    // Whole and rest apart, so that nothing overflows: part ≤ left < 2³⁰.
    let (whole, odd) = (rest.value() / left, rest.value() % left);
    Amount::new(whole).mul(part)?.add(Amount::new(odd * part / left))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms() -> Terms {
        Terms {
            platform_share: Ratio::from_percent(5),
            provider_part: Ratio::from_percent(20),
            application_part: Ratio::from_percent(30),
            window_blocks: 1,
            window_seconds: 1,
            idle_fee: Amount::ZERO,
        }
    }

    #[test]
    fn a_round_payment_splits_as_documented() {
        let split = Split::of(Amount::new(1_000_000), &terms(), Some(Ratio::from_percent(10))).unwrap();
        // 50,000 platform: 10,000 provider, 15,000 application, 25,000 treasury; 10 % of 950,000 handed on.
        assert_eq!(split.treasury, Amount::new(25_000));
        assert_eq!(split.application, Amount::new(15_000 + 95_000));
        assert_eq!(split.provider, Amount::new(10_000 + 855_000));
    }

    #[test]
    fn without_an_application_its_part_goes_to_the_treasury() {
        let split = Split::of(Amount::new(1_000_000), &terms(), None).unwrap();
        let expected = Split {
            provider: Amount::new(960_000),
            application: Amount::ZERO,
            treasury: Amount::new(40_000),
        };
        assert_eq!(split, expected);
    }

    #[test]
    fn no_account_ever_has_to_give_back_and_nothing_is_lost() {
        for application in [
            None,
            Some(Ratio::ZERO),
            Some(Ratio::from_percent(33)),
            Some(Ratio::ONE),
        ] {
            let mut before = Split::default();
            for paid in 0..20_000u128 {
                let after = Split::of(Amount::new(paid), &terms(), application).unwrap();
                assert_eq!(after.total(), Ok(Amount::new(paid)));
                assert!(after.since(&before).is_ok(), "at {paid} with {application:?}");
                before = after;
            }
        }
    }

    #[test]
    fn the_largest_amount_splits_without_overflow() {
        let all = Amount::new(u128::MAX);
        for provider_part in [0, 20, 100] {
            let provider_part = Ratio::from_percent(provider_part);
            let rest = Ratio::ONE.billionths() - provider_part.billionths();
            let application_part = Ratio::from_billionths(rest).unwrap();
            let terms = Terms {
                platform_share: Ratio::ONE,
                provider_part,
                application_part,
                ..terms()
            };
            assert_eq!(Split::of(all, &terms, Some(Ratio::ONE)).unwrap().total(), Ok(all));
        }
    }
}
