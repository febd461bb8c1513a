//! What a provider sells.

use serde::{Deserialize, Serialize};

use super::MAX_SCALE;
use crate::{Address, Amount, Ratio};

/// Most meters of an offer.
pub const MAX_METERS: usize = 16;
/// Longest name of a unit, in characters.
pub const MAX_UNIT: usize = 32;
/// Most tags of an offer.
pub const MAX_TAGS: usize = 16;
/// Longest tag, in characters.
pub const MAX_TAG: usize = 32;
/// Longest endpoint, in bytes.
pub const MAX_ENDPOINT: usize = 256;

/// A metered unit and its price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Meter {
    /// 1 to 32 of `[a-z0-9._-]`.
    pub unit: String,
    /// uankr per 10^scale units.
    #[serde(with = "crate::text")]
    pub price: u64,
    /// At most [`MAX_SCALE`].
    pub scale: u32,
}

/// The part of an offer that its provider decides and may change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfferTerms {
    pub meters: Vec<Meter>,
    /// Least escrow of a deal, in uankr.
    pub min_escrow: Amount,
    /// Most deals that may exist at a time.
    pub max_open_deals: u32,
    pub endpoint: String,
    pub tags: Vec<String>,
    /// Share of the provider's part that goes to the application of a deal.
    pub application_share: Ratio,
}

/// An offer as the chain keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Offer {
    pub id: u64,
    pub provider: Address,
    pub terms: OfferTerms,
    /// Grows with every update.
    pub version: u64,
    /// Deals that have not ended.
    pub open_deals: u32,
    /// Held in escrow, in uankr; zero once withdrawn.
    pub deposit: Amount,
    pub withdrawn: bool,
}

/// Why an offer is refused, whatever the state of the chain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OfferError {
    #[error("an offer has 1 to {MAX_METERS} meters, found {0}")]
    Meters(usize),
    #[error("unit '{0}' must be 1 to {MAX_UNIT} of a-z, 0-9, '.', '_' and '-'")]
    Unit(String),
    #[error("unit '{0}' is there twice; give each unit one meter")]
    DuplicateUnit(String),
    #[error("scale {0} of a price is above {MAX_SCALE}")]
    Scale(u32),
    #[error("at most {MAX_TAGS} tags, found {0}")]
    Tags(usize),
    #[error("a tag has 1 to {MAX_TAG} characters and no control characters")]
    Tag,
    #[error("endpoint must have at most {MAX_ENDPOINT} bytes and no control characters")]
    Endpoint,
    #[error("max_open_deals must be at least 1")]
    NoDeals,
}

impl OfferTerms {
    /// Checks everything that does not depend on the chain's parameters.
    pub fn check(&self) -> Result<(), OfferError> {
        check_meters(&self.meters)?;
        if self.max_open_deals == 0 {
            return Err(OfferError::NoDeals);
        }
        if self.endpoint.len() > MAX_ENDPOINT || self.endpoint.contains(char::is_control) {
            return Err(OfferError::Endpoint);
        }
        if self.tags.len() > MAX_TAGS {
            return Err(OfferError::Tags(self.tags.len()));
        }
        let shaped = |tag: &String| {
            !tag.is_empty() && tag.chars().count() <= MAX_TAG && !tag.contains(char::is_control)
        };
        if self.tags.iter().all(shaped) {
            Ok(())
        } else {
            Err(OfferError::Tag)
        }
    }
}

/// Checks number, names and scales of meters.
pub fn check_meters(meters: &[Meter]) -> Result<(), OfferError> {
    if meters.is_empty() || meters.len() > MAX_METERS {
        return Err(OfferError::Meters(meters.len()));
    }
    for (position, meter) in meters.iter().enumerate() {
        let shown = || meter.unit.chars().take(MAX_UNIT).collect();
        let known = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b);
        if meter.unit.is_empty() || meter.unit.len() > MAX_UNIT || !meter.unit.bytes().all(known) {
            return Err(OfferError::Unit(shown()));
        }
        if meters
            .iter()
            .take(position)
            .any(|earlier| earlier.unit == meter.unit)
        {
            return Err(OfferError::DuplicateUnit(shown()));
        }
        if meter.scale > MAX_SCALE {
            return Err(OfferError::Scale(meter.scale));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms() -> OfferTerms {
        OfferTerms {
            meters: vec![Meter {
                unit: "cpu-ms".into(),
                price: 3,
                scale: 2,
            }],
            min_escrow: Amount::ZERO,
            max_open_deals: 1,
            endpoint: "https://provider.example".into(),
            tags: vec!["größe".into()],
            application_share: Ratio::ZERO,
        }
    }

    fn refused(change: impl FnOnce(&mut OfferTerms)) -> OfferError {
        let mut terms = terms();
        change(&mut terms);
        terms.check().expect_err("refused")
    }

    #[test]
    fn an_offer_is_refused_for_each_of_its_limits() {
        assert_eq!(terms().check(), Ok(()));
        assert_eq!(refused(|t| t.meters.clear()), OfferError::Meters(0));
        assert_eq!(
            refused(|t| t.meters = vec![t.meters[0].clone(); 17]),
            OfferError::Meters(17)
        );
        assert_eq!(
            refused(|t| t.meters[0].unit = "CPU".into()),
            OfferError::Unit("CPU".into())
        );
        assert_eq!(
            refused(|t| t.meters[0].unit = String::new()),
            OfferError::Unit(String::new())
        );
        assert_eq!(refused(|t| t.meters[0].scale = 19), OfferError::Scale(19));
        let twice = refused(|t| t.meters = vec![t.meters[0].clone(); 2]);
        assert_eq!(twice, OfferError::DuplicateUnit("cpu-ms".into()));
        assert_eq!(refused(|t| t.max_open_deals = 0), OfferError::NoDeals);
        assert_eq!(refused(|t| t.endpoint = "x".repeat(257)), OfferError::Endpoint);
        assert_eq!(refused(|t| t.endpoint = "a\nb".into()), OfferError::Endpoint);
        assert_eq!(refused(|t| t.tags = vec!["t".into(); 17]), OfferError::Tags(17));
        assert_eq!(refused(|t| t.tags = vec!["t".repeat(33)]), OfferError::Tag);
        assert_eq!(refused(|t| t.tags = vec![String::new()]), OfferError::Tag);
    }
}
