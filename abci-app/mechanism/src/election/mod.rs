//! Who gets a seat at an epoch's boundary, and with which power.
//!
//! 1. The caller names the candidates: who may be elected, with the stakes and service levels of
//!    the *previous* boundary. Whatever looks at the present lets the last proposer, who knows the
//!    seed, redraw by moving a stake a little.
//! 2. Weight = stake × (0.5 + 1.5·level), kept exact: see [`WEIGHT_PER_UANKR`].
//! 3. With n seats, the [`Threshold`] τ is the weight at which Σ min(1, wᵢ/τ) = n. The k candidates
//!    that reach it are seated. The others, of weight R together, play for n−k seats by the pivotal
//!    method (Deville and Tillé, 1998), in the order of `H("slsbft/election/order/2" ‖ seed ‖ operator)`.
//!    Each has a chance cᵢ = wᵢ·(n−k), in parts of R. The first waits; each next one, B, duels with the
//!    one that waits, A, by h = `H("slsbft/election/duel/1" ‖ seed ‖ operator of B)`:
//!    - if a + b ≤ R, one waits with the chance a + b, and the other is out: A waits if h mod (a + b) < a;
//!    - else one is seated, and the other waits with the chance a + b − R: A is seated if
//!      h mod (2R − a − b) < R − b.
//!
//!    Whoever waits at the end is seated. The expected chance of nobody changes in a duel, so that each
//!    is seated with probability wᵢ/τ, whatever the order. And the chances, n−k times R, are only spent
//!    by R for a seat, so that the last one has exactly R, and n−k are seated.
//! 4. Power = max(w, τ/2) in units of [`UANKR_PER_POWER`], at least 1, then raised by
//!    `H("slsbft/election/jitter/1" ‖ seed ‖ operator)` mod ⌊power/1000⌋ (0 below a power of 1000).
//! 5. With fewer than `draw_min_seats` seats they go by weight alone, and power is the weight
//!    itself, raised alike. So it is too when there are seats for everybody.
//!
//! H is SHA-256, read as a big-endian integer; strings are ASCII without a terminator, the seed is
//! 32 bytes and an operator its raw 20 or 32 bytes, last. Reducing 256 bits modulo a number below
//! 2¹²⁸ makes two of its values differ in probability by at most 2⁻²⁵⁶, and all together by less
//! than 2⁻¹²⁸ in a duel.
//!
//! What follows, for any stakes: a candidate's expected power is at least half its weight and at
//! most all of it, and no split of a stake raises it. Its *share* can rise all the same, because
//! parts that keep their seats raise τ for the others. Whoever has a part p of the weight can
//! expect at most 2p/(1+p) of the power, however it is split. At p = 1/4 the best split gains 4 % of
//! the share beside 300 others with Zipf's stakes (in 35), 22 % beside 99 equal ones (in 25).
//!
//! - `threshold`: who is seated for certain, and the chance of the others
//! - `draw`: the duels for the other seats
//! - `power`: from weight to voting power
//! - `vacancy`: seats that became empty since

mod draw;
mod neglect;
mod power;
mod threshold;
mod vacancy;

use std::cmp::Reverse;

use slsbft_types::{Address, Amount, Ratio};

pub use neglect::neglectful;
pub use power::{UANKR_PER_POWER, base_power};
pub use threshold::Threshold;
pub use vacancy::{FEWEST_SEATS, Loss, vacate};

/// Weight of 1 uankr of stake at a multiplier of 1: weights count parts of 2·10⁹, so that a level
/// in parts per billion never needs rounding.
pub const WEIGHT_PER_UANKR: u128 = 2_000_000_000;

/// Who may get a seat, as of the previous boundary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub operator: Address,
    /// In uankr, its own and its delegators'.
    pub stake: Amount,
    pub level: Ratio,
}

/// The parameters of an election.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// `max_validators`.
    pub seats: u32,
    /// With fewer seats than this nothing is drawn.
    pub draw_min_seats: u32,
}

/// Why a candidate is in or out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In: its weight reaches the threshold, or there are seats for everybody.
    Certain,
    /// In: it won a seat in the draw.
    Drawn,
    /// Out: it won none.
    NotDrawn,
    /// In: among the heaviest, where seats go by weight alone.
    Heaviest,
    /// Out: lighter than the last seat, where seats go by weight alone.
    TooLight,
    /// Out: no stake.
    NoWeight,
}

/// How a candidate fared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub operator: Address,
    /// In uankr.
    pub stake: Amount,
    pub level: Ratio,
    /// In parts of a uankr: see [`WEIGHT_PER_UANKR`].
    pub weight: u128,
    /// Of a seat, before the draw, rounded down.
    pub chance: Ratio,
    pub place: Place,
    /// Voting power, in units of [`UANKR_PER_POWER`] uankr of weight; 0 without a seat.
    pub power: u64,
}

/// A seat that is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seat {
    pub operator: Address,
    /// Above 0.
    pub power: u64,
}

/// The outcome of an election.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Election {
    /// `None` if nothing was drawn.
    pub threshold: Option<Threshold>,
    /// Every candidate, the heaviest first, equal weights by operator.
    pub standings: Vec<Standing>,
}

/// Why there was no election. None of these can come from the stakes of a chain that keeps to its
/// supply and has a candidate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ElectionError {
    #[error("an election needs at least one seat")]
    NoSeats,
    #[error("no candidate has any stake")]
    NoWeight,
    #[error("candidate {0} is listed twice")]
    Duplicate(Address),
    #[error("stakes are too large: weight times seats does not fit 128 bits")]
    StakeTooLarge,
    #[error("the set would have more power than CometBFT allows; stakes are far above the supply")]
    PowerTooLarge,
}

impl Election {
    /// The seats taken, the heaviest candidate's first.
    pub fn seats(&self) -> impl Iterator<Item = Seat> {
        self.standings
            .iter()
            .filter(|standing| standing.power > 0)
            .map(|standing| Seat {
                operator: standing.operator,
                power: standing.power,
            })
    }
}

/// Fills the seats. The order of `candidates` does not matter; time is linear after one sort.
pub fn elect(candidates: &[Candidate], rules: &Rules, seed: &[u8; 32]) -> Result<Election, ElectionError> {
    let mut standings = rank(candidates)?;
    check_bounds(&standings, rules.seats)?;
    let threshold = if rules.seats < rules.draw_min_seats {
        seat_heaviest(&mut standings, rules.seats);
        None
    } else {
        seat_by_chance(&mut standings, rules.seats, seed)
    };
    power::assign(&mut standings, threshold.as_ref(), seed)?;
    Ok(Election { threshold, standings })
}

/// Everybody's weight, the heaviest first.
fn rank(candidates: &[Candidate]) -> Result<Vec<Standing>, ElectionError> {
    let mut standings = candidates.iter().map(weigh).collect::<Result<Vec<_>, _>>()?;
    standings.sort_unstable_by_key(|standing| standing.operator);
    let twice = standings.iter().zip(standings.iter().skip(1));
    if let Some((standing, _)) = twice.into_iter().find(|(a, b)| a.operator == b.operator) {
        return Err(ElectionError::Duplicate(standing.operator));
    }
    // Stable: equal weights stay in the order of their operators.
    standings.sort_by_key(|standing| Reverse(standing.weight));
    Ok(standings)
}

fn weigh(candidate: &Candidate) -> Result<Standing, ElectionError> {
    // 0.5 + 1.5·level, in parts of 2·10⁹.
    let multiplier = Ratio::ONE.billionths() + 3 * candidate.level.billionths();
    let weight = candidate.stake.value().checked_mul(multiplier.into());
    Ok(Standing {
        operator: candidate.operator,
        stake: candidate.stake,
        level: candidate.level,
        weight: weight.ok_or(ElectionError::StakeTooLarge)?,
        chance: Ratio::ZERO,
        place: Place::NoWeight,
        power: 0,
    })
}

/// What makes every later sum and product fit: the total weight times one more than the seats does.
fn check_bounds(standings: &[Standing], seats: u32) -> Result<(), ElectionError> {
    if seats == 0 {
        return Err(ElectionError::NoSeats);
    }
    let total = standings
        .iter()
        .try_fold(0u128, |sum, standing| sum.checked_add(standing.weight))
        .ok_or(ElectionError::StakeTooLarge)?;
    if total == 0 {
        return Err(ElectionError::NoWeight);
    }
    match total.checked_mul(u128::from(seats) + 1) {
        Some(_) => Ok(()),
        None => Err(ElectionError::StakeTooLarge),
    }
}

fn seat_heaviest(standings: &mut [Standing], seats: u32) {
    let weighty = standings.iter_mut().filter(|standing| standing.weight > 0);
    for (rank, standing) in (0u32..).zip(weighty) {
        if rank < seats {
            standing.place = Place::Heaviest;
            standing.chance = Ratio::ONE;
        } else {
            standing.place = Place::TooLight;
        }
    }
}

fn seat_by_chance(standings: &mut [Standing], seats: u32, seed: &[u8; 32]) -> Option<Threshold> {
    let weights = standings.iter().map(|standing| standing.weight);
    let threshold = Threshold::find(weights, seats);
    let mut others = Vec::new();
    for standing in standings.iter_mut().filter(|standing| standing.weight > 0) {
        match &threshold {
            Some(threshold) if !threshold.is_reached_by(standing.weight) => {
                standing.chance = threshold.chance(standing.weight);
                others.push(standing);
            }
            _ => {
                standing.place = Place::Certain;
                standing.chance = Ratio::ONE;
            }
        }
    }
    if let Some(threshold) = &threshold {
        draw::draw(others, threshold, seed);
    }
    threshold
}
