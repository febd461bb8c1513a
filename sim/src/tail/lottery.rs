//! An election as a lottery between two sides.

use slsbft_mechanism::election::{Candidate, ElectionError, Place, Rules, base_power, elect};

use crate::population::{Side, number, side};

/// Somebody who may be drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Piece {
    pub chance: f64,
    /// If drawn, in units of the floor (half the threshold).
    pub power: f64,
}

/// Who is certain, who is drawn. Powers are in units of the floor, before they are raised by up to a
/// thousandth.
#[derive(Clone, Debug, PartialEq)]
pub struct Lottery {
    pub certain_attacker: f64,
    pub certain_honest: f64,
    pub attacker: Vec<Piece>,
    pub honest: Vec<Piece>,
    /// Seats that are drawn.
    pub drawn: usize,
}

impl Lottery {
    /// Of candidates, by the chain's own election.
    pub fn of(candidates: &[Candidate], rules: &Rules) -> Result<Self, ElectionError> {
        let election = elect(candidates, rules, &[0; 32])?;
        let threshold = election.threshold.as_ref();
        let floor = base_power(0, threshold)? as f64;
        let mut lottery = Self {
            certain_attacker: 0.0,
            certain_honest: 0.0,
            attacker: Vec::new(),
            honest: Vec::new(),
            drawn: threshold.map_or(0, |threshold| threshold.drawn as usize),
        };
        for standing in &election.standings {
            let power = base_power(standing.weight, threshold)? as f64 / floor;
            let piece = Piece {
                chance: number(standing.chance),
                power,
            };
            match (standing.place, side(&standing.operator)) {
                (Place::Certain | Place::Heaviest, Side::Attacker) => lottery.certain_attacker += power,
                (Place::Certain | Place::Heaviest, Side::Honest) => lottery.certain_honest += power,
                (Place::Drawn | Place::NotDrawn, Side::Attacker) => lottery.attacker.push(piece),
                (Place::Drawn | Place::NotDrawn, Side::Honest) => lottery.honest.push(piece),
                (Place::TooLight | Place::NoWeight, _) => {}
            }
        }
        Ok(lottery)
    }

    /// The attacker's share if these powers are drawn.
    pub fn share(&self, attacker: f64, honest: f64) -> f64 {
        let (attacker, honest) = (self.certain_attacker + attacker, self.certain_honest + honest);
        attacker / (attacker + honest)
    }
}
