//! Several byte strings in one: each followed by its length as a big-endian `u32`.

/// Reads the sections, of more than `limit` the last; nothing if the lengths do not fit together.
pub(super) fn decode(mut bytes: &[u8], limit: usize) -> Option<Vec<&[u8]>> {
    let mut sections = Vec::new();
    while !bytes.is_empty() && sections.len() < limit {
        let (rest, length) = bytes.split_last_chunk::<4>()?;
        let start = rest.len().checked_sub(u32::from_be_bytes(*length) as usize)?;
        let (rest, section) = rest.split_at_checked(start)?;
        sections.push(section);
        bytes = rest;
    }
    sections.reverse();
    Some(sections)
}

/// A record as two sections; nothing if it is too long to say so.
pub(super) fn encode(key: &[u8], value: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(key.len().checked_add(value.len())?.checked_add(8)?);
    for section in [key, value] {
        bytes.extend_from_slice(section);
        bytes.extend_from_slice(&u32::try_from(section.len()).ok()?.to_be_bytes());
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_read_as_they_were_written() {
        let bytes = encode(b"key", b"").unwrap();
        assert_eq!(bytes, b"key\0\0\0\x03\0\0\0\0");
        assert_eq!(decode(&bytes, 2).unwrap(), [&b"key"[..], b""]);
        assert_eq!(decode(b"", 2).unwrap(), Vec::<&[u8]>::new());
    }

    #[test]
    fn lengths_that_reach_beyond_the_bytes_are_refused() {
        assert_eq!(decode(b"ab\0\0\0\x03", 2), None);
        assert_eq!(decode(b"\0\0\x01", 2), None);
        assert_eq!(decode(b"x\0\0\0\0", 2), None);
    }

    #[test]
    fn no_more_sections_are_read_than_asked_for() {
        assert_eq!(decode(&[0; 400], 7).unwrap().len(), 7);
    }
}
