//! Types and services of the `slsbft.*` protobuf packages, and the descriptor
//! sets that reflection serves. Cosmos types come from `cosmos-sdk-proto`.

#![forbid(unsafe_code)]

pub use cosmos_sdk_proto::{Any, Timestamp};

/// Encoded `FileDescriptorSet` of our own files. What they import is in
/// [`COSMOS_DESCRIPTOR_SET`], which has to be loaded first.
pub const DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/slsbft_descriptor.bin"));

/// Encoded `FileDescriptorSet` of the Cosmos packages this chain speaks and of
/// everything they import; made by `tools/descriptors`. Not every service in it
/// is served.
pub const COSMOS_DESCRIPTOR_SET: &[u8] = include_bytes!("../descriptors/cosmos.bin");

/// Encoded `FileDescriptorSet` of `cosmwasm.wasm.v1`. What it imports is in
/// [`COSMOS_DESCRIPTOR_SET`].
pub const WASMD_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/wasmd_descriptor.bin"));

#[allow(clippy::all, clippy::allow_attributes_without_reason, reason = "generated")]
pub mod slsbft {
    /// The system transaction, VRF keys and the beacon.
    pub mod beacon {
        pub mod v1 {
            tonic::include_proto!("slsbft.beacon.v1");
        }
    }
    /// Who produces blocks, and why.
    pub mod election {
        pub mod v1 {
            tonic::include_proto!("slsbft.election.v1");
        }
    }
    /// Epochs.
    pub mod epochs {
        pub mod v1 {
            tonic::include_proto!("slsbft.epochs.v1");
        }
    }
    /// Fee rules.
    pub mod fees {
        pub mod v1 {
            tonic::include_proto!("slsbft.fees.v1");
        }
    }
    /// The chain's calls of contracts.
    pub mod hooks {
        pub mod v1 {
            tonic::include_proto!("slsbft.hooks.v1");
        }
    }
    /// Mining rewards.
    pub mod incentives {
        pub mod v1 {
            tonic::include_proto!("slsbft.incentives.v1");
        }
    }
    /// Offers, deals, vouchers and claims.
    pub mod metering {
        pub mod v1 {
            tonic::include_proto!("slsbft.metering.v1");
        }
    }
    /// Questions to the world outside.
    pub mod requests {
        pub mod v1 {
            tonic::include_proto!("slsbft.requests.v1");
        }
    }
    /// Providers, audits and service levels.
    pub mod service {
        pub mod v1 {
            tonic::include_proto!("slsbft.service.v1");
        }
    }
    /// What `cosmos.staking` lacks.
    pub mod staking {
        pub mod v1 {
            tonic::include_proto!("slsbft.staking.v1");
        }
    }
}

pub use slsbft::{beacon, election, epochs, fees, hooks, incentives, metering, requests, service, staking};
