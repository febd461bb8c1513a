//! Registering VRF keys.

use cosmos_sdk_proto::Any;
use slsbft_mechanism::beacon::VrfPublicKey;
use slsbft_proto::beacon::v1::MsgRegisterVrfKeyResponse;
use slsbft_store::{Read, Space};

use super::{Beacon, BeaconError, Candidates, Msg, keys, set_vrf_key};
use crate::{context::Context, errors::ExecError, events::event, modules::record::pack};

impl<C: Candidates> Beacon<C> {
    pub fn execute(&self, ctx: &mut Context<'_>, msg: &Msg) -> Result<Any, ExecError> {
        let Msg::RegisterVrfKey {
            operator,
            vrf_key,
            possession,
        } = msg;
        if !self.candidates.exists(ctx.state, operator)? {
            return Err(BeaconError::NoCandidate(operator.to_validator_bech32()).into());
        }
        let owner = ctx.state.get(Space::Main, &keys::vrf_owner(vrf_key))?;
        if owner.is_some_and(|owner| owner != operator.as_bytes()) {
            return Err(BeaconError::KeyTaken.into());
        }
        let key = VrfPublicKey::from_bytes(vrf_key).map_err(|e| BeaconError::Key(e.to_string()))?;
        key.verify_possession(&ctx.block.chain_id, operator.as_bytes(), possession)
            .map_err(|e| BeaconError::Possession(e.to_string()))?;
        set_vrf_key(ctx.state, operator, *vrf_key);
        let shown: String = vrf_key.iter().map(|byte| format!("{byte:02x}")).collect();
        ctx.emit(
            event("register_vrf_key")
                .attr("validator", operator.to_validator_bech32())
                .attr("vrf_key", shown),
        );
        Ok(pack(&MsgRegisterVrfKeyResponse {}))
    }
}
