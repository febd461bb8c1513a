//! Random lives of offers and deals, in step with the model.

use proptest::prelude::*;
use slsbft_proto::metering::v1::{self, ClaimResult};
use slsbft_types::Time;

use crate::{
    model::{Deal, Model, Offer, Voucher},
    world::*,
};

/// Providers are accounts 1 and 2, consumers 2 to 4, applications 5 and 6; so
/// some deal with themselves.
#[derive(Clone, Debug)]
enum Step {
    Create(Terms),
    Update(usize, Terms),
    Withdraw(u8, usize),
    Open {
        consumer: u8,
        offer: usize,
        escrow: u128,
        keys: Vec<(u8, u128)>,
        application: Option<u8>,
        life: i64,
    },
    TopUp(u8, usize, u128),
    AddKey(u8, usize, u8, u128),
    Close(u8, usize, Vec<Item>),
    Refund(u8, usize),
    Claim(u8, Vec<Item>),
    Blocks(u8, i64),
}

#[derive(Clone, Debug)]
struct Terms {
    provider: u8,
    meters: Vec<(u64, u32)>,
    min_escrow: u128,
    max_deals: usize,
    share: u128,
}

/// A voucher relative to what its session has claimed: most move forward.
#[derive(Clone, Debug)]
struct Item {
    deal: usize,
    key: u8,
    signer: Option<u8>,
    sequence: i64,
    counters: Vec<i64>,
    foreign: bool,
}

fn terms() -> impl Strategy<Value = Terms> {
    let meters = proptest::collection::vec((0u64..40, 0u32..4), 1..4);
    (
        1u8..3,
        meters,
        prop_oneof![4 => 100u128..300, 1 => 0u128..100],
        0usize..5,
        0u128..=100,
    )
        .prop_map(|(provider, meters, min_escrow, max_deals, share)| Terms {
            provider,
            meters,
            min_escrow,
            max_deals,
            share,
        })
}

fn item() -> impl Strategy<Value = Item> {
    let signer = prop_oneof![12 => Just(None), 1 => (1u8..4).prop_map(Some)];
    let sequence = prop_oneof![8 => 1i64..4, 1 => -2i64..1];
    let counter = prop_oneof![8 => 0i64..60, 1 => -5i64..0, 1 => 0i64..3_000];
    let counters = proptest::collection::vec(counter, 3);
    (
        0usize..10,
        1u8..4,
        signer,
        sequence,
        counters,
        prop::bool::weighted(0.03),
    )
        .prop_map(|(deal, key, signer, sequence, counters, foreign)| Item {
            deal,
            key,
            signer,
            sequence,
            counters,
            foreign,
        })
}

fn step() -> impl Strategy<Value = Step> {
    let cap = || prop_oneof![2 => Just(0u128), 1 => 1u128..400];
    let items = |most| proptest::collection::vec(item(), 1..most);
    let keys =
        proptest::collection::btree_map(1u8..4, cap(), 0..3).prop_map(|keys| keys.into_iter().collect());
    let application = prop_oneof![1 => Just(None), 2 => (5u8..7).prop_map(Some)];
    let open = (
        2u8..5,
        0usize..4,
        90u128..900,
        keys,
        application,
        prop_oneof![6 => 1i64..200, 1 => -1i64..1_100],
    )
        .prop_map(|(consumer, offer, escrow, keys, application, life)| Step::Open {
            consumer,
            offer,
            escrow,
            keys,
            application,
            life,
        });
    prop_oneof![
        2 => terms().prop_map(Step::Create),
        1 => (0usize..4, terms()).prop_map(|(id, terms)| Step::Update(id, terms)),
        1 => (1u8..3, 0usize..4).prop_map(|(who, id)| Step::Withdraw(who, id)),
        5 => open,
        2 => (2u8..5, 0usize..10, 1u128..500).prop_map(|(who, id, amount)| Step::TopUp(who, id, amount)),
        1 => (2u8..5, 0usize..10, 1u8..4, cap()).prop_map(|(who, id, key, cap)| Step::AddKey(who, id, key, cap)),
        1 => (1u8..5, 0usize..10, proptest::collection::vec(item(), 0..3))
            .prop_map(|(who, id, items)| Step::Close(who, id, items)),
        1 => (1u8..5, 0usize..10).prop_map(|(who, id)| Step::Close(who, id, Vec::new())),
        1 => (1u8..10, 0usize..10).prop_map(|(who, id)| Step::Refund(who, id)),
        9 => (1u8..3, items(6)).prop_map(|(who, items)| Step::Claim(who, items)),
        4 => (1u8..8, prop_oneof![3 => 0i64..20, 1 => 0i64..400]).prop_map(|(blocks, s)| Step::Blocks(blocks, s)),
    ]
}

/// Both chains and how they are kept in step.
struct Twins {
    world: World,
    model: Model,
}

impl Twins {
    fn new() -> Self {
        let world = World::new(small_params());
        let model = Model {
            height: world.block.height,
            now: world.now(),
            ..Model::default()
        };
        Self { world, model }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Create(terms) => {
                let sent = self.world.offer(&create_msg(&terms));
                assert_eq!(sent.is_ok(), self.model.create(offer_of(&terms)), "{sent:?}");
            }
            Step::Update(id, terms) => {
                let create = create_msg(&terms);
                let update = v1::MsgUpdateOffer {
                    provider: create.provider,
                    offer_id: id as u64 + 1,
                    meters: create.meters,
                    min_escrow: create.min_escrow,
                    max_open_deals: create.max_open_deals,
                    endpoint: create.endpoint,
                    tags: create.tags,
                    application_share: create.application_share,
                };
                let sent = self
                    .world
                    .send::<v1::MsgUpdateOfferResponse>("MsgUpdateOffer", &update);
                assert_eq!(sent.is_ok(), self.model.update(id, offer_of(&terms)), "{sent:?}");
            }
            Step::Withdraw(who, id) => {
                let sent = self.world.withdraw(who, id as u64 + 1);
                assert_eq!(sent.is_ok(), self.model.withdraw(who, id), "{sent:?}");
            }
            Step::Open {
                consumer,
                offer,
                escrow,
                keys,
                application,
                life,
            } => {
                let msg = v1::MsgOpenDeal {
                    consumer: account(consumer).to_string(),
                    offer_id: offer as u64 + 1,
                    offer_version: 0,
                    escrow: escrow.to_string(),
                    session_keys: keys.iter().map(|(key, cap)| session_key(*key, *cap)).collect(),
                    application: application
                        .map(|number| account(number).to_string())
                        .unwrap_or_default(),
                    expires_at: Some(Time::from_seconds(self.world.now() + life).into()),
                };
                let sent = self.world.open(&msg);
                assert_eq!(
                    sent.is_ok(),
                    self.model.open(consumer, offer, escrow, &keys, application, life),
                    "{sent:?}"
                );
            }
            Step::TopUp(who, id, amount) => {
                let sent = self.world.top_up(who, id as u64 + 1, amount);
                assert_eq!(sent.is_ok(), self.model.top_up(who, id, amount), "{sent:?}");
            }
            Step::AddKey(who, id, key, cap) => {
                let sent = self.world.add_key(who, id as u64 + 1, session_key(key, cap));
                assert_eq!(sent.is_ok(), self.model.add_key(who, id, key, cap), "{sent:?}");
            }
            Step::Close(who, id, items) => {
                let vouchers = self.vouchers(&items);
                let sent = self
                    .world
                    .close(who, id as u64 + 1, vouchers.iter().map(signed_form).collect());
                let found = sent
                    .ok()
                    .map(|r| r.results.iter().map(ClaimResult::verdict).collect());
                assert_eq!(found, self.model.close(who, id, &vouchers));
            }
            Step::Refund(who, id) => {
                let sent = self.world.refund(who, id as u64 + 1);
                assert_eq!(sent.is_ok(), self.model.refund(id), "{sent:?}");
            }
            Step::Claim(who, items) => {
                let vouchers = self.vouchers(&items);
                let (verdicts, paid) = self
                    .world
                    .claim(who, vouchers.iter().map(signed_form).collect())
                    .unwrap();
                let before: u128 = self.model.deals.iter().map(Deal::paid).sum();
                assert_eq!(verdicts, self.model.claim(who, &vouchers));
                assert_eq!(
                    paid,
                    self.model.deals.iter().map(Deal::paid).sum::<u128>() - before
                );
            }
            Step::Blocks(blocks, seconds) => self.blocks(blocks.into(), seconds),
        }
        self.compare();
    }

    fn blocks(&mut self, count: u64, seconds: i64) {
        for number in 0..count {
            let seconds = if number == 0 { seconds } else { 0 };
            self.world.next_block(seconds);
            self.model.end_block(seconds);
        }
    }

    /// Items as vouchers, from where the sessions stand before the message.
    fn vouchers(&self, items: &[Item]) -> Vec<Voucher> {
        let voucher = |item: &Item| {
            let deal = self.model.deals.get(item.deal);
            let session = deal.and_then(|deal| deal.sessions.iter().find(|session| session.key == item.key));
            let (sequence, counters) = session.map_or((0, vec![0; 3]), |s| (s.sequence, s.counters.clone()));
            let moved = |(counter, by): (&u64, &i64)| counter.saturating_add_signed(*by);
            Voucher {
                signer: item.signer.unwrap_or(item.key),
                key: item.key,
                deal: item.deal,
                sequence: sequence.saturating_add_signed(item.sequence),
                counters: counters.iter().zip(&item.counters).map(moved).collect(),
                foreign: item.foreign,
            }
        };
        items.iter().map(voucher).collect()
    }

    fn compare(&self) {
        for number in 1..10u8 {
            let expected = FUNDS as i128 + self.model.change(number);
            assert_eq!(
                self.world.balance(&account(number)) as i128,
                expected,
                "account {number}"
            );
        }
        assert_eq!(self.world.balance(&treasury()), self.model.treasury());
        let living = self.model.deals.iter().filter(|deal| !deal.ended).count();
        assert_eq!(self.world.section().deals.len(), living);
    }

    /// Nobody does anything any more: every deal ends, and once offers are
    /// withdrawn nothing is left in escrow.
    fn fall_silent(&mut self) {
        let deals = self.model.deals.len() as u64;
        for _ in 0..3 {
            self.blocks(deals + 8, 1_200);
        }
        self.compare();
        assert!(self.world.section().deals.is_empty());
        for offer in self.world.section().offers {
            let msg = v1::MsgWithdrawOffer {
                provider: offer.provider.to_string(),
                offer_id: offer.id,
            };
            self.world
                .send::<v1::MsgWithdrawOfferResponse>("MsgWithdrawOffer", &msg)
                .unwrap();
        }
        assert_eq!(self.world.escrow(), 0);
        let left = self.world.state.clone().into_changes();
        let keys = left
            .iter(slsbft_store::Space::Main)
            .filter(|(_, value)| value.is_some());
        let metering: Vec<_> = keys
            .filter(|(key, _)| key.starts_with(b"metering/"))
            .map(|(key, _)| key)
            .collect();
        let kept: [&[u8]; 3] = [b"metering/next_deal", b"metering/next_offer", b"metering/params"];
        assert_eq!(metering, kept, "no record, index or queue entry is left behind");
    }
}

fn offer_of(terms: &Terms) -> Offer {
    Offer {
        provider: terms.provider,
        meters: terms.meters.clone(),
        min_escrow: terms.min_escrow,
        max_deals: terms.max_deals,
        share: terms.share,
        withdrawn: false,
    }
}

fn create_msg(terms: &Terms) -> v1::MsgCreateOffer {
    let meters = terms.meters.iter().enumerate();
    v1::MsgCreateOffer {
        provider: account(terms.provider).to_string(),
        meters: meters
            .map(|(i, (price, scale))| meter(&format!("unit-{i}"), *price, *scale))
            .collect(),
        min_escrow: terms.min_escrow.to_string(),
        max_open_deals: terms.max_deals as u32,
        endpoint: String::new(),
        tags: Vec::new(),
        application_share: terms.share as u64 * 10_000_000,
    }
}

fn signed_form(voucher: &Voucher) -> v1::SignedVoucher {
    let mut form = crate::world::voucher(
        voucher.key,
        voucher.deal as u64 + 1,
        voucher.sequence,
        &voucher.counters,
    );
    if voucher.foreign {
        form.chain_id = "other-1".into();
    }
    sign(voucher.signer, &form)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn any_sequence_of_messages_pays_what_the_model_pays_and_never_locks_funds(
        first in terms(), steps in proptest::collection::vec(step(), 1..90),
    ) {
        let mut twins = Twins::new();
        twins.step(Step::Create(Terms { min_escrow: 100, max_deals: 3, ..first }));
        for step in steps {
            twins.step(step);
        }
        twins.fall_silent();
    }
}
