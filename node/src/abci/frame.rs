//! The socket protocol's framing: each message is preceded by its length as an
//! unsigned varint.
//!
//! The length is only a claim: nothing is allocated for it before the bytes
//! themselves arrive, and a length above the limit ends the connection.

use std::io::{self, Read};

use bytes::{Buf, Bytes, BytesMut};
use prost::Message;
use thiserror::Error;

/// Bytes taken from the socket in one read.
const WINDOW: usize = 256 * 1024;
/// A buffer that served a frame above this size is given back afterwards.
const KEEP: usize = 1024 * 1024;
/// The longest encoding of a 64-bit varint.
const MAX_VARINT: usize = 10;

/// Why a byte stream cannot be cut into frames.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum FrameError {
    #[error(
        "a frame of {length} bytes is announced, above the limit of {limit}; raise \
         `abci.max_frame_bytes` in app.toml if blocks on this chain are that large"
    )]
    TooLong { length: u64, limit: usize },
    #[error("a frame starts with a length that is no varint; is the peer speaking ABCI?")]
    BadLength,
}

/// Cuts a byte stream into frames, without copying a frame's contents again.
///
/// A frame shares its memory with its neighbours in the same read (at most
/// 256 KiB, or its own length), so whoever keeps a part of it should copy.
pub struct FrameReader {
    buffer: BytesMut,
    window: Box<[u8]>,
    limit: usize,
}

impl FrameReader {
    /// `limit` is the longest frame accepted, in bytes.
    pub fn new(limit: usize) -> Self {
        Self {
            buffer: BytesMut::new(),
            window: vec![0; WINDOW].into_boxed_slice(),
            limit,
        }
    }

    /// Reads once from `source`; returns the number of bytes read, 0 at its end.
    pub fn fill(&mut self, source: &mut impl Read) -> io::Result<usize> {
        let read = loop {
            match source.read(&mut self.window) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        self.buffer
            .extend_from_slice(self.window.get(..read).unwrap_or_default());
        Ok(read)
    }

    /// The next complete frame that is already here, if any.
    pub fn next_frame(&mut self) -> Result<Option<Bytes>, FrameError> {
        let Some((prefix, length)) = read_varint(&self.buffer)? else {
            return Ok(None);
        };
        let length = match usize::try_from(length) {
            Ok(length_usize) if length_usize <= self.limit => length_usize,
            _ => {
                return Err(FrameError::TooLong {
                    length,
                    limit: self.limit,
                });
            }
        };
        if self.buffer.len() - prefix < length {
            return Ok(None);
        }
        self.buffer.advance(prefix);
        let frame = self.buffer.split_to(length).freeze();
        if length > KEEP {
            self.buffer = BytesMut::from(self.buffer.as_ref());
        }
        Ok(Some(frame))
    }

    /// Whether the stream stopped inside a frame.
    pub fn is_mid_frame(&self) -> bool {
        !self.buffer.is_empty()
    }
}

/// The number of bytes of the varint at the head of `bytes`, and its value;
/// `None` when it is not complete yet.
fn read_varint(bytes: &[u8]) -> Result<Option<(usize, u64)>, FrameError> {
    let mut value = 0u64;
    for (index, byte) in bytes.iter().take(MAX_VARINT).enumerate() {
        let part = u64::from(byte & 0x7f);
        // The tenth byte has room for one bit.
        if index == MAX_VARINT - 1 && part > 1 {
            return Err(FrameError::BadLength);
        }
        value |= part << (7 * index);
        if byte & 0x80 == 0 {
            return Ok(Some((index + 1, value)));
        }
    }
    if bytes.len() >= MAX_VARINT {
        Err(FrameError::BadLength)
    } else {
        Ok(None)
    }
}

/// Appends `message` as one frame to `out`.
pub fn append_frame(message: &impl Message, out: &mut Vec<u8>) {
    let length = message.encoded_len();
    out.reserve(length + MAX_VARINT);
    prost::encoding::encode_varint(length as u64, out);
    message.encode_raw(out);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn frames_of(mut bytes: &[u8], limit: usize, step: usize) -> Result<Vec<Bytes>, FrameError> {
        let mut reader = FrameReader::new(limit);
        let mut frames = Vec::new();
        while !bytes.is_empty() {
            let (mut now, later) = bytes.split_at(step.min(bytes.len()));
            bytes = later;
            while reader.fill(&mut now).unwrap() > 0 {}
            while let Some(frame) = reader.next_frame()? {
                frames.push(frame);
            }
        }
        Ok(frames)
    }

    fn framed(payloads: &[Vec<u8>]) -> Vec<u8> {
        let mut out = Vec::new();
        for payload in payloads {
            prost::encoding::encode_varint(payload.len() as u64, &mut out);
            out.extend_from_slice(payload);
        }
        out
    }

    proptest! {
        #[test]
        fn frames_come_out_whole_and_in_order_however_the_bytes_are_cut(
            payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..600), 0..20),
            step in 1usize..700,
        ) {
            let frames = frames_of(&framed(&payloads), 1024, step).unwrap();
            prop_assert_eq!(frames, payloads);
        }

        #[test]
        fn random_bytes_never_panic_nor_hold_more_than_arrived(
            bytes in prop::collection::vec(any::<u8>(), 0..4096), step in 1usize..512,
        ) {
            if let Ok(frames) = frames_of(&bytes, 1 << 30, step) {
                prop_assert!(frames.iter().map(Bytes::len).sum::<usize>() <= bytes.len());
            }
        }
    }

    #[test]
    fn a_huge_length_is_refused_before_any_of_its_bytes_arrive() {
        let mut bytes = Vec::new();
        prost::encoding::encode_varint(1 << 40, &mut bytes);
        assert_eq!(
            frames_of(&bytes, 1000, 1),
            Err(FrameError::TooLong {
                length: 1 << 40,
                limit: 1000
            })
        );
    }

    #[test]
    fn an_allowed_length_costs_no_memory_until_its_bytes_arrive() {
        let mut reader = FrameReader::new(1 << 30);
        let mut bytes = Vec::new();
        prost::encoding::encode_varint(1 << 29, &mut bytes);
        reader.fill(&mut bytes.as_slice()).unwrap();
        assert_eq!(reader.next_frame(), Ok(None));
        assert!(reader.is_mid_frame());
        assert!(reader.buffer.capacity() < 4096);
    }

    #[test]
    fn a_length_of_eleven_bytes_is_refused() {
        assert_eq!(frames_of(&[0xff; 11], usize::MAX, 1), Err(FrameError::BadLength));
    }
}
