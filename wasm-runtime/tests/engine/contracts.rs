//! Published contracts do here what they do elsewhere.

use cosmwasm_std::coins;
use cosmwasm_vm::testing::{MOCK_CONTRACT_ADDR, MockApi, mock_info};

use crate::oracle::Pair;
use crate::support::published;

fn address(name: &str) -> String {
    MockApi::default().addr_make(name)
}

#[test]
fn hackatom_is_set_up_and_releases_its_funds() {
    for name in ["hackatom", "hackatom_1.0"] {
        let funds = coins(1000, "earth");
        let mut pair = Pair::with_balances(published(name), &[(MOCK_CONTRACT_ADDR, &funds)]);
        let (verifier, beneficiary) = (address("verifies"), address("benefits"));
        let msg = format!(r#"{{"verifier":"{verifier}","beneficiary":"{beneficiary}"}}"#);
        let set_up = pair
            .instantiate(&mock_info(&address("creator"), &funds), &msg)
            .unwrap();
        assert!(set_up.contains("Let the"), "{set_up}");
        let release = if name == "hackatom" {
            r#"{"release":{"denom":"earth"}}"#
        } else {
            r#"{"release":{}}"#
        };
        let refused = pair.execute(&beneficiary, &[], release).unwrap();
        assert!(refused.contains("error"), "{refused}");
        let released = pair.execute(&verifier, &[], release).unwrap();
        assert!(released.contains("1000"), "{released}");
    }
}
