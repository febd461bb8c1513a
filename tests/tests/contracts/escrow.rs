//! The escrow in C: a sponsor pays for a deal that somebody else uses.

use serde_json::{Value, json};
use slsbft_proto::hooks::v1::{QuerySubscriptionsRequest, QuerySubscriptionsResponse};
use slsbft_tests::market;
use slsbft_types::{Address, UANKR_PER_ANKR};

use crate::{
    compilers,
    support::{World, attributes, coins},
};

const ESCROW: u128 = 100 * UANKR_PER_ANKR;
/// For the deal, its deposit, and the calls.
const FUNDS: u128 = 200 * UANKR_PER_ANKR;

/// Alice sponsors a deal on Bob's offer; the key of its session is Carol's.
struct Sponsored {
    world: World,
    escrow: Address,
    /// What the sponsor had before.
    before: u128,
}

impl Sponsored {
    fn start() -> Self {
        let mut world = World::start_with(|genesis| {
            let terms = &mut genesis.app_state.metering.params.terms;
            (terms.window_blocks, terms.window_seconds) = (2, 2);
        });
        let bob = world.address(1);
        let offer = world.deliver_any(1, market::create_offer(&bob));
        assert_eq!(offer.code, 0, "{}", offer.log);
        let code = world.store(0, compilers::c("escrow"));
        let before = world.chain.balance(&world.address(0));
        let mut message = world.instantiation(0, code, &order(&world));
        message.funds = coins(FUNDS);
        let (made, _): (
            cosmos_sdk_proto::cosmwasm::wasm::v1::MsgInstantiateContractResponse,
            _,
        ) = world.send(0, &message);
        let escrow = made.address.parse().unwrap();
        Self {
            world,
            escrow,
            before,
        }
    }

    fn status(&self) -> Value {
        self.world.ask(&self.escrow, &json!({ "status": {} }))
    }

    /// Bob claims what Carol has signed for so many requests.
    fn claim(&mut self, sequence: u64, requests: u64) {
        let session = market::VoucherSession {
            seed: 7,
            deal_id: 1,
            sequence,
        };
        let bob = self.world.address(1);
        let claim = market::claim(&bob, vec![market::voucher(&session, requests)]);
        let claimed = self.world.deliver_any(1, claim);
        assert_eq!(claimed.code, 0, "{}", claimed.log);
    }

    fn subscriptions(&self) -> usize {
        let request = QuerySubscriptionsRequest {
            contract: self.escrow.to_string(),
        };
        let answer: QuerySubscriptionsResponse = self
            .world
            .ask_service("slsbft.hooks.v1.Query/Subscriptions", &request);
        answer.subscriptions.len()
    }
}

fn order(world: &World) -> Value {
    let key = market::session_key(7);
    json!({
        "offer": 1,
        "escrow": ESCROW.to_string(),
        "key": hex::encode(key.public_key().as_bytes()),
        "until": world.chain.time + 86_400,
    })
}

#[test]
fn the_provider_is_paid_as_metered_and_the_sponsor_gets_the_rest() {
    let mut deal = Sponsored::start();
    assert_eq!(deal.subscriptions(), 2);
    let sponsor = deal.world.address(0).to_string();
    let status = |paid: &str, open| json!({ "sponsor": sponsor, "deal": 1, "escrow": ESCROW.to_string(), "paid": paid, "open": open });
    assert_eq!(deal.status(), status("0", true));
    deal.claim(0, 1_000);
    assert_eq!(deal.status(), status("7000", true));
    deal.claim(1, 5_000_000);
    assert_eq!(deal.status(), status("35000000", true));
    // The provider ends it, so it settles at once.
    let bob = deal.world.address(1);
    let ended = deal.world.deliver_any(1, market::close_deal(&bob, 1));
    assert_eq!(ended.code, 0, "{}", ended.log);
    assert_eq!(deal.status(), status("35000000", false));
    // What was set aside for that call came back after it.
    let rest = deal.world.chain.balance(&deal.escrow);
    assert!(rest > 0 && rest < 10 * UANKR_PER_ANKR, "{rest}");
    let escrow = deal.escrow;
    let swept = deal.world.execute(2, &escrow, &json!({ "sweep": {} }));
    assert_eq!(
        attributes(&swept.events, "wasm-swept")[1],
        ("amount", rest.to_string().as_str())
    );
    assert_eq!(deal.world.chain.balance(&deal.escrow), 0);
}

#[test]
fn the_sponsor_pays_for_what_was_used_fees_and_calls_and_nothing_else() {
    let mut deal = Sponsored::start();
    deal.claim(0, 1_000_000);
    let bob = deal.world.address(1);
    let events = deal.world.deliver_any(1, market::close_deal(&bob, 1));
    assert_eq!(events.code, 0, "{}", events.log);
    let escrow = deal.escrow;
    deal.world.execute(2, &escrow, &json!({ "sweep": {} }));
    let spent = deal.before - deal.world.chain.balance(&deal.world.address(0));
    let used = 7_000_000;
    // The fee of the one transaction that the sponsor sent, and three calls of at most 600,000 gas.
    let fee = 25 * 400_000_000;
    assert!(spent > used + fee && spent < used + fee + 25 * 600_000, "{spent}");
}

#[test]
fn only_the_sponsor_ends_the_deal_early_and_it_is_over_after_the_window() {
    let mut deal = Sponsored::start();
    let escrow = deal.escrow;
    for (who, msg, why) in [
        (2, json!({ "close": {} }), "only the sponsor"),
        (0, json!({ "sweep": {} }), "not over"),
        (0, json!({ "give": {} }), "say"),
    ] {
        let message = deal.world.call(who, &escrow, &msg);
        let (_, _, words) = deal.world.refused(who, &message);
        assert!(words.contains(why), "{words}");
    }
    deal.world.execute(0, &escrow, &json!({ "close": {} }));
    assert_eq!(deal.status()["open"], true);
    for _ in 0..4 {
        deal.world.chain.block();
    }
    assert_eq!(deal.status()["open"], false);
    assert_eq!(deal.status()["paid"], "0");
}

#[test]
fn an_order_that_makes_no_sense_is_refused_with_words_and_costs_no_coins() {
    let mut world = World::start();
    let code = world.store(0, compilers::c("escrow"));
    let good = order(&world);
    for (field, value, why) in [
        ("offer", json!(null), "say offer"),
        ("escrow", json!("-1"), "say escrow"),
        ("key", json!("00"), "64 of 0-9 and a-f"),
        ("until", json!("soon"), "say until"),
        ("offer", json!(9), "metering"),
    ] {
        let mut order = good.clone();
        order[field] = value;
        let mut message = world.instantiation(0, code, &order);
        message.funds = coins(FUNDS);
        let (_, _, words) = world.refused(0, &message);
        assert!(words.contains(why), "{words}");
    }
}
