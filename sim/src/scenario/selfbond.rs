//! Stake that leaves after the snapshot and before the deed.
//!
//! A seat is drawn on the stakes of a boundary and lasts into the second epoch after it, so an operator
//! can take its own stake out and still hold the power. Three rules for what a slash is measured by, with
//! the chain's own pool of shares:
//!
//! - *deed's stake*: a fraction of the stake at the deed, from what is there
//! - *seat's stake, from the pool*: a fraction of the stake the seat was drawn on, from what is there
//! - *chain*: the same fraction, and what left since that boundary pays its part (`staking/slash.rs`)

use slsbft_mechanism::share::Pool;
use slsbft_types::{Amount, Ratio, UANKR_PER_ANKR};

use super::Settings;
use crate::{
    SimError,
    output::{Cell, Finding, Report, Table},
    population::ratio,
};

/// Of two votes for one height.
const FRACTION: Ratio = Ratio::from_percent(5);
/// ANKR.
const OWN: u128 = 1_000_000;
const DELEGATED: u128 = 9_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    DeedsStake,
    SeatsStakeFromPool,
    Chain,
}

/// What a deed costs, in ANKR.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Loss {
    pub operator: f64,
    pub delegators: f64,
}

/// An operator takes a part of its own stake out before it misbehaves.
pub fn slashed(rule: Rule, withdrawn: f64) -> Result<Loss, SimError> {
    let mut pool = Pool::default();
    let own = pool.delegate(ankr(OWN))?;
    let delegated = pool.delegate(ankr(DELEGATED))?;
    let recorded = pool.tokens();
    let mut left = Amount::ZERO;
    let mut kept = own;
    let leaving = ratio(withdrawn).of(ankr(OWN))?;
    if !leaving.is_zero() {
        let shares = pool.shares_to_undelegate(own, leaving)?;
        left = pool.undelegate(shares)?;
        kept = own
            .sub(shares)
            .map_err(slsbft_mechanism::share::ShareError::from)?;
    }
    let (total, owed) = match rule {
        Rule::DeedsStake => (FRACTION.of(pool.tokens())?, Amount::ZERO),
        Rule::SeatsStakeFromPool => (FRACTION.of(recorded)?, Amount::ZERO),
        Rule::Chain => (FRACTION.of(recorded)?, FRACTION.of(left)?),
    };
    pool.slash(total.saturating_sub(owed));
    let own_after = pool.tokens_for(kept)?.add(left)?.sub(owed)?;
    let delegated_after = pool.tokens_for(delegated)?;
    Ok(Loss {
        operator: whole(ankr(OWN)) - whole(own_after),
        delegators: whole(ankr(DELEGATED)) - whole(delegated_after),
    })
}

fn ankr(whole: u128) -> Amount {
    Amount::new(whole * UANKR_PER_ANKR)
}

fn whole(amount: Amount) -> f64 {
    amount.value() as f64 / UANKR_PER_ANKR as f64
}

const RULES: [(&str, Rule); 3] = [
    ("deed's stake", Rule::DeedsStake),
    ("seat's stake, from the pool", Rule::SeatsStakeFromPool),
    ("chain", Rule::Chain),
];

pub fn run(_: &Settings) -> Result<Report, SimError> {
    let title = "Double signing by an operator with 1,000,000 ANKR of its own and 9,000,000 of others, ANKR";
    let columns = [
        "rule",
        "own stake taken out before",
        "operator loses",
        "delegators lose",
        "burned",
    ];
    let mut table = Table::new(title, &columns);
    for (name, rule) in RULES {
        for withdrawn in [0.0, 0.5, 0.9, 1.0] {
            let loss = slashed(rule, withdrawn)?;
            table.row(vec![
                name.into(),
                Cell::Share(withdrawn),
                Cell::Number(loss.operator, 0),
                Cell::Number(loss.delegators, 0),
                Cell::Number(loss.operator + loss.delegators, 0),
            ]);
        }
    }
    let (stays, leaves) = (slashed(Rule::Chain, 0.0)?, slashed(Rule::Chain, 1.0)?);
    let (draft, pool) = (
        slashed(Rule::DeedsStake, 1.0)?,
        slashed(Rule::SeatsStakeFromPool, 1.0)?,
    );
    Ok(Report {
        name: "selfbond",
        title: "Stake that leaves before the deed",
        tables: vec![table],
        plots: Vec::new(),
        findings: vec![
            Finding::promise(
                stays == leaves,
                format!(
                    "on the chain the operator loses {:.0} ANKR whether it took its stake out or not",
                    leaves.operator
                ),
            ),
            Finding::note(format!(
                "by the deed's stake it would lose {:.0}; by the seat's stake from the pool {:.0}, and its delegators {:.0} more",
                draft.operator,
                pool.operator,
                pool.delegators - stays.delegators
            )),
        ],
    })
}
