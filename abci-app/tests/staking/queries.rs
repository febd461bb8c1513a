//! `cosmos.staking.v1beta1.Query` and `cosmos.distribution.v1beta1.Query`, on a state that
//! was committed.

use cosmos_sdk_proto::cosmos::{
    base::query::v1beta1::PageRequest, distribution::v1beta1 as distr, staking::v1beta1::*,
};
use prost::Message;
use slsbft_app::query::{Code, QueryError, route};
use slsbft_store::Snapshot;

use crate::world::*;

fn ask<A: Message + Default>(
    state: &Snapshot,
    method: &str,
    request: &impl Message,
) -> Result<A, QueryError> {
    let (package, method) = method.split_once('/').unwrap();
    let path = format!("/cosmos.{package}.v1beta1.Query/{method}");
    let answer = route(state, &machine().runner, &path, &request.encode_to_vec());
    answer.map(|bytes| A::decode(bytes.as_slice()).unwrap())
}

fn pages(limit: u64, key: &[u8]) -> Option<PageRequest> {
    Some(PageRequest {
        limit,
        key: key.to_vec(),
        ..PageRequest::default()
    })
}

/// Candidates 1, 2 and 4; accounts 3, 5 and 6 with candidate 1, account 3 on its way to 2
/// and out of 1, rewards, and a slash.
fn busy(look: impl FnOnce(&Snapshot)) {
    let mut world = World::with_candidates();
    world.create(4, 10_000, "0.1").unwrap();
    for (delegator, amount) in [(3, 30_000), (5, 100), (6, 100)] {
        world.delegate(delegator, 1, amount).unwrap();
    }
    world.undelegate(3, 1, 5_000).unwrap();
    world.undelegate(5, 1, 50).unwrap();
    world.redelegate(3, 1, 2, 3_000).unwrap();
    world.redelegate(3, 4, 2, 1).unwrap_err();
    world.allocate(1, 1_000);
    world.allocate(4, 1_005);
    world.next_block(1);
    world.slash(1, 1, 40_200, percent(10));
    world.committed(look);
}

#[test]
fn validators_are_shown_by_status_and_page() {
    busy(|state| {
        let list = |request: QueryValidatorsRequest| {
            let answer: QueryValidatorsResponse = ask(state, "staking/Validators", &request).unwrap();
            let page = answer.pagination.unwrap();
            let names = answer.validators.iter().map(|v| v.operator_address.clone());
            (names.collect::<Vec<_>>(), page)
        };
        let status = |status: BondStatus, limit| QueryValidatorsRequest {
            status: status.as_str_name().into(),
            pagination: pages(limit, &[]),
        };
        let all = [valoper(1), valoper(2), valoper(4)];
        assert_eq!(list(QueryValidatorsRequest::default()).0, all);
        assert_eq!(list(status(BondStatus::Unbonded, 0)).0, all);
        assert!(list(status(BondStatus::Bonded, 0)).0.is_empty());
        assert!(list(status(BondStatus::Unbonding, 0)).0.is_empty());
        let (first, page) = list(status(BondStatus::Unbonded, 2));
        assert_eq!(first, all[..2]);
        let (second, page) = list(QueryValidatorsRequest {
            status: String::new(),
            pagination: pages(2, &page.next_key),
        });
        assert_eq!((second.as_slice(), page.next_key), (&all[2..], Vec::new()));
        for bad in ["BOND_STATUS_UNSPECIFIED", "bonded"] {
            let request = QueryValidatorsRequest {
                status: bad.into(),
                pagination: None,
            };
            let refused = ask::<QueryValidatorsResponse>(state, "staking/Validators", &request);
            assert_eq!(refused.unwrap_err().code, Code::InvalidArgument);
        }
    });
}

#[test]
fn a_validator_is_shown_as_cosmos_shows_it() {
    busy(|state| {
        let request = QueryValidatorRequest {
            validator_addr: valoper(4),
        };
        let answer: QueryValidatorResponse = ask(state, "staking/Validator", &request).unwrap();
        let found = answer.validator.unwrap();
        assert_eq!(found.tokens, "10000");
        assert_eq!(found.delegator_shares, "10000000000000000000000");
        assert_eq!(found.consensus_pubkey, create_msg(4, 1, "0").pubkey);
        assert_eq!(found.status(), BondStatus::Unbonded);
        let rates = found.commission.unwrap().commission_rates.unwrap();
        assert_eq!(rates.rate, "100000000000000000");
        assert_eq!(found.description.unwrap().moniker, "validator 4");
        for (address, expected) in [
            (valoper(9), Code::NotFound),
            (String::new(), Code::InvalidArgument),
            (account(4).to_string(), Code::InvalidArgument),
        ] {
            let request = QueryValidatorRequest {
                validator_addr: address,
            };
            let refused = ask::<QueryValidatorResponse>(state, "staking/Validator", &request);
            assert_eq!(refused.unwrap_err().code, expected);
        }
    });
}

#[test]
fn delegations_are_found_from_both_sides_with_their_worth_after_slashes() {
    busy(|state| {
        let balance = |response: &DelegationResponse| {
            let amount = response.balance.clone().unwrap().amount;
            (response.delegation.clone().unwrap().delegator_address, amount)
        };
        // 32,150 were left, and 4,020 were taken, of which 805 by what left.
        let request = QueryValidatorDelegationsRequest {
            validator_addr: valoper(1),
            pagination: pages(3, &[]),
        };
        let answer: QueryValidatorDelegationsResponse =
            ask(state, "staking/ValidatorDelegations", &request).unwrap();
        let found: Vec<_> = answer.delegation_responses.iter().map(balance).collect();
        let account_3 = account(3).to_string();
        assert_eq!(found.len(), 3);
        assert_eq!(found[1], (account_3.clone(), "19800".into()));
        assert!(!answer.pagination.unwrap().next_key.is_empty());

        let request = QueryDelegatorDelegationsRequest {
            delegator_addr: account_3.clone(),
            pagination: None,
        };
        let answer: QueryDelegatorDelegationsResponse =
            ask(state, "staking/DelegatorDelegations", &request).unwrap();
        let found: Vec<_> = answer.delegation_responses.iter().map(balance).collect();
        // Of the 3,000 that went to the second 300 are owed to the first.
        assert_eq!(
            found,
            [
                (account_3.clone(), "19800".into()),
                (account_3.clone(), "2700".into())
            ]
        );

        let request = QueryDelegationRequest {
            delegator_addr: account_3.clone(),
            validator_addr: valoper(2),
        };
        let answer: QueryDelegationResponse = ask(state, "staking/Delegation", &request).unwrap();
        assert_eq!(
            answer.delegation_response.unwrap().delegation.unwrap().shares,
            "2700000000000000000000"
        );
        let nobody = QueryDelegationRequest {
            delegator_addr: account(8).to_string(),
            validator_addr: valoper(2),
        };
        let refused = ask::<QueryDelegationResponse>(state, "staking/Delegation", &nobody);
        assert_eq!(refused.unwrap_err().code, Code::NotFound);

        let request = QueryDelegatorValidatorsRequest {
            delegator_addr: account_3.clone(),
            pagination: None,
        };
        let answer: QueryDelegatorValidatorsResponse =
            ask(state, "staking/DelegatorValidators", &request).unwrap();
        assert_eq!(answer.validators.len(), 2);
        let request = QueryDelegatorValidatorRequest {
            delegator_addr: account_3,
            validator_addr: valoper(4),
        };
        let refused = ask::<QueryDelegatorValidatorResponse>(state, "staking/DelegatorValidator", &request);
        assert_eq!(refused.unwrap_err().code, Code::NotFound);
    });
}

#[test]
fn what_is_on_its_way_is_found_from_both_sides() {
    busy(|state| {
        let account_3 = account(3).to_string();
        let request = QueryValidatorUnbondingDelegationsRequest {
            validator_addr: valoper(1),
            pagination: pages(1, &[]),
        };
        let answer: QueryValidatorUnbondingDelegationsResponse =
            ask(state, "staking/ValidatorUnbondingDelegations", &request).unwrap();
        assert_eq!(answer.unbonding_responses.len(), 1);
        let found = &answer.unbonding_responses[0];
        assert_eq!(found.delegator_address, account_3);
        let entry = &found.entries[0];
        assert_eq!(
            (
                entry.initial_balance.as_str(),
                entry.balance.as_str(),
                entry.creation_height
            ),
            ("5000", "4500", 1)
        );
        assert!(!answer.pagination.unwrap().next_key.is_empty());
        let request = QueryDelegatorUnbondingDelegationsRequest {
            delegator_addr: account_3.clone(),
            pagination: None,
        };
        let answer: QueryDelegatorUnbondingDelegationsResponse =
            ask(state, "staking/DelegatorUnbondingDelegations", &request).unwrap();
        assert_eq!(&answer.unbonding_responses[0], found);
        let request = QueryUnbondingDelegationRequest {
            delegator_addr: account_3,
            validator_addr: valoper(2),
        };
        let refused = ask::<QueryUnbondingDelegationResponse>(state, "staking/UnbondingDelegation", &request);
        assert_eq!(refused.unwrap_err().code, Code::NotFound);
    });
}

#[test]
fn redelegations_are_found_by_delegator_and_by_source() {
    busy(|state| {
        let count = |delegator: &str, source: &str, destination: &str| {
            let request = QueryRedelegationsRequest {
                delegator_addr: delegator.into(),
                src_validator_addr: source.into(),
                dst_validator_addr: destination.into(),
                pagination: None,
            };
            ask::<QueryRedelegationsResponse>(state, "staking/Redelegations", &request)
                .map(|answer| answer.redelegation_responses)
        };
        let account_3 = account(3).to_string();
        let found = count(&account_3, "", "").unwrap();
        assert_eq!(found.len(), 1);
        let entry = &found[0].entries[0];
        assert_eq!(entry.balance, "3000");
        assert_eq!(entry.redelegation_entry.as_ref().unwrap().initial_balance, "3000");
        assert_eq!(count("", &valoper(1), "").unwrap(), found);
        assert_eq!(count(&account_3, &valoper(1), &valoper(2)).unwrap(), found);
        assert!(count(&account_3, &valoper(2), "").unwrap().is_empty());
        assert!(count("", &valoper(2), "").unwrap().is_empty());
        assert_eq!(
            count("", "", &valoper(2)).unwrap_err().code,
            Code::InvalidArgument
        );
    });
}

#[test]
fn pool_parameters_and_history_have_answers() {
    busy(|state| {
        let pool: QueryPoolResponse = ask(state, "staking/Pool", &QueryPoolRequest {}).unwrap();
        let pool = pool.pool.unwrap();
        assert_eq!(
            (pool.bonded_tokens, pool.not_bonded_tokens),
            ("51935".into(), "5050".into())
        );
        let params: QueryParamsResponse = ask(state, "staking/Params", &QueryParamsRequest {}).unwrap();
        let params = params.params.unwrap();
        assert_eq!(params.unbonding_time.unwrap().seconds, UNBONDING);
        assert_eq!((params.max_entries, params.bond_denom.as_str()), (3, "uankr"));
        let request = QueryHistoricalInfoRequest { height: 1 };
        let refused = ask::<QueryHistoricalInfoResponse>(state, "staking/HistoricalInfo", &request);
        assert_eq!(refused.unwrap_err().code, Code::NotFound);
        let refused = ask::<QueryPoolResponse>(state, "staking/Nothing", &request);
        assert_eq!(refused.unwrap_err().code, Code::Unimplemented);
    });
}

#[test]
fn rewards_are_shown_with_their_fractions() {
    busy(|state| {
        let amounts = |coins: &[cosmos_sdk_proto::cosmos::base::v1beta1::DecCoin]| {
            coins.iter().map(|coin| coin.amount.clone()).collect::<Vec<_>>()
        };
        let request = distr::QueryDelegationTotalRewardsRequest {
            delegator_address: account(3).to_string(),
        };
        let answer: distr::QueryDelegationTotalRewardsResponse =
            ask(state, "distribution/DelegationTotalRewards", &request).unwrap();
        // 22,000 of 32,150 shares.
        assert_eq!(amounts(&answer.total), ["684292379471228615825"]);
        assert_eq!(answer.rewards.len(), 2);
        let request = distr::QueryDelegationRewardsRequest {
            delegator_address: account(3).to_string(),
            validator_address: valoper(1),
        };
        let one: distr::QueryDelegationRewardsResponse =
            ask(state, "distribution/DelegationRewards", &request).unwrap();
        assert_eq!(one.rewards, answer.total);
        let request = distr::QueryValidatorOutstandingRewardsRequest {
            validator_address: valoper(4),
        };
        let answer: distr::QueryValidatorOutstandingRewardsResponse =
            ask(state, "distribution/ValidatorOutstandingRewards", &request).unwrap();
        assert_eq!(
            amounts(&answer.rewards.unwrap().rewards),
            ["1005000000000000000000"]
        );
        let request = distr::QueryValidatorDistributionInfoRequest {
            validator_address: valoper(4),
        };
        let answer: distr::QueryValidatorDistributionInfoResponse =
            ask(state, "distribution/ValidatorDistributionInfo", &request).unwrap();
        assert_eq!(answer.operator_address, account(4).to_string());
        assert_eq!(amounts(&answer.commission), ["100000000000000000000"]);
        assert_eq!(amounts(&answer.self_bond_rewards), ["904999999999999999987"]);
        let request = distr::QueryDelegatorValidatorsRequest {
            delegator_address: account(3).to_string(),
        };
        let answer: distr::QueryDelegatorValidatorsResponse =
            ask(state, "distribution/DelegatorValidators", &request).unwrap();
        assert_eq!(answer.validators, [valoper(1), valoper(2)]);
        let request = distr::QueryDelegatorWithdrawAddressRequest {
            delegator_address: account(3).to_string(),
        };
        let answer: distr::QueryDelegatorWithdrawAddressResponse =
            ask(state, "distribution/DelegatorWithdrawAddress", &request).unwrap();
        assert_eq!(answer.withdraw_address, account(3).to_string());
        let answer: distr::QueryCommunityPoolResponse = ask(
            state,
            "distribution/CommunityPool",
            &distr::QueryCommunityPoolRequest {},
        )
        .unwrap();
        assert!(answer.pool.is_empty());
        let answer: distr::QueryParamsResponse =
            ask(state, "distribution/Params", &distr::QueryParamsRequest {}).unwrap();
        let params = answer.params.unwrap();
        assert_eq!(params.community_tax, "200000000000000000");
        assert!(params.withdraw_addr_enabled);
    });
}

#[test]
fn slashes_are_shown_by_height_and_page() {
    let mut world = World::with_candidates();
    for _ in 0..3 {
        world.slash(1, 1, 10_000, percent(1));
        world.slash(1, 1, 10_000, percent(2));
        world.next_block(1);
    }
    world.committed(|state| {
        let list = |first, last, limit, key: &[u8]| {
            let request = distr::QueryValidatorSlashesRequest {
                validator_address: valoper(1),
                starting_height: first,
                ending_height: last,
                pagination: pages(limit, key),
            };
            ask::<distr::QueryValidatorSlashesResponse>(state, "distribution/ValidatorSlashes", &request).map(
                |answer| {
                    let numbers = answer.slashes.iter().map(|slash| slash.validator_period);
                    (numbers.collect::<Vec<_>>(), answer.pagination.unwrap().next_key)
                },
            )
        };
        assert_eq!(list(0, u64::MAX, 0, &[]).unwrap().0, [0, 1, 2, 3, 4, 5]);
        assert_eq!(list(2, 2, 0, &[]).unwrap().0, [2, 3]);
        // A page ends with its height.
        let (first, next) = list(0, 9, 3, &[]).unwrap();
        assert_eq!(first, [0, 1, 2, 3]);
        assert_eq!(list(0, 9, 3, &next).unwrap(), (vec![4, 5], Vec::new()));
        assert_eq!(list(2, 1, 0, &[]).unwrap_err().code, Code::InvalidArgument);
        assert_eq!(list(0, 9, 3, b"key").unwrap_err().code, Code::InvalidArgument);
    });
}
