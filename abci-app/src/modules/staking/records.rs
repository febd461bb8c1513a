//! The stored forms. Amounts are 16 bytes, shares and rates 32, big-endian; addresses
//! that are in a record's key are not in the record.

use prost::Message;
use slsbft_genesis::{
    ConsensusKey,
    staking::{Arrival, Candidate, Commission, Description, Params, Slash, Term, UnbondingEntry},
};
use slsbft_mechanism::share::{Dec, Pool};
use slsbft_types::{Address, Amount, Ratio, Time};

use crate::errors::Fault;

#[derive(Clone, PartialEq, Message)]
pub struct ParamsRecord {
    #[prost(bytes = "vec", tag = "1")]
    min_self_stake: Vec<u8>,
    #[prost(uint64, tag = "2")]
    unbonding_seconds: u64,
    #[prost(uint32, tag = "3")]
    max_entries: u32,
    #[prost(uint64, tag = "4")]
    max_stake_share: u64,
    #[prost(uint32, tag = "5")]
    max_share_from: u32,
    #[prost(uint32, tag = "6")]
    sweep_limit: u32,
}

#[derive(Clone, PartialEq, Message)]
pub struct TotalsRecord {
    #[prost(bytes = "vec", tag = "1")]
    pub bonded: Vec<u8>,
    #[prost(uint32, tag = "2")]
    pub candidates: u32,
}

#[derive(Clone, PartialEq, Message)]
pub struct CandidateRecord {
    #[prost(bytes = "vec", tag = "1")]
    consensus_key: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    tokens: Vec<u8>,
    #[prost(bytes = "vec", tag = "3")]
    shares: Vec<u8>,
    #[prost(string, repeated, tag = "4")]
    description: Vec<String>,
    #[prost(bytes = "vec", tag = "5")]
    rate: Vec<u8>,
    #[prost(bytes = "vec", tag = "6")]
    max_rate: Vec<u8>,
    #[prost(bytes = "vec", tag = "7")]
    max_change_rate: Vec<u8>,
    #[prost(message, optional, tag = "8")]
    updated_at: Option<TimeRecord>,
    #[prost(bytes = "vec", tag = "9")]
    min_self_delegation: Vec<u8>,
    #[prost(uint64, tag = "10")]
    created_height: u64,
    #[prost(message, optional, tag = "11")]
    jailed_until: Option<TimeRecord>,
    #[prost(bool, tag = "12")]
    tombstoned: bool,
}

#[derive(Clone, Copy, PartialEq, Message)]
struct TimeRecord {
    #[prost(int64, tag = "1")]
    seconds: i64,
    #[prost(uint32, tag = "2")]
    nanos: u32,
}

#[derive(Clone, PartialEq, Message)]
pub struct UnbondingRecord {
    #[prost(message, repeated, tag = "1")]
    entries: Vec<EntryRecord>,
}

#[derive(Clone, PartialEq, Message)]
struct EntryRecord {
    #[prost(message, optional, tag = "1")]
    term: Option<TermRecord>,
    #[prost(bytes = "vec", tag = "2")]
    initial: Vec<u8>,
    #[prost(bytes = "vec", tag = "3")]
    balance: Vec<u8>,
    #[prost(uint64, tag = "4")]
    answered: u64,
}

#[derive(Clone, PartialEq, Message)]
pub struct RedelegationRecord {
    #[prost(message, repeated, tag = "1")]
    entries: Vec<ArrivalRecord>,
}

#[derive(Clone, PartialEq, Message)]
struct ArrivalRecord {
    #[prost(bytes = "vec", tag = "1")]
    source: Vec<u8>,
    #[prost(message, optional, tag = "2")]
    term: Option<TermRecord>,
    #[prost(bytes = "vec", tag = "3")]
    initial: Vec<u8>,
    #[prost(bytes = "vec", tag = "4")]
    shares: Vec<u8>,
    #[prost(uint64, tag = "5")]
    answered: u64,
}

#[derive(Clone, Copy, PartialEq, Message)]
struct TermRecord {
    #[prost(uint64, tag = "1")]
    created_height: u64,
    #[prost(uint64, tag = "2")]
    until_height: u64,
    #[prost(int64, tag = "3")]
    until_seconds: i64,
    #[prost(uint32, tag = "4")]
    until_nanos: u32,
}

#[derive(Clone, PartialEq, Message)]
pub struct SlashRecord {
    #[prost(uint64, tag = "1")]
    infraction_height: u64,
    #[prost(uint64, tag = "2")]
    fraction: u64,
    #[prost(bytes = "vec", tag = "3")]
    burned: Vec<u8>,
    #[prost(bytes = "vec", tag = "4")]
    owed: Vec<u8>,
    #[prost(string, tag = "5")]
    reason: String,
}

/// 16 bytes, or none for zero.
pub fn amount_bytes(amount: Amount) -> Vec<u8> {
    match amount.is_zero() {
        true => Vec::new(),
        false => amount.value().to_be_bytes().to_vec(),
    }
}

pub fn read_amount(bytes: &[u8]) -> Result<Amount, Fault> {
    if bytes.is_empty() {
        return Ok(Amount::ZERO);
    }
    let bytes = bytes
        .try_into()
        .map_err(|_| Fault::corrupt("an amount of staking"))?;
    Ok(Amount::new(u128::from_be_bytes(bytes)))
}

pub fn read_dec(bytes: &[u8]) -> Result<Dec, Fault> {
    let bytes = bytes.try_into().map_err(|_| Fault::corrupt("shares or a rate"))?;
    Ok(Dec::from_be_bytes(bytes))
}

fn dec_bytes(dec: Dec) -> Vec<u8> {
    dec.to_be_bytes().to_vec()
}

fn read_address(bytes: &[u8]) -> Result<Address, Fault> {
    Address::from_bytes(bytes).map_err(|_| Fault::corrupt("an address of staking"))
}

impl From<Time> for TimeRecord {
    fn from(Time { seconds, nanos }: Time) -> Self {
        Self { seconds, nanos }
    }
}

impl From<TimeRecord> for Time {
    fn from(TimeRecord { seconds, nanos }: TimeRecord) -> Self {
        Self { seconds, nanos }
    }
}

impl From<Term> for TermRecord {
    fn from(term: Term) -> Self {
        Self {
            created_height: term.created_height,
            until_height: term.until_height,
            until_seconds: term.until.seconds,
            until_nanos: term.until.nanos,
        }
    }
}

fn read_term(term: Option<TermRecord>) -> Result<Term, Fault> {
    let term = term.ok_or_else(|| Fault::corrupt("a term of staking"))?;
    Ok(Term {
        created_height: term.created_height,
        until_height: term.until_height,
        until: Time {
            seconds: term.until_seconds,
            nanos: term.until_nanos,
        },
    })
}

impl From<&Params> for ParamsRecord {
    fn from(params: &Params) -> Self {
        Self {
            min_self_stake: amount_bytes(params.min_self_stake),
            unbonding_seconds: params.unbonding_seconds,
            max_entries: params.max_entries,
            max_stake_share: params.max_stake_share.billionths(),
            max_share_from: params.max_share_from,
            sweep_limit: params.sweep_limit,
        }
    }
}

impl ParamsRecord {
    pub fn read(&self) -> Result<Params, Fault> {
        Ok(Params {
            min_self_stake: read_amount(&self.min_self_stake)?,
            unbonding_seconds: self.unbonding_seconds,
            max_entries: self.max_entries,
            max_stake_share: read_ratio(self.max_stake_share)?,
            max_share_from: self.max_share_from,
            sweep_limit: self.sweep_limit,
        })
    }
}

fn read_ratio(billionths: u64) -> Result<Ratio, Fault> {
    Ratio::from_billionths(billionths).map_err(|_| Fault::corrupt("a ratio of staking"))
}

impl From<&Candidate> for CandidateRecord {
    fn from(candidate: &Candidate) -> Self {
        let Description {
            moniker,
            identity,
            website,
            security_contact,
            details,
        } = candidate.description.clone();
        Self {
            consensus_key: candidate.consensus_key.0.to_vec(),
            tokens: amount_bytes(candidate.pool.tokens()),
            shares: dec_bytes(candidate.pool.shares()),
            description: vec![moniker, identity, website, security_contact, details],
            rate: dec_bytes(candidate.commission.rate),
            max_rate: dec_bytes(candidate.commission.max_rate),
            max_change_rate: dec_bytes(candidate.commission.max_change_rate),
            updated_at: Some(candidate.commission.updated_at.into()),
            min_self_delegation: amount_bytes(candidate.min_self_delegation),
            created_height: candidate.created_height,
            jailed_until: candidate.jailed_until.map(TimeRecord::from),
            tombstoned: candidate.tombstoned,
        }
    }
}

impl CandidateRecord {
    pub fn read(self, operator: Address) -> Result<Candidate, Fault> {
        let corrupt = || Fault::corrupt(format!("candidate {operator}"));
        let description = <[String; 5]>::try_from(self.description).map_err(|_| corrupt())?;
        let [moniker, identity, website, security_contact, details] = description;
        let key = <[u8; 32]>::try_from(self.consensus_key).map_err(|_| corrupt())?;
        Ok(Candidate {
            operator,
            consensus_key: ConsensusKey(key),
            pool: Pool::new(read_amount(&self.tokens)?, read_dec(&self.shares)?).map_err(|_| corrupt())?,
            description: Description {
                moniker,
                identity,
                website,
                security_contact,
                details,
            },
            commission: Commission {
                rate: read_dec(&self.rate)?,
                max_rate: read_dec(&self.max_rate)?,
                max_change_rate: read_dec(&self.max_change_rate)?,
                updated_at: self.updated_at.map(Time::from).unwrap_or_default(),
            },
            min_self_delegation: read_amount(&self.min_self_delegation)?,
            created_height: self.created_height,
            jailed_until: self.jailed_until.map(Time::from),
            tombstoned: self.tombstoned,
        })
    }
}

impl From<&[UnbondingEntry]> for UnbondingRecord {
    fn from(entries: &[UnbondingEntry]) -> Self {
        let record = |entry: &UnbondingEntry| EntryRecord {
            term: Some(entry.term.into()),
            initial: amount_bytes(entry.initial),
            balance: amount_bytes(entry.balance),
            answered: entry.answered,
        };
        Self {
            entries: entries.iter().map(record).collect(),
        }
    }
}

impl UnbondingRecord {
    pub fn read(self) -> Result<Vec<UnbondingEntry>, Fault> {
        let entry = |record: EntryRecord| {
            Ok(UnbondingEntry {
                term: read_term(record.term)?,
                initial: read_amount(&record.initial)?,
                balance: read_amount(&record.balance)?,
                answered: record.answered,
            })
        };
        self.entries.into_iter().map(entry).collect()
    }
}

impl From<&[Arrival]> for RedelegationRecord {
    fn from(entries: &[Arrival]) -> Self {
        let record = |entry: &Arrival| ArrivalRecord {
            source: entry.source.as_bytes().to_vec(),
            term: Some(entry.term.into()),
            initial: amount_bytes(entry.initial),
            shares: dec_bytes(entry.shares),
            answered: entry.answered,
        };
        Self {
            entries: entries.iter().map(record).collect(),
        }
    }
}

impl RedelegationRecord {
    pub fn read(self) -> Result<Vec<Arrival>, Fault> {
        let entry = |record: ArrivalRecord| {
            Ok(Arrival {
                source: read_address(&record.source)?,
                term: read_term(record.term)?,
                initial: read_amount(&record.initial)?,
                shares: read_dec(&record.shares)?,
                answered: record.answered,
            })
        };
        self.entries.into_iter().map(entry).collect()
    }
}

impl From<&Slash> for SlashRecord {
    fn from(slash: &Slash) -> Self {
        Self {
            infraction_height: slash.infraction_height,
            fraction: slash.fraction.billionths(),
            burned: amount_bytes(slash.burned),
            owed: amount_bytes(slash.owed),
            reason: slash.reason.clone(),
        }
    }
}

impl SlashRecord {
    pub fn read(self, operator: Address, height: u64, number: u32) -> Result<Slash, Fault> {
        Ok(Slash {
            operator,
            height,
            number,
            infraction_height: self.infraction_height,
            fraction: read_ratio(self.fraction)?,
            burned: read_amount(&self.burned)?,
            owed: read_amount(&self.owed)?,
            reason: self.reason,
        })
    }
}
