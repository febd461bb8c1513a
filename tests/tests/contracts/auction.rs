//! The auction in AssemblyScript, with providers and service levels of the chain.

use std::sync::LazyLock;

use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use slsbft_genesis::service::{Clock, Participant, ServiceParams};
use slsbft_proto::service::v1::{
    EndpointKind, MsgRegisterProvider, QueryLevelRequest, QueryLevelResponse, Resources,
};
use slsbft_types::{Address, Time, UANKR_PER_ANKR};
use tendermint_proto::v0_38::abci::ExecTxResult;

use crate::{
    build::build,
    support::{World, attributes, coins},
};

/// The requester, who is no provider; a provider that was always good; one that was mostly not.
const ALICE: usize = 0;
const BOB: usize = 1;
const CAROL: usize = 2;
const GAS: u64 = 20_000_000;
const FEE: i128 = 25 * GAS as i128;
const HOUR: u64 = 3_600_000_000;

struct Auction {
    world: World,
    contract: Address,
}

/// What is known of an account: hours in which its service was good, and in which it was not.
fn known(address: Address, good: u64, bad: u64) -> Participant {
    Participant {
        address,
        evidence: [[good * HOUR, bad * HOUR]; 4],
        updated: Time::from_seconds(1_700_000_000),
        endpoint_clock: Clock::default(),
        resource_clock: Clock::default(),
        fallen: false,
    }
}

/// Built once for all tests; `None` without a compiler.
static CODE: LazyLock<Option<Vec<u8>>> =
    LazyLock::new(|| build("assemblyscript/examples/auction", "auction"));

impl Auction {
    /// `None` without a compiler.
    fn start(carol_is_paused: bool) -> Option<Self> {
        let code = CODE.clone()?;
        let address =
            |n: u8| slsbft_tests::Wallet::new(slsbft_client::KeyKind::Secp256k1, n + 1, n.into()).address();
        let mut carol = known(address(2), 60, 90);
        carol.endpoint_clock.paused = carol_is_paused;
        let mut world = World::start_with(|genesis| {
            genesis.app_state.service.params = ServiceParams::default();
            genesis.app_state.service.participants = vec![known(address(1), 500, 0), carol];
        });
        for who in [BOB, CAROL] {
            let registered = world.deliver(who, &registration(&world, who));
            assert_eq!(registered.code, 0, "{}", registered.log);
        }
        let contract = world.contract_of(ALICE, code, &json!({}));
        Some(Self { world, contract })
    }

    fn level(&self, who: usize) -> u64 {
        let address = self.world.address(who).to_string();
        let answer: QueryLevelResponse = self
            .world
            .ask_service("slsbft.service.v1.Query/Level", &QueryLevelRequest { address });
        answer.level.unwrap().level
    }

    fn deliver(&mut self, who: usize, msg: &Value, funds: u128) -> ExecTxResult {
        let mut call = self.world.call(who, &self.contract, msg);
        if funds > 0 {
            call.funds = coins(funds);
        }
        self.world.deliver_with(who, &call, GAS)
    }

    fn done(&mut self, who: usize, msg: &Value, funds: u128) -> ExecTxResult {
        let result = self.deliver(who, msg, funds);
        assert_eq!(result.code, 0, "{msg}: {}", result.log);
        result
    }

    fn refused(&mut self, who: usize, msg: &Value, funds: u128, words: &str) {
        let before = self.world.chain.balance(&self.contract);
        let result = self.deliver(who, msg, funds);
        assert_eq!((result.codespace.as_str(), result.code), ("wasm", 5), "{msg}");
        assert!(result.log.contains(words), "{}", result.log);
        assert_eq!(self.world.chain.balance(&self.contract), before);
    }

    /// Opens a job of 1,000 with a deposit of 50.
    fn open(&mut self, floor: u64, bidding: u64, delivery: u64) {
        let msg = json!({"floor": floor, "deposit": "50", "bidding": bidding, "delivery": delivery});
        self.done(ALICE, &json!({ "open": msg }), 1_000);
    }

    fn until(&mut self, time: i64) {
        while self.world.chain.time + 1 < time {
            self.world.chain.block();
        }
    }

    fn wait(&mut self, seconds: i64) {
        self.until(self.world.chain.time + seconds);
    }

    fn held(&self) -> u128 {
        self.world.chain.balance(&self.contract)
    }

    /// What the three have more than before.
    fn gains(&mut self, happens: impl FnOnce(&mut Self)) -> [i128; 3] {
        let balances = |auction: &Self| {
            [0, 1, 2].map(|n| auction.world.chain.balance(&auction.world.address(n)) as i128)
        };
        let before = balances(self);
        happens(self);
        let after = balances(self);
        [0, 1, 2].map(|n| after[n] - before[n])
    }
}

fn registration(world: &World, who: usize) -> MsgRegisterProvider {
    MsgRegisterProvider {
        provider: world.address(who).to_string(),
        moniker: "one".into(),
        endpoint: "https://one.example.com/health".into(),
        kind: EndpointKind::Http.into(),
        resources: Some(Resources {
            bandwidth_kbps: 10_000,
            ..Resources::default()
        }),
        tags: vec!["gpu".into()],
        self_stake: (1_000 * UANKR_PER_ANKR).to_string(),
    }
}

fn bid(job: u64, price: u128) -> Value {
    json!({"bid": {"job": job, "price": price.to_string()}})
}

fn confirm(job: u64) -> Value {
    json!({"confirm": {"job": job}})
}

fn settle(job: u64) -> Value {
    json!({"settle": {"job": job}})
}

#[test]
fn only_providers_of_the_demanded_level_bid() {
    let Some(mut auction) = Auction::start(false) else {
        return;
    };
    let (bob, carol) = (auction.level(BOB), auction.level(CAROL));
    assert!(carol < bob, "{carol} {bob}");
    auction.open((bob + carol) / 2, 100, 100);
    let below = format!("the service level of {} is ", auction.world.address(CAROL));
    auction.refused(CAROL, &bid(1, 500), 50, &below);
    auction.refused(ALICE, &bid(1, 500), 50, "is no registered provider");
    let result = auction.done(BOB, &bid(1, 500), 50);
    let address = auction.world.address(BOB).to_string();
    let told = attributes(&result.events, "wasm-bid");
    assert_eq!(
        told[1..],
        [("job", "1"), ("bidder", address.as_str()), ("price", "500")]
    );
    // A floor that it reaches lets the other bid too.
    auction.open(carol / 2, 100, 100);
    auction.done(CAROL, &bid(2, 500), 50);
}

#[test]
fn a_paused_provider_does_not_bid() {
    let Some(mut auction) = Auction::start(true) else {
        return;
    };
    auction.open(0, 100, 100);
    auction.refused(CAROL, &bid(1, 500), 50, "is paused: its service failed lately");
}

#[test]
fn the_lowest_bid_wins_and_is_paid_when_the_requester_confirms() {
    let Some(mut auction) = Auction::start(false) else {
        return;
    };
    auction.open(0, 6, 100);
    auction.done(BOB, &bid(1, 800), 50);
    assert_eq!(auction.held(), 1_050);
    auction.refused(CAROL, &bid(1, 800), 50, "there is a bid of 800 already");
    // The deposit of who is outbid goes back at once.
    let gains = auction.gains(|auction| {
        auction.done(CAROL, &bid(1, 600), 50);
    });
    assert_eq!(gains, [0, 50, -50 - FEE]);
    assert_eq!(auction.held(), 1_050);
    auction.refused(ALICE, &confirm(1), 0, "the bidding is not over");
    auction.wait(5);
    auction.refused(BOB, &bid(1, 500), 50, "the bidding is over");
    auction.refused(CAROL, &confirm(1), 0, "only the requester confirms");
    let gains = auction.gains(|auction| {
        auction.done(ALICE, &confirm(1), 0);
    });
    assert_eq!(gains, [400 - FEE, 0, 650]);
    assert_eq!(auction.held(), 0);
    auction.refused(ALICE, &confirm(1), 0, "no job 1 is running");
    auction.refused(ALICE, &settle(1), 0, "no job 1 is running");
}

#[test]
fn what_is_not_confirmed_in_time_goes_back() {
    let Some(mut auction) = Auction::start(false) else {
        return;
    };
    auction.open(0, 3, 5);
    let opened = auction.world.chain.time;
    auction.done(BOB, &bid(1, 800), 50);
    auction.until(opened + 7);
    let words = format!("the job can be settled from second {} on", opened + 8);
    auction.refused(CAROL, &settle(1), 0, &words);
    let gains = auction.gains(|auction| {
        auction.done(CAROL, &settle(1), 0);
    });
    assert_eq!(gains, [1_000, 50, -FEE]);
    assert_eq!(auction.held(), 0);
}

#[test]
fn a_job_that_nobody_wants_gives_the_budget_back() {
    let Some(mut auction) = Auction::start(false) else {
        return;
    };
    auction.open(0, 4, 1_000);
    auction.refused(BOB, &settle(1), 0, "the job can be settled from second");
    auction.wait(4);
    auction.refused(ALICE, &confirm(1), 0, "nobody bid; settle the job");
    let gains = auction.gains(|auction| {
        auction.done(BOB, &settle(1), 0);
    });
    assert_eq!(gains, [1_000, -FEE, 0]);
}

#[test]
fn bad_messages_are_refused_and_keep_no_coins() {
    let Some(mut auction) = Auction::start(false) else {
        return;
    };
    let most = u64::MAX.to_string();
    let open = |floor: u64, deposit: &str, bidding: u64, delivery: u64| json!({"open": {"floor": floor, "deposit": deposit, "bidding": bidding, "delivery": delivery}});
    auction.refused(ALICE, &open(0, "1", 1, 1), 0, "send the budget with the message");
    auction.refused(
        ALICE,
        &open(1_000_000_001, "1", 1, 1),
        7,
        "the floor is at most 1000000000",
    );
    auction.refused(ALICE, &open(0, &most, 1, 1), 7, "the deposit is too large");
    auction.refused(
        ALICE,
        &open(0, "1", 0, 1),
        7,
        "bidding must be 1 to 31536000 seconds",
    );
    auction.refused(
        ALICE,
        &open(0, "1", 1, u64::MAX),
        7,
        "delivery must be 1 to 31536000 seconds",
    );
    auction.refused(ALICE, &json!({"close": {}}), 7, "no message `close`");
    auction.open(0, 100, 100);
    auction.refused(BOB, &bid(1, 0), 50, "a price is from 1 to the budget of 1000");
    auction.refused(BOB, &bid(1, 1_001), 50, "a price is from 1 to the budget of 1000");
    auction.refused(
        BOB,
        &bid(1, u128::from(u64::MAX) + 1),
        50,
        "bid.price must be an amount",
    );
    auction.refused(BOB, &bid(1, 5), 49, "send the deposit of 50uankr");
    auction.refused(BOB, &bid(1, 5), 51, "send the deposit of 50uankr");
    auction.refused(BOB, &bid(2, 5), 50, "no job 2 is running");
    auction.refused(BOB, &settle(1), 1, "send no coins with this message, not 1uankr");
    auction.refused(
        ALICE,
        &confirm(1),
        1,
        "send no coins with this message, not 1uankr",
    );
    let with_funds = {
        let mut made = auction.world.instantiation(ALICE, 1, &json!({}));
        made.funds = coins(1);
        auction.world.refused(ALICE, &made)
    };
    assert!(with_funds.2.contains("send no coins"), "{}", with_funds.2);
}

/// What the contract must hold, by its own account of the jobs.
fn owed(auction: &Auction) -> u128 {
    let jobs = auction
        .world
        .ask(&auction.contract, &json!({"jobs": {"start": 0, "limit": 100}}));
    let amount = |value: &Value| value.as_str().unwrap().parse::<u128>().unwrap();
    let of = |job: &Value| amount(&job["budget"]) + job.get("bidder").map_or(0, |_| amount(&job["deposit"]));
    jobs.as_array().unwrap().iter().map(of).sum()
}

/// One message of somebody, reasonable or not.
fn anything(random: &mut StdRng, jobs: u64) -> (usize, Value, u128) {
    let who = random.gen_range(0..3);
    // One of the last, or the next, which is not there.
    let job = (jobs + 1).saturating_sub(random.gen_range(0..5));
    match random.gen_range(0..8) {
        0 => {
            let deposit = random.gen_range(0..3u128) * 25;
            let (bidding, delivery) = (random.gen_range(1..12), random.gen_range(1..12));
            let msg =
                json!({"floor": 0, "deposit": deposit.to_string(), "bidding": bidding, "delivery": delivery});
            (who, json!({ "open": msg }), random.gen_range(1..200))
        }
        1 => (who, confirm(job), 0),
        2 => (who, settle(job), 0),
        _ => (
            who,
            bid(job, random.gen_range(1..150)),
            random.gen_range(0..3) * 25,
        ),
    }
}

#[test]
fn whatever_is_sent_in_whatever_order_the_contract_holds_what_it_owes() {
    let Some(mut auction) = Auction::start(false) else {
        return;
    };
    let mut random = StdRng::seed_from_u64(5);
    let (mut jobs, mut done) = (0, [0; 4]);
    for _ in 0..400 {
        let (who, msg, funds) = anything(&mut random, jobs);
        let worked = auction.deliver(who, &msg, funds).code == 0;
        if worked {
            let kinds = ["open", "bid", "confirm", "settle"];
            done[kinds.iter().position(|kind| msg.get(kind).is_some()).unwrap()] += 1;
            jobs += u64::from(msg.get("open").is_some());
        }
        assert_eq!(auction.held(), owed(&auction), "{msg}");
    }
    assert!(done.iter().all(|times| *times > 0), "{done:?}");
    auction.wait(30);
    for job in 1..=jobs {
        auction.deliver(BOB, &settle(job), 0);
    }
    assert_eq!((auction.held(), owed(&auction)), (0, 0));
}
