//! Compiles our `.proto` files with protox and publishes their descriptor set.
//! Cosmos files are imported from the committed descriptor set (made by
//! `tools/descriptors`), so the two sets agree by construction.

use std::{env, error::Error, fs, path::PathBuf};

use protox::{
    Compiler,
    file::{ChainFileResolver, DescriptorSetFileResolver, IncludeFileResolver},
};

const COSMOS: &str = "descriptors/cosmos.bin";

const THIRD_PARTY: &str = "third_party";

const WASMD: [&str; 3] = [
    "cosmwasm/wasm/v1/types.proto",
    "cosmwasm/wasm/v1/tx.proto",
    "cosmwasm/wasm/v1/query.proto",
];

const FILES: [&str; 15] = [
    "slsbft/beacon/v1/beacon.proto",
    "slsbft/election/v1/query.proto",
    "slsbft/epochs/v1/epochs.proto",
    "slsbft/fees/v1/fees.proto",
    "slsbft/hooks/v1/hooks.proto",
    "slsbft/incentives/v1/incentives.proto",
    "slsbft/metering/v1/types.proto",
    "slsbft/metering/v1/tx.proto",
    "slsbft/metering/v1/query.proto",
    "slsbft/metering/v1/vouchers.proto",
    "slsbft/requests/v1/requests.proto",
    "slsbft/service/v1/types.proto",
    "slsbft/service/v1/tx.proto",
    "slsbft/service/v1/query.proto",
    "slsbft/staking/v1/tx.proto",
];

/// The descriptors of contracts' messages and queries.
fn wasmd() -> Result<Vec<u8>, Box<dyn Error>> {
    let mut resolver = ChainFileResolver::new();
    resolver.add(IncludeFileResolver::new(THIRD_PARTY.into()));
    resolver.add(DescriptorSetFileResolver::decode(fs::read(COSMOS)?.as_slice())?);
    let mut compiler = Compiler::with_file_resolver(resolver);
    compiler.open_files(WASMD)?;
    Ok(compiler.include_imports(false).encode_file_descriptor_set())
}

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=proto");
    println!("cargo:rerun-if-changed={THIRD_PARTY}");
    println!("cargo:rerun-if-changed={COSMOS}");
    let mut resolver = ChainFileResolver::new();
    resolver.add(IncludeFileResolver::new("proto".into()));
    resolver.add(DescriptorSetFileResolver::decode(fs::read(COSMOS)?.as_slice())?);
    let mut compiler = Compiler::with_file_resolver(resolver);
    compiler.open_files(FILES)?;

    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("wasmd_descriptor.bin"), wasmd()?)?;
    fs::write(
        out.join("slsbft_descriptor.bin"),
        compiler.include_imports(false).encode_file_descriptor_set(),
    )?;
    // Messages know their own type URL, as those of cosmos-sdk-proto do.
    let mut config = tonic_build::Config::new();
    config.enable_type_names();
    tonic_build::configure()
        .bytes(["."])
        .extern_path(".cosmos", "::cosmos_sdk_proto::cosmos")
        .extern_path(".google.protobuf.Timestamp", "::cosmos_sdk_proto::Timestamp")
        .compile_fds_with_config(
            config,
            compiler
                .include_imports(true)
                .include_source_info(true)
                .file_descriptor_set(),
        )?;
    Ok(())
}
