//! Published contracts do here what they do elsewhere: each call returns the same bytes and leaves the
//! same state.

use cosmwasm_std::{Coin, Decimal, Validator, coin, coins};
use cosmwasm_vm::testing::{MOCK_CONTRACT_ADDR, MockApi, mock_info};
use slsbft_wasm::cosmwasm::Entry;
use slsbft_wasm::{Reason, Trap};

use crate::oracle::{Pair, json};
use crate::published;

fn address(name: &str) -> String {
    MockApi::default().addr_make(name)
}

/// A contract that was instantiated by `creator` with a message.
fn set_up(name: &str, funds: &[Coin], msg: &str) -> Pair {
    let mut pair = Pair::with_balances(&published::one(name), &[(MOCK_CONTRACT_ADDR, funds)]);
    let answer = pair
        .instantiate(&mock_info(&address("creator"), funds), msg)
        .unwrap();
    assert!(answer.starts_with(r#"{"ok":"#), "{answer}");
    pair
}

fn hackatom(name: &str) -> Pair {
    let (verifier, beneficiary) = (address("verifies"), address("benefits"));
    let msg = format!(r#"{{"verifier":"{verifier}","beneficiary":"{beneficiary}"}}"#);
    set_up(name, &coins(1000, "earth"), &msg)
}

#[test]
fn hackatom_keeps_its_verifier_and_releases_its_funds() {
    for (name, release) in [
        ("hackatom", r#"{"release":{"denom":"earth"}}"#),
        ("hackatom_1.0", r#"{"release":{}}"#),
    ] {
        let mut pair = hackatom(name);
        let answer = pair.query(r#"{"verifier":{}}"#).unwrap();
        assert!(answer.starts_with(r#"{"ok":"#), "{answer}");
        let refused = pair.execute(&address("benefits"), &[], release).unwrap();
        assert!(refused.contains("error"), "{refused}");
        let released = pair.execute(&address("verifies"), &[], release).unwrap();
        // The older one asks for all balances, which hosts no longer tell.
        let expected = if name == "hackatom" {
            r#""amount":"1000""#
        } else {
            "unknown variant `all_balances`"
        };
        assert!(released.contains(expected), "{released}");
        pair.query(r#"{"get_int":{}}"#).unwrap();
        pair.query(r#"{"other":{}}"#).unwrap();
        pair.query(r#"{"recurse":{"depth":0,"work":30}}"#).unwrap();
        pair.execute("anybody", &[], "no json").unwrap();
        let sudo = format!(
            r#"{{"steal_funds":{{"recipient":"{}","amount":[]}}}}"#,
            address("thief")
        );
        pair.two(Entry::Sudo, &sudo).unwrap();
        let migrated = format!(r#"{{"verifier":"{}"}}"#, address("other"));
        let env = json(&pair.env);
        if name == "hackatom" {
            let info = format!(r#"{{"sender":"{}","old_migrate_version":1}}"#, address("creator"));
            pair.both(Entry::Migrate, &[&env, migrated.as_bytes(), info.as_bytes()])
                .unwrap();
        } else {
            pair.two(Entry::Migrate, &migrated).unwrap();
        }
    }
}

#[test]
fn hackatom_fails_in_all_its_ways() {
    for name in ["hackatom", "hackatom_1.0"] {
        let mut pair = hackatom(name);
        pair.budget = 20_000_000_000;
        let panic = pair.execute("troll", &[], r#"{"panic":{}}"#).unwrap_err();
        // The older one has no way to say why.
        let expected = match &panic {
            Reason::Aborted(text) => name == "hackatom" && text.contains("panicked at"),
            other => name != "hackatom" && *other == Reason::Trap(Trap::Unreachable),
        };
        assert!(expected, "{panic}");
        let errors = pair.execute("troll", &[], r#"{"user_errors_in_api_calls":{}}"#);
        assert_eq!(errors.is_ok(), name == "hackatom");
        pair.execute("troll", &[], r#"{"allocate_large_memory":{"pages":100}}"#)
            .unwrap();
        assert_eq!(
            pair.execute("looper", &[], r#"{"cpu_loop":{}}"#).unwrap_err(),
            Reason::OutOfGas
        );
    }
}

#[test]
fn cyberpunk_computes_and_mirrors_its_environment() {
    let mut pair = set_up("cyberpunk", &[], "{}");
    pair.execute("anybody", &[], r#"{"argon2":{"mem_cost":32,"time_cost":2}}"#)
        .unwrap();
    pair.execute("anybody", &[], r#"{"mirror_env":{}}"#).unwrap();
    pair.execute("anybody", &[], r#"{"noop":{}}"#).unwrap();
    pair.execute("anybody", &[], r#"{"debug":{}}"#).unwrap();
    assert!(pair.ours.said.len() > 1, "{:?}", pair.ours.said);
    pair.query(r#"{"mirror_env":{}}"#).unwrap();
    pair.query(r#"{"denoms":{}}"#).unwrap();
    pair.env.transaction = None;
    pair.query(r#"{"mirror_env":{}}"#).unwrap();
    let trap = pair.execute("anybody", &[], r#"{"unreachable":{}}"#).unwrap_err();
    assert_eq!(trap, Reason::Trap(Trap::Unreachable));
}

/// Which bits a NaN has is left open by WebAssembly. Here they are always the same; the other VM passes
/// some through.
#[test]
fn all_float_instructions_give_the_same_values() {
    let mut pair = Pair::new(&published::one("floaty_2.0"));
    let list = answer(&pair.query(r#"{"instructions":{}}"#).unwrap());
    let instructions: Vec<String> = serde_json::from_str(&list).unwrap();
    assert!(instructions.len() > 60, "{instructions:?}");
    let env = json(&pair.env);
    for instruction in instructions {
        for seed in 0..8 {
            let ask = format!(r#"{{"random_args_for":{{"instruction":"{instruction}","seed":{seed}}}}}"#);
            let args = answer(&pair.query(&ask).unwrap());
            let run = format!(r#"{{"run":{{"instruction":"{instruction}","args":{args}}}}}"#);
            match pair.each(Entry::Query, &[&env, run.as_bytes()]) {
                (Ok(ours), Ok(theirs)) if ours == theirs => {}
                (Ok(ours), Ok(theirs)) => {
                    let bits = [ours, theirs].map(|answered| bits(&answered));
                    assert!(
                        matches!(bits[0], 0x7fc0_0000 | 0x7ff8_0000_0000_0000),
                        "{run}: {bits:x?}"
                    );
                    assert!(is_nan(bits[1]), "{run}: {bits:x?}");
                }
                // Some have no integer.
                (Err(Reason::Trap(_)), _) => {}
                (failed, _) => panic!("{failed:?}"),
            }
        }
    }
}

/// The bits of the number that an instruction gave.
fn bits(answered: &[u8]) -> u64 {
    let answered = answer(std::str::from_utf8(answered).unwrap());
    answered.chars().filter(char::is_ascii_digit).collect::<String>()[2..]
        .parse()
        .unwrap()
}

fn is_nan(bits: u64) -> bool {
    let single = u32::try_from(bits).is_ok_and(|bits| bits & 0x7fff_ffff > 0x7f80_0000);
    single || bits & (u64::MAX >> 1) > 0x7ff0_0000_0000_0000
}

/// What is in a query's answer.
fn answer(result: &str) -> String {
    let result: cosmwasm_std::ContractResult<cosmwasm_std::Binary> = serde_json::from_str(result).unwrap();
    String::from_utf8(result.unwrap().to_vec()).unwrap()
}

#[test]
fn a_queue_is_filled_read_through_iterators_and_emptied() {
    let mut pair = set_up("queue", &[], "{}");
    for value in [10, -4, 7, 7, 1000, 0] {
        pair.execute("anybody", &[], &format!(r#"{{"enqueue":{{"value":{value}}}}}"#))
            .unwrap();
    }
    for ask in ["count", "sum", "reducer", "list"] {
        pair.query(&format!(r#"{{"{ask}":{{}}}}"#)).unwrap();
    }
    pair.query(r#"{"open_iterators":{"count":300}}"#).unwrap();
    for _ in 0..7 {
        pair.execute("anybody", &[], r#"{"dequeue":{}}"#).unwrap();
    }
    for value in 0..50 {
        pair.execute("anybody", &[], &format!(r#"{{"enqueue":{{"value":{value}}}}}"#))
            .unwrap();
    }
    pair.query(r#"{"list":{}}"#).unwrap();
    pair.two(Entry::Migrate, "{}").unwrap();
    assert_eq!(pair.ours.state.len(), 3);
}

#[test]
fn a_burner_takes_over_but_asks_what_hosts_no_longer_tell() {
    let mut pair = set_up("queue", &[], "{}");
    pair.execute("anybody", &[], r#"{"enqueue":{"value":1}}"#)
        .unwrap();
    pair.replace(&published::one("burner"));
    let payout = address("payout");
    let other = pair
        .two(Entry::Migrate, &format!(r#"{{"payout":"{payout}","denoms":[]}}"#))
        .unwrap();
    assert!(other.contains("unknown field"), "{other}");
    let asked = pair
        .two(Entry::Migrate, &format!(r#"{{"payout":"{payout}","delete":23}}"#))
        .unwrap();
    assert!(asked.contains("all_balances"), "{asked}");
    pair.instantiate(&mock_info("anybody", &[]), "{}").unwrap();
}

#[test]
fn a_token_is_moved_and_its_holders_are_listed() {
    let (alice, bob) = (address("alice"), address("bob"));
    let msg = format!(
        r#"{{"name":"Token","symbol":"TOK","decimals":6,"mint":{{"minter":"{alice}"}},
        "initial_balances":[{{"address":"{alice}","amount":"1000000"}}]}}"#
    );
    let mut pair = set_up("cw20_base", &[], &msg);
    let calls = [
        (
            &alice,
            format!(r#"{{"transfer":{{"recipient":"{bob}","amount":"1234"}}}}"#),
        ),
        (
            &bob,
            format!(r#"{{"transfer":{{"recipient":"{alice}","amount":"99999"}}}}"#),
        ),
        (
            &alice,
            format!(r#"{{"mint":{{"recipient":"{bob}","amount":"5"}}}}"#),
        ),
        (
            &bob,
            format!(r#"{{"mint":{{"recipient":"{bob}","amount":"5"}}}}"#),
        ),
        (&bob, r#"{"burn":{"amount":"3"}}"#.to_owned()),
        (
            &alice,
            format!(r#"{{"increase_allowance":{{"spender":"{bob}","amount":"50"}}}}"#),
        ),
        (
            &bob,
            format!(r#"{{"transfer_from":{{"owner":"{alice}","recipient":"{bob}","amount":"20"}}}}"#),
        ),
        (
            &alice,
            format!(r#"{{"send":{{"contract":"{bob}","amount":"1","msg":"e30="}}}}"#),
        ),
        (
            &alice,
            r#"{"transfer":{"recipient":"nobody","amount":"1"}}"#.to_owned(),
        ),
        (&alice, r#"{"transfer":{"amount":"-1"}}"#.to_owned()),
    ];
    for (sender, msg) in &calls {
        pair.execute(sender, &[], msg).unwrap();
    }
    let asks = [
        format!(r#"{{"balance":{{"address":"{bob}"}}}}"#),
        r#"{"token_info":{}}"#.to_owned(),
        r#"{"minter":{}}"#.to_owned(),
        r#"{"all_accounts":{}}"#.to_owned(),
        format!(r#"{{"all_allowances":{{"owner":"{alice}"}}}}"#),
        format!(r#"{{"allowance":{{"owner":"{alice}","spender":"{bob}"}}}}"#),
    ];
    for ask in &asks {
        pair.query(ask).unwrap();
    }
    assert!(answer(&pair.query(&asks[0]).unwrap()).contains("1257"));
}

#[test]
fn a_whitelist_lets_its_admins_send_anything() {
    let admin = address("admin");
    let mut pair = set_up(
        "cw1_whitelist",
        &[],
        &format!(r#"{{"admins":["{admin}"],"mutable":true}}"#),
    );
    let send = format!(
        r#"{{"execute":{{"msgs":[{{"bank":{{"send":{{"to_address":"{admin}","amount":[{{"denom":"earth","amount":"1"}}]}}}}}},
        {{"staking":{{"delegate":{{"validator":"v","amount":{{"denom":"earth","amount":"1"}}}}}}}}]}}}}"#
    );
    pair.execute(&admin, &[], &send).unwrap();
    pair.execute(&address("other"), &[], &send).unwrap();
    pair.execute(&admin, &[], r#"{"freeze":{}}"#).unwrap();
    pair.query(r#"{"admin_list":{}}"#).unwrap();
}

#[test]
fn a_reflection_sends_and_asks_what_it_is_told() {
    let owner = address("creator");
    let mut pair = set_up("reflect_2_0", &coins(7, "earth"), "{}");
    let msgs = format!(
        r#"[{{"bank":{{"send":{{"to_address":"{owner}","amount":[{{"denom":"earth","amount":"1"}}]}}}}}},
        {{"custom":{{"raw":"e30="}}}},{{"wasm":{{"execute":{{"contract_addr":"x","msg":"e30=","funds":[]}}}}}}]"#
    );
    pair.execute(&owner, &[], &format!(r#"{{"reflect_msg":{{"msgs":{msgs}}}}}"#))
        .unwrap();
    pair.execute("other", &[], &format!(r#"{{"reflect_msg":{{"msgs":{msgs}}}}}"#))
        .unwrap();
    let sub = r#"[{"id":123,"msg":{"custom":{"raw":"e30="}},"gas_limit":null,"reply_on":"always","payload":"aGk="}]"#;
    pair.execute(&owner, &[], &format!(r#"{{"reflect_sub_msg":{{"msgs":{sub}}}}}"#))
        .unwrap();
    let reply = r#"{"id":123,"payload":"aGk=","gas_used":5,"result":{"ok":{"events":[],"data":"aGk=","msg_responses":[]}}}"#;
    pair.two(Entry::Reply, reply).unwrap();
    pair.query(r#"{"sub_msg_result":{"id":123}}"#).unwrap();
    pair.query(r#"{"owner":{}}"#).unwrap();
    let balance = format!(r#"{{"bank":{{"balance":{{"address":"{MOCK_CONTRACT_ADDR}","denom":"earth"}}}}}}"#);
    pair.query(&format!(r#"{{"chain":{{"request":{balance}}}}}"#))
        .unwrap();
    pair.query(r#"{"raw":{"contract":"x","key":"aGk="}}"#).unwrap();
    pair.execute(
        &owner,
        &[],
        &format!(r#"{{"change_owner":{{"owner":"{}"}}}}"#, address("new")),
    )
    .unwrap();
}

#[test]
fn a_replier_tells_its_order_and_its_errors() {
    let mut pair = set_up("replier", &[], "{}");
    let msg = |exec_error: bool, messages: &str| {
        format!(
            r#"{{"msg_id":1,"set_data_in_exec_and_reply":true,"return_order_in_reply":true,
            "exec_error":{exec_error},"reply_error":false,"reply_on_never":false,"messages":{messages}}}"#
        )
    };
    pair.execute("anybody", &[], &msg(true, "[]")).unwrap();
    pair.execute("anybody", &[], &msg(false, &format!("[{}]", msg(false, "[]"))))
        .unwrap();
    let reply =
        r#"{"id":1,"payload":"","gas_used":0,"result":{"ok":{"events":[],"data":null,"msg_responses":[]}}}"#;
    pair.two(Entry::Reply, reply).unwrap();
    pair.two(Entry::Reply, r#"{"id":99,"gas_used":0,"result":{"error":"x"}}"#)
        .unwrap();
}

#[test]
fn a_staking_derivative_asks_for_its_validator() {
    let mut pair = Pair::new(&published::one("staking"));
    let percent = Decimal::percent;
    let validator = Validator::create("valid".to_owned(), percent(3), percent(10), percent(1));
    pair.each_querier(|querier| querier.update_staking("ustake", std::slice::from_ref(&validator), &[]));
    let msg = |validator: &str| {
        format!(
            r#"{{"name":"Cool","symbol":"DRV","decimals":9,"validator":"{validator}",
            "exit_tax":"0.02","min_withdrawal":"50"}}"#
        )
    };
    let creator = mock_info(&address("creator"), &[]);
    assert!(
        pair.instantiate(&creator, &msg("other"))
            .unwrap()
            .contains("not in the current validator set")
    );
    pair.instantiate(&creator, &msg("valid")).unwrap();
    let bob = address("bob");
    pair.execute(
        &bob,
        &[coin(10, "random"), coin(1000, "ustake")],
        r#"{"bond":{}}"#,
    )
    .unwrap();
    pair.execute(&bob, &[], r#"{"bond":{}}"#).unwrap();
    pair.execute(&bob, &[], r#"{"unbond":{"amount":"600"}}"#).unwrap();
    for ask in ["token_info", "investment"] {
        pair.query(&format!(r#"{{"{ask}":{{}}}}"#)).unwrap();
    }
    for ask in ["balance", "claims"] {
        pair.query(&format!(r#"{{"{ask}":{{"address":"{bob}"}}}}"#))
            .unwrap();
    }
}

#[test]
fn contracts_with_entry_points_for_ibc_run_without_it() {
    let mut reflect = set_up("ibc_reflect", &[], r#"{"reflect_code_id":101}"#);
    reflect.query(r#"{"list_accounts":{}}"#).unwrap();
    reflect.query(r#"{"account":{"channel_id":"x"}}"#).unwrap();
    let mut callbacks = set_up("ibc_callbacks", &[], "{}");
    callbacks.query(r#"{"callback_stats":{}}"#).unwrap();
    let transfer = r#"{"transfer":{"to_address":"x","channel_id":"channel-0","timeout_seconds":100}}"#;
    callbacks
        .execute("anybody", &coins(1, "earth"), transfer)
        .unwrap();
    let mut second = set_up("ibc2", &[], "{}");
    second.query(r#"{"query_state":{}}"#).unwrap();
}
