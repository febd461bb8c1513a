//! `slsbft.metering.v1.Query`, on a state that was committed.

use cosmos_sdk_proto::cosmos::base::query::v1beta1::PageRequest;
use prost::Message;
use slsbft_app::query::{Code, QueryError, route};
use slsbft_proto::metering::v1::*;
use slsbft_store::{BlockMeta, Snapshot, Store, StoreConfig};

use crate::world::*;

/// Two offers; deals 1 and 2 of consumer 2 and 4 of consumer 3 on offer 1, 3 of
/// consumer 2 on offer 2, which belongs to provider 5.
fn committed(check: impl Fn(&Snapshot)) {
    let mut world = World::with_deal();
    world
        .offer(&MsgCreateOffer {
            provider: account(5).to_string(),
            ..offer_msg()
        })
        .unwrap();
    for (consumer, offer_id) in [(2, 1), (2, 2), (3, 1)] {
        let consumer = account(consumer).to_string();
        world
            .open(&MsgOpenDeal {
                consumer,
                offer_id,
                ..deal_msg(&world)
            })
            .unwrap();
    }
    world.claim(1, vec![signed(1, 1, 1, &[1_200, 0])]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(&folder.path().join("state"), &StoreConfig::default()).unwrap();
    let block = BlockMeta {
        height: 1,
        ..BlockMeta::default()
    };
    let commit = store.stage(world.state.into_changes(), block).unwrap();
    check(&store.commit(commit).unwrap());
}

fn query(state: &Snapshot, method: &str, request: &[u8]) -> Result<Vec<u8>, QueryError> {
    let path = format!("/slsbft.metering.v1.Query/{method}");
    route(state, &machine().runner, &path, request)
}

fn ask<A: Message + Default>(
    state: &Snapshot,
    method: &str,
    request: &impl Message,
) -> Result<A, QueryError> {
    query(state, method, &request.encode_to_vec()).map(|bytes| A::decode(bytes.as_slice()).unwrap())
}

fn ids(state: &Snapshot, request: QueryDealsRequest) -> Vec<u64> {
    let answer: QueryDealsResponse = ask(state, "Deals", &request).unwrap();
    answer.deals.iter().map(|deal| deal.id).collect()
}

#[test]
fn deals_are_found_by_provider_by_consumer_and_by_offer() {
    committed(|state| {
        let all = QueryDealsRequest::default();
        assert_eq!(ids(state, all.clone()), [1, 2, 3, 4]);
        assert_eq!(
            ids(
                state,
                QueryDealsRequest {
                    provider: account(1).to_string(),
                    ..all.clone()
                }
            ),
            [1, 2, 4]
        );
        assert_eq!(
            ids(
                state,
                QueryDealsRequest {
                    consumer: account(2).to_string(),
                    ..all.clone()
                }
            ),
            [1, 2, 3]
        );
        assert_eq!(
            ids(
                state,
                QueryDealsRequest {
                    offer_id: 2,
                    ..all.clone()
                }
            ),
            [3]
        );
        assert_eq!(
            ids(
                state,
                QueryDealsRequest {
                    offer_id: 9,
                    ..all.clone()
                }
            ),
            [0u64; 0]
        );
        let both = QueryDealsRequest {
            provider: account(1).to_string(),
            offer_id: 1,
            ..all.clone()
        };
        assert_eq!(
            ask::<QueryDealsResponse>(state, "Deals", &both).unwrap_err().code,
            Code::InvalidArgument
        );
        let typo = QueryDealsRequest {
            consumer: "ankr1x".into(),
            ..all
        };
        assert_eq!(
            ask::<QueryDealsResponse>(state, "Deals", &typo).unwrap_err().code,
            Code::InvalidArgument
        );
    });
}

#[test]
fn lists_come_in_pages_that_join() {
    committed(|state| {
        for provider in ["".to_string(), account(1).to_string()] {
            let mut found = Vec::new();
            let mut key = Vec::new();
            loop {
                let pagination = Some(PageRequest {
                    key,
                    limit: 2,
                    ..Default::default()
                });
                let request = QueryDealsRequest {
                    provider: provider.clone(),
                    pagination,
                    ..Default::default()
                };
                let page: QueryDealsResponse = ask(state, "Deals", &request).unwrap();
                assert!(page.deals.len() <= 2);
                found.extend(page.deals.iter().map(|deal| deal.id));
                key = page.pagination.unwrap().next_key;
                if key.is_empty() {
                    break;
                }
            }
            assert_eq!(
                found,
                if provider.is_empty() {
                    vec![1, 2, 3, 4]
                } else {
                    vec![1, 2, 4]
                }
            );
        }
    });
}

#[test]
fn a_deal_shows_what_is_due_beyond_its_escrow() {
    committed(|state| {
        let answer: QueryDealResponse = ask(state, "Deal", &QueryDealRequest { deal_id: 1 }).unwrap();
        let deal = answer.deal.unwrap();
        assert_eq!(
            (deal.due.as_str(), deal.paid.as_str(), deal.escrow.as_str()),
            ("1200", "1000", "1000")
        );
        assert_eq!(deal.status(), DealStatus::Open);
        assert_eq!(deal.sessions[0].sequence, 1);
    });
}

#[test]
fn offers_and_parameters_are_found_and_what_is_not_there_is_not_found() {
    committed(|state| {
        let answer: QueryOfferResponse = ask(state, "Offer", &QueryOfferRequest { offer_id: 2 }).unwrap();
        assert_eq!(answer.offer.unwrap().open_deals, 1);
        let of_one = QueryOffersRequest {
            provider: account(5).to_string(),
            pagination: None,
        };
        let answer: QueryOffersResponse = ask(state, "Offers", &of_one).unwrap();
        assert_eq!(
            answer.offers.iter().map(|offer| offer.id).collect::<Vec<_>>(),
            [2]
        );
        let answer: QueryOffersResponse = ask(state, "Offers", &QueryOffersRequest::default()).unwrap();
        assert_eq!(answer.offers.len(), 2);
        let answer: QueryParamsResponse = ask(state, "Params", &QueryParamsRequest {}).unwrap();
        assert_eq!(answer.params.unwrap().platform_share, 50_000_000);

        let missing =
            ask::<QueryOfferResponse>(state, "Offer", &QueryOfferRequest { offer_id: 9 }).unwrap_err();
        assert_eq!(missing.code, Code::NotFound);
        let missing = ask::<QueryDealResponse>(state, "Deal", &QueryDealRequest { deal_id: 9 }).unwrap_err();
        assert_eq!(missing.code, Code::NotFound);
        assert_eq!(
            query(state, "Nothing", &[]).unwrap_err().code,
            Code::Unimplemented
        );
        assert_eq!(
            query(state, "Deal", &[0xff]).unwrap_err().code,
            Code::InvalidArgument
        );
    });
}
