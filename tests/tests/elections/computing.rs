//! A provider that proves its computing with `slsbftd provider`, real audits, and what follows when it
//! stops to.

use slsbft_client::TxBuilder;
use slsbft_mechanism::compute::segments;
use slsbft_proto::{metering::v1::MsgCreateOfferResponse, service::v1::Level};
use slsbft_tests::{
    fleet::{Daemon, Fleet, Node, OPERATOR, Plan, free_ports, wait_for},
    market,
};
use slsbft_types::Address;

use crate::{
    endpoint::Endpoint,
    support::{View, alone, audit},
};

/// Of an epoch: the first third is for computing.
const BLOCKS: u64 = 24;
const PER_CORE: u32 = 16;
const CORES: u32 = 2;
/// Parts per billion.
const WHOLE: u64 = 1_000_000_000;

struct Computing {
    view: View,
    provider: Address,
    offer: u64,
    ports: [u16; 2],
    upstream: Endpoint,
    _auditors: Vec<Daemon>,
    fleet: Fleet,
}

impl Computing {
    fn start() -> Self {
        let plan = Plan {
            pace: "300ms",
            change: &|genesis| {
                genesis.app_state.epochs.params.blocks_per_epoch = BLOCKS;
                genesis.app_state.service.params.segments_per_core = PER_CORE;
            },
            ..Plan::default()
        };
        let fleet = plan.start();
        let view = View::of(&fleet.nodes[0]);
        let key = fleet.nodes[0].operator();
        let ports = free_ports();
        register(&fleet.nodes[0], ports[0]);
        let offer = TxBuilder::new().any(market::create_offer(&key.address()));
        let offered = view.send(&key, offer).unwrap();
        let offer = offered.message_response::<MsgCreateOfferResponse>(0).unwrap();
        Self {
            provider: key.address(),
            offer: offer.offer_id,
            ports,
            upstream: Endpoint::start(),
            _auditors: fleet.nodes[1..].iter().map(audit).collect(),
            view,
            fleet,
        }
    }

    /// The daemon behind the endpoint.
    fn provide(&self, more: &[&str]) -> Daemon {
        let node = &self.fleet.nodes[0];
        let [http, vouchers] = self.ports.map(|port| format!("127.0.0.1:{port}"));
        let (offer, grpc) = (self.offer.to_string(), node.grpc_address());
        let what = ["provider", "--offer", &offer, "--upstream", &self.upstream.url()];
        let who = ["--from", OPERATOR, "--keyring-backend", "test", "--node", &grpc];
        let at = ["--listen", &http, "--vouchers-listen", &vouchers];
        node.daemon(&[&what[..], &who, &at, more].concat())
    }

    /// Follows epochs until an audit finds this part of the resources; the level that comes of it.
    fn until_resource(&self, wanted: u64) -> Level {
        let client = &self.view.client;
        for _ in 0..20 {
            let height = self.fleet.height();
            self.fleet.nodes[0].wait_for((height - 1) / BLOCKS * BLOCKS + BLOCKS + 2);
            // There is none before the first audit.
            let verdict = self.view.wait(client.audit_verdict(&self.provider));
            println!("{height}: {verdict:?}");
            if verdict.is_ok_and(|verdict| verdict.resource == Some(wanted)) {
                return self.view.ask(client.service_level(&self.provider));
            }
        }
        panic!("no audit finds {wanted} of the resources");
    }
}

fn register(node: &Node, port: u16) {
    let (url, cores) = (format!("http://127.0.0.1:{port}/"), CORES.to_string());
    let who = ["service", "register", "--moniker", "one", "--endpoint", &url];
    let promise = ["--cpu", &cores, "--self-stake", "1000ankr"];
    node.tx(&[&who[..], &promise].concat());
}

#[test]
fn a_provider_that_computes_what_it_is_asked_to_has_a_better_level_than_one_that_does_not() {
    let _alone = alone();
    let network = Computing::start();
    let daemon = network.provide(&[]);
    let good = network.until_resource(WHOLE);
    let task = wait_for("a commitment", || {
        let task = network
            .view
            .ask(network.view.client.compute_task(&network.provider));
        (!task.root.is_empty()).then_some(task)
    });
    assert_eq!(task.segments, segments(u64::from(CORES) * 1_000, PER_CORE));

    // It goes on to answer, and leaves the computing off.
    drop(daemon);
    let _daemon = network.provide(&["--compute-threads", "0"]);
    let bad = network.until_resource(0);
    assert!(bad.level < good.level, "{good:?}, then {bad:?}");
    println!("level {} with proofs, {} without", good.level, bad.level);
}
