//! Starting points: a local testnet and the chain itself.

use serde::{Deserialize, Serialize};
use slsbft_types::{Address, Amount, Coins, Ratio, Time, UANKR_PER_ANKR};

use crate::{
    AppState, ConsensusParams, Genesis, GenesisError, Vesting, bank::DenomMetadata, error::ensure,
    requests::RequestsParams, service::ServiceParams,
};

/// 10,000,000,000 ANKR, in uankr.
const SUPPLY: u128 = 10_000_000_000 * UANKR_PER_ANKR;
const YEAR: i64 = 365 * 86_400;

/// What a part of the first supply is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    PublicSale,
    #[serde(rename = "private_sale_1")]
    PrivateSale1,
    #[serde(rename = "private_sale_2")]
    PrivateSale2,
    #[serde(rename = "private_sale_3")]
    PrivateSale3,
    Team,
    Advisors,
    AdvisorsReserve,
    Marketing,
    MiningRewards,
}

impl Purpose {
    pub const ALL: [Self; 9] = [
        Self::PublicSale,
        Self::PrivateSale1,
        Self::PrivateSale2,
        Self::PrivateSale3,
        Self::Team,
        Self::Advisors,
        Self::AdvisorsReserve,
        Self::Marketing,
        Self::MiningRewards,
    ];

    /// Its part of the supply; they add up to the whole.
    pub const fn share(self) -> Ratio {
        let permille = match self {
            Self::PublicSale | Self::Marketing => 50,
            Self::PrivateSale1 => 30,
            Self::PrivateSale2 => 120,
            Self::PrivateSale3 => 150,
            Self::Team => 170,
            Self::Advisors | Self::AdvisorsReserve => 15,
            Self::MiningRewards => 400,
        };
        match Ratio::from_billionths(permille * 1_000_000) {
            Ok(share) => share,
            Err(_) => Ratio::ONE,
        }
    }

    /// Its part of the supply, in uankr.
    pub fn amount(self) -> Amount {
        // The supply times a ratio is far below 128 bits.
        self.share().of(Amount::new(SUPPLY)).unwrap_or_default()
    }

    /// How long its coins vest from genesis on. Who vests is part of the token's
    /// published plan; the plan gives no durations, so these are this chain's.
    pub const fn vesting_seconds(self) -> Option<i64> {
        match self {
            Self::PrivateSale1 | Self::PrivateSale2 | Self::PrivateSale3 => Some(YEAR),
            Self::Advisors => Some(2 * YEAR),
            Self::Team => Some(4 * YEAR),
            Self::PublicSale | Self::AdvisorsReserve | Self::Marketing | Self::MiningRewards => None,
        }
    }
}

/// One account of the first supply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allocation {
    pub purpose: Purpose,
    pub address: Address,
    /// uankr.
    pub amount: Amount,
}

impl Allocation {
    /// Reads a JSON list of them.
    pub fn list_from_json(json: &[u8]) -> Result<Vec<Self>, GenesisError> {
        crate::error::parse(json).map_err(|error| error.within("allocation"))
    }
}

/// A testnet on one machine: short epochs, windows and unbonding, no accounts yet.
pub fn local(chain_id: &str, genesis_time: Time) -> Genesis {
    let mut genesis = empty(chain_id, genesis_time);
    genesis.app_state.epochs.params.blocks_per_epoch = 20;
    let seats = &mut genesis.app_state.election.params;
    (seats.max_validators, seats.draw_min_seats) = (8, 0);
    // Of a few validators two may be stopped, and are to be seen to leave.
    seats.max_paused = Ratio::from_percent(34);
    genesis.app_state.slashing.params.max_absent = Ratio::from_percent(34);
    genesis.app_state.service.params = ServiceParams::local();
    genesis.app_state.staking.params.unbonding_seconds = 120;
    genesis.app_state.requests.params = RequestsParams::local();
    let evidence = &mut genesis.consensus_params.evidence;
    (evidence.max_age_num_blocks, evidence.max_age_duration) = (60, 60 * 1_000_000_000);
    let terms = &mut genesis.app_state.metering.params.terms;
    (terms.window_blocks, terms.window_seconds) = (20, 20);
    genesis
}

/// The chain itself. The allocations of each purpose have to add up to exactly
/// [`Purpose::amount`].
pub fn mainnet(
    chain_id: &str,
    genesis_time: Time,
    allocations: &[Allocation],
) -> Result<Genesis, GenesisError> {
    for purpose in Purpose::ALL {
        let mut given = Amount::ZERO;
        for (i, entry) in allocations
            .iter()
            .enumerate()
            .filter(|(_, entry)| entry.purpose == purpose)
        {
            given = given
                .add(entry.amount)
                .map_err(|error| GenesisError::new(format!("allocation[{i}].amount"), error))?;
        }
        let planned = purpose.amount();
        ensure(
            given == planned,
            "allocation",
            format!("{purpose:?} must get {planned} uankr in all, the list gives {given}"),
        )?;
    }
    let mut genesis = empty(chain_id, genesis_time);
    for (i, entry) in allocations.iter().enumerate() {
        let vesting = entry.purpose.vesting_seconds().map(|seconds| Vesting {
            start: genesis_time.seconds,
            end: genesis_time.seconds.saturating_add(seconds),
        });
        genesis
            .add_account(entry.address, Coins::base(entry.amount), vesting)
            .map_err(|error| GenesisError::new(format!("allocation[{i}].address"), error.problem))?;
    }
    genesis.app_state.bank.supply = Coins::base(Amount::new(SUPPLY));
    Ok(genesis)
}

fn empty(chain_id: &str, genesis_time: Time) -> Genesis {
    let mut app_state = AppState::default();
    app_state.bank.denom_metadata.push(DenomMetadata::ankr());
    Genesis {
        genesis_time,
        chain_id: chain_id.into(),
        initial_height: 1,
        consensus_params: ConsensusParams::default(),
        validators: Vec::new(),
        app_hash: String::new(),
        app_state,
    }
}
