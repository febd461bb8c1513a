//! Code as it is uploaded: plain, or in gzip.

use std::io::Read;

use flate2::read::GzDecoder;
use slsbft_wasm::limits::Limits;

use super::errors::ContractsError;

/// What gzip begins with (RFC 1952, 2.3).
const GZIP: &[u8] = &[0x1f, 0x8b, 0x08];

/// Code that nobody has unpacked yet: that waits until its gas is paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    bytes: Vec<u8>,
    /// Bytes of the code, as its sender says if it is in gzip.
    len: u64,
}

impl Upload {
    /// Looks at the code's length only.
    pub fn read(bytes: Vec<u8>) -> Result<Self, ContractsError> {
        if bytes.is_empty() {
            return Err(ContractsError::Empty("wasm byte code"));
        }
        // The last four bytes of gzip are the length of what is in it, modulo 2^32.
        let len = match bytes.last_chunk() {
            Some(length) if bytes.starts_with(GZIP) => u32::from_le_bytes(*length).into(),
            _ => bytes.len() as u64,
        };
        let most = Limits::CONSENSUS.code_bytes;
        if len.max(bytes.len() as u64) > most {
            return Err(ContractsError::Limit(format!("code has more than {most} bytes")));
        }
        Ok(Self { bytes, len })
    }

    /// Bytes of the code.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// The code, of exactly the length that was paid for.
    pub fn unpack(&self) -> Result<Vec<u8>, ContractsError> {
        if !self.bytes.starts_with(GZIP) {
            return Ok(self.bytes.clone());
        }
        let mut code = Vec::new();
        let mut reader = GzDecoder::new(self.bytes.as_slice()).take(self.len.saturating_add(1));
        let failed = |text: String| ContractsError::Create(format!("gzip: {text}"));
        reader
            .read_to_end(&mut code)
            .map_err(|error| failed(error.to_string()))?;
        match code.len() as u64 == self.len {
            true => Ok(code),
            false => Err(failed("its content is not as long as it says".into())),
        }
    }
}
