//! Reading what an auditor has to do.

use slsbft_proto::service::v1::{QueryAssignmentResponse, Target};
use slsbft_types::Address;

use super::{Client, ClientError};

/// Whom an auditor has to audit in the running epoch, and what the chain has of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    pub epoch: u64,
    /// For whom the account audits; `None`: for nobody.
    pub operator: Option<Address>,
    /// In ascending order of their ids.
    pub targets: Vec<Target>,
    /// Last height at which a commitment is taken.
    pub commit_until: u64,
    /// Last height at which a report is taken: the epoch's last.
    pub reveal_until: u64,
    /// Of the latest block.
    pub height: u64,
    /// What was committed to.
    pub digest: Option<[u8; 32]>,
    pub revealed: bool,
    /// How computing is proven; `None` if it is not in this epoch.
    pub computing: Option<Computing>,
}

/// How computing is proven in an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Computing {
    /// The beacon that it begins with.
    pub seed: [u8; 32],
    /// The block whose beacon samples what was committed to.
    pub sample_height: u64,
    /// That beacon; `None` before.
    pub sample: Option<[u8; 32]>,
}

impl Client {
    /// What [`Client::audit_assignment`] answers, read.
    pub async fn assignment(&self, auditor: &Address) -> Result<Assignment, ClientError> {
        let answer = self.audit_assignment(auditor).await?;
        let operator = match answer.operator.as_str() {
            "" => None,
            text => Some(text.parse().map_err(|_| self.without("a readable operator"))?),
        };
        let computing = self.computing(&answer)?;
        Ok(Assignment {
            epoch: answer.epoch,
            operator,
            targets: answer.targets,
            commit_until: answer.commit_until,
            reveal_until: answer.reveal_until,
            height: answer.height,
            digest: self.bytes32(&answer.digest, "a digest of 32 bytes")?,
            revealed: answer.revealed,
            computing,
        })
    }

    fn computing(&self, answer: &QueryAssignmentResponse) -> Result<Option<Computing>, ClientError> {
        let seed = self.bytes32(&answer.compute_seed, "a beacon of 32 bytes")?;
        let sample = self.bytes32(&answer.compute_sample, "a beacon of 32 bytes")?;
        let sample_height = answer.compute_sample_height;
        Ok(seed.filter(|_| sample_height > 0).map(|seed| Computing {
            seed,
            sample_height,
            sample,
        }))
    }

    fn bytes32(&self, bytes: &[u8], what: &'static str) -> Result<Option<[u8; 32]>, ClientError> {
        match bytes {
            [] => Ok(None),
            bytes => Ok(Some(bytes.try_into().map_err(|_| self.without(what))?)),
        }
    }
}
