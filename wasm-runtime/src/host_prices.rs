//! What the host's services cost a contract, in points. Beside these a contract pays for its own
//! instructions, the host's way through `allocate` included.

/// A price for something with a length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Linear {
    /// For having it at all.
    pub base: u64,
    /// For each byte or item.
    pub each: u64,
}

impl Linear {
    /// The price of `items`. Saturates, since what exceeds every budget is out of gas.
    pub fn of(self, items: usize) -> u64 {
        let items = u64::try_from(items).unwrap_or(u64::MAX);
        self.base.saturating_add(self.each.saturating_mul(items))
    }
}

/// The table. Every node of a chain must have the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostPrices {
    /// Every call of the host.
    pub call: u64,
    /// Copying out of a contract's memory, and each byte.
    pub region_read: Linear,
    /// Copying into a contract's memory, and each byte.
    pub region_write: Linear,
    /// Taking bytes for text, and each byte.
    pub text: Linear,
    /// Reading a key, and each byte of key and value.
    pub storage_read: Linear,
    /// Writing a key, and each byte of key and value.
    pub storage_write: Linear,
    /// Removing a key, and each of its bytes.
    pub storage_remove: Linear,
    /// Opening an iterator, and each byte of its bounds.
    pub scan: Linear,
    /// The iterator's next record, and each byte of it.
    pub next: Linear,
    /// Checking an address or converting it.
    pub address: u64,
    /// Asking the chain, beside what the answer costs.
    pub query: u64,
    /// Passing a message to a contract or a module, and each byte, beside what it does there.
    pub message: Linear,
    /// Emitting an event, and each byte of it.
    pub event: Linear,
    /// Reading the random beacon.
    pub beacon: u64,
    /// Hashing, and each byte.
    pub sha256: Linear,
    /// Hashing, and each byte.
    pub keccak256: Linear,
    /// Hashing, and each byte.
    pub blake2b: Linear,
    /// Each byte that a contract returns.
    pub returned: Linear,
    /// One signature.
    pub secp256k1_verify: u64,
    /// One public key out of a signature.
    pub secp256k1_recover: u64,
    /// One signature.
    pub secp256r1_verify: u64,
    /// One public key out of a signature.
    pub secp256r1_recover: u64,
    /// One signature, and each byte of the message.
    pub ed25519_verify: Linear,
    /// Adding up points of G1.
    pub bls12_381_aggregate_g1: Linear,
    /// Adding up points of G2.
    pub bls12_381_aggregate_g2: Linear,
    /// Hashing to a point of G1, and each byte of the message.
    pub bls12_381_hash_to_g1: Linear,
    /// Hashing to a point of G2, and each byte of the message.
    pub bls12_381_hash_to_g2: Linear,
    /// Comparing pairings, and each pair.
    pub bls12_381_pairing_equality: Linear,
}

/// A nanosecond's points.
const NS: u64 = 1_000;
/// A microsecond's points.
const US: u64 = 1_000 * NS;

impl HostPrices {
    /// The prices on the machine where the table was measured, with one processor: a node must not need
    /// several to keep up.
    pub const DEFAULT: Self = Self {
        call: 30 * NS,
        region_read: Linear {
            base: 30 * NS,
            each: 150,
        },
        region_write: Linear {
            base: 60 * NS,
            each: 600,
        },
        text: Linear {
            base: 30 * NS,
            each: 1_400,
        },
        // Half of what a value took out of the database, 15.4 µs (`docs/benchmarks.md`). Whoever steps through
        // two iterators in turns makes each step such a read.
        storage_read: Linear {
            base: 8 * US,
            each: NS,
        },
        storage_write: Linear {
            base: 15 * US,
            each: 10 * NS,
        },
        storage_remove: Linear {
            base: 15 * US,
            each: 10 * NS,
        },
        scan: Linear { base: US, each: NS },
        next: Linear {
            base: 8 * US,
            each: NS,
        },
        address: 3 * US,
        query: 2 * US,
        // What the chain does for these three is set by hand: `calibrate` has no chain behind it.
        message: Linear {
            base: 20 * US,
            each: 2 * NS,
        },
        event: Linear {
            base: 2 * US,
            each: 10 * NS,
        },
        beacon: 3 * US,
        sha256: Linear {
            base: 500 * NS,
            each: 3 * NS,
        },
        keccak256: Linear {
            base: US,
            each: 6 * NS,
        },
        blake2b: Linear {
            base: 500 * NS,
            each: 3 * NS,
        },
        returned: Linear {
            base: US,
            each: 10 * NS,
        },
        secp256k1_verify: 130 * US,
        secp256k1_recover: 270 * US,
        secp256r1_verify: 370 * US,
        secp256r1_recover: 780 * US,
        ed25519_verify: Linear {
            base: 50 * US,
            each: 3 * NS,
        },
        bls12_381_aggregate_g1: Linear {
            base: 50 * US,
            each: 150 * US,
        },
        bls12_381_aggregate_g2: Linear {
            base: 50 * US,
            each: 310 * US,
        },
        bls12_381_hash_to_g1: Linear {
            base: 230 * US,
            each: NS,
        },
        bls12_381_hash_to_g2: Linear {
            base: 600 * US,
            each: NS,
        },
        bls12_381_pairing_equality: Linear {
            base: 1_300 * US,
            each: 1_150 * US,
        },
    };
}

impl Default for HostPrices {
    fn default() -> Self {
        Self::DEFAULT
    }
}
