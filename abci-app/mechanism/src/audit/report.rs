//! What an auditor commits to and reveals.
//!
//! A report is its entries one after the other, in strictly ascending order of targets. Numbers are
//! big-endian. An entry is
//!
//! | bytes | |
//! |---|---|
//! | 4 | target |
//! | 1 | 0: not reached, and the entry ends here; 1: reached; 2: reached and challenged |
//! | 2 | latency in milliseconds |
//! | 4 | throughput in kilobits per second |
//! | 2 | delivered, in thousandths; only after a 2 |
//!
//! There is exactly one encoding of a report and one report of an encoding.

use sha2::{Digest, Sha256};
use slsbft_types::Address;

/// Domain of commitments.
const DOMAIN: &[u8] = b"slsbft/audit/report/1";
/// Longest entry in bytes.
const LONGEST: usize = 13;
/// All challenges delivered.
const ALL: u16 = 1000;

/// What was measured of a target that answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Without the way: see [`audit`](super). The highest value is itself or more.
    pub latency_ms: u16,
    pub throughput_kbps: u32,
    /// Thousandths of the challenges on its resources; `None` if there were none.
    pub delivered: Option<u16>,
}

/// What was found of a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    Unreachable,
    Reached(Reading),
}

/// A report's word on one target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    pub target: u32,
    pub finding: Finding,
}

/// An auditor's findings of one epoch, in strictly ascending order of targets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report(Vec<Entry>);

/// Why something is no report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    #[error("a report has at most {0} entries, one for each assigned target")]
    TooMany(u32),
    #[error("entries must be in strictly ascending order of targets; {0} is not above the one before")]
    Order(u32),
    #[error("the report ends within an entry")]
    Truncated,
    #[error("an entry begins with 0, 1 or 2 after its target, found {0}")]
    Kind(u8),
    #[error("delivered is in thousandths, found {0}")]
    Delivered(u16),
}

impl Report {
    /// Checks the order of entries and their values.
    pub fn new(entries: Vec<Entry>) -> Result<Self, ReportError> {
        let pairs = entries.iter().zip(entries.iter().skip(1));
        if let Some((_, late)) = pairs.into_iter().find(|(a, b)| a.target >= b.target) {
            return Err(ReportError::Order(late.target));
        }
        for entry in &entries {
            if let Finding::Reached(Reading {
                delivered: Some(part),
                ..
            }) = entry.finding
                && part > ALL
            {
                return Err(ReportError::Delivered(part));
            }
        }
        Ok(Self(entries))
    }

    /// In ascending order of targets.
    pub fn entries(&self) -> &[Entry] {
        &self.0
    }

    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.0.len() * LONGEST);
        for entry in &self.0 {
            bytes.extend(entry.target.to_be_bytes());
            match entry.finding {
                Finding::Unreachable => bytes.push(0),
                Finding::Reached(reading) => {
                    bytes.push(if reading.delivered.is_some() { 2 } else { 1 });
                    bytes.extend(reading.latency_ms.to_be_bytes());
                    bytes.extend(reading.throughput_kbps.to_be_bytes());
                    bytes.extend(reading.delivered.into_iter().flat_map(u16::to_be_bytes));
                }
            }
        }
        bytes
    }

    /// Reads a report of at most so many entries: those that its auditor was assigned.
    pub fn decode(bytes: &[u8], most: u32) -> Result<Self, ReportError> {
        let mut rest = bytes;
        let mut entries = Vec::new();
        while !rest.is_empty() {
            if entries.len() >= most as usize {
                return Err(ReportError::TooMany(most));
            }
            entries.push(read_entry(&mut rest)?);
        }
        Self::new(entries)
    }

    /// What an auditor commits to before it may reveal: SHA-256 of
    /// `"slsbft/audit/report/1"` ‖ length of the chain id (8 bytes, big-endian) ‖ chain id ‖
    /// epoch (8) ‖ length of the auditor's address (1) ‖ address ‖ salt (32) ‖ the encoded report.
    /// The address keeps others from copying it, the salt from guessing the report.
    pub fn commitment(&self, chain_id: &str, epoch: u64, auditor: &Address, salt: &[u8; 32]) -> [u8; 32] {
        let address = auditor.as_bytes();
        Sha256::new_with_prefix(DOMAIN)
            .chain_update((chain_id.len() as u64).to_be_bytes())
            .chain_update(chain_id)
            .chain_update(epoch.to_be_bytes())
            .chain_update([address.len() as u8])
            .chain_update(address)
            .chain_update(salt)
            .chain_update(self.encode())
            .finalize()
            .into()
    }
}

fn read_entry(rest: &mut &[u8]) -> Result<Entry, ReportError> {
    let target = u32::from_be_bytes(take(rest)?);
    let [kind] = take(rest)?;
    let finding = match kind {
        0 => Finding::Unreachable,
        1 | 2 => Finding::Reached(Reading {
            latency_ms: u16::from_be_bytes(take(rest)?),
            throughput_kbps: u32::from_be_bytes(take(rest)?),
            delivered: if kind == 2 {
                Some(u16::from_be_bytes(take(rest)?))
            } else {
                None
            },
        }),
        other => return Err(ReportError::Kind(other)),
    };
    Ok(Entry { target, finding })
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], ReportError> {
    let (taken, after) = rest.split_first_chunk().ok_or(ReportError::Truncated)?;
    *rest = after;
    Ok(*taken)
}
