//! The lottery's rules. That its money moves is shown on the chain.

use serde_json::{Value, json};

use super::Script;
use crate::script::contract;

const LOTTERY: &str = include_str!("../../../sdk/javascript/examples/lottery.js");

/// The last block that sells is 19, the beacon of 30 draws; a ticket costs 10.
fn lottery() -> Script {
    let mut script = Script::new("export function instantiate() {}", &Value::Null).unwrap();
    script.context.funds.clear();
    begin(&mut script, &json!({ "price": "10", "closes": 20 })).unwrap();
    script
}

fn begin(script: &mut Script, msg: &Value) -> Result<Value, String> {
    let msg = json!({ "script": LOTTERY, "msg": msg });
    let began = script.say(slsbft_wasm::bus::Entry::Instantiate, &msg);
    began.map_err(contract)
}

fn act(script: &mut Script, height: u64, who: &str, funds: &str, msg: &Value) -> Result<Value, String> {
    script.context.height = height;
    script.context.sender = who.to_owned();
    script.context.funds = funds.to_owned();
    script.execute(msg).map_err(contract)
}

fn buy(script: &mut Script, height: u64, who: &str, funds: &str) -> Result<Value, String> {
    act(script, height, who, funds, &json!({ "buy": {} }))
}

fn draw(script: &mut Script, height: u64) -> Result<Value, String> {
    act(script, height, "anybody", "", &json!({ "draw": {} }))
}

fn refund(script: &mut Script, height: u64, purchase: u64) -> Result<Value, String> {
    act(
        script,
        height,
        "anybody",
        "",
        &json!({ "refund": { "purchase": purchase } }),
    )
}

#[test]
fn tickets_are_sold_for_exact_money_until_sales_end() {
    let mut script = lottery();
    assert_eq!(
        buy(&mut script, 8, "a", "30uankr"),
        Ok(json!({ "purchase": 0, "tickets": "3" }))
    );
    for funds in ["", "35uankr", "9uankr", "10foo", "10foo,10uankr"] {
        let said = buy(&mut script, 8, "b", funds);
        assert_eq!(
            said,
            Err("send 10uankr for each ticket, and nothing else".into()),
            "{funds}"
        );
    }
    let most = "340282366920938463463374607431768211450";
    assert_eq!(
        buy(&mut script, 19, "b", &format!("{most}uankr")).unwrap()["tickets"],
        most.strip_suffix('0').unwrap()
    );
    assert_eq!(
        buy(&mut script, 20, "b", "10uankr"),
        Err("sales ended at height 20".into())
    );
    assert_eq!(
        script.ask(&json!({ "purchase": { "number": 1 } })).unwrap()["first"],
        "3"
    );
    assert_eq!(script.ask(&json!({ "lottery": {} })).unwrap()["purchases"], 2);
}

#[test]
fn a_lottery_begins_with_a_price_and_a_height_to_come() {
    let mut script = lottery();
    for price in [
        json!(10),
        json!("0"),
        json!("-1"),
        json!("1e3"),
        json!("0x10"),
        json!(null),
    ] {
        let said = begin(&mut script, &json!({ "price": price, "closes": 20 }));
        assert_eq!(said, Err("amounts are text: \"1000000\"".into()), "{price}");
    }
    for closes in [json!(7), json!("20"), json!(20.5), json!(null)] {
        let said = begin(&mut script, &json!({ "price": "10", "closes": closes }));
        assert_eq!(said, Err("`closes` is a height to come".into()), "{closes}");
    }
}

/// Who wins with a beacon, of three purchases of 1, 2 and 5 tickets; and the ticket.
fn winner(beacon: [u8; 32]) -> (String, u64) {
    let mut script = lottery();
    for (who, funds) in [("a", "10uankr"), ("b", "20uankr"), ("c", "50uankr")] {
        buy(&mut script, 8, who, funds).unwrap();
    }
    script.world.beacons.insert(30, beacon);
    assert_eq!(draw(&mut script, 29), Err("wait for height 30".into()));
    let drawn = draw(&mut script, 30).unwrap();
    assert_eq!(drawn["prize"], "80");
    let winner = drawn["winner"].as_str().unwrap().to_owned();
    assert_eq!(draw(&mut script, 31), Err(format!("{winner} has won already")));
    assert_eq!(refund(&mut script, 31, 0), Err(format!("{winner} has won")));
    (winner, drawn["ticket"].as_str().unwrap().parse().unwrap())
}

#[test]
fn each_ticket_wins_for_its_buyer() {
    let mut won = [0; 8];
    for byte in 0..40 {
        let (winner, ticket) = winner([byte; 32]);
        let owner = ["a", "b", "b", "c", "c", "c", "c", "c"][usize::try_from(ticket).unwrap()];
        assert_eq!(winner, owner, "ticket {ticket}");
        won[usize::try_from(ticket).unwrap()] += 1;
    }
    assert!(won.iter().all(|&times| times > 0), "{won:?}");
}

#[test]
fn nothing_is_drawn_of_no_tickets() {
    let mut script = lottery();
    script.world.beacons.insert(30, [1; 32]);
    assert_eq!(draw(&mut script, 30), Err("nobody bought a ticket".into()));
}

#[test]
fn each_purchase_is_refunded_once_when_the_beacon_is_forgotten() {
    let mut script = lottery();
    buy(&mut script, 8, "a", "10uankr").unwrap();
    buy(&mut script, 8, "b", "20uankr").unwrap();
    assert_eq!(refund(&mut script, 29, 0), Err("wait for height 30".into()));
    script.world.beacons.insert(30, [1; 32]);
    assert_eq!(
        refund(&mut script, 30, 0),
        Err("the beacon is there: draw".into())
    );
    script.world.beacons.clear();
    assert_eq!(
        draw(&mut script, 99),
        Err("the beacon is forgotten: let each purchase be refunded".into())
    );
    assert_eq!(
        refund(&mut script, 99, 1),
        Ok(json!({ "buyer": "b", "amount": "20" }))
    );
    assert_eq!(
        refund(&mut script, 99, 0),
        Ok(json!({ "buyer": "a", "amount": "10" }))
    );
    for purchase in [0, 1, 2] {
        let said = refund(&mut script, 99, purchase);
        assert_eq!(said, Err("no such purchase, or refunded already".into()));
    }
}

#[test]
fn funds_are_for_buying_only() {
    let mut script = lottery();
    for msg in [
        json!({ "draw": {} }),
        json!({ "refund": { "purchase": 0 } }),
        json!({}),
    ] {
        assert_eq!(
            act(&mut script, 30, "a", "10uankr", &msg),
            Err("funds are for buying".into())
        );
    }
}
