//! Pages.

use cosmos_sdk_proto::cosmos::{
    auth::v1beta1::{QueryAccountsRequest, QueryAccountsResponse},
    bank::v1beta1::{
        QueryAllBalancesRequest, QueryAllBalancesResponse, QueryDenomOwnersRequest, QueryDenomOwnersResponse,
        QueryTotalSupplyRequest, QueryTotalSupplyResponse,
    },
    base::query::v1beta1::{PageRequest, PageResponse},
};
use prost::Message;
use slsbft_proto::metering::v1;
use slsbft_tests::Chain;

use crate::support::{ACCOUNTS, busy_chain, holder};

fn ask<A: Message + Default>(chain: &Chain, path: &str, request: &impl Message) -> A {
    let answer = chain.query(path, request.encode_to_vec());
    assert_eq!(answer.code, 0, "{path}: {}", answer.log);
    A::decode(answer.value).unwrap()
}

/// Pages of a query, by every way through it, against the whole.
fn assert_pages<T: PartialEq + std::fmt::Debug + Clone>(
    least: usize,
    page: impl Fn(PageRequest) -> (Vec<T>, PageResponse),
) {
    let request = |limit| PageRequest {
        limit,
        ..Default::default()
    };
    let (whole, last) = page(PageRequest {
        count_total: true,
        ..request(1_000)
    });
    assert!(whole.len() >= least && last.next_key.is_empty());
    assert_eq!(last.total, whole.len() as u64);
    let backwards: Vec<T> = whole.iter().rev().cloned().collect();
    for reverse in [false, true] {
        let expected = if reverse { &backwards } else { &whole };
        for limit in [
            1,
            2,
            5,
            whole.len() as u64 - 1,
            whole.len() as u64,
            whole.len() as u64 + 1,
        ] {
            let (mut found, mut key) = (Vec::new(), Vec::new());
            loop {
                let (items, response) = page(PageRequest {
                    key,
                    reverse,
                    ..request(limit)
                });
                assert!(items.len() as u64 <= limit);
                found.extend(items);
                key = response.next_key;
                if key.is_empty() {
                    break;
                }
            }
            assert_eq!(&found, expected, "by key, {limit} a page, reverse {reverse}");
            for offset in [0, 1, 3, whole.len() as u64, whole.len() as u64 + 5] {
                let (items, response) = page(PageRequest {
                    offset,
                    reverse,
                    count_total: true,
                    ..request(limit)
                });
                let rest: Vec<T> = expected
                    .iter()
                    .skip(offset as usize)
                    .take(limit as usize)
                    .cloned()
                    .collect();
                assert_eq!(items, rest, "offset {offset}, limit {limit}, reverse {reverse}");
                assert_eq!(
                    response.total,
                    whole.len() as u64,
                    "the total does not depend on the page"
                );
                assert_eq!(response.next_key.is_empty(), offset + limit >= whole.len() as u64);
            }
        }
    }
}

#[test]
fn every_way_through_the_pages_finds_everything_once() {
    let chain = busy_chain();
    let chain = &chain;
    assert_pages(usize::from(ACCOUNTS) + 4, |page| {
        let request = QueryAccountsRequest {
            pagination: Some(page),
        };
        let answer: QueryAccountsResponse = ask(chain, "/cosmos.auth.v1beta1.Query/Accounts", &request);
        (answer.accounts, answer.pagination.unwrap())
    });
    assert_pages(12, |page| {
        let request = QueryAllBalancesRequest {
            address: holder(11).to_string(),
            pagination: Some(page),
            ..Default::default()
        };
        let answer: QueryAllBalancesResponse = ask(chain, "/cosmos.bank.v1beta1.Query/AllBalances", &request);
        (answer.balances, answer.pagination.unwrap())
    });
    assert_pages(12, |page| {
        let request = QueryTotalSupplyRequest {
            pagination: Some(page),
        };
        let answer: QueryTotalSupplyResponse = ask(chain, "/cosmos.bank.v1beta1.Query/TotalSupply", &request);
        (answer.supply, answer.pagination.unwrap())
    });
    // Filtered: most balances are of other denominations.
    assert_pages(5, |page| {
        let request = QueryDenomOwnersRequest {
            denom: "coin05".into(),
            pagination: Some(page),
        };
        let answer: QueryDenomOwnersResponse = ask(chain, "/cosmos.bank.v1beta1.Query/DenomOwners", &request);
        (answer.denom_owners, answer.pagination.unwrap())
    });
    // By an index.
    assert_pages(17, |page| {
        let request = v1::QueryOffersRequest {
            provider: holder(1).to_string(),
            pagination: Some(page),
        };
        let answer: v1::QueryOffersResponse = ask(chain, "/slsbft.metering.v1.Query/Offers", &request);
        (answer.offers, answer.pagination.unwrap())
    });
}

#[test]
fn a_page_is_asked_for_by_key_or_offset_and_is_bounded() {
    let chain = busy_chain();
    let ask = |page| {
        let request = QueryAccountsRequest {
            pagination: Some(page),
        };
        chain.query("/cosmos.auth.v1beta1.Query/Accounts", request.encode_to_vec())
    };
    let both = PageRequest {
        key: vec![1],
        offset: 1,
        ..Default::default()
    };
    assert!(ask(both).log.contains("InvalidArgument"));
    let endless = PageRequest {
        limit: u64::MAX,
        count_total: true,
        ..Default::default()
    };
    assert_eq!(ask(endless.clone()).code, 0);
    let beyond = PageRequest {
        offset: 100_001,
        ..endless
    };
    assert!(ask(beyond).log.contains("go on with next_key"));
    let unlimited = QueryAccountsResponse::decode(ask(PageRequest::default()).value).unwrap();
    assert_eq!(
        unlimited.pagination.unwrap().total,
        unlimited.accounts.len() as u64,
        "whoever sets no limit is told the total"
    );
}
