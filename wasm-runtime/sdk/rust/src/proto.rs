//! As much protobuf as messages of modules need. For whole schemas there is the crate `prost`.

/// A message, built field by field, in the order of their numbers. What is zero or empty is left out, as
/// the chain demands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proto(Vec<u8>);

impl Proto {
    pub fn u64(mut self, field: u32, value: u64) -> Self {
        if value != 0 {
            self.varint(u64::from(field) << 3);
            self.varint(value);
        }
        self
    }

    pub fn bytes(mut self, field: u32, value: &[u8]) -> Self {
        if !value.is_empty() {
            self.prefixed(field, value);
        }
        self
    }

    pub fn text(self, field: u32, value: &str) -> Self {
        self.bytes(field, value.as_bytes())
    }

    /// Another message; one that is empty is there too.
    pub fn message(mut self, field: u32, value: Self) -> Self {
        self.prefixed(field, &value.0);
        self
    }

    pub fn encoded(self) -> Vec<u8> {
        self.0
    }

    fn prefixed(&mut self, field: u32, value: &[u8]) {
        self.varint(u64::from(field) << 3 | 2);
        self.varint(value.len() as u64);
        self.0.extend(value);
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::Proto;

    #[test]
    fn fields_are_written_as_protobuf_has_them() {
        let inner = Proto::default().text(1, "ab");
        let outer = Proto::default()
            .u64(1, 300)
            .bytes(2, b"")
            .u64(3, 0)
            .message(4, inner);
        assert_eq!(outer.encoded(), b"\x08\xac\x02\x22\x04\x0a\x02ab");
    }
}
