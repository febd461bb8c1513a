//! Messages of staking, rewards, the beacon and mining rewards, made from typed
//! parts: operators as `ankrvaloper1…` where Cosmos wants that, numbers in the form
//! that goes over the wire.

use cosmos_sdk_proto::cosmos::{
    base::v1beta1::Coin as ProtoCoin,
    distribution::v1beta1::{
        MsgFundCommunityPool, MsgSetWithdrawAddress, MsgWithdrawDelegatorReward,
        MsgWithdrawValidatorCommission,
    },
    slashing::v1beta1::MsgUnjail,
    staking::v1beta1::{
        CommissionRates, Description, MsgBeginRedelegate, MsgCancelUnbondingDelegation, MsgCreateValidator,
        MsgDelegate, MsgUndelegate,
    },
};
use slsbft_mechanism::{
    beacon::{VrfProof, VrfPublicKey, VrfSecretKey},
    share::Dec,
};
use slsbft_proto::{
    beacon::v1::MsgRegisterVrfKey, incentives::v1::MsgWithdrawIncentives, staking::v1::MsgRotateConsensusKey,
};
use slsbft_types::{Address, Amount, Coin, Coins, PublicKey};

/// What a validator keeps of the rewards before its delegators get theirs: rates
/// between 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Commission {
    pub rate: Dec,
    /// The rate can never be above it.
    pub max_rate: Dec,
    /// Most that the rate may rise in a day.
    pub max_change_rate: Dec,
}

/// A validator that is to be.
#[derive(Clone, Debug, PartialEq)]
pub struct NewValidator {
    pub operator: Address,
    pub description: Description,
    pub commission: Commission,
    /// Its own condition for being elected, in uankr; it can only grow.
    pub min_self_delegation: Amount,
    /// ed25519.
    pub consensus_key: [u8; 32],
    /// uankr.
    pub self_stake: Amount,
}

impl NewValidator {
    pub fn message(&self) -> MsgCreateValidator {
        MsgCreateValidator {
            description: Some(self.description.clone()),
            commission: Some(CommissionRates {
                rate: self.commission.rate.to_wire(),
                max_rate: self.commission.max_rate.to_wire(),
                max_change_rate: self.commission.max_change_rate.to_wire(),
            }),
            min_self_delegation: self.min_self_delegation.to_string(),
            validator_address: self.operator.to_validator_bech32(),
            pubkey: Some(PublicKey::Ed25519(self.consensus_key).to_any()),
            value: base(self.self_stake),
            // The delegator's address is that of the operator and deprecated.
            ..MsgCreateValidator::default()
        }
    }
}

/// An operator's VRF key with the proof that it holds the secret; both are public.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VrfRegistration {
    pub key: VrfPublicKey,
    pub possession: VrfProof,
}

impl VrfRegistration {
    /// For one operator of one chain; of no use to anybody else.
    pub fn prove(chain_id: &str, operator: &Address, secret: &VrfSecretKey) -> Self {
        Self {
            key: secret.public(),
            possession: secret.prove_possession(chain_id, operator.as_bytes()),
        }
    }

    /// Whether the chain will accept it.
    pub fn is_good_for(&self, chain_id: &str, operator: &Address) -> bool {
        let proof = self.possession.as_bytes();
        self.key
            .verify_possession(chain_id, operator.as_bytes(), proof)
            .is_ok()
    }

    pub fn message(&self, operator: &Address) -> MsgRegisterVrfKey {
        MsgRegisterVrfKey {
            operator: operator.to_string(),
            vrf_key: self.key.as_bytes().to_vec().into(),
            possession: self.possession.as_bytes().to_vec().into(),
        }
    }
}

pub fn delegate(delegator: &Address, operator: &Address, amount: Amount) -> MsgDelegate {
    MsgDelegate {
        delegator_address: delegator.to_string(),
        validator_address: operator.to_validator_bech32(),
        amount: base(amount),
    }
}

pub fn undelegate(delegator: &Address, operator: &Address, amount: Amount) -> MsgUndelegate {
    MsgUndelegate {
        delegator_address: delegator.to_string(),
        validator_address: operator.to_validator_bech32(),
        amount: base(amount),
    }
}

/// `created` is the height at which the unbonding began: it names the entry.
pub fn cancel_unbonding(
    delegator: &Address,
    operator: &Address,
    amount: Amount,
    created: u64,
) -> MsgCancelUnbondingDelegation {
    MsgCancelUnbondingDelegation {
        delegator_address: delegator.to_string(),
        validator_address: operator.to_validator_bech32(),
        amount: base(amount),
        creation_height: i64::try_from(created).unwrap_or(i64::MAX),
    }
}

pub fn redelegate(delegator: &Address, from: &Address, to: &Address, amount: Amount) -> MsgBeginRedelegate {
    MsgBeginRedelegate {
        delegator_address: delegator.to_string(),
        validator_src_address: from.to_validator_bech32(),
        validator_dst_address: to.to_validator_bech32(),
        amount: base(amount),
    }
}

/// `key` is ed25519.
pub fn rotate_consensus_key(operator: &Address, key: [u8; 32]) -> MsgRotateConsensusKey {
    MsgRotateConsensusKey {
        operator: operator.to_string(),
        consensus_key: key.to_vec().into(),
    }
}

pub fn withdraw_rewards(delegator: &Address, operator: &Address) -> MsgWithdrawDelegatorReward {
    MsgWithdrawDelegatorReward {
        delegator_address: delegator.to_string(),
        validator_address: operator.to_validator_bech32(),
    }
}

pub fn withdraw_commission(operator: &Address) -> MsgWithdrawValidatorCommission {
    MsgWithdrawValidatorCommission {
        validator_address: operator.to_validator_bech32(),
    }
}

pub fn set_withdraw_address(delegator: &Address, to: &Address) -> MsgSetWithdrawAddress {
    MsgSetWithdrawAddress {
        delegator_address: delegator.to_string(),
        withdraw_address: to.to_string(),
    }
}

pub fn fund_community_pool(depositor: &Address, amount: Amount) -> MsgFundCommunityPool {
    MsgFundCommunityPool {
        amount: Coins::base(amount).to_proto(),
        depositor: depositor.to_string(),
    }
}

pub fn unjail(operator: &Address) -> MsgUnjail {
    MsgUnjail {
        validator_addr: operator.to_validator_bech32(),
    }
}

pub fn withdraw_incentives(account: &Address) -> MsgWithdrawIncentives {
    MsgWithdrawIncentives {
        account: account.to_string(),
    }
}

fn base(amount: Amount) -> Option<ProtoCoin> {
    Some(ProtoCoin::from(&Coin::base(amount)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_and_addresses_have_the_form_that_cosmos_sends() {
        let operator = Address::from_bytes(&[1; 20]).unwrap();
        let message = NewValidator {
            operator,
            description: Description::default(),
            commission: Commission {
                rate: "0.1".parse().unwrap(),
                max_rate: "1".parse().unwrap(),
                max_change_rate: "0.01".parse().unwrap(),
            },
            min_self_delegation: Amount::new(1),
            consensus_key: [7; 32],
            self_stake: Amount::new(500),
        }
        .message();
        let commission = message.commission.unwrap();
        assert_eq!(commission.rate, "100000000000000000");
        assert_eq!(commission.max_rate, "1000000000000000000");
        assert!(message.validator_address.starts_with("ankrvaloper1"));
        assert_eq!(message.value.unwrap().amount, "500");
        let key = PublicKey::from_any(&message.pubkey.unwrap()).unwrap();
        assert_eq!(key, PublicKey::Ed25519([7; 32]));
    }

    #[test]
    fn a_vrf_key_is_registered_for_one_operator_of_one_chain() {
        let (mine, other) = ([1, 2]).map(|n| Address::from_bytes(&[n; 20]).unwrap()).into();
        let secret = VrfSecretKey::from_seed(&[3; 32]).unwrap();
        let registration = VrfRegistration::prove("slsbft-test-1", &mine, &secret);
        assert!(registration.is_good_for("slsbft-test-1", &mine));
        assert!(!registration.is_good_for("slsbft-test-1", &other));
        assert!(!registration.is_good_for("slsbft-test-2", &mine));
        let message = registration.message(&mine);
        assert_eq!((message.vrf_key.len(), message.possession.len()), (32, 96));
    }
}
