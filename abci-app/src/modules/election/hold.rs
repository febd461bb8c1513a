//! Holding elections, and filling or emptying seats otherwise.

use std::collections::BTreeMap;

use slsbft_mechanism::election::{self, Loss};
use slsbft_store::{Overlay, Read};
use slsbft_types::{Address, Amount};

use super::{
    Candidates, Election, Params,
    snapshot::{Snapshot, spare},
    standing::Outcome,
};
use crate::{
    context::Context,
    errors::{ExecError, Fault},
    events::event,
    modules::consensus::{self, Seat, consensus_address},
};

/// The seats of an election, with the stakes that stand behind them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    pub seats: Vec<Seat>,
    /// By operator, as at the boundary that the election was drawn from.
    pub stakes: Vec<(Address, Amount)>,
    /// The first height after that boundary: what left since then stood behind a seat.
    pub since: u64,
}

impl<C: Candidates> Election<C> {
    /// At an epoch's last block: draws the set from the last boundary's snapshot,
    /// with seats empty that were lost since. `None` if nobody could stand: the
    /// set stays as it is.
    pub fn hold(
        &self,
        ctx: &mut Context<'_>,
        epoch: u64,
        seed: &[u8; 32],
    ) -> Result<Option<Held>, ExecError> {
        let snapshot = Snapshot::load(ctx.state)?;
        let rules = Params::load(ctx.state)?.rules();
        let held = match election::elect(&snapshot.standing(), &rules, seed) {
            Ok(held) => held,
            Err(election::ElectionError::NoWeight) => return Ok(None),
            Err(error) => return Err(Fault::Invariant(format!("election: {error}")).into()),
        };
        let won: Vec<_> = held.seats().collect();
        let lost = self.lost(ctx.state, won.iter().map(|seat| seat.operator))?;
        let taken = election::vacate(&won, &lost);
        let emptied = won.iter().filter(|seat| !taken.contains(seat));
        let emptied = emptied.map(|seat| (seat.operator, reason(lost.get(&seat.operator))));
        Outcome::of(&snapshot, &held, seed, &emptied.collect()).save(ctx.state, epoch)?;
        ctx.emit(
            event("election")
                .attr("epoch", epoch)
                .note("candidates", snapshot.candidates.len())
                .note("seats", taken.len()),
        );
        Ok(Some(seated(
            &snapshot,
            &taken,
            snapshot.height.saturating_add(1),
        )?))
    }

    /// The first set of a chain: the heaviest of its candidates, since there is
    /// no seed yet. `None` if nobody can stand.
    pub fn found(&self, state: &Overlay) -> Result<Option<Held>, Fault> {
        let snapshot = Snapshot::load(state)?;
        let rules = election::Rules {
            draw_min_seats: u32::MAX,
            ..Params::load(state)?.rules()
        };
        match election::elect(&snapshot.standing(), &rules, &[0; 32]) {
            Ok(held) => {
                let seats: Vec<_> = held.seats().collect();
                Ok(Some(seated(&snapshot, &seats, snapshot.height)?))
            }
            Err(election::ElectionError::NoWeight) => Ok(None),
            Err(error) => Err(Fault::Genesis(format!("election: {error}"))),
        }
    }

    /// The candidates as they are now, by which the next election is drawn once
    /// they are saved.
    pub fn candidates(&self, ctx: &Context<'_>, epoch: u64) -> Result<Snapshot, Fault> {
        let mut candidates = self.candidates.all(ctx.state, ctx.block.time)?;
        spare(&mut candidates, Params::load(ctx.state)?.max_paused()?);
        Ok(Snapshot {
            epoch,
            height: ctx.block.height,
            candidates,
        })
    }

    /// Within an epoch: the set after the next without the tombstoned; `None` if
    /// it has none of them.
    pub fn without_tombstoned(&self, state: &impl Read) -> Result<Option<Vec<Seat>>, Fault> {
        let seats = consensus::next_seats(state)?;
        let mut lost = self.lost(state, seats.iter().map(|seat| seat.operator))?;
        lost.retain(|_, loss| *loss == Loss::Tombstoned);
        if lost.is_empty() {
            return Ok(None);
        }
        let held: Vec<_> = seats
            .iter()
            .map(|seat| election::Seat {
                operator: seat.operator,
                power: seat.power.unsigned_abs(),
            })
            .collect();
        let staying = election::vacate(&held, &lost);
        if staying.len() == seats.len() {
            return Ok(None);
        }
        let stays = |seat: &Seat| staying.iter().any(|other| other.operator == seat.operator);
        Ok(Some(seats.into_iter().filter(stays).collect()))
    }

    /// Which of the operators have lost the right to their seats.
    fn lost(
        &self,
        state: &impl Read,
        operators: impl Iterator<Item = Address>,
    ) -> Result<BTreeMap<Address, Loss>, Fault> {
        let mut lost = BTreeMap::new();
        for operator in operators {
            match self.candidates.lost(state, &operator)? {
                (_, true) => lost.insert(operator, Loss::Tombstoned),
                (true, false) => lost.insert(operator, Loss::Jailed),
                (false, false) => None,
            };
        }
        Ok(lost)
    }
}

fn seated(snapshot: &Snapshot, seats: &[election::Seat], since: u64) -> Result<Held, Fault> {
    let stakes = seats.iter().map(|seat| {
        let candidate = snapshot.candidate(&seat.operator)?;
        Some((seat.operator, candidate.stake))
    });
    let stakes: Option<_> = stakes.collect();
    let seats: Option<_> = seats.iter().map(|seat| seat_of(snapshot, seat)).collect();
    let (Some(seats), Some(stakes)) = (seats, stakes) else {
        return Err(Fault::Invariant("a seat without a candidate".into()));
    };
    Ok(Held { seats, stakes, since })
}

fn seat_of(snapshot: &Snapshot, seat: &election::Seat) -> Option<Seat> {
    let candidate = snapshot.candidate(&seat.operator)?;
    Some(Seat {
        operator: seat.operator,
        consensus_key: candidate.consensus_key,
        address: consensus_address(&candidate.consensus_key),
        vrf_key: candidate.vrf_key?,
        power: i64::try_from(seat.power).ok()?,
    })
}

fn reason(loss: Option<&Loss>) -> &'static str {
    match loss {
        Some(Loss::Tombstoned) => "tombstoned since the boundary that the election was drawn from",
        Some(Loss::Jailed) | None => "jailed since the boundary that the election was drawn from",
    }
}
