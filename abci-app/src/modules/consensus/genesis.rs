//! The chain's id and consensus parameters, which CometBFT's part of the
//! genesis document gives, and the parameters for the document of a chain that
//! goes on.

use slsbft_genesis::{
    AbciParams, BlockParams, ConsensusParams as Section, EvidenceParams, ValidatorParams, VersionParams,
};
use slsbft_store::{Overlay, Read};
use tendermint_proto::{google::protobuf::Duration, v0_38::types::ConsensusParams};

use crate::errors::Fault;

pub fn init(state: &mut Overlay, chain_id: &str, params: &ConsensusParams) {
    super::set_chain_id(state, chain_id);
    super::set_params(state, params);
}

/// Reads the parameters back; a part that the chain was never given has its default.
pub fn export(state: &impl Read) -> Result<Section, Fault> {
    let params = super::params(state)?;
    let evidence = match params.evidence {
        Some(evidence) => EvidenceParams {
            max_age_num_blocks: evidence.max_age_num_blocks,
            max_age_duration: nanoseconds(evidence.max_age_duration)?,
            max_bytes: evidence.max_bytes,
        },
        None => EvidenceParams::default(),
    };
    Ok(Section {
        block: params
            .block
            .map_or_else(BlockParams::default, |block| BlockParams {
                max_bytes: block.max_bytes,
                max_gas: block.max_gas,
            }),
        evidence,
        validator: params
            .validator
            .map_or_else(ValidatorParams::default, |validator| ValidatorParams {
                pub_key_types: validator.pub_key_types,
            }),
        version: params
            .version
            .map_or_else(VersionParams::default, |version| VersionParams {
                app: version.app,
            }),
        abci: params.abci.map_or_else(AbciParams::default, |abci| AbciParams {
            vote_extensions_enable_height: abci.vote_extensions_enable_height,
        }),
        ..Section::default()
    })
}

fn nanoseconds(duration: Option<Duration>) -> Result<i64, Fault> {
    let duration = duration.unwrap_or_default();
    let whole = duration.seconds.checked_mul(1_000_000_000);
    whole
        .and_then(|whole| whole.checked_add(duration.nanos.into()))
        .ok_or_else(|| Fault::corrupt("the consensus parameters"))
}

#[cfg(test)]
mod tests {
    use slsbft_store::{Store, StoreConfig};
    use tendermint_proto::v0_38::types;

    use super::*;

    #[test]
    fn the_parameters_that_the_chain_was_given_come_back() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), &StoreConfig::default()).unwrap();
        let mut state = Overlay::new(store.latest());
        assert_eq!(export(&state).unwrap(), Section::default());
        let given = ConsensusParams {
            block: Some(types::BlockParams {
                max_bytes: 5_000,
                max_gas: 7,
            }),
            evidence: Some(types::EvidenceParams {
                max_age_num_blocks: 11,
                max_age_duration: Some(Duration { seconds: 3, nanos: 5 }),
                max_bytes: 13,
            }),
            validator: Some(types::ValidatorParams {
                pub_key_types: vec!["ed25519".into()],
            }),
            version: Some(types::VersionParams { app: 2 }),
            abci: None,
        };
        init(&mut state, "test-1", &given);
        let found = export(&state).unwrap();
        assert_eq!((found.block.max_bytes, found.block.max_gas), (5_000, 7));
        assert_eq!(
            (
                found.evidence.max_age_num_blocks,
                found.evidence.max_age_duration,
                found.evidence.max_bytes
            ),
            (11, 3_000_000_005, 13)
        );
        assert_eq!((found.version.app, found.abci), (2, AbciParams::default()));
    }
}
