//! Reading what an auditor has to do.

use slsbft_proto::service::v1::Target;
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
}

impl Client {
    /// What [`Client::audit_assignment`] answers, read.
    pub async fn assignment(&self, auditor: &Address) -> Result<Assignment, ClientError> {
        let answer = self.audit_assignment(auditor).await?;
        let operator = match answer.operator.as_str() {
            "" => None,
            text => Some(text.parse().map_err(|_| self.without("a readable operator"))?),
        };
        let digest = match answer.digest.as_ref() {
            [] => None,
            digest => Some(
                digest
                    .try_into()
                    .map_err(|_| self.without("a digest of 32 bytes"))?,
            ),
        };
        Ok(Assignment {
            epoch: answer.epoch,
            operator,
            targets: answer.targets,
            commit_until: answer.commit_until,
            reveal_until: answer.reveal_until,
            height: answer.height,
            digest,
            revealed: answer.revealed,
        })
    }
}
