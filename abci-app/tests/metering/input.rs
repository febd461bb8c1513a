//! What comes in may be anything.

use proptest::prelude::*;
use prost::Message;
use slsbft_app::modules::metering::{MAX_VOUCHERS, Msg};
use slsbft_proto::metering::v1;

use crate::world::*;

fn refused(name: &str, msg: &impl Message) -> u32 {
    let url = format!("/slsbft.metering.v1.{name}");
    match Msg::from_any(&url, &msg.encode_to_vec()).expect("a message of metering") {
        Ok(msg) => panic!("{msg:?} was taken"),
        Err(error) => error.code,
    }
}

#[test]
fn a_message_that_is_wrong_in_itself_is_refused_when_it_is_read() {
    const DECODE: u32 = 2;
    const ADDRESS: u32 = 7;
    const KEY: u32 = 8;
    const COINS: u32 = 10;
    const REQUEST: u32 = 18;
    let offer = |change: &dyn Fn(&mut v1::MsgCreateOffer)| {
        let mut msg = offer_msg();
        change(&mut msg);
        refused("MsgCreateOffer", &msg)
    };
    assert_eq!(offer(&|m| m.provider = "ankr1nobody".into()), ADDRESS);
    assert_eq!(offer(&|m| m.min_escrow = "-1".into()), REQUEST);
    assert_eq!(offer(&|m| m.application_share = 1_000_000_001), REQUEST);
    assert_eq!(offer(&|m| m.meters.clear()), REQUEST);
    assert_eq!(offer(&|m| m.tags = vec!["x".into(); 17]), REQUEST);

    let world = World::new(small_params());
    let deal = |change: &dyn Fn(&mut v1::MsgOpenDeal)| {
        let mut msg = deal_msg(&world);
        change(&mut msg);
        refused("MsgOpenDeal", &msg)
    };
    assert_eq!(deal(&|m| m.consumer = String::new()), ADDRESS);
    assert_eq!(deal(&|m| m.application = "cosmos1x".into()), ADDRESS);
    assert_eq!(deal(&|m| m.escrow = "1.5".into()), COINS);
    assert_eq!(deal(&|m| m.expires_at = None), REQUEST);
    assert_eq!(deal(&|m| m.session_keys = vec![session_key(1, 0); 2]), REQUEST);
    assert_eq!(
        deal(&|m| m.session_keys = (1..=17).map(|key| session_key(key, 0)).collect()),
        REQUEST
    );
    assert_eq!(
        deal(&|m| m.session_keys[0].public_key = vec![1; 31].into()),
        REQUEST
    );
    assert_eq!(deal(&|m| m.session_keys[0].spending_cap = "x".into()), REQUEST);
    let mut no_point = [0xff; 32];
    no_point[0] = 2;
    assert_eq!(
        deal(&|m| m.session_keys[0].public_key = no_point.to_vec().into()),
        KEY
    );

    let provider = account(1).to_string();
    let claim = |count| v1::MsgClaim {
        provider: provider.clone(),
        vouchers: vec![Default::default(); count],
    };
    assert_eq!(refused("MsgClaim", &claim(0)), REQUEST);
    assert_eq!(refused("MsgClaim", &claim(MAX_VOUCHERS + 1)), REQUEST);
    let nothing = v1::MsgTopUpDeal {
        consumer: provider.clone(),
        deal_id: 1,
        amount: "0".into(),
    };
    assert_eq!(refused("MsgTopUpDeal", &nothing), COINS);
    let no_key = v1::MsgAddSessionKey {
        consumer: provider,
        deal_id: 1,
        session_key: None,
    };
    assert_eq!(refused("MsgAddSessionKey", &no_key), REQUEST);
    assert_eq!(
        Msg::from_any("/slsbft.metering.v1.MsgClaim", &[0xff])
            .unwrap()
            .unwrap_err()
            .code,
        DECODE
    );
    assert!(Msg::from_any("/cosmos.bank.v1beta1.MsgSend", &[]).is_none());
}

#[test]
fn gas_grows_with_session_keys_and_vouchers_and_nothing_else() {
    let gas = |name: &str, msg: &dyn Fn() -> Vec<u8>| {
        Msg::from_any(&format!("/slsbft.metering.v1.{name}"), &msg())
            .unwrap()
            .unwrap()
            .gas()
    };
    let claim = |count| {
        let vouchers = vec![signed(1, 1, 1, &[1, 0]); count];
        gas("MsgClaim", &move || {
            v1::MsgClaim {
                provider: account(1).to_string(),
                vouchers: vouchers.clone(),
            }
            .encode_to_vec()
        })
    };
    assert_eq!(claim(2) - claim(1), 12_000);
    assert_eq!(claim(1_000), 60_000 + 12_000_000);
    let world = World::new(small_params());
    let open = |keys: u8| {
        let mut msg = deal_msg(&world);
        msg.session_keys = (1..=keys).map(|key| session_key(key, 0)).collect();
        gas("MsgOpenDeal", &move || msg.encode_to_vec())
    };
    assert_eq!((open(0), open(2)), (60_000, 70_000));
}

/// One valid message of each kind.
fn samples(world: &World) -> Vec<(&'static str, Vec<u8>)> {
    let (provider, consumer) = (account(1).to_string(), account(2).to_string());
    let create = offer_msg();
    let update = v1::MsgUpdateOffer {
        provider: provider.clone(),
        offer_id: 1,
        meters: create.meters.clone(),
        min_escrow: "100".into(),
        max_open_deals: 2,
        ..Default::default()
    };
    let vouchers = vec![signed(1, 1, 1, &[10, 10]), signed(1, 1, 2, &[20, 20])];
    vec![
        ("MsgCreateOffer", create.encode_to_vec()),
        ("MsgUpdateOffer", update.encode_to_vec()),
        (
            "MsgWithdrawOffer",
            v1::MsgWithdrawOffer {
                provider: provider.clone(),
                offer_id: 1,
            }
            .encode_to_vec(),
        ),
        ("MsgOpenDeal", deal_msg(world).encode_to_vec()),
        (
            "MsgTopUpDeal",
            v1::MsgTopUpDeal {
                consumer: consumer.clone(),
                deal_id: 1,
                amount: "5".into(),
            }
            .encode_to_vec(),
        ),
        (
            "MsgAddSessionKey",
            v1::MsgAddSessionKey {
                consumer,
                deal_id: 1,
                session_key: Some(session_key(2, 0)),
            }
            .encode_to_vec(),
        ),
        (
            "MsgCloseDeal",
            v1::MsgCloseDeal {
                signer: provider.clone(),
                deal_id: 1,
                vouchers: vouchers.clone(),
            }
            .encode_to_vec(),
        ),
        (
            "MsgRefundDeal",
            v1::MsgRefundDeal {
                signer: provider.clone(),
                deal_id: 1,
            }
            .encode_to_vec(),
        ),
        ("MsgClaim", v1::MsgClaim { provider, vouchers }.encode_to_vec()),
    ]
}

proptest! {
    #[test]
    fn random_bytes_are_refused_or_executed_without_a_fault(
        kind in 0usize..9, noise in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        let mut world = World::with_deal();
        let name = samples(&world)[kind].0;
        let _ = world.send_bytes(&format!("/slsbft.metering.v1.{name}"), &noise);
    }

    #[test]
    fn mutated_messages_are_refused_or_executed_without_a_fault(
        kind in 0usize..9,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        let mut world = World::with_deal();
        let (name, mut bytes) = samples(&world).swap_remove(kind);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let _ = world.send_bytes(&format!("/slsbft.metering.v1.{name}"), &bytes);
    }
}
