//! What a validator says of itself and which keys it has: options that
//! `genesis gentx` and `tx staking` share.

use clap::Args;
use cosmos_sdk_proto::cosmos::staking::v1beta1::Description;
use slsbft_client::messages::{Commission, NewValidator, VrfRegistration};
use slsbft_mechanism::{beacon::VrfPublicKey, share::Dec};
use slsbft_types::{Address, Amount};

use super::{options::Failure, values};
use crate::config::{self, CometConfig, Home, ValidatorKey, VrfKeys};

/// A validator's description.
#[derive(Clone, Debug, Default, Args)]
pub struct DescriptionOptions {
    /// Name for people, at most 70 bytes [default for a new validator: the home's]
    #[arg(long, value_name = "NAME")]
    moniker: Option<String>,
    /// Where a picture of you is found, as a Keybase id
    #[arg(long, value_name = "ID")]
    identity: Option<String>,
    /// Your website
    #[arg(long, value_name = "URL")]
    website: Option<String>,
    /// Whom to tell about a weakness
    #[arg(long, value_name = "ADDRESS")]
    security_contact: Option<String>,
    /// More, at most 280 bytes
    #[arg(long, value_name = "TEXT")]
    details: Option<String>,
}

impl DescriptionOptions {
    /// With what is not given as it was.
    pub fn over(&self, old: Description) -> Description {
        let or = |new: &Option<String>, old| new.clone().unwrap_or(old);
        Description {
            moniker: or(&self.moniker, old.moniker),
            identity: or(&self.identity, old.identity),
            website: or(&self.website, old.website),
            security_contact: or(&self.security_contact, old.security_contact),
            details: or(&self.details, old.details),
        }
    }
}

/// A new validator.
#[derive(Clone, Debug, Args)]
pub struct ValidatorOptions {
    #[command(flatten)]
    description: DescriptionOptions,
    /// What you keep of the rewards before your delegators get theirs
    #[arg(long, value_name = "RATE", default_value = "10%", value_parser = values::rate)]
    commission_rate: Dec,
    /// The rate can never be above it
    #[arg(long, value_name = "RATE", default_value = "20%", value_parser = values::rate)]
    commission_max_rate: Dec,
    /// Most that the rate may rise in a day
    #[arg(long, value_name = "RATE", default_value = "1%", value_parser = values::rate)]
    commission_max_change_rate: Dec,
    /// Self-stake without which you do not want to be elected; it can only grow
    #[arg(long, value_name = "AMOUNT", default_value = "1uankr", value_parser = values::amount)]
    min_self_delegation: Amount,
    #[command(flatten)]
    consensus: ConsensusKeyOptions,
    #[command(flatten)]
    vrf: VrfOptions,
}

/// Which consensus key.
#[derive(Clone, Debug, Args)]
pub struct ConsensusKeyOptions {
    /// ed25519 public key in base64, as beside `pub_key` in priv_validator_key.json [default: that of the home]
    #[arg(long, value_name = "BASE64", value_parser = values::consensus_key)]
    consensus_key: Option<[u8; 32]>,
}

/// Which VRF key, and the proof that the operator holds it.
#[derive(Clone, Debug, Args)]
pub struct VrfOptions {
    /// One of the home's VRF keys [default: the newest]
    #[arg(long, value_name = "HEX", value_parser = values::vrf_key)]
    vrf_key: Option<VrfPublicKey>,
    /// What `slsbftd vrf prove` printed on the node, for keys that are not in this home
    #[arg(long, value_name = "KEY:PROOF", value_parser = values::vrf_registration, conflicts_with = "vrf_key")]
    vrf_proof: Option<VrfRegistration>,
}

impl ValidatorOptions {
    /// The validator; what is not given comes from the home.
    pub fn build(&self, home: &Home, operator: Address, self_stake: Amount) -> Result<NewValidator, Failure> {
        let moniker = match &self.description.moniker {
            Some(given) => given.clone(),
            None => config::get(&home.config_toml(), "moniker")?,
        };
        let description = self.description.over(Description {
            moniker,
            ..Description::default()
        });
        check_description(&description)?;
        let commission = Commission {
            rate: self.commission_rate,
            max_rate: self.commission_max_rate,
            max_change_rate: self.commission_max_change_rate,
        };
        if commission.rate > commission.max_rate || commission.max_change_rate > commission.max_rate {
            return Err(
                "--commission-rate and --commission-max-change-rate must be at most \
                 --commission-max-rate"
                    .into(),
            );
        }
        if self_stake < self.min_self_delegation {
            return Err("you stake less than --min-self-delegation".into());
        }
        Ok(NewValidator {
            operator,
            description,
            commission,
            min_self_delegation: self.min_self_delegation,
            consensus_key: self.consensus.key(home)?,
            self_stake,
        })
    }

    /// See [`VrfOptions::registration`].
    pub fn registration(
        &self,
        home: &Home,
        chain_id: &str,
        operator: &Address,
    ) -> Result<VrfRegistration, Failure> {
        self.vrf.registration(home, chain_id, operator)
    }
}

impl ConsensusKeyOptions {
    pub fn key(&self, home: &Home) -> Result<[u8; 32], Failure> {
        if let Some(key) = self.consensus_key {
            return Ok(key);
        }
        let comet = CometConfig::read(&home.config_toml())?;
        if !comet.priv_validator_laddr.is_empty() {
            return Err(
                "this home's key is kept by a remote signer; give its public key with --consensus-key".into(),
            );
        }
        let path = home.root().join(&comet.priv_validator_key_file);
        Ok(ValidatorKey::read(&path)?.public().0)
    }
}

impl VrfOptions {
    /// The key with its proof for this operator, checked.
    pub fn registration(
        &self,
        home: &Home,
        chain_id: &str,
        operator: &Address,
    ) -> Result<VrfRegistration, Failure> {
        let Some(given) = self.vrf_proof else {
            let keys = VrfKeys::read(&home.vrf_keys())?;
            let secret = keys.secret(self.vrf_key.as_ref())?;
            return Ok(VrfRegistration::prove(chain_id, operator, secret));
        };
        if given.is_good_for(chain_id, operator) {
            Ok(given)
        } else {
            Err(format!(
                "--vrf-proof is not for operator {operator} of the chain '{chain_id}'; on the node: slsbftd vrf prove {operator}"
            )
            .into())
        }
    }
}

/// The lengths that the chain takes, in bytes.
pub fn check_description(description: &Description) -> Result<(), Failure> {
    if description.moniker.is_empty() {
        return Err("a validator needs a name: --moniker NAME".into());
    }
    let texts = [
        ("--moniker", &description.moniker, 70),
        ("--identity", &description.identity, 3_000),
        ("--website", &description.website, 140),
        ("--security-contact", &description.security_contact, 140),
        ("--details", &description.details, 280),
    ];
    match texts.into_iter().find(|(_, text, most)| text.len() > *most) {
        Some((name, text, most)) => {
            Err(format!("{name} has {} bytes, at most {most} are taken", text.len()).into())
        }
        None => Ok(()),
    }
}
