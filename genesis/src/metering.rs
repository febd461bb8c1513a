//! Offers, deals and the rules of settlement.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use slsbft_types::{
    Address, Amount, Ratio, UANKR_PER_ANKR,
    metering::{Deal, Offer, Params, Terms, offer::check_meters, voucher::MAX_RATING},
};

use crate::error::{GenesisError, as_text, ensure, ensure_countable};

/// Module account that holds escrows and deposits.
const ESCROW: &str = "metering";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metering {
    pub params: Params,
    /// Ids are never used twice, so they go on where the exported chain stood.
    #[serde(with = "as_text")]
    pub next_offer_id: u64,
    #[serde(with = "as_text")]
    pub next_deal_id: u64,
    /// Sorted by id.
    #[serde(default)]
    pub offers: Vec<Offer>,
    /// Sorted by id.
    #[serde(default)]
    pub deals: Vec<Deal>,
    /// Ids of deals whose claim window's time was seen to have passed before its height, sorted: a
    /// chain that goes on sweeps in the order of the old one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by_height: Vec<u64>,
}

impl Default for Metering {
    /// No offers, and the parameters of the chain itself.
    fn default() -> Self {
        let ankr = |whole: u128| Amount::new(whole * UANKR_PER_ANKR);
        let terms = Terms {
            platform_share: Ratio::from_percent(5),
            provider_part: Ratio::from_percent(20),
            application_part: Ratio::from_percent(30),
            window_blocks: 600,
            window_seconds: 3_600,
            idle_fee: ankr(1),
        };
        let params = Params {
            min_escrow: ankr(20),
            deal_deposit: ankr(10),
            offer_deposit: ankr(10),
            max_open_deals: 1_000,
            max_deals_per_consumer: 16,
            max_session_keys: 16,
            max_duration_seconds: 90 * 86_400,
            sweep_limit: 100,
            terms,
        };
        Self {
            params,
            next_offer_id: 1,
            next_deal_id: 1,
            offers: Vec::new(),
            deals: Vec::new(),
            by_height: Vec::new(),
        }
    }
}

impl Metering {
    pub fn validate(&self) -> Result<(), GenesisError> {
        self.params
            .check()
            .map_err(|error| GenesisError::new(format!("params.{}", error.field), error.reason))?;
        ensure_countable(self.next_offer_id, "next_offer_id")?;
        ensure_countable(self.next_deal_id, "next_deal_id")?;
        let mut deals_of = BTreeMap::<u64, u32>::new();
        for deal in &self.deals {
            *deals_of.entry(deal.offer_id).or_default() += 1;
        }
        let mut last = 0;
        for (i, offer) in self.offers.iter().enumerate() {
            let at = format!("offers[{i}]");
            check_id(&mut last, offer.id, self.next_offer_id).map_err(|e| e.within(&at))?;
            let deals = deals_of.get(&offer.id).copied().unwrap_or_default();
            check_offer(offer, deals).map_err(|e| e.within(&at))?;
        }
        let offers: BTreeMap<u64, Address> = self.offers.iter().map(|o| (o.id, o.provider)).collect();
        last = 0;
        for (i, deal) in self.deals.iter().enumerate() {
            let at = format!("deals[{i}]");
            check_id(&mut last, deal.id, self.next_deal_id).map_err(|e| e.within(&at))?;
            let provider = offers.get(&deal.offer_id);
            ensure(
                provider == Some(&deal.provider),
                &format!("{at}.offer_id"),
                format!("is {}, which is no offer of {}", deal.offer_id, deal.provider),
            )?;
            check_deal(deal).map_err(|e| e.within(&at))?;
        }
        self.check_by_height()?;
        self.held().map(|_| ())
    }

    fn check_by_height(&self) -> Result<(), GenesisError> {
        let closing: BTreeSet<u64> = self
            .deals
            .iter()
            .filter(|deal| deal.claim_until.is_some())
            .map(|deal| deal.id)
            .collect();
        let mut last = 0;
        for (i, id) in self.by_height.iter().enumerate() {
            ensure(
                *id > last && closing.contains(id),
                &format!("by_height[{i}]"),
                format!("is {id}; the list names deals with a claim window, sorted by id"),
            )?;
            last = *id;
        }
        Ok(())
    }

    /// What the account [`Metering::escrow_account`] must hold, in uankr.
    pub fn held(&self) -> Result<Amount, GenesisError> {
        let deals = self.deals.iter().map(Deal::held);
        let deposits = self.offers.iter().map(|offer| Ok(offer.deposit));
        deals
            .chain(deposits)
            .try_fold(Amount::ZERO, |sum, held| sum.add(held?))
            .map_err(|error| GenesisError::new("deals", format!("escrows and deposits together: {error}")))
    }

    pub fn escrow_account() -> Address {
        Address::module(ESCROW)
    }
}

fn check_id(last: &mut u64, id: u64, next: u64) -> Result<(), GenesisError> {
    ensure(
        id > *last,
        "id",
        format!("is {id}; ids start at 1 and the list is sorted by them"),
    )?;
    ensure(id < next, "id", format!("is {id}, not below the next id {next}"))?;
    *last = id;
    Ok(())
}

fn check_offer(offer: &Offer, deals: u32) -> Result<(), GenesisError> {
    offer
        .terms
        .check()
        .map_err(|error| GenesisError::new("terms", error))?;
    ensure(offer.version > 0, "version", "must be positive")?;
    ensure_countable(offer.version, "version")?;
    ensure(
        offer.open_deals == deals,
        "open_deals",
        format!("is {}, but {deals} deals are listed", offer.open_deals),
    )?;
    if offer.withdrawn {
        ensure(
            deals > 0,
            "withdrawn",
            "a withdrawn offer without deals is gone; leave it out",
        )?;
        ensure(
            offer.deposit.is_zero(),
            "deposit",
            "of a withdrawn offer was returned; must be 0",
        )?;
    }
    Ok(())
}

fn check_deal(deal: &Deal) -> Result<(), GenesisError> {
    check_meters(&deal.meters).map_err(|error| GenesisError::new("meters", error))?;
    deal.terms
        .check()
        .map_err(|error| GenesisError::new(error.field, error.reason))?;
    let mut keys = BTreeSet::new();
    for (i, session) in deal.sessions.iter().enumerate() {
        let at = format!("sessions[{i}]");
        ensure(
            keys.insert(session.key.public_key),
            &format!("{at}.key"),
            "is listed twice",
        )?;
        let meters = deal.meters.len();
        ensure(
            session.counters.len() == meters,
            &format!("{at}.counters"),
            format!("must be {meters}"),
        )?;
        ensure(
            session.rating <= MAX_RATING,
            &format!("{at}.rating"),
            format!("is above {MAX_RATING}"),
        )?;
    }
    let payable = deal
        .payable()
        .map_err(|error| GenesisError::new("sessions", error))?;
    ensure(
        deal.paid == payable,
        "paid",
        format!("is {}, but the smaller of due and escrow is {payable}", deal.paid),
    )?;
    let idle_fee = deal.terms.idle_fee;
    ensure(
        idle_fee <= deal.escrow,
        "terms.idle_fee",
        format!("is above the escrow ({})", deal.escrow),
    )?;
    deal.held()
        .map(|_| ())
        .map_err(|error| GenesisError::new("deposit", error))
}

#[cfg(test)]
mod tests {
    use slsbft_types::{
        Time,
        metering::{Meter, OfferTerms, Session, SessionKey},
    };

    use super::*;

    fn address(byte: u8) -> Address {
        Address::from_bytes(&[byte; 20]).unwrap()
    }

    fn with_a_deal() -> Metering {
        let mut metering = Metering::default();
        let meters = vec![Meter {
            unit: "requests".into(),
            price: 5,
            scale: 0,
        }];
        let key = SessionKey {
            public_key: [7; 32],
            spending_cap: None,
        };
        metering.offers.push(Offer {
            id: 1,
            provider: address(1),
            terms: OfferTerms {
                meters: meters.clone(),
                min_escrow: metering.params.min_escrow,
                max_open_deals: 10,
                endpoint: String::new(),
                tags: Vec::new(),
                application_share: Ratio::ZERO,
            },
            version: 1,
            open_deals: 1,
            deposit: Amount::new(10_000_000),
            withdrawn: false,
        });
        metering.deals.push(Deal {
            id: 4,
            chain_id: "slsbft-local-1".into(),
            offer_id: 1,
            provider: address(1),
            consumer: address(2),
            application: None,
            application_share: Ratio::ZERO,
            terms: metering.params.terms.clone(),
            escrow: Amount::new(20_000_000),
            paid: Amount::new(15),
            deposit: Amount::new(10_000_000),
            opened_height: 9,
            expires_at: Time::from_seconds(1_000),
            claim_until: None,
            sessions: vec![Session {
                sequence: u64::MAX,
                counters: vec![3],
                ..Session::new(key, meters.len())
            }],
            meters,
        });
        metering.next_offer_id = 2;
        metering.next_deal_id = 5;
        metering
    }

    #[test]
    fn a_section_reads_back_as_written_and_says_what_must_be_held() {
        let metering = with_a_deal();
        assert_eq!(metering.validate(), Ok(()));
        assert_eq!(metering.held(), Ok(Amount::new(39_999_985)));
        let json = serde_json::to_string(&metering).unwrap();
        assert_eq!(serde_json::from_str::<Metering>(&json).unwrap(), metering);
    }

    #[test]
    fn each_contradiction_is_found_with_its_path() {
        let path = |change: &dyn Fn(&mut Metering)| {
            let mut metering = with_a_deal();
            change(&mut metering);
            metering.validate().expect_err("refused").path
        };
        assert_eq!(path(&|m| m.next_deal_id = 4), "deals[0].id");
        assert_eq!(path(&|m| m.by_height = vec![7]), "by_height[0]");
        assert_eq!(path(&|m| m.offers[0].id = 0), "offers[0].id");
        assert_eq!(path(&|m| m.offers[0].open_deals = 2), "offers[0].open_deals");
        assert_eq!(path(&|m| m.offers[0].terms.meters.clear()), "offers[0].terms");
        assert_eq!(path(&|m| m.offers[0].withdrawn = true), "offers[0].deposit");
        assert_eq!(path(&|m| m.deals[0].offer_id = 9), "offers[0].open_deals");
        assert_eq!(path(&|m| m.deals[0].provider = address(3)), "deals[0].offer_id");
        assert_eq!(path(&|m| m.deals[0].paid = Amount::new(16)), "deals[0].paid");
        assert_eq!(
            path(&|m| m.deals[0].sessions[0].counters.push(0)),
            "deals[0].sessions[0].counters"
        );
        assert_eq!(
            path(&|m| m.deals[0].terms.idle_fee = Amount::new(u128::MAX)),
            "deals[0].terms.idle_fee"
        );
        assert_eq!(
            path(&|m| m.params.max_session_keys = 17),
            "params.max_session_keys"
        );
        assert_eq!(
            path(&|m| m.params.terms.idle_fee = Amount::new(u128::MAX)),
            "params.terms.idle_fee"
        );
    }
}
