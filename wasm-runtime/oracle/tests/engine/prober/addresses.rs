//! Addresses as people write them and as bytes.

use cosmwasm_vm::testing::MockApi;
use slsbft_wasm::{Reason, RegionError};

use super::{Arg, Give, bytes, code, compare};

#[test]
fn addresses_are_checked_and_converted() {
    let address = MockApi::default().addr_make("somebody");
    assert_eq!(code("addr_validate", &[bytes(&address)], Give::Pointer), 0);
    for wrong in ["", "x", "\u{ff}\0", &address.to_uppercase()] {
        let told = compare("addr_validate", &[bytes(wrong)], Give::Pointer).unwrap();
        assert_ne!(told, [0; 8], "{wrong}");
    }
    compare("addr_validate", &[bytes([0xff, 0xfe])], Give::Pointer).unwrap();
    let canonical = compare("addr_canonicalize", &[bytes(&address), Arg::Out(64)], Give::Out).unwrap();
    assert_eq!(canonical.len(), 32);
    let human = compare("addr_humanize", &[bytes(&canonical), Arg::Out(90)], Give::Out).unwrap();
    assert_eq!(human, address.as_bytes());
    assert_ne!(code("addr_humanize", &[bytes(""), Arg::Out(90)], Give::Out), 0);
    let small = compare("addr_canonicalize", &[bytes(&address), Arg::Out(31)], Give::Out).unwrap_err();
    assert!(
        matches!(small, Reason::Region(RegionError::TooSmall { .. })),
        "{small}"
    );
    let long = compare("addr_validate", &[bytes([b'a'; 257])], Give::Pointer).unwrap_err();
    assert!(matches!(long, Reason::TooLong { .. }), "{long}");
    let long = compare("addr_humanize", &[bytes([1; 65]), Arg::Out(90)], Give::Out).unwrap_err();
    assert!(matches!(long, Reason::TooLong { .. }), "{long}");
}
