//! A contract in JavaScript on the chain: the lottery, its money, and the beacon that draws.

use serde_json::{Value, json};
use slsbft_types::Address;

use crate::{
    bus::world_with_validator,
    interpreters::QUICKJS,
    support::{World, coins},
};

const LOTTERY: &str = include_str!("../../../wasm-runtime/sdk/javascript/examples/lottery.js");

/// Blocks that sell tickets, and those behind them until the beacon that draws.
const SELLING: u64 = 5;
const APART: u64 = 10;

/// A lottery of tickets at 10, and the height at which sales end.
fn lottery(world: &mut World) -> (Address, u64) {
    let code = world.store(0, QUICKJS.clone());
    let closes = (world.chain.height as u64) + 1 + SELLING;
    let msg = json!({ "script": LOTTERY, "msg": { "price": "10", "closes": closes } });
    (world.instantiate(0, code, &msg), closes)
}

fn buy(world: &mut World, who: usize, lottery: &Address, funds: u128) {
    let mut call = world.call(who, lottery, &json!({ "buy": {} }));
    call.funds = coins(funds);
    let result = world.deliver(who, &call);
    assert_eq!(result.code, 0, "{}", result.log);
}

fn refused(world: &mut World, lottery: &Address, msg: &Value) -> String {
    let call = world.call(0, lottery, msg);
    let (codespace, code, log) = world.refused(0, &call);
    assert_eq!((codespace.as_str(), code), ("wasm", 5), "{log}");
    log
}

/// Empty blocks until the next one has this height.
fn wait(world: &mut World, height: u64) {
    while (world.chain.height as u64) + 1 < height {
        world.chain.block();
    }
}

#[test]
fn a_lottery_pays_all_that_came_in_to_one_of_its_buyers() {
    let mut world = world_with_validator();
    let (lottery, closes) = lottery(&mut world);
    buy(&mut world, 1, &lottery, 30);
    buy(&mut world, 2, &lottery, 50);
    assert_eq!(world.chain.balance(&lottery), 80);
    wait(&mut world, closes);
    let mut late = world.call(1, &lottery, &json!({ "buy": {} }));
    late.funds = coins(10);
    let (.., log) = world.refused(1, &late);
    assert!(log.contains(&format!("sales ended at height {closes}")), "{log}");
    let draw = json!({ "draw": {} });
    let log = refused(&mut world, &lottery, &draw);
    assert!(
        log.contains(&format!("wait for height {}", closes + APART)),
        "{log}"
    );
    wait(&mut world, closes + APART);
    let buyers = [1, 2].map(|who| world.address(who));
    let before = buyers.map(|buyer| world.chain.balance(&buyer));
    let supply = world.chain.supply();
    world.execute(0, &lottery, &draw);
    let winner = world.ask(&lottery, &json!({ "lottery": {} }))["winner"].clone();
    for (buyer, before) in buyers.iter().zip(before) {
        let prize = if winner == buyer.to_string() { 80 } else { 0 };
        assert_eq!(world.chain.balance(buyer), before + prize, "{winner}");
    }
    assert!(buyers.iter().any(|buyer| winner == buyer.to_string()), "{winner}");
    assert_eq!((world.chain.balance(&lottery), world.chain.supply()), (0, supply));
    let log = refused(&mut world, &lottery, &draw);
    assert!(log.contains("has won already"), "{log}");
}

#[test]
fn a_lottery_whose_beacon_nobody_knows_any_more_gives_the_money_back() {
    // Without validators nobody gives to the beacon, and it is known in its own block only.
    let mut world = World::start();
    let (lottery, closes) = lottery(&mut world);
    buy(&mut world, 1, &lottery, 30);
    buy(&mut world, 2, &lottery, 50);
    wait(&mut world, closes + APART + 1);
    let log = refused(&mut world, &lottery, &json!({ "draw": {} }));
    assert!(log.contains("the beacon is forgotten"), "{log}");
    let before = [1, 2].map(|who| world.chain.balance(&world.address(who)));
    for purchase in [1, 0] {
        world.execute(0, &lottery, &json!({ "refund": { "purchase": purchase } }));
    }
    let after = [1, 2].map(|who| world.chain.balance(&world.address(who)));
    assert_eq!(after, [before[0] + 30, before[1] + 50]);
    assert_eq!(world.chain.balance(&lottery), 0);
    let log = refused(&mut world, &lottery, &json!({ "refund": { "purchase": 0 } }));
    assert!(log.contains("refunded already"), "{log}");
}
