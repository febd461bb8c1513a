//! An endpoint that fails and comes back, real audits, and what follows.

use std::time::{SystemTime, UNIX_EPOCH};

use slsbft_client::{ClientError, KeyKind, SigningKey, TxBuilder};
use slsbft_mechanism::proposer::ConsensusAddress;
use slsbft_proto::{election::v1::Place, metering::v1::MsgCreateOfferResponse, service::v1::Level};
use slsbft_tests::{
    Wallet,
    fleet::{Daemon, Fleet, Node, Plan},
    market,
};
use slsbft_types::{Address, UANKR_PER_ANKR};

use crate::{
    endpoint::Endpoint,
    support::{View, address_from, alone, audit, members_at},
};

/// Of an epoch. Auditors measure in the first two thirds, but for two blocks.
const BLOCKS: u64 = 12;
/// Failed audits that pause, and good ones that end it, as on any local network.
const IN_A_ROW: u64 = 2;
/// The validator whose endpoint fails.
const FAILING: usize = 2;
const ESCROW: u128 = 20 * UANKR_PER_ANKR;

/// Validators that are all providers, and audit each other.
struct Market {
    view: View,
    endpoints: Vec<Endpoint>,
    consumer: SigningKey,
    /// Of the one whose endpoint fails.
    offer: u64,
    operator: Address,
    name: ConsensusAddress,
    deals: u8,
    // Before the nodes that they talk to.
    _auditors: Vec<Daemon>,
    fleet: Fleet,
}

/// What an epoch's end made of the one whose endpoint fails.
#[derive(Debug)]
struct Seen {
    #[expect(dead_code, reason = "for people who read a failure")]
    epoch: u64,
    level: Level,
    /// What its audit found; `None` if it was void.
    reached: Option<bool>,
    /// In the set that this end elected.
    seated: bool,
}

fn start(validators: usize) -> Market {
    let consumer = Wallet::new(KeyKind::Secp256k1, 1, 0).key;
    let plan = Plan {
        validators,
        accounts: &[(consumer.address(), 1_000_000 * UANKR_PER_ANKR)],
        pace: "300ms",
        change: &|genesis| genesis.app_state.epochs.params.blocks_per_epoch = BLOCKS,
    };
    let fleet = plan.start();
    let view = View::of(&fleet.nodes[0]);
    let endpoints: Vec<Endpoint> = fleet.nodes.iter().map(|_| Endpoint::start()).collect();
    for (node, endpoint) in fleet.nodes.iter().zip(&endpoints) {
        register(node, endpoint);
    }
    let key = fleet.nodes[FAILING].operator();
    let offer = TxBuilder::new().any(market::create_offer(&key.address()));
    let offered = view.send(&key, offer).unwrap();
    let offer = offered.message_response::<MsgCreateOfferResponse>(0).unwrap();
    Market {
        operator: key.address(),
        name: address_from(&fleet.nodes[FAILING].consensus_address()),
        _auditors: fleet.nodes.iter().map(audit).collect(),
        offer: offer.offer_id,
        deals: 0,
        consumer,
        endpoints,
        view,
        fleet,
    }
}

fn register(node: &Node, endpoint: &Endpoint) {
    let url = endpoint.url();
    let promise = [
        "--bandwidth",
        "10mbit",
        "--tag",
        "rpc",
        "--self-stake",
        "1000ankr",
    ];
    let who = ["service", "register", "--moniker", "one", "--endpoint", &url];
    node.tx(&[&who[..], &promise].concat());
}

impl Market {
    /// Waits for an epoch's end, and for the set that it elected.
    fn end_of(&self, epoch: u64) -> Seen {
        let decides = (epoch + 1) * BLOCKS + 2;
        self.fleet.nodes[0].wait_for(decides);
        let client = &self.view.client;
        // There is none before its first audit.
        let verdict = self.view.wait(client.audit_verdict(&self.operator)).ok();
        let verdict = verdict.filter(|verdict| verdict.epoch == epoch);
        Seen {
            epoch,
            level: self.view.ask(client.service_level(&self.operator)),
            reached: verdict.and_then(|verdict| verdict.reached),
            seated: members_at(&self.fleet.nodes[0], decides).contains(&self.name),
        }
    }

    /// The epoch's ends from the running one on, up to the first that `ends` it.
    fn follow(&self, what: &str, ends: impl Fn(&Seen) -> bool) -> Vec<Seen> {
        let first = (self.fleet.height() - 1) / BLOCKS;
        let mut seen = Vec::new();
        for epoch in first..first + 20 {
            seen.push(self.end_of(epoch));
            println!("{:?}", seen[seen.len() - 1]);
            if ends(&seen[seen.len() - 1]) {
                return seen;
            }
        }
        panic!("{what} takes more than 20 epochs: {seen:#?}");
    }

    /// A consumer asks the one whose endpoint fails for a deal.
    fn open_deal(&mut self) -> Result<(), ClientError> {
        self.deals += 1;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64;
        let (session, consumer) = (market::session_key(self.deals), self.consumer.address());
        let deal = market::open_deal(&consumer, self.offer, ESCROW, &session, now + 3_600);
        let tx = TxBuilder::new().any(deal);
        self.view.send(&self.consumer, tx).map(|_| ())
    }

    /// Where it stood in the latest election, and why.
    fn standing(&self) -> (Place, String) {
        let election = self.view.ask(self.view.client.election(None));
        let named = self.operator.to_validator_bech32();
        let mut standings = election.standings.into_iter();
        let own = standings.find(|standing| standing.operator == named).unwrap();
        (own.place(), own.reason)
    }
}

/// How many epochs a change of the set may take after a change of the endpoint: the rest of the
/// running one, the audits in a row, the election drawn from the end of the last; void audits do
/// not count.
fn bound(seen: &[Seen]) -> u64 {
    let void = seen.iter().filter(|seen| seen.reached.is_none()).count();
    1 + IN_A_ROW + 1 + void as u64
}

fn assert_out_and_back(validators: usize) {
    let mut market = start(validators);
    let begin = market.follow("a first good audit", |seen| seen.reached == Some(true));
    assert!(begin.iter().all(|seen| seen.seated && !seen.level.paused));
    market.open_deal().unwrap();

    market.endpoints[FAILING].stop();
    let before = begin[begin.len() - 1].level.level;
    let fall = market.follow("leaving", |seen| !seen.seated);
    let out = &fall[fall.len() - 1];
    assert!(fall.len() as u64 <= bound(&fall), "it left too late: {fall:#?}");
    assert!(out.level.paused && out.level.level < before, "{out:?}");
    let levels: Vec<u64> = fall
        .iter()
        .filter(|seen| seen.reached == Some(false))
        .map(|seen| seen.level.level)
        .collect();
    assert!(
        levels.is_sorted_by(|a, b| a > b),
        "each failed audit lowers it: {levels:?}"
    );
    let (place, reason) = market.standing();
    assert_eq!(place, Place::NotEligible);
    assert!(reason.contains("paused"), "{reason}");
    let refused = market.open_deal().unwrap_err();
    let failure = refused.failure().expect("the chain's own refusal");
    assert_eq!(
        (failure.codespace.as_str(), failure.code),
        ("metering", 24),
        "{refused}"
    );

    market.endpoints[FAILING].resume();
    let rise = market.follow("coming back", |seen| seen.seated);
    let back = &rise[rise.len() - 1];
    assert!(
        rise.len() as u64 <= bound(&rise),
        "it came back too late: {rise:#?}"
    );
    assert!(
        !back.level.paused && back.level.level > out.level.level,
        "{back:?}"
    );
    market.open_deal().unwrap();
    println!(
        "{validators} nodes: out after {} epochs, level {} to {}; back after {}, level {}",
        fall.len(),
        before,
        out.level.level,
        rise.len(),
        back.level.level
    );
}

#[test]
fn whose_endpoint_fails_loses_its_level_its_seat_and_new_deals_and_gets_them_back_once_it_answers() {
    let _alone = alone();
    assert_out_and_back(4);
}

#[test]
fn among_seven_validators_too() {
    let _alone = alone();
    assert_out_and_back(7);
}
