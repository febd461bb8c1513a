//! Answers on disk, one file for each request. A file is never changed, and is there before anybody is
//! told its digest: so whenever the daemon is killed, it reveals what it has committed to, or may have.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use rand::{RngCore, rngs::OsRng};
use serde::{Deserialize, Serialize};
use slsbft_mechanism::request::Answer;
use slsbft_proto::requests::v1::{self, MsgCommit, MsgReveal, answer};
use slsbft_types::Address;

use crate::journal::{Folder, FolderError};

/// Why an answer cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum BookError {
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error("cannot read {path}: {source}", path = path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("cannot write {path}: {source}; free some space, and see whose the folder is", path = path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("{path} holds no answer that was written whole: {what}", path = path.display())]
    Damaged { path: PathBuf, what: String },
    #[error("{path} is of the chain '{found}', not of '{expected}'; give each chain its own --data", path = path.display())]
    Chain {
        path: PathBuf,
        found: String,
        expected: String,
    },
}

/// An answer as it was committed to, or will be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    pub request: u64,
    /// The last height for revealing it.
    pub until: u64,
    pub answer: Answer,
    /// What is committed to.
    pub digest: [u8; 32],
    /// Known to nobody else until it is revealed.
    salt: [u8; 32],
}

impl Held {
    pub fn commitment(&self, edge: String) -> MsgCommit {
        MsgCommit {
            edge,
            request_id: self.request,
            digest: self.digest.to_vec().into(),
        }
    }

    pub fn revelation(&self, edge: String) -> MsgReveal {
        let answer = match &self.answer {
            Answer::Found(text) => answer::Answer::Found(text.clone()),
            Answer::Unavailable => answer::Answer::Unavailable(true),
            Answer::Failed(words) => answer::Answer::Failed(words.clone()),
        };
        MsgReveal {
            edge,
            request_id: self.request,
            salt: self.salt.to_vec().into(),
            answer: Some(v1::Answer { answer: Some(answer) }),
        }
    }
}

/// A file's content; bytes in hexadecimal.
#[derive(Serialize, Deserialize)]
struct Record {
    chain_id: String,
    request: u64,
    edge: String,
    until: u64,
    /// With [`Self::failed`] absent: unavailable.
    answer: Option<String>,
    /// What a task failed with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failed: Option<String>,
    salt: String,
    /// Shows that the file is whole, too.
    digest: String,
}

/// A folder of one node's answers on one chain.
pub struct Book {
    folder: Folder,
    chain_id: String,
    edge: Address,
}

impl Book {
    pub fn open(folder: &Path, chain_id: &str, edge: Address) -> Result<Self, BookError> {
        Ok(Self {
            folder: Folder::open(folder)?,
            chain_id: chain_id.into(),
            edge,
        })
    }

    /// The answer to a request, if one was written.
    pub fn load(&self, request: u64) -> Result<Option<Held>, BookError> {
        let path = self.path(request);
        match self.read(&path) {
            Err(BookError::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(None),
            read => {
                let held = read?;
                if held.request == request {
                    return Ok(Some(held));
                }
                let what = format!("it is of request {}", held.request);
                Err(BookError::Damaged { path, what })
            }
        }
    }

    /// Keeps an answer, durably when this returns. Once there is one, it is that.
    pub fn write(&self, request: u64, until: u64, answer: Answer) -> Result<Held, BookError> {
        if let Some(held) = self.load(request)? {
            return Ok(held);
        }
        let mut salt = [0; 32];
        OsRng.fill_bytes(&mut salt);
        let (found, failed) = match &answer {
            Answer::Found(text) => (Some(text.clone()), None),
            Answer::Failed(words) => (None, Some(words.clone())),
            Answer::Unavailable => (None, None),
        };
        let record = Record {
            chain_id: self.chain_id.clone(),
            request,
            edge: self.edge.to_string(),
            until,
            salt: hex::encode(salt),
            digest: hex::encode(answer.commitment(&self.chain_id, request, &self.edge, &salt)),
            answer: found,
            failed,
        };
        let path = self.path(request);
        let written = self.folder.write(&path, &record);
        written.map_err(|source| BookError::Write {
            path: path.clone(),
            source,
        })?;
        self.read(&path)
    }

    /// Deletes the answers that could be revealed up to a height before this one.
    pub fn forget_before(&self, height: u64) -> Result<(), BookError> {
        let files = self.folder.files();
        let files = files.map_err(|source| BookError::Read {
            path: self.folder.path().into(),
            source,
        })?;
        for path in files {
            if self.read(&path).is_ok_and(|held| held.until < height) {
                fs::remove_file(&path).map_err(|source| BookError::Write { path, source })?;
            }
        }
        Ok(())
    }

    fn path(&self, request: u64) -> PathBuf {
        self.folder.file(&request.to_string())
    }

    fn read(&self, path: &Path) -> Result<Held, BookError> {
        let damaged = |what: String| BookError::Damaged {
            path: path.into(),
            what,
        };
        let bytes = fs::read(path).map_err(|source| BookError::Read {
            path: path.into(),
            source,
        })?;
        let record: Record = serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
        if record.chain_id != self.chain_id {
            return Err(BookError::Chain {
                path: path.into(),
                found: record.chain_id,
                expected: self.chain_id.clone(),
            });
        }
        let salt = hex::decode(&record.salt)
            .ok()
            .and_then(|salt| salt.try_into().ok());
        let salt: [u8; 32] = salt.ok_or_else(|| damaged("its salt has not 32 bytes".into()))?;
        let answer = match (record.answer, record.failed) {
            (Some(text), _) => Answer::Found(text),
            (None, Some(words)) => Answer::Failed(words),
            (None, None) => Answer::Unavailable,
        };
        let digest = answer.commitment(&self.chain_id, record.request, &self.edge, &salt);
        if hex::encode(digest) != record.digest || record.edge != self.edge.to_string() {
            return Err(damaged("its digest is not that of its answer and node".into()));
        }
        Ok(Held {
            request: record.request,
            until: record.until,
            answer,
            digest,
            salt,
        })
    }
}
