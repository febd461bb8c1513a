//! Where a node is: the nibbles of the key hashes below it that they have in common.

use crate::prefix_end;

/// Up to 64 nibbles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Path {
    /// Zero behind the path's end: the lowest key hash below it.
    lowest: [u8; 32],
    nibbles: u8,
}

impl Path {
    pub(crate) const ROOT: Path = Path {
        lowest: [0; 32],
        nibbles: 0,
    };

    /// The path one nibble (0 to 15) longer.
    pub(crate) fn child(&self, nibble: u8) -> Path {
        let mut child = *self;
        if let Some(byte) = child.lowest.get_mut(usize::from(self.nibbles / 2)) {
            *byte |= if self.nibbles.is_multiple_of(2) {
                nibble << 4
            } else {
                nibble & 0x0f
            };
            child.nibbles += 1;
        }
        child
    }

    /// The sixteen children with their nibbles.
    pub(crate) fn children(&self) -> impl Iterator<Item = (u8, Path)> {
        (0..16).map(|nibble| (nibble, self.child(nibble)))
    }

    /// The depth in bits.
    pub(crate) fn depth(&self) -> usize {
        usize::from(self.nibbles) * 4
    }

    /// The nibble of `key_hash` that continues this path.
    pub(crate) fn next_nibble(&self, key_hash: &[u8; 32]) -> u8 {
        let byte = key_hash
            .get(usize::from(self.nibbles / 2))
            .copied()
            .unwrap_or_default();
        if self.nibbles.is_multiple_of(2) {
            byte >> 4
        } else {
            byte & 0x0f
        }
    }

    pub(crate) fn lowest(&self) -> &[u8; 32] {
        &self.lowest
    }

    /// The first hash behind all those below this path; `None` at the end of the space.
    pub(crate) fn end(&self) -> Option<Vec<u8>> {
        let mut bytes = self.bytes().to_vec();
        if self.nibbles % 2 == 1
            && let Some(last) = bytes.last_mut()
        {
            *last |= 0x0f;
        }
        prefix_end(&bytes)
    }

    /// The key in the tree's column: the number of nibbles, the bytes they fill, and the height
    /// inverted, so that of one page the newest entry comes first.
    pub(crate) fn entry_key(&self, height: u64) -> Vec<u8> {
        let mut out = Vec::with_capacity(41);
        out.push(self.nibbles);
        out.extend(self.bytes());
        out.extend((!height).to_be_bytes());
        out
    }

    fn bytes(&self) -> &[u8] {
        self.lowest
            .get(..usize::from(self.nibbles.div_ceil(2)))
            .unwrap_or(&self.lowest)
    }
}

/// Bit `depth` of `hash`, from the most significant one.
pub(super) fn bit(hash: &[u8; 32], depth: usize) -> bool {
    hash.get(depth / 8)
        .is_some_and(|byte| byte & (0x80 >> (depth % 8)) != 0)
}
