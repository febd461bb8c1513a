//! A chain with validators of its own.

use std::collections::BTreeSet;

use cosmos_sdk_proto::{
    Any,
    cosmos::{
        base::v1beta1::Coin,
        staking::v1beta1::{MsgDelegate, MsgUndelegate},
    },
};
use prost::{Message, Name};
use slsbft_client::KeyKind;
use slsbft_genesis::{
    ConsensusKey, Genesis, NewCandidate,
    beacon::{Hex32, VrfKey},
    staking::{Commission, Description},
};
use slsbft_mechanism::share::Dec;
use slsbft_proto::election::v1::{
    QueryCandidateRequest, QueryCandidateResponse, QueryElectionRequest, QueryElectionResponse, Standing,
};
use slsbft_tests::{Chain, Wallet, validators::vrf_secret};
use slsbft_types::{Address, Amount, BASE_DENOM, Time, UANKR_PER_ANKR};

/// What every operator has besides its stake, in ANKR.
pub const RICH: u128 = 1_000_000;
/// Blocks of an epoch.
pub const EPOCH: i64 = 10;

/// Operators with stakes in ANKR; a genesis of them and of the chain.
pub struct Network {
    pub operators: Vec<Wallet>,
    pub chain: Chain,
}

pub fn consensus_key(number: u8) -> ConsensusKey {
    ConsensusKey([number + 1; 32])
}

/// CometBFT's name for a validator.
pub fn address_of(number: u8) -> [u8; 20] {
    slsbft_app::modules::consensus::consensus_address(&consensus_key(number).0)
}

/// Codespace, code and words.
pub type Refusal = (String, u32, String);

/// A message with its type.
pub fn packed<M: Message + Name>(message: &M) -> Any {
    Any {
        type_url: M::type_url(),
        value: message.encode_to_vec(),
    }
}

fn candidate(operator: Address, number: u8, stake: u128) -> NewCandidate {
    NewCandidate {
        operator,
        consensus_key: consensus_key(number),
        stake: Amount::new(stake),
        description: Description {
            moniker: format!("validator {number}"),
            ..Description::default()
        },
        commission: Commission {
            rate: Dec::ZERO,
            max_rate: Dec::ZERO,
            max_change_rate: Dec::ZERO,
            updated_at: Time::default(),
        },
    }
}

pub fn coin(uankr: u128) -> Coin {
    Coin {
        denom: BASE_DENOM.into(),
        amount: uankr.to_string(),
    }
}

impl Network {
    pub fn start(stakes: &[u128]) -> Self {
        Self::start_with(stakes, |_| ())
    }

    pub fn start_with(stakes: &[u128], change: impl FnOnce(&mut Genesis)) -> Self {
        let operators: Vec<Wallet> = (0..stakes.len())
            .map(|n| Wallet::new(KeyKind::Secp256k1, n as u8 + 1, n as u64))
            .collect();
        let accounts: Vec<(Address, u128)> = operators
            .iter()
            .zip(stakes)
            .map(|(operator, stake)| (operator.address(), (stake + RICH) * UANKR_PER_ANKR))
            .collect();
        let chain = Chain::start_with(&accounts, |genesis| {
            genesis.app_state.epochs.params.blocks_per_epoch = EPOCH as u64;
            genesis.consensus_params.evidence.max_age_num_blocks = 30;
            genesis.consensus_params.evidence.max_age_duration = 20_000_000_000;
            for (n, (operator, stake)) in operators.iter().zip(stakes).enumerate() {
                genesis
                    .add_candidate(candidate(operator.address(), n as u8, stake * UANKR_PER_ANKR))
                    .unwrap();
                genesis.app_state.beacon.vrf_keys.push(VrfKey {
                    operator: operator.address(),
                    vrf_key: Hex32(*vrf_secret(n as u8).public().as_bytes()),
                });
            }
            change(genesis);
        });
        Self { operators, chain }
    }

    /// Blocks up to and with the end of the running epoch.
    pub fn end_epoch(&mut self) {
        loop {
            self.chain.block();
            if self.chain.height % EPOCH == 0 {
                return;
            }
        }
    }

    pub fn end_epochs(&mut self, number: usize) {
        (0..number).for_each(|_| self.end_epoch());
    }

    /// A block with one message of an operator; panics if it fails.
    pub fn send<M: Message + Name>(&mut self, operator: usize, message: &M) {
        self.send_any(operator, packed(message)).unwrap();
    }

    /// A block with one message of an operator that fails; returns its codespace, code and words.
    pub fn refused<M: Message + Name>(&mut self, operator: usize, message: &M) -> Refusal {
        self.send_any(operator, packed(message)).unwrap_err()
    }

    pub fn send_any(&mut self, operator: usize, message: Any) -> Result<(), Refusal> {
        let tx = self.operators[operator].send_message(message);
        let checked = self.chain.submit(tx.bytes());
        if checked.code != 0 {
            self.operators[operator].sequence -= 1;
            return Err((checked.codespace, checked.code, checked.log));
        }
        let block = self.chain.block();
        let result = block.results().last().unwrap();
        match result.code {
            0 => Ok(()),
            code => Err((result.codespace.clone(), code, result.log.clone())),
        }
    }

    pub fn delegate(&mut self, delegator: usize, to: usize, ankr: u128) {
        let message = MsgDelegate {
            delegator_address: self.operators[delegator].address().to_string(),
            validator_address: self.operators[to].address().to_validator_bech32(),
            amount: Some(coin(ankr * UANKR_PER_ANKR)),
        };
        self.send(delegator, &message);
    }

    pub fn undelegate(&mut self, delegator: usize, from: usize, ankr: u128) {
        let message = MsgUndelegate {
            delegator_address: self.operators[delegator].address().to_string(),
            validator_address: self.operators[from].address().to_validator_bech32(),
            amount: Some(coin(ankr * UANKR_PER_ANKR)),
        };
        self.send(delegator, &message);
    }

    /// uankr of stake with an operator.
    pub fn stake(&self, operator: usize) -> u128 {
        let operator = self.operators[operator].address();
        let found = slsbft_app::modules::staking::candidate(&self.chain.snapshot(), &operator);
        found
            .unwrap()
            .map_or(0, |candidate| candidate.pool.tokens().value())
    }

    /// Numbers of those in the set that decides the next block.
    pub fn set(&self) -> BTreeSet<usize> {
        let current = self.chain.validators.current();
        (0..self.operators.len())
            .filter(|n| {
                current
                    .iter()
                    .any(|(address, _)| *address == address_of(*n as u8))
            })
            .collect()
    }

    pub fn election(&self) -> QueryElectionResponse {
        self.ask(
            "/slsbft.election.v1.Query/Election",
            &QueryElectionRequest { epoch: 0 },
        )
    }

    /// Where an operator stood in the latest election.
    pub fn standing(&self, operator: usize) -> Standing {
        let named = self.operators[operator].address().to_validator_bech32();
        let standings = self.election().standings;
        standings
            .into_iter()
            .find(|s| s.operator == named)
            .expect("a candidate")
    }

    pub fn candidate(&self, operator: usize) -> QueryCandidateResponse {
        let operator = self.operators[operator].address().to_string();
        self.ask(
            "/slsbft.election.v1.Query/Candidate",
            &QueryCandidateRequest { operator },
        )
    }

    pub fn ask<Q: Message, A: Message + Default>(&self, path: &str, request: &Q) -> A {
        let answer = self.chain.query(path, request.encode_to_vec());
        assert_eq!(answer.code, 0, "{path}: {}", answer.log);
        A::decode(answer.value).unwrap()
    }
}
