//! Reports: one encoding each, and commitments.

use proptest::{collection::vec, prelude::*};
use slsbft_mechanism::audit::{Entry, Finding, Reading, Report, ReportError};

use crate::{GOOD, entry, operator};

fn reached(delivered: Option<u16>) -> Finding {
    Finding::Reached(Reading { delivered, ..GOOD })
}

#[test]
fn an_entry_has_the_documented_bytes() {
    let entries = vec![
        entry(1, Finding::Unreachable),
        entry(258, reached(None)),
        entry(u32::MAX, reached(Some(1000))),
    ];
    let expected = "0000000100\
                    00000102010078000186a0\
                    ffffffff020078000186a003e8";
    let report = Report::new(entries).unwrap();
    assert_eq!(hex::encode(report.encode()), expected);
    assert_eq!(Report::decode(&report.encode(), 3), Ok(report));
}

#[test]
fn every_fault_of_a_report_is_named() {
    let late = vec![entry(2, Finding::Unreachable), entry(2, Finding::Unreachable)];
    assert_eq!(Report::new(late), Err(ReportError::Order(2)));
    let more = vec![entry(2, reached(Some(1001)))];
    assert_eq!(Report::new(more), Err(ReportError::Delivered(1001)));
    let decode = |text: &str, most| Report::decode(&hex::decode(text).unwrap(), most);
    assert_eq!(decode("", 0), Ok(Report::default()));
    assert_eq!(decode("0000000100", 0), Err(ReportError::TooMany(0)));
    assert_eq!(decode("00000001000000000200", 1), Err(ReportError::TooMany(1)));
    assert_eq!(decode("00000001", 9), Err(ReportError::Truncated));
    assert_eq!(decode("0000000101", 9), Err(ReportError::Truncated));
    assert_eq!(decode("0000000103", 9), Err(ReportError::Kind(3)));
    assert_eq!(decode("00000002000000000100", 9), Err(ReportError::Order(1)));
    assert_eq!(
        decode("00000001020078000186a003e9", 9),
        Err(ReportError::Delivered(1001))
    );
}

#[test]
fn a_commitment_is_to_everything_about_a_report() {
    let report = Report::new(vec![entry(5, reached(None))]).unwrap();
    let commitment = report.commitment("slsbft-1", 7, &operator(1), &[9; 32]);
    let expected = "282d8afe52cf6f9bb65f318385ff8b833074d73e0c44b81769c0ffb80b639cf1";
    assert_eq!(hex::encode(commitment), expected);
    let other = Report::new(vec![entry(5, reached(Some(0)))]).unwrap();
    for changed in [
        other.commitment("slsbft-1", 7, &operator(1), &[9; 32]),
        report.commitment("slsbft-2", 7, &operator(1), &[9; 32]),
        report.commitment("slsbft-1", 8, &operator(1), &[9; 32]),
        report.commitment("slsbft-1", 7, &operator(2), &[9; 32]),
        report.commitment("slsbft-1", 7, &operator(1), &[8; 32]),
    ] {
        assert_ne!(changed, commitment);
    }
}

fn any_entry() -> impl Strategy<Value = Finding> {
    let reading = (any::<u16>(), any::<u32>(), proptest::option::of(0u16..=1000));
    let reached = reading.prop_map(|(latency_ms, throughput_kbps, delivered)| {
        Finding::Reached(Reading {
            latency_ms,
            throughput_kbps,
            delivered,
        })
    });
    prop_oneof![Just(Finding::Unreachable), reached]
}

proptest! {
    #[test]
    fn a_report_reads_back_as_written(found in proptest::collection::btree_map(any::<u32>(), any_entry(), 0..50)) {
        let entries: Vec<Entry> = found.into_iter().map(|(target, finding)| entry(target, finding)).collect();
        let report = Report::new(entries).unwrap();
        prop_assert_eq!(Report::decode(&report.encode(), 50), Ok(report));
    }

    #[test]
    fn bytes_are_refused_or_the_only_encoding_of_their_report(
        bytes in vec(prop_oneof![0u8..3, any::<u8>()], 0..60),
    ) {
        if let Ok(report) = Report::decode(&bytes, 20) {
            prop_assert_eq!(report.encode(), bytes);
        }
    }
}
