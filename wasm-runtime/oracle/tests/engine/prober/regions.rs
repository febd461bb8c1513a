//! Where values lie in a contract's memory.

use cosmwasm_vm::testing::MockApi;
use slsbft_wasm::cosmwasm::Entry;
use slsbft_wasm::{Reason, RegionError};

use super::{Arg, Give, bytes, compare};
use crate::oracle::Pair;

#[test]
fn regions_that_lead_nowhere_end_the_call() {
    let page = 80 << 16;
    let cases = [
        (Arg::Number(0), RegionError::ZeroOffset),
        (Arg::Number(u32::MAX), RegionError::Pointer(u32::MAX)),
        (Arg::Number(page - 11), RegionError::Pointer(page - 11)),
        (Arg::Region(0, 10, 10), RegionError::ZeroOffset),
        (
            Arg::Region(1024, 4, 5),
            RegionError::Length {
                length: 5,
                capacity: 4,
            },
        ),
        (
            Arg::Region(u32::MAX, 1, 0),
            RegionError::AddressSpace {
                offset: u32::MAX,
                capacity: 1,
            },
        ),
        (
            Arg::Region(page - 2, 3, 3),
            RegionError::Outside {
                offset: page - 2,
                length: 3,
            },
        ),
        (
            Arg::Region(page, 3, 3),
            RegionError::Outside {
                offset: page,
                length: 3,
            },
        ),
    ];
    for (region, error) in cases {
        // What lies at address 0 is zeros: a region of zero offset.
        let reason = compare("db_read", &[region], Give::Pointer).unwrap_err();
        assert_eq!(reason, Reason::Region(error));
    }
}

#[test]
fn empty_regions_at_the_end_of_memory_are_empty() {
    assert_eq!(
        compare("db_read", &[Arg::Region(80 << 16, 0, 0)], Give::Pointer).unwrap(),
        [0; 8]
    );
    let beyond = compare("db_read", &[Arg::Region((80 << 16) + 1, 0, 0)], Give::Pointer).unwrap_err();
    assert!(
        matches!(beyond, Reason::Region(RegionError::Outside { .. })),
        "{beyond}"
    );
}

#[test]
fn a_value_that_covers_its_own_description_leaves_it_whole() {
    let address = MockApi::default().addr_make("somebody");
    // The second argument's description is the twelve bytes from 76 on.
    let itself = Arg::Region(76, 64, 0);
    let canonical = compare("addr_canonicalize", &[bytes(&address), itself], Give::Out).unwrap();
    assert_eq!(canonical[..12], [76, 64, 32].map(u32::to_le_bytes).concat());
}

/// The allocator asks the host once: when the host calls it for an argument, and when the host calls it
/// for an answer to the contract. Only the second is one call too deep.
#[test]
fn allocators_may_ask_the_host_at_the_first_level_only() {
    for (armed, too_deep) in [(1, false), (4, true)] {
        let wasm = wat::parse_str(format!(
            r#"(module
                (import "env" "db_read" (func $read (param i32) (result i32)))
                (memory (export "memory") 1)
                (global $calls (mut i32) (i32.const 0))
                (data (i32.const 64) "\00\02\00\00\03\00\00\00\03\00\00\00")
                (data (i32.const 96) "\00\04\00\00\00\40\00\00\00\00\00\00")
                (data (i32.const 512) "key")
                (func (export "interface_version_8"))
                (func (export "allocate") (param i32) (result i32)
                    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
                    (if (i32.eq (global.get $calls) (i32.const {armed}))
                        (then (drop (call $read (i32.const 64)))))
                    (i32.const 96))
                (func (export "deallocate") (param i32))
                (func (export "execute") (param i32 i32 i32) (result i32)
                    (drop (call $read (i32.const 64))) (i32.const 64)))"#
        ))
        .unwrap();
        let mut pair = Pair::new(&wasm);
        pair.put(b"key", b"value");
        let result = pair.both(Entry::Execute, &[b"a", b"b", b"c"]);
        assert_eq!(result == Err(Reason::Reentered), too_deep, "{result:?}");
    }
}
