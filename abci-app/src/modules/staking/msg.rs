//! `cosmos.staking.v1beta1` messages and `MsgRotateConsensusKey`, checked when they are
//! read: addresses are addresses, amounts positive and of the chain's own coin, rates
//! fit each other.

use cosmos_sdk_proto::{
    Any,
    cosmos::{
        base::v1beta1::Coin as ProtoCoin,
        staking::v1beta1::{
            CommissionRates, Description as ProtoDescription, MsgBeginRedelegate,
            MsgCancelUnbondingDelegation, MsgCreateValidator, MsgDelegate, MsgEditValidator, MsgUndelegate,
        },
    },
};
use slsbft_genesis::{
    ConsensusKey,
    staking::{Commission, Description},
};
use slsbft_mechanism::share::{Dec, DecError};
use slsbft_proto::staking::v1::MsgRotateConsensusKey;
use slsbft_types::{
    Address, Amount, BASE_DENOM, Coin, PublicKey, Time, address::VALIDATOR_PREFIX, metering::SessionKey,
};

use super::{errors::StakingError, gas};
use crate::{
    errors::{TxError, sdk},
    tx::decode_known,
};

const CREATE_VALIDATOR: &str = "/cosmos.staking.v1beta1.MsgCreateValidator";
const EDIT_VALIDATOR: &str = "/cosmos.staking.v1beta1.MsgEditValidator";
const DELEGATE: &str = "/cosmos.staking.v1beta1.MsgDelegate";
const UNDELEGATE: &str = "/cosmos.staking.v1beta1.MsgUndelegate";
const CANCEL_UNBONDING: &str = "/cosmos.staking.v1beta1.MsgCancelUnbondingDelegation";
const REDELEGATE: &str = "/cosmos.staking.v1beta1.MsgBeginRedelegate";
const ROTATE_CONSENSUS_KEY: &str = "/slsbft.staking.v1.MsgRotateConsensusKey";
/// What stands in a description for a field that shall stay as it is.
pub const DO_NOT_MODIFY: &str = "[do-not-modify]";

#[derive(Clone, Debug)]
pub enum Msg {
    CreateValidator(Box<CreateValidator>),
    EditValidator(Box<EditValidator>),
    Delegate {
        delegator: Address,
        operator: Address,
        amount: Amount,
    },
    Undelegate {
        delegator: Address,
        operator: Address,
        amount: Amount,
    },
    CancelUnbonding {
        delegator: Address,
        operator: Address,
        amount: Amount,
        created_height: u64,
    },
    Redelegate {
        delegator: Address,
        source: Address,
        destination: Address,
        amount: Amount,
    },
    RotateConsensusKey {
        operator: Address,
        key: ConsensusKey,
    },
}

#[derive(Clone, Debug)]
pub struct CreateValidator {
    pub operator: Address,
    pub key: ConsensusKey,
    /// uankr.
    pub stake: Amount,
    pub description: Description,
    /// Its time is set when it is executed.
    pub commission: Commission,
    pub min_self_delegation: Amount,
}

#[derive(Clone, Debug)]
pub struct EditValidator {
    pub operator: Address,
    /// Fields that are [`DO_NOT_MODIFY`] stay as they are.
    pub description: Description,
    pub commission_rate: Option<Dec>,
    pub min_self_delegation: Option<Amount>,
}

impl Msg {
    /// `None` if the type is not one of staking's.
    pub fn from_any(type_url: &str, value: &[u8]) -> Option<Result<Self, TxError>> {
        let read = match type_url {
            CREATE_VALIDATOR => decode(value).and_then(create_validator),
            EDIT_VALIDATOR => decode(value).and_then(edit_validator),
            DELEGATE => decode(value).and_then(delegate),
            UNDELEGATE => decode(value).and_then(undelegate),
            CANCEL_UNBONDING => decode(value).and_then(cancel_unbonding),
            REDELEGATE => decode(value).and_then(redelegate),
            ROTATE_CONSENSUS_KEY => decode(value).and_then(rotate_consensus_key),
            _ => return None,
        };
        Some(read)
    }

    pub fn signer(&self) -> Address {
        match self {
            Self::CreateValidator(create) => create.operator,
            Self::EditValidator(edit) => edit.operator,
            Self::Delegate { delegator, .. }
            | Self::Undelegate { delegator, .. }
            | Self::CancelUnbonding { delegator, .. }
            | Self::Redelegate { delegator, .. } => *delegator,
            Self::RotateConsensusKey { operator, .. } => *operator,
        }
    }

    pub fn type_url(&self) -> &'static str {
        match self {
            Self::CreateValidator(_) => CREATE_VALIDATOR,
            Self::EditValidator(_) => EDIT_VALIDATOR,
            Self::Delegate { .. } => DELEGATE,
            Self::Undelegate { .. } => UNDELEGATE,
            Self::CancelUnbonding { .. } => CANCEL_UNBONDING,
            Self::Redelegate { .. } => REDELEGATE,
            Self::RotateConsensusKey { .. } => ROTATE_CONSENSUS_KEY,
        }
    }

    pub fn gas(&self) -> u64 {
        match self {
            Self::CreateValidator(_) => gas::CREATE_VALIDATOR,
            Self::EditValidator(_) => gas::EDIT_VALIDATOR,
            Self::Delegate { .. } => gas::DELEGATE,
            Self::Undelegate { .. } => gas::UNDELEGATE,
            Self::CancelUnbonding { .. } => gas::CANCEL_UNBONDING,
            Self::Redelegate { .. } => gas::REDELEGATE,
            Self::RotateConsensusKey { .. } => gas::ROTATE_CONSENSUS_KEY,
        }
    }
}

#[allow(deprecated, reason = "clients still write the delegator beside the operator")]
fn create_validator(msg: MsgCreateValidator) -> Result<Msg, TxError> {
    let operator = operator("validator_address", &msg.validator_address)?;
    if !msg.delegator_address.is_empty() && account("delegator_address", &msg.delegator_address)? != operator
    {
        return Err(sdk::invalid_address(
            "delegator_address is not the operator's account; leave it out",
        ));
    }
    let key = validator_key(msg.pubkey.as_ref().ok_or(StakingError::NoKey)?)?;
    let stake = stake(msg.value.as_ref(), "invalid delegation amount")?;
    let description = description(msg.description)?;
    if let Some(error) = too_long(&description) {
        return Err(error);
    }
    let rates = msg
        .commission
        .ok_or_else(|| sdk::invalid_request("commission is missing"))?;
    let commission = commission(&rates)?;
    let min_self_delegation = min_self_delegation(&msg.min_self_delegation)?;
    if stake < min_self_delegation {
        return Err(StakingError::SelfDelegationBelowMinimum.into());
    }
    Ok(Msg::CreateValidator(Box::new(CreateValidator {
        operator,
        key,
        stake,
        description,
        commission,
        min_self_delegation,
    })))
}

fn edit_validator(msg: MsgEditValidator) -> Result<Msg, TxError> {
    let commission_rate = match msg.commission_rate.as_str() {
        "" => None,
        text => Some(
            Dec::from_wire(text)
                .ok()
                .filter(|rate| *rate <= one())
                .ok_or_else(|| sdk::invalid_request("commission rate must be between 0 and 1 (inclusive)"))?,
        ),
    };
    let min_self_delegation = match msg.min_self_delegation.as_str() {
        "" => None,
        text => Some(min_self_delegation(text)?),
    };
    Ok(Msg::EditValidator(Box::new(EditValidator {
        operator: operator("validator_address", &msg.validator_address)?,
        description: description(msg.description)?,
        commission_rate,
        min_self_delegation,
    })))
}

fn delegate(msg: MsgDelegate) -> Result<Msg, TxError> {
    Ok(Msg::Delegate {
        delegator: account("delegator_address", &msg.delegator_address)?,
        operator: operator("validator_address", &msg.validator_address)?,
        amount: stake(msg.amount.as_ref(), "invalid delegation amount")?,
    })
}

fn undelegate(msg: MsgUndelegate) -> Result<Msg, TxError> {
    Ok(Msg::Undelegate {
        delegator: account("delegator_address", &msg.delegator_address)?,
        operator: operator("validator_address", &msg.validator_address)?,
        amount: stake(msg.amount.as_ref(), "invalid shares amount")?,
    })
}

fn cancel_unbonding(msg: MsgCancelUnbondingDelegation) -> Result<Msg, TxError> {
    let created_height = u64::try_from(msg.creation_height)
        .ok()
        .filter(|height| *height > 0)
        .ok_or_else(|| sdk::invalid_request("invalid height"))?;
    Ok(Msg::CancelUnbonding {
        delegator: account("delegator_address", &msg.delegator_address)?,
        operator: operator("validator_address", &msg.validator_address)?,
        amount: stake(msg.amount.as_ref(), "invalid amount")?,
        created_height,
    })
}

fn redelegate(msg: MsgBeginRedelegate) -> Result<Msg, TxError> {
    let (source, destination) = (
        operator("validator_src_address", &msg.validator_src_address)?,
        operator("validator_dst_address", &msg.validator_dst_address)?,
    );
    if source == destination {
        return Err(StakingError::SelfRedelegation.into());
    }
    Ok(Msg::Redelegate {
        delegator: account("delegator_address", &msg.delegator_address)?,
        source,
        destination,
        amount: stake(msg.amount.as_ref(), "invalid shares amount")?,
    })
}

fn rotate_consensus_key(msg: MsgRotateConsensusKey) -> Result<Msg, TxError> {
    let operator = account("operator", &msg.operator)?;
    let key = <[u8; 32]>::try_from(msg.consensus_key.as_ref())
        .map_err(|_| sdk::invalid_pub_key("consensus_key must have 32 bytes"))?;
    Ok(Msg::RotateConsensusKey {
        operator,
        key: point(key)?,
    })
}

fn decode<M: prost::Message + Default>(value: &[u8]) -> Result<M, TxError> {
    decode_known("staking message", value)
}

fn account(field: &str, text: &str) -> Result<Address, TxError> {
    Address::from_bech32(text).map_err(|e| sdk::invalid_address(format!("{field}: {e}")))
}

fn operator(field: &str, text: &str) -> Result<Address, TxError> {
    Address::from_bech32_with(VALIDATOR_PREFIX, text)
        .map_err(|e| sdk::invalid_address(format!("{field}: {e}")))
}

/// A positive amount of the chain's own coin; `wrong` says what it is for.
fn stake(coin: Option<&ProtoCoin>, wrong: &str) -> Result<Amount, TxError> {
    let coin = coin.ok_or_else(|| sdk::invalid_request(wrong))?;
    let coin = Coin::try_from(coin).map_err(|e| sdk::invalid_request(format!("{wrong}: {e}")))?;
    if coin.amount.is_zero() {
        return Err(sdk::invalid_request(wrong));
    }
    if coin.denom.as_str() != BASE_DENOM {
        return Err(sdk::invalid_request(format!(
            "invalid coin denomination: got {}, expected {BASE_DENOM}",
            coin.denom
        )));
    }
    Ok(coin.amount)
}

fn validator_key(any: &Any) -> Result<ConsensusKey, TxError> {
    let kind = || any.type_url.chars().take(80).collect::<String>();
    match PublicKey::from_any(any) {
        Ok(PublicKey::Ed25519(key)) => point(key),
        Ok(PublicKey::Secp256k1(_)) => Err(StakingError::KeyType("secp256k1".into()).into()),
        Err(slsbft_types::KeyError::Unsupported(_)) => Err(StakingError::KeyType(kind()).into()),
        Err(error) => Err(sdk::invalid_pub_key(format!("pubkey: {error}"))),
    }
}

fn point(public_key: [u8; 32]) -> Result<ConsensusKey, TxError> {
    let key = SessionKey {
        public_key,
        spending_cap: None,
    };
    if !key.is_point() {
        return Err(sdk::invalid_pub_key(
            "the key is no point of ed25519; nothing could be signed with it",
        ));
    }
    Ok(ConsensusKey(public_key))
}

fn description(found: Option<ProtoDescription>) -> Result<Description, TxError> {
    let found = found.unwrap_or_default();
    let description = Description {
        moniker: found.moniker,
        identity: found.identity,
        website: found.website,
        security_contact: found.security_contact,
        details: found.details,
    };
    if description == Description::default() {
        return Err(sdk::invalid_request("empty description"));
    }
    Ok(description)
}

/// Says which field of a description is too long, if one is.
pub fn too_long(description: &Description) -> Option<TxError> {
    let (field, length, most) = description.too_long()?;
    Some(sdk::invalid_request(format!(
        "invalid {field} length; got: {length}, max: {most}"
    )))
}

fn min_self_delegation(text: &str) -> Result<Amount, TxError> {
    let amount = text.parse::<Amount>().ok().filter(|amount| !amount.is_zero());
    amount.ok_or_else(|| sdk::invalid_request("minimum self delegation must be a positive integer"))
}

fn commission(rates: &CommissionRates) -> Result<Commission, TxError> {
    let max_rate = rate("max_rate", &rates.max_rate, StakingError::CommissionNegative)?;
    if max_rate > one() {
        return Err(StakingError::CommissionHuge.into());
    }
    let current = rate("rate", &rates.rate, StakingError::CommissionNegative)?;
    if current > max_rate {
        return Err(StakingError::CommissionAboveMax.into());
    }
    let max_change_rate = rate(
        "max_change_rate",
        &rates.max_change_rate,
        StakingError::ChangeRateNegative,
    )?;
    if max_change_rate > max_rate {
        return Err(StakingError::ChangeRateAboveMax.into());
    }
    Ok(Commission {
        rate: current,
        max_rate,
        max_change_rate,
        updated_at: Time::default(),
    })
}

fn rate(field: &str, text: &str, negative: StakingError) -> Result<Dec, TxError> {
    if text.starts_with('-') {
        return Err(negative.into());
    }
    match Dec::from_wire(text) {
        Err(DecError::Overflow) => Err(StakingError::CommissionHuge.into()),
        read => read.map_err(|error| sdk::invalid_request(format!("commission.{field}: {error}"))),
    }
}

fn one() -> Dec {
    Dec::whole(Amount::new(1))
}
