//! A write batch as raw bytes, in the format that RocksDB documents in `write_batch.cc`: an
//! eight-byte sequence number, a four-byte count, then records of a tag, the column's id and
//! length-prefixed strings. One buffer instead of a foreign call for each entry.

use rocksdb::{ColumnFamily, WriteBatch};

use super::{Column, Db};
use crate::StoreError;

const TAG_DELETE: u8 = 4;
const TAG_PUT: u8 = 5;
const HEADER_LEN: usize = 12;

/// The numbers by which RocksDB's batches name the columns, in the order of [`Column::ALL`].
pub(super) type ColumnIds = [u32; Column::ALL.len()];

pub(crate) struct Batch {
    ids: ColumnIds,
    bytes: Vec<u8>,
    count: u32,
}

impl Batch {
    pub(crate) fn new(db: &Db) -> Self {
        Batch {
            ids: db.ids,
            bytes: vec![0; HEADER_LEN],
            count: 0,
        }
    }

    /// Room for `bytes` more.
    pub(crate) fn reserve(&mut self, bytes: usize) {
        self.bytes.reserve(bytes);
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Key and value are given in parts.
    pub(crate) fn put(&mut self, column: Column, key: &[&[u8]], value: &[&[u8]]) {
        self.start(TAG_PUT, column);
        self.string(key);
        self.string(value);
    }

    pub(crate) fn delete(&mut self, column: Column, key: &[&[u8]]) {
        self.start(TAG_DELETE, column);
        self.string(key);
    }

    pub(super) fn finish(mut self) -> WriteBatch {
        if let Some(count) = self.bytes.get_mut(8..HEADER_LEN) {
            count.copy_from_slice(&self.count.to_le_bytes());
        }
        WriteBatch::from_data(&self.bytes)
    }

    fn start(&mut self, tag: u8, column: Column) {
        self.count += 1;
        self.bytes.push(tag);
        let id = self.ids.get(column as usize).copied().unwrap_or_default();
        varint(&mut self.bytes, id);
    }

    fn string(&mut self, parts: &[&[u8]]) {
        let len: usize = parts.iter().map(|part| part.len()).sum();
        // Keys and values are bounded far below 2^32.
        varint(&mut self.bytes, len as u32);
        parts.iter().for_each(|part| self.bytes.extend_from_slice(part));
    }
}

fn varint(out: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// RocksDB does not tell a column's id, but writes it into a batch: after header and tag.
pub(super) fn column_id(column: &ColumnFamily) -> Result<u32, StoreError> {
    let mut probe = WriteBatch::default();
    probe.put_cf(column, b"", b"");
    let record = probe.data().get(HEADER_LEN..).unwrap_or_default();
    let malformed = || StoreError::Storage {
        detail: "RocksDB's write batch has another format than expected".into(),
    };
    let (tag, mut rest) = record.split_first().ok_or_else(malformed)?;
    let mut id = 0u32;
    for shift in [0, 7, 14, 21, 28] {
        let (byte, tail) = rest.split_first().ok_or_else(malformed)?;
        id |= u32::from(byte & 0x7f) << shift;
        rest = tail;
        if *tag == TAG_PUT && byte & 0x80 == 0 && rest == [0, 0] {
            return Ok(id);
        }
    }
    Err(malformed())
}
