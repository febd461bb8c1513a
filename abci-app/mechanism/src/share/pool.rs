//! Tokens and the shares of those who delegated them, as in Cosmos SDK's `staking`
//! (`Validator.AddTokensFromDel`, `RemoveDelShares`, `Keeper.ValidateUnbondAmount`), but exact:
//! Cosmos rounds prices to 18 decimals in between, here nothing is rounded before the end.

use ethnum::U256;
use slsbft_types::Amount;

use super::{Dec, ShareError};

/// A validator's stake: tokens in uankr, and the shares into which they are divided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Pool {
    tokens: Amount,
    shares: Dec,
}

/// With the checks of [`Pool::new`].
impl<'de> serde::Deserialize<'de> for Pool {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Parts {
            tokens: Amount,
            shares: Dec,
        }
        let Parts { tokens, shares } = Parts::deserialize(deserializer)?;
        Self::new(tokens, shares).map_err(serde::de::Error::custom)
    }
}

impl Pool {
    /// A pool as it was recorded. Tokens that nobody has a share of are refused
    /// ([`ShareError::NoShares`]), and so is a pool so large that its price cannot be computed.
    pub fn new(tokens: Amount, shares: Dec) -> Result<Self, ShareError> {
        if shares.is_zero() && !tokens.is_zero() {
            return Err(ShareError::NoShares);
        }
        // Every product below is at most this one, so nobody's stake can ever be stuck behind an
        // overflow: only delegating makes it larger.
        product(shares, tokens)?;
        Ok(Self { tokens, shares })
    }

    /// uankr.
    pub const fn tokens(&self) -> Amount {
        self.tokens
    }

    /// All shares.
    pub const fn shares(&self) -> Dec {
        self.shares
    }

    /// Shares that [`Self::delegate`] would give for `tokens`, with its errors.
    pub fn shares_for(&self, tokens: Amount) -> Result<Dec, ShareError> {
        self.joined(tokens).map(|(_, shares)| shares)
    }

    /// What `shares` are worth: ⌊shares · all tokens / all shares⌋ uankr. [`ShareError::NotEnough`]
    /// if there are fewer.
    pub fn tokens_for(&self, shares: Dec) -> Result<Amount, ShareError> {
        if shares > self.shares {
            return Err(ShareError::NotEnough);
        }
        // Also the empty pool, whose price is none.
        if shares == self.shares {
            return Ok(self.tokens);
        }
        let worth = product(shares, self.tokens)? / self.shares.units();
        let worth = u128::try_from(worth).map_err(|_| ShareError::Overflow)?;
        Ok(Amount::new(worth))
    }

    /// Adds `tokens` and returns the shares for them: one each if there are none yet, otherwise
    /// ⌊tokens · all shares / all tokens⌋. Refuses nothing ([`ShareError::Zero`]), a pool slashed to
    /// nothing ([`ShareError::Worthless`]), and an amount that would lose more than 1 uankr by the
    /// rounding ([`ShareError::TooSmall`]).
    pub fn delegate(&mut self, tokens: Amount) -> Result<Dec, ShareError> {
        let (pool, shares) = self.joined(tokens)?;
        *self = pool;
        Ok(shares)
    }

    /// Takes `shares` out and returns their tokens, rounded down; the last shares take all. What
    /// rounding leaves, less than 1 uankr, is the others'.
    pub fn undelegate(&mut self, shares: Dec) -> Result<Amount, ShareError> {
        if shares.is_zero() {
            return Err(ShareError::Zero);
        }
        let tokens = self.tokens_for(shares)?;
        *self = Self {
            tokens: self.tokens.sub(tokens)?,
            shares: self.shares.sub(shares)?,
        };
        Ok(tokens)
    }

    /// How many of `owned` shares must go so that their owner gets `tokens`. [`Self::undelegate`]
    /// says what they pay: `tokens`, or 1 uankr less or more where all of them go.
    ///
    /// All of them go if the rest would be worth less than 1 uankr, so that no dust remains. As in
    /// Cosmos, one may ask for as much as one delegated although rounding left it worth a fraction
    /// less: anything up to the worth rounded *up* is taken as "all". More is
    /// [`ShareError::NotEnough`].
    pub fn shares_to_undelegate(&self, owned: Dec, tokens: Amount) -> Result<Dec, ShareError> {
        if tokens.is_zero() {
            return Err(ShareError::Zero);
        }
        if owned > self.shares || tokens > self.tokens {
            return Err(ShareError::NotEnough);
        }
        // Worths are compared multiplied by all shares, which is exact.
        let worth = product(owned, self.tokens)?;
        if product(self.shares, tokens.saturating_sub(Amount::new(1)))? >= worth {
            return Err(ShareError::NotEnough);
        }
        let (wanted, all_tokens) = (product(self.shares, tokens)?, U256::from(self.tokens.value()));
        let odd = U256::from(u8::from(wanted % all_tokens != U256::ZERO));
        let needed = Dec::from_units(wanted / all_tokens).add(Dec::from_units(odd))?;
        let rest = owned.sub(needed.min(owned))?;
        let dust = product(rest, self.tokens)? < self.shares.units();
        Ok(if dust { owned } else { needed })
    }

    /// Takes tokens away, at most all, and returns how many. The shares stay: each is worth less.
    pub fn slash(&mut self, tokens: Amount) -> Amount {
        let taken = tokens.min(self.tokens);
        self.tokens = self.tokens.saturating_sub(taken);
        taken
    }

    fn joined(&self, tokens: Amount) -> Result<(Self, Dec), ShareError> {
        if tokens.is_zero() {
            return Err(ShareError::Zero);
        }
        let shares = if self.shares.is_zero() {
            Dec::whole(tokens)
        } else {
            let price = U256::from(self.tokens.value());
            let shares = product(self.shares, tokens)?.checked_div(price);
            Dec::from_units(shares.ok_or(ShareError::Worthless)?)
        };
        let pool = Self::new(self.tokens.add(tokens)?, self.shares.add(shares)?)?;
        // What rounding takes from a newcomer is the others'. The only owner of a few very dear
        // shares could otherwise take up to half of the next delegation.
        let worth = pool.tokens_for(shares)?;
        if shares.is_zero() || worth.add(Amount::new(1))? < tokens {
            return Err(ShareError::TooSmall);
        }
        Ok((pool, shares))
    }
}

/// shares · tokens, in units of 10⁻¹⁸ share-uankr.
fn product(shares: Dec, tokens: Amount) -> Result<U256, ShareError> {
    shares
        .units()
        .checked_mul(tokens.value().into())
        .ok_or(ShareError::Overflow)
}
