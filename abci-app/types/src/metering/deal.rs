//! A consumer's locked funds on an offer, and the sessions that spend them.

use serde::{Deserialize, Serialize};

use super::{Due, Meter, Split, Voucher, session_due, voucher::MAX_RATING};
use crate::{Address, Amount, AmountError, Ratio, Time};

/// The platform's rules that a deal was opened under.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// The platform's share of what is paid.
    pub platform_share: Ratio,
    /// Of the platform's share: what goes back to the provider …
    pub provider_part: Ratio,
    /// … and to the application; the treasury has the rest.
    pub application_part: Ratio,
    pub window_blocks: u64,
    pub window_seconds: u64,
    /// Left to the provider if nothing was paid, in uankr.
    pub idle_fee: Amount,
}

/// A moment that is over once *both* its height and its time have passed, so
/// that a halted chain takes nobody's time to act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deadline {
    pub height: u64,
    pub time: Time,
}

impl Deadline {
    pub fn is_over(&self, height: u64, time: Time) -> bool {
        height > self.height && time > self.time
    }
}

/// A key that signs vouchers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionKey {
    /// ed25519.
    #[serde(with = "hex_key")]
    pub public_key: [u8; 32],
    /// Most that its vouchers can be due, in uankr; `None` leaves it to the escrow.
    pub spending_cap: Option<Amount>,
}

/// A session: its key and the highest voucher claimed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    pub key: SessionKey,
    /// 0 before the first claim.
    #[serde(with = "crate::text")]
    pub sequence: u64,
    /// Cumulative, one per meter of the deal.
    #[serde(with = "crate::text::list")]
    pub counters: Vec<u64>,
    /// 0: none, 1 to 5.
    pub rating: u32,
}

/// A deal as the chain keeps it. It always holds that
/// `paid = min(⌊due⌋, escrow)`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deal {
    pub id: u64,
    /// Of the chain when it was opened.
    pub chain_id: String,
    pub offer_id: u64,
    pub provider: Address,
    pub consumer: Address,
    pub application: Option<Address>,
    pub meters: Vec<Meter>,
    pub application_share: Ratio,
    pub terms: Terms,
    /// Everything ever put in, in uankr, without the deposit.
    pub escrow: Amount,
    /// Everything ever paid out of the escrow, in uankr.
    pub paid: Amount,
    pub deposit: Amount,
    pub opened_height: u64,
    pub expires_at: Time,
    /// Set from the consumer's close, or from when expiry was noticed.
    pub claim_until: Option<Deadline>,
    pub sessions: Vec<Session>,
}

/// Why a voucher is not applied to a deal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ApplyError {
    #[error("the voucher's session key is none of the deal's")]
    UnknownSession,
    #[error("the deal has {meters} meters, the voucher {counters} counters")]
    Counters { meters: usize, counters: usize },
    #[error("sequence {found} is not above {claimed}, which was claimed before")]
    Stale { found: u64, claimed: u64 },
    #[error("counter {0} fell below what was claimed before")]
    CounterFell(usize),
    #[error("what the counters are due passes 128 bits")]
    Overflow,
}

impl SessionKey {
    /// Whether the bytes are a point of the curve, without which nothing can
    /// ever be signed with them.
    pub fn is_point(&self) -> bool {
        ed25519_consensus::VerificationKey::try_from(self.public_key).is_ok()
    }
}

impl Session {
    /// A session nothing was claimed for, of a deal with so many meters.
    pub fn new(key: SessionKey, meters: usize) -> Self {
        Self {
            key,
            sequence: 0,
            counters: vec![0; meters],
            rating: 0,
        }
    }
}

impl Deal {
    /// The mean rating of the sessions that have one, from 0 for the worst (1) to
    /// one for the best ([`MAX_RATING`]); `None` if nobody rated.
    pub fn rating(&self) -> Option<Ratio> {
        let rated = self.sessions.iter().filter(|session| session.rating > 0);
        let (sum, count) = rated.fold((0u64, 0u64), |(sum, count), session| {
            (sum + u64::from(session.rating.min(MAX_RATING) - 1), count + 1)
        });
        let best = count
            .checked_mul(u64::from(MAX_RATING - 1))
            .filter(|best| *best > 0)?;
        Ratio::from_billionths(sum * Ratio::ONE.billionths() / best).ok()
    }

    /// What all sessions together are due, exactly.
    pub fn due(&self) -> Result<Due, AmountError> {
        self.due_by(|session| &session.counters)
    }

    fn due_by<'a>(&'a self, counters: impl Fn(&'a Session) -> &'a [u64]) -> Result<Due, AmountError> {
        let prices: Vec<(u64, u32)> = self
            .meters
            .iter()
            .map(|meter| (meter.price, meter.scale))
            .collect();
        self.sessions.iter().try_fold(Due::default(), |sum, session| {
            sum.add(session_due(counters(session), &prices, session.key.spending_cap)?)
        })
    }

    /// What should have been paid by now: `min(⌊due⌋, escrow)`.
    pub fn payable(&self) -> Result<Amount, AmountError> {
        Ok(self.due()?.floor().min(self.escrow))
    }

    /// How a cumulative payment of this deal is divided.
    pub fn split(&self, paid: Amount) -> Result<Split, AmountError> {
        Split::of(
            paid,
            &self.terms,
            self.application.map(|_| self.application_share),
        )
    }

    /// What the deal holds of the escrow account.
    pub fn held(&self) -> Result<Amount, AmountError> {
        self.escrow.sub(self.paid)?.add(self.deposit)
    }

    pub fn is_expired(&self, time: Time) -> bool {
        time > self.expires_at
    }

    /// Takes over a voucher that is newer than what was claimed; on an error
    /// the deal is as before. Its signature, chain and deal are checked elsewhere.
    pub fn apply(&mut self, voucher: &Voucher) -> Result<(), ApplyError> {
        self.check(voucher)?;
        if let Some(session) = self
            .sessions
            .iter_mut()
            .find(|s| s.key.public_key == voucher.session_key)
        {
            session.sequence = voucher.sequence;
            session.counters.clone_from(&voucher.counters);
            session.rating = voucher.rating;
        }
        Ok(())
    }

    fn check(&self, voucher: &Voucher) -> Result<(), ApplyError> {
        let meters = self.meters.len();
        let of_voucher = |session: &Session| session.key.public_key == voucher.session_key;
        let session = self.sessions.iter().find(|session| of_voucher(session));
        let session = session.ok_or(ApplyError::UnknownSession)?;
        if voucher.counters.len() != meters {
            return Err(ApplyError::Counters {
                meters,
                counters: voucher.counters.len(),
            });
        }
        if voucher.sequence <= session.sequence {
            return Err(ApplyError::Stale {
                found: voucher.sequence,
                claimed: session.sequence,
            });
        }
        let fell = voucher
            .counters
            .iter()
            .zip(&session.counters)
            .position(|(new, claimed)| new < claimed);
        if let Some(position) = fell {
            return Err(ApplyError::CounterFell(position));
        }
        self.due_by(|session| {
            if of_voucher(session) {
                &voucher.counters
            } else {
                &session.counters
            }
        })
        .map(|_| ())
        .map_err(|_| ApplyError::Overflow)
    }
}

/// Keys as lower-case hexadecimal text.
mod hex_key {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(key: &[u8; 32], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(key))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 32], D::Error> {
        let mut key = [0; 32];
        hex::decode_to_slice(String::deserialize(deserializer)?, &mut key).map_err(D::Error::custom)?;
        Ok(key)
    }
}
