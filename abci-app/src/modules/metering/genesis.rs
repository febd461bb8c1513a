//! Offers and deals in and out of a genesis document.

use slsbft_genesis::metering::Metering as Section;
use slsbft_store::{Overlay, Read};

use super::{Market, Metering, keys, queue, state};
use crate::{
    errors::{ExecError, Fault},
    modules::ledger::Ledger,
};

impl<L: Ledger, M: Market> Metering<L, M> {
    /// Writes the section. Balances come before it: what deals and offers hold
    /// must be in the escrow account.
    pub fn init(&self, state: &mut Overlay, section: &Section) -> Result<(), ExecError> {
        state::save_params(state, &section.params);
        state::set_next_id(state, keys::NEXT_OFFER, section.next_offer_id);
        state::set_next_id(state, keys::NEXT_DEAL, section.next_deal_id);
        for offer in &section.offers {
            state::insert_offer(state, offer);
        }
        for deal in &section.deals {
            state::insert_deal(state, deal);
            queue::restore(state, deal, section.by_height.binary_search(&deal.id).is_ok());
        }
        self.check(state)
            .map_err(|error| Fault::Genesis(format!("app_state.metering: {error}")).into())
    }
}

/// Reads the section back.
pub fn export(state: &impl Read) -> Result<Section, Fault> {
    Ok(Section {
        params: state::params(state)?,
        next_offer_id: state::peek_id(state, keys::NEXT_OFFER)?,
        next_deal_id: state::peek_id(state, keys::NEXT_DEAL)?,
        offers: state::all_offers(state).collect::<Result<_, _>>()?,
        deals: state::all_deals(state).collect::<Result<_, _>>()?,
        by_height: queue::waiting_for_height(state)?,
    })
}
