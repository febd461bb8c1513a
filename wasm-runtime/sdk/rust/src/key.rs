//! Keys of maps, as bytes that sort as the keys do.

/// What a map can have as its key. Of a pair, the first part stands behind its length (2 bytes), so that
/// all that begin with it are together.
pub trait Key: Copy {
    /// What a range gives.
    type Owned;

    fn write(self, to: &mut Vec<u8>);

    fn read(bytes: &[u8]) -> Option<Self::Owned>;
}

impl Key for &str {
    type Owned = String;

    fn write(self, to: &mut Vec<u8>) {
        to.extend(self.as_bytes());
    }

    fn read(bytes: &[u8]) -> Option<String> {
        String::from_utf8(bytes.to_vec()).ok()
    }
}

impl Key for &[u8] {
    type Owned = Vec<u8>;

    fn write(self, to: &mut Vec<u8>) {
        to.extend(self);
    }

    fn read(bytes: &[u8]) -> Option<Vec<u8>> {
        Some(bytes.to_vec())
    }
}

macro_rules! numbers {
    ($($number:ty)*) => {$(
        impl Key for $number {
            type Owned = Self;

            fn write(self, to: &mut Vec<u8>) {
                to.extend(self.to_be_bytes());
            }

            fn read(bytes: &[u8]) -> Option<Self> {
                Some(Self::from_be_bytes(bytes.try_into().ok()?))
            }
        }
    )*};
}

numbers!(u8 u16 u32 u64 u128);

impl<A: Key, B: Key> Key for (A, B) {
    type Owned = (A::Owned, B::Owned);

    fn write(self, to: &mut Vec<u8>) {
        prefixed(self.0, to);
        self.1.write(to);
    }

    fn read(bytes: &[u8]) -> Option<Self::Owned> {
        let (length, rest) = bytes.split_first_chunk()?;
        let (first, second) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
        Some((A::read(first)?, B::read(second)?))
    }
}

/// A key behind its length.
pub(crate) fn prefixed(key: impl Key, to: &mut Vec<u8>) {
    let at = to.len();
    to.extend([0; 2]);
    key.write(to);
    let length = u16::try_from(to.len() - at - 2);
    let length = length.unwrap_or_else(|_| panic!("a part of a key has more than 65,535 bytes"));
    for (byte, of) in to.iter_mut().skip(at).zip(length.to_be_bytes()) {
        *byte = of;
    }
}
