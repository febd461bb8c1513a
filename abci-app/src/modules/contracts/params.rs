//! Who may upload code, and who may use it unless its uploader says otherwise.

use cosmos_sdk_proto::cosmwasm::wasm::v1::{AccessConfig, AccessType, Params as Proto};
use slsbft_store::{Overlay, Read, Space};

use super::keys;
use crate::{errors::Fault, modules::record};

#[derive(Clone, Debug, PartialEq)]
pub struct Params {
    pub upload: AccessConfig,
    pub instantiate: AccessType,
}

impl Default for Params {
    fn default() -> Self {
        let upload = AccessConfig {
            permission: AccessType::Everybody.into(),
            addresses: Vec::new(),
        };
        let instantiate = AccessType::Everybody;
        Self { upload, instantiate }
    }
}

impl Params {
    pub fn load(state: &impl Read) -> Result<Self, Fault> {
        let Some(stored) = record::load::<Proto>(state, Space::Main, keys::PARAMS)? else {
            return Ok(Self::default());
        };
        Ok(Self {
            instantiate: stored.instantiate_default_permission(),
            upload: stored.code_upload_access.unwrap_or_default(),
        })
    }

    pub fn save(&self, state: &mut Overlay) {
        record::store(state, keys::PARAMS.to_vec(), &self.to_proto());
    }

    pub fn to_proto(&self) -> Proto {
        Proto {
            code_upload_access: Some(self.upload.clone()),
            instantiate_default_permission: self.instantiate.into(),
        }
    }
}
