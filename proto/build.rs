//! Compiles our `.proto` files with protox and publishes their descriptor set.

use std::{env, error::Error, fs, path::PathBuf};

use prost::Message;

const FILES: [&str; 8] = [
    "slsbft/beacon/v1/beacon.proto",
    "slsbft/epochs/v1/epochs.proto",
    "slsbft/fees/v1/fees.proto",
    "slsbft/metering/v1/types.proto",
    "slsbft/metering/v1/tx.proto",
    "slsbft/metering/v1/query.proto",
    "slsbft/metering/v1/vouchers.proto",
    "cosmos/base/query/v1beta1/pagination.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=proto");
    let descriptors = protox::compile(FILES, ["proto"])?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("slsbft_descriptor.bin"), descriptors.encode_to_vec())?;
    tonic_build::configure()
        .bytes(["."])
        .extern_path(".cosmos", "::cosmos_sdk_proto::cosmos")
        .extern_path(".google.protobuf.Timestamp", "::cosmos_sdk_proto::Timestamp")
        .compile_fds(descriptors)?;
    Ok(())
}
